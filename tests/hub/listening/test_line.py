"""Lines that are all at work, and answers that nobody reads, on real sockets."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

import pytest
import uvicorn

from hub.listening.debts import Debt, Debts, Patience
from hub.listening.line import Line
from hub.serve import Listener
from tests.faults.hub_process import wait_for
from tests.hostile.wire import answers, connect, head, read_to_the_end, send
from tests.hub.serving import DEADLINE, assert_problem

PATIENCE = Patience(lines=3, size=1000, head=0.5, body=1.0, idle=0.75)
ASKS = head(first="GET / HTTP/1.1")


class Slow:
    """An application that answers when it is told to."""

    def __init__(self) -> None:
        self.at_work = threading.Semaphore(0)
        self._done = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self._loop = asyncio.get_running_loop()
        self.at_work.release()
        await self._done.wait()
        length = [(b"content-length", b"0")]
        await send({"type": "http.response.start", "status": 204, "headers": length})
        await send({"type": "http.response.body"})

    def finish(self) -> None:
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._done.set)


class Talkative:
    """An application that has more to say than any buffer holds, and says when it is through."""

    def __init__(self) -> None:
        self.through = threading.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(100):
            await send({"type": "http.response.body", "body": bytes(1_000_000), "more_body": True})
        self.through.set()


@contextmanager
def listening(app: Any) -> Iterator[int]:
    line = partial(Line, patience=PATIENCE)
    config = uvicorn.Config(
        app,
        port=0,
        http=line,
        ws="none",
        lifespan="off",
        log_config=None,
        timeout_graceful_shutdown=1,
    )
    server = Listener(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    wait_for(lambda: server.started, "the server to listen")
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(DEADLINE)
        assert not thread.is_alive()


def test_an_answer_that_nobody_reads_is_not_kept_for_ever() -> None:
    app = Talkative()
    with listening(app) as port, connect(port, small=True) as line:
        send(line, [ASKS])

        assert app.through.wait(DEADLINE)
        assert 0 < len(read_to_the_end(line)) < 100_000_000


def test_when_every_line_is_at_work_the_next_one_hears_to_come_later() -> None:
    app = Slow()
    with listening(app) as port, ExitStack() as stack:
        lines = [stack.enter_context(connect(port)) for _ in range(PATIENCE.lines)]
        for line in lines:
            send(line, [ASKS])
            assert app.at_work.acquire(timeout=DEADLINE)
        stack.callback(app.finish)
        late = stack.enter_context(connect(port))
        late.settimeout(DEADLINE)
        send(late, [ASKS])
        [refused] = answers(read_to_the_end(late))
        app.finish()
        replies = [reply for line in lines for reply in answers(read_to_the_end(line))]

    assert_problem(refused, 503, "too-many-connections")
    assert 0 < int(refused.headers["retry-after"]) < 60
    assert [204] * PATIENCE.lines == [reply.status for reply in replies]


@pytest.mark.parametrize(
    "debt, seconds",
    [
        (Debt.REQUEST, 0.75),
        (Debt.HEAD, 0.5),
        (Debt.BODY, 2.0),
        (Debt.LEAVING, 0.5),
        (None, None),
    ],
)
def test_a_debt_lasts_as_long_as_patience_has_it(debt: Debt | None, seconds: float | None) -> None:
    debts = Debts(PATIENCE)
    debts.owes(debt, 100.0)

    assert debts.overdue(100.0 + (seconds or 1e9)) is None
    if seconds:
        assert debt is debts.overdue(100.0 + seconds + 0.1)


def test_an_answer_that_is_not_read_is_a_debt_beside_the_other() -> None:
    debts = Debts(PATIENCE)
    assert debts.since() is None
    debts.unread(50.0)
    debts.owes(Debt.BODY, 51.0)

    assert 50.0 == debts.since()
    assert Debt.READING is debts.overdue(51.5)
    debts.unread(None)
    assert 51.0 == debts.since()
    assert debts.overdue(51.5) is None
