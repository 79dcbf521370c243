"""Senders that hold a line: slow, silent or deaf. They go, and no honest sender waits for it."""

import os
import select
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import count

import pytest

from tests.faults.hub_process import HubProcess, wait_for
from tests.hostile.conftest import LINES
from tests.hostile.wire import (
    PATIENCE,
    answers,
    head,
    many,
    order_placed,
    read_to_the_end,
    say,
    send,
    written,
)
from tests.hub.serving import Reply, assert_problem

ATTACKERS = 200
HEAD = head(close=False).removesuffix(b"\r\n")  #: without its end
LONG = head("Content-Length: 60000", close=False)
START = head("Content-Length: 100", close=False) + b"{"


@contextmanager
def honest_senders(hub: HubProcess) -> Iterator[list[int]]:
    """Let three shops tell of orders all the while; yields what they hear."""
    heard: list[int] = []
    enough = threading.Event()

    def tell(shop: int) -> None:
        for number in count():
            name = f"{os.getpid()}-{threading.get_ident()}-{shop}-{number}"
            heard.extend(reply.status for reply in say(hub.port, written(order_placed(name))))
            if enough.is_set():
                return

    shops = [threading.Thread(target=tell, args=(shop,)) for shop in range(3)]
    for shop in shops:
        shop.start()
    try:
        yield heard
    finally:
        enough.set()
        for shop in shops:
            shop.join()


def hung_up(lines: Sequence[socket.socket]) -> list[list[Reply]]:
    """Wait until the hub has ended every line; return what it said on each."""
    return [answers(read_to_the_end(line)) for line in lines]


def drip(lines: Sequence[socket.socket], byte: bytes) -> list[list[Reply]]:
    """Send a byte on every line now and then until the hub has ended it; return what it said."""
    heard, still_open = dict.fromkeys(lines, b""), list(lines)
    deadline = time.monotonic() + PATIENCE
    while still_open:
        assert time.monotonic() < deadline, f"{len(still_open)} lines are still open"
        for line in still_open:
            send(line, [byte])
        for line in select.select(still_open, [], [], 0.05)[0]:
            part = b""
            with suppress(ConnectionResetError):
                part = line.recv(65_536)
            heard[line] += part
            if not part:
                still_open.remove(line)
    return [answers(heard[line]) for line in lines]


@pytest.mark.parametrize(
    "said, dripped, answer",
    [
        (b"", None, None),
        (b"\r\n\r\n", b"\r\n", None),
        (HEAD, None, (408, "head-too-slow")),
        (b"P", None, (408, "head-too-slow")),
        (HEAD + b"X-Drip: ", b"a", (408, "head-too-slow")),
        (START, None, (408, "body-too-slow")),
        (START, b"x", (408, "body-too-slow")),
        (START.replace(b"/in/canonical", b"/nowhere"), None, (404, "not-found")),
        (LONG.replace(b"/in/canonical", b"/nowhere"), b"x", (404, "not-found")),
    ],
    ids=["silent", "blank lines", "half a head", "a letter", "a dripping head", "half a body",
         "a dripping body", "half a body for nobody", "a dripping body for nobody"],
)  # fmt: skip
def test_whoever_keeps_the_hub_waiting_goes_and_nobody_honest_notices(
    hasty: HubProcess, said: bytes, dripped: bytes | None, answer: tuple[int, str] | None
) -> None:
    with honest_senders(hasty) as heard, many(hasty.port, ATTACKERS) as lines:
        for line in lines:
            send(line, [said])
        replies = drip(lines, dripped) if dripped else hung_up(lines)
        wait_for(lambda: len(heard) >= 3, "honest senders to be heard")

    assert {202} == set(heard)
    for reply in replies:
        assert (0 if answer is None else 1) == len(reply)
        if answer is not None:
            assert_problem(reply[0], *answer)


def test_a_line_that_rests_after_an_answer_is_ended(hasty: HubProcess) -> None:
    with many(hasty.port, ATTACKERS) as lines:
        for line in lines:
            send(line, [head(first="GET /health/live HTTP/1.1", close=False)])

        assert {(200,)} == {tuple(r.status for r in replies) for replies in hung_up(lines)}


def open_lines(hub: HubProcess) -> int:
    said = hub.ask("/metrics")[1].decode()
    return int(float(said.partition("\ntilanne_connections ")[2].split()[0]))


def test_when_all_lines_are_taken_the_one_that_waited_longest_gives_way(
    narrow: HubProcess,
) -> None:
    # It has patience for 30 seconds: nobody goes because of a deadline.
    with many(narrow.port, LINES // 2) as silent, many(narrow.port, LINES // 2) as halves:
        for line in halves:
            send(line, [HEAD])
        placed = [written(order_placed(f"crowd-{number}")) for number in range(LINES // 4)]

        heard = [reply.status for one in placed for reply in say(narrow.port, one)]
        assert [202] * len(placed) == heard
        assert select.select(silent, [], [], 0)[0]
        assert [] == select.select(halves, [], [], 0)[0]  # they came later


def test_half_a_request_that_gives_way_hears_why(narrow: HubProcess) -> None:
    with many(narrow.port, 2) as lines:
        for line, half in zip(lines, (HEAD, START), strict=True):
            send(line, [half])
        wait_for(lambda: open_lines(narrow) >= len(lines) + 1, "both to be there")
        with many(narrow.port, LINES):
            replies = [reply for heard in hung_up(lines) for reply in heard]

    assert len(lines) == len(replies)
    for reply in replies:
        assert_problem(reply, 503, "too-many-connections")
        assert 0 < int(reply.headers["retry-after"]) < 60
