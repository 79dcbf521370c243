"""Whatever is written where a request about an order should be: a clear no, never a 500."""

import pytest

from tests.faults.hub_process import HubProcess
from tests.hostile.wire import answers, chunk, connect, head, order_placed, say, send, written
from tests.hub.serving import DEADLINE, Reply, assert_problem

CHUNKED = "Transfer-Encoding: chunked"


def post(path: str) -> bytes:
    return head("Content-Length: 1", first=f"POST {path} HTTP/1.1") + b"x"


def tell(*headers: str, body: bytes = b"x") -> bytes:
    return head(*headers) + body


NOT_HTTP = {
    "both a length and chunks": tell("Content-Length: 5", CHUNKED, body=b"0\r\n\r\n"),
    "two lengths": tell("Content-Length: 1", "Content-Length: 2", body=b"xy"),
    "the same length twice": tell("Content-Length: 1", "Content-Length: 1"),
    "two lengths in one": tell("Content-Length: 1, 1"),
    "a negative length": tell("Content-Length: -1"),
    "a signed length": tell("Content-Length: +1"),
    "a length beyond all numbers": tell("Content-Length: 99999999999999999999"),
    "a length in other digits": tell("Content-Length: \xb2"),
    "chunks that are none": tell("Transfer-Encoding: xchunked"),
    "chunked, but not last": tell("Transfer-Encoding: chunked, gzip"),
    "a space before the colon": tell("Transfer-Encoding : chunked"),
    "a chunk without a size": tell(CHUNKED, body=b"zz\r\nx\r\n"),
    "a chunk larger than the world": tell(CHUNKED, body=b"ffffffffffffffffff\r\nx"),
    "a negative chunk": tell(CHUNKED, body=b"-1\r\nx\r\n"),
    "a folded header": tell("X-A: a\r\n b", "Content-Length: 1"),
    "NUL in a header": tell("X-A: a\0b", "Content-Length: 1"),
    "an escape in a header": tell("X-A: a\x1b[31mb", "Content-Length: 1"),
    "a lone carriage return": tell("X-A: a\rb", "Content-Length: 1"),
    "lines without carriage return": tell("Content-Length: 1").replace(b"\r\n", b"\n"),
    "a header without a name": tell(": a", "Content-Length: 1"),
    "a path in raw bytes": post("/in/\xe4"),
    "an escape in the path": post("/in/\x1b[31m"),
    "a space in the path": post("/in/a b"),
    "no path at all": head(first="GET http://elsewhere HTTP/1.1"),
    "a proxy's request": head(first="CONNECT elsewhere:443 HTTP/1.1"),
    "a method nobody knows": head(first="BREW /in/canonical HTTP/1.1"),
    "an endless method": head(first="A" * 100_000 + " / HTTP/1.1"),
    "a version to come": head(first="GET / HTTP/3.0"),
    "the greeting of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "the greeting of TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
    "no letters": bytes(range(256)) * 20,
}
TOO_LARGE = {
    "a header of 100 kB": tell("X-A: " + "a" * 100_000, "Content-Length: 1"),
    "a name of 100 kB": tell("X" * 100_000 + ": a", "Content-Length: 1"),
    "40 kB of headers": tell(*["X-A: " + "a" * 8_000] * 5, "Content-Length: 1"),
    "101 headers": tell(*["X-A: a"] * 99, "Content-Length: 1"),
    "an address of 100 kB": post("/in/" + "a" * 100_000),
    "a question of 100 kB": post("/in/canonical?source=" + "a" * 100_000),
}
NOWHERE = {
    "a step back": "/in/../in/canonical",
    "an escaped step back": "/in/%2e%2e/in/canonical",
    "a second slash": "//in/canonical",
    "a slash behind": "/in/canonical/",
    "a path of 20 kB": "/nowhere/" + "a" * 20_000,
    "NUL": "/nowhere%00",
    "half a character": "/nowhere/%ff%fe%ed%a0%80",
    "no escape": "/nowhere/%zz%",
    "a new line": "/nowhere%0d%0aX:%20a",
}


def only(replies: list[Reply]) -> Reply:
    assert 1 == len(replies), replies
    return replies[0]


@pytest.mark.parametrize("what", NOT_HTTP)
def test_what_is_not_http_hears_so_in_a_problem_document(hub: HubProcess, what: str) -> None:
    reply = only(say(hub.port, NOT_HTTP[what]))

    assert_problem(reply, 400, "not-http")
    assert "close" == reply.headers["connection"]


@pytest.mark.parametrize("what", TOO_LARGE)
def test_a_head_without_measure_is_refused(hub: HubProcess, what: str) -> None:
    assert_problem(only(say(hub.port, TOO_LARGE[what])), 431, "head-too-large")


def test_a_head_without_end_is_cut_off(hub: HubProcess) -> None:
    endless = (b"X-A: " + b"a" * 9_000 + b"\r\n" for _ in range(10_000))
    start = head(close=False).removesuffix(b"\r\n")

    assert_problem(only(say(hub.port, start, endless)), 431, "head-too-large")


@pytest.mark.parametrize("what", NOWHERE)
def test_a_path_that_is_bent_leads_nowhere(hub: HubProcess, what: str) -> None:
    reply = only(say(hub.port, post(NOWHERE[what])))

    assert len(assert_problem(reply, 404, "not-found")["instance"]) <= 300
    assert "location" not in reply.headers  # built from a Host that anybody can send


@pytest.mark.parametrize(
    "name", ["canonical%00", "%2e%2e", "Canonical", "canonical%20", "time", "%ff", "a" * 20_000]
)
def test_a_connector_that_is_none_is_not_found(hub: HubProcess, name: str) -> None:
    assert_problem(only(say(hub.port, post(f"/in/{name}"))), 404, "unknown-connector")


@pytest.mark.parametrize("method", ["GET", "OPTIONS", "TRACE", "DELETE", "PATCH", "PURGE"])
def test_the_door_opens_to_post_alone(hub: HubProcess, method: str) -> None:
    reply = only(say(hub.port, head(first=f"{method} /in/canonical HTTP/1.1")))

    assert_problem(reply, 405, "method-not-allowed")


def test_ways_to_ask_that_are_rare_and_right_are_answered(hub: HubProcess) -> None:
    placed = written(order_placed("rare"))
    absolute = placed.replace(b"POST ", b"POST http://elsewhere", 1)
    older = placed.replace(b" HTTP/1.1", b" HTTP/1.0", 1)
    upgrade = "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk"
    java = written(order_placed("java"), *upgrade, close=False)
    socketed = written(order_placed("ws"), "Connection: Upgrade", "Upgrade: websocket", close=False)
    then = written(order_placed("after"))

    for request in (absolute, older, java + then, socketed + then):
        assert {202} == {reply.status for reply in say(hub.port, request)}
    assert 2 == len(say(hub.port, java + then))


def test_a_sender_that_asks_first_is_told_to_go_on(hub: HubProcess) -> None:
    whole = written(order_placed("asks"), "Expect: 100-continue")
    start, _, body = whole.partition(b"\r\n\r\n")
    with connect(hub.port) as line:
        line.sendall(start + b"\r\n\r\n")
        assert b"HTTP/1.1 100 Continue\r\n\r\n" == line.recv(100)
        line.sendall(body)

        assert [202] == [reply.status for reply in answers(line.recv(65_536))]


def test_requests_sent_ahead_are_answered_in_their_order(hub: HubProcess) -> None:
    live = head(first="GET /health/live HTTP/1.1", close=False)
    replies = say(
        hub.port,
        live
        + post("/nowhere").replace(b"Connection: close\r\n", b"")
        + live
        + head(first="GET /elsewhere HTTP/1.1"),
    )

    assert [200, 404, 200, 404] == [reply.status for reply in replies]


def test_of_thousands_of_requests_sent_ahead_the_first_is_answered(hub: HubProcess) -> None:
    live = head(first="GET /health/live HTTP/1.1", close=False)

    assert [200] == [reply.status for reply in say(hub.port, live * 5_000)]


def test_nothing_behind_a_request_is_mistaken_for_another(hub: HubProcess) -> None:
    hidden = written(order_placed("hidden"))
    outer = head("Content-Length: 0", first="POST /nowhere HTTP/1.1")

    kept_open = outer.replace(b"Connection: close\r\n", b"")

    for request in (outer + hidden, kept_open + b"\0" + hidden, kept_open + b"X " + hidden):
        assert [404] == [reply.status for reply in say(hub.port, request)]


def test_headers_behind_a_body_prove_nothing(hub: HubProcess) -> None:
    placed = order_placed("trailers")
    signed = "".join(f"{name}: {value}\r\n" for name, value in placed.headers.items()).encode()
    body = chunk(placed.body) + b"0\r\n" + signed + b"\r\n"

    assert_problem(only(say(hub.port, head(CHUNKED) + body)), 401, "not-authentic")


def test_headers_behind_a_body_have_an_end(hasty: HubProcess) -> None:
    endless = (b"X-A: " + b"a" * 9_000 + b"\r\n" for _ in range(10_000))
    reply = only(say(hasty.port, head(CHUNKED) + b"1\r\nx\r\n0\r\n", endless))

    assert_problem(reply, 413, "body-too-large")


def test_a_hub_that_heard_all_this_is_well(hub: HubProcess) -> None:
    with connect(hub.port) as line:
        line.settimeout(DEADLINE)
        send(line, [written(order_placed("at last"))])

        assert [202] == [reply.status for reply in answers(line.recv(65_536))]
