"""What happens to senders that send too much, too slowly, or not to the end; on bare sockets."""

import socket
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress

import orjson
import pytest

from tests.hub.intake.conftest import LIMIT, Door, sign
from tests.hub.serving import DEADLINE, Reply, assert_problem


def stored(door: Door) -> int:
    with closing(sqlite3.connect(str(door.served.store.url.database))) as other:
        count: int = other.execute("SELECT count(*) FROM raw").fetchone()[0]
        return count


def head(*lines: str) -> bytes:
    return "\r\n".join(["POST /in/acme HTTP/1.1", "Host: localhost", *lines, "", ""]).encode()


def read_to_the_end(connection: socket.socket) -> Reply:
    """Read until the other side hangs up; a reset after the answer is a hang-up too."""
    answer = b""
    with suppress(ConnectionResetError):
        while part := connection.recv(65536):
            answer += part
    start, _, body = answer.partition(b"\r\n\r\n")
    lines = start.decode().split("\r\n")
    named = (line.partition(": ") for line in lines[1:])
    return Reply(int(lines[0].split()[1]), {n.lower(): value for n, _, value in named}, body)


@pytest.fixture
def line(door: Door) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", door.served.port), DEADLINE) as connection:
        yield connection


def send(connection: socket.socket, parts: Iterable[bytes]) -> None:
    with suppress(BrokenPipeError, ConnectionResetError):
        for part in parts:
            connection.sendall(part)


def chunk(data: bytes) -> bytes:
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


def test_a_declared_length_over_the_limit_is_refused_before_a_byte_is_read(
    door: Door, line: socket.socket
) -> None:
    send(line, [head(f"Content-Length: {LIMIT + 1}")])  # and not one byte of it
    reply = read_to_the_end(line)

    assert_problem(reply, 413, "body-too-large")
    assert str(LIMIT) in orjson.loads(reply.body)["detail"]


def test_a_sender_that_waits_for_leave_is_not_told_to_continue(
    door: Door, line: socket.socket
) -> None:
    send(line, [head("Content-Length: 5000000000", "Expect: 100-continue")])

    assert_problem(read_to_the_end(line), 413, "body-too-large")


def test_chunks_without_end_are_cut_off_at_the_limit(door: Door, line: socket.socket) -> None:
    forever = (chunk(b"x" * 500) for _ in range(10_000))
    send(line, [head("Transfer-Encoding: chunked"), *[next(forever) for _ in range(20)]])

    assert_problem(read_to_the_end(line), 413, "body-too-large")
    assert 0 == stored(door)


def test_a_chunked_body_of_exactly_the_limit_is_taken_in(door: Door, line: socket.socket) -> None:
    body = b"y" * LIMIT
    proof = f"X-Acme-Sign: {sign(body, 'one')}"
    parts = [chunk(body[at : at + 1000]) for at in range(0, LIMIT, 1000)]
    start = head("Transfer-Encoding: chunked", proof, "Connection: close")
    send(line, [start, *parts, b"0\r\n\r\n"])

    assert 202 == read_to_the_end(line).status
    assert 1 == stored(door)


def test_one_byte_over_the_limit_is_refused(door: Door, line: socket.socket) -> None:
    body = b"y" * (LIMIT + 1)
    proof = f"X-Acme-Sign: {sign(body, 'one')}"
    send(line, [head("Transfer-Encoding: chunked", proof), chunk(body), b"0\r\n\r\n"])

    assert_problem(read_to_the_end(line), 413, "body-too-large")


def test_a_length_that_promises_more_than_comes_runs_into_the_deadline(
    door: Door, line: socket.socket
) -> None:
    send(line, [head("Content-Length: 100", f"X-Acme-Sign: {sign(b'half', 'one')}"), b"half"])

    assert_problem(read_to_the_end(line), 408, "body-too-slow")
    assert 0 == stored(door)


def test_a_body_that_drips_is_not_waited_for_byte_by_byte(door: Door, line: socket.socket) -> None:
    line.settimeout(0.05)
    send(line, [head("Content-Length: 1000")])
    answered = b""
    for _ in range(100):  # every byte comes well within the deadline; the whole does not
        send(line, [b"z"])
        with suppress(TimeoutError):
            answered = line.recv(65536)
            break

    assert answered.startswith(b"HTTP/1.1 408 ")


def test_a_sender_that_hangs_up_halfway_leaves_nothing_behind(
    door: Door, line: socket.socket
) -> None:
    send(line, [head("Content-Length: 100", f"X-Acme-Sign: {sign(b'half', 'one')}"), b"half"])
    line.shutdown(socket.SHUT_WR)
    read_to_the_end(line) if line.recv(1, socket.MSG_PEEK) else None

    assert 202 == door.deliver(b"next").status
    assert 1 == stored(door)


def test_neither_length_nor_chunks_is_an_empty_body(door: Door, line: socket.socket) -> None:
    send(line, [head("Connection: close", f"X-Acme-Sign: {sign(b'', 'one')}")])

    assert_problem(read_to_the_end(line), 400, "empty-body")


def test_a_good_signature_beside_a_bad_one_is_not_picked_out(
    door: Door, line: socket.socket
) -> None:
    bad, good = f"X-Acme-Sign: {'0' * 64}", f"X-Acme-Sign: {sign(b'x', 'one')}"
    send(line, [head("Connection: close", "Content-Length: 1", bad, good), b"x"])

    assert_problem(read_to_the_end(line), 401, "not-authentic")
