"""Deliveries that are too large, packed, or too many at once: the hub holds what it may."""

import http.client
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.hub_process import HubProcess, wait_for
from tests.hostile.conftest import LIMIT, ROOM, opened
from tests.hostile.wire import (
    SECRETS,
    answers,
    chunk,
    connect,
    head,
    many,
    order_placed,
    read_to_the_end,
    say,
    sealed,
    send,
    written,
)
from tests.hub.serving import Reply, assert_problem

MEGABYTE = 1_048_576
SENDERS = 150  #: each with a megabyte
BUDGET = 8 * MEGABYTE
SLACK = 32 * MEGABYTE  #: what reading, counting and refusing so much may cost besides


def assert_later(reply: Reply, slug: str) -> None:
    assert_problem(reply, 503, slug)
    assert 0 < int(reply.headers["retry-after"]) < 60


@pytest.mark.parametrize("connector", SECRETS)
@pytest.mark.parametrize("coding", ["gzip", "x-gzip", "deflate", "br", "zstd", "gzip, identity"])
def test_what_is_packed_is_not_unpacked(hub: HubProcess, connector: str, coding: str) -> None:
    envelope = sealed(connector, b"{}" if connector == "pakettikauppa" else b"\x1f\x8b" + bytes(99))
    [reply] = say(hub.port, written(envelope, f"Content-Encoding: {coding}"))

    assert_problem(reply, 415, "encoded-body")
    assert "identity" == reply.headers["accept-encoding"]


def test_a_transfer_in_other_wrappings_is_not_unwrapped(hub: HubProcess) -> None:
    body = chunk(b"\x1f\x8b") + b"0\r\n\r\n"
    [reply] = say(hub.port, head("Transfer-Encoding: gzip, chunked") + body)

    assert_problem(reply, 415, "encoded-body")


def test_what_is_called_unpacked_is_taken(hub: HubProcess) -> None:
    placed = written(order_placed("identity"), "Content-Encoding: identity")

    assert [202] == [reply.status for reply in say(hub.port, placed)]


@pytest.mark.parametrize("body", [b"x", b"{", b"\0", b"\xff", b"0"])
def test_one_signed_byte_is_a_delivery(hub: HubProcess, body: bytes) -> None:
    assert [202] == [r.status for r in say(hub.port, written(sealed("canonical", body)))]


@pytest.mark.parametrize("size", [LIMIT + 1, 100 * LIMIT, 5 * 10**9, 2**63 - 1])
def test_a_length_over_the_limit_is_refused_before_the_body(hasty: HubProcess, size: int) -> None:
    [reply] = say(hasty.port, head(f"Content-Length: {size}"))

    assert_problem(reply, 413, "body-too-large")


@pytest.mark.parametrize("piece", [1, 1_000, 100_000])
def test_chunks_over_the_limit_are_cut_off(hasty: HubProcess, piece: int) -> None:
    endless = (chunk(b"x" * piece) * (1 + 50_000 // piece) for _ in range(2_000))
    [reply] = say(hasty.port, head("Transfer-Encoding: chunked"), endless)

    assert_problem(reply, 413, "body-too-large")


def test_a_sender_that_speaks_before_it_listens_hears_why(hub: HubProcess) -> None:
    client = http.client.HTTPConnection("127.0.0.1", hub.port, timeout=20)
    client.request("POST", "/in/canonical", bytes(40 * MEGABYTE))  # all of it, then the answer
    answer = client.getresponse()
    client.close()

    assert (413, "application/problem+json") == (answer.status, answer.headers["content-type"])


def test_a_body_that_ends_early_is_waited_for_until_the_deadline(hasty: HubProcess) -> None:
    placed = written(order_placed("early"))

    assert [(408, "close")] == [
        (reply.status, reply.headers["connection"]) for reply in say(hasty.port, placed[:-5])
    ]


def test_what_comes_behind_the_length_is_no_part_of_the_body(hub: HubProcess) -> None:
    assert [202] == [r.status for r in say(hub.port, written(order_placed("long")) + b"}" * 99)]


def test_an_address_that_reads_no_body_does_not_listen_for_ever(hasty: HubProcess) -> None:
    start = head(f"Content-Length: {10**9}", first="POST /nowhere HTTP/1.1", close=False)
    with connect(hasty.port) as line:
        send(line, [start, *(b"x" * 100_000 for _ in range(1_000))])

        assert 404 == answers(read_to_the_end(line))[0].status


def test_bodies_beyond_the_room_are_refused_and_there_is_room_again(hasty: HubProcess) -> None:
    almost = head(f"Content-Length: {LIMIT}") + b"x" * (LIMIT - 1)
    count = 3 * ROOM // LIMIT
    with many(hasty.port, count) as lines:
        for line in lines:
            send(line, [almost])
        replies = [answers(read_to_the_end(line))[0] for line in lines]

    for reply in replies:
        if reply.status != 408:  # those that had room were not continued in time
            assert_later(reply, "door-full")
    assert {408, 503} == {reply.status for reply in replies}
    assert [202] == [r.status for r in say(hasty.port, written(order_placed("room")))]


@pytest.fixture
def small(tmp_path: Path) -> Iterator[HubProcess]:
    yield from opened(tmp_path, TILANNE_DOOR_MEMORY=str(BUDGET), TILANNE_BODY_DEADLINE="20")


def most_memory(hub: HubProcess) -> int:
    """The most it ever had, in bytes."""
    status = Path(f"/proc/{hub.pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux says what a process had")
def test_memory_does_not_grow_with_the_number_of_large_bodies(small: HubProcess) -> None:
    say(small.port, written(sealed("canonical", b"x" * 1_000_000)))  # what one costs is there
    before = most_memory(small)
    almost = head(f"Content-Length: {MEGABYTE}") + b"x" * (MEGABYTE - 1)
    with many(small.port, SENDERS) as lines:
        for line in lines:
            send(line, [almost])
        # Those that were refused have heard it; the others are still waited for.
        wait_for(lambda: b"door-full" in small.ask("/metrics")[1], "a sender to be refused")
        grown = most_memory(small) - before

    assert grown < BUDGET + SLACK
    assert grown < SENDERS * MEGABYTE // 2  # the test has sent enough to tell the difference
    assert [202] == [r.status for r in say(small.port, written(order_placed("small")))]
