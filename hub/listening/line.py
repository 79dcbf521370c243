"""One line to a sender of orders' news: slow, silent and endless ones give way to the others.

uvicorn parses HTTP and waits for ever: for the first byte, for the last header, for an answer to be
read. Here a peer that owes us something has until a deadline; and when all lines are taken, the one
that has owed for longest is ended, so that nobody keeps honest senders out by holding lines.
"""

import asyncio
from typing import Any

import httptools
from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from hub import telemetry
from hub.listening import saying_no
from hub.listening.debts import Debt, Debts, Patience
from hub.listening.requests import MOST_HEAD, MOST_HEADERS, Requests
from hub.refusals import Refused

#: bytes on the wire per byte of a body: "1\r\nx\r\n" is the most wasteful way to send one
CHUNKED = 6


class Line(Requests):
    """One connection."""

    def __init__(self, *arguments: Any, patience: Patience, **more: Any) -> None:
        """Make what uvicorn makes, with ``patience``."""
        super().__init__(*arguments, **more)
        self._patience = patience
        self.debts = Debts(patience)
        self._most = MOST_HEAD + CHUNKED * patience.size
        self._deaf = False  #: whatever still comes is no request
        self._size = 0  #: bytes that have come since a request began that is not complete yet
        self._began = False  #: one has begun in what is being read now
        self._answering: RequestResponseCycle | None = None

    def look(self, now: float) -> None:
        """Let the peer go if it has owed something for too long."""
        if self.transport.is_closing() and self.debts.sending not in {Debt.LEAVING, Debt.READING}:
            self._owes(Debt.READING)  # what was written last has to be read, too
        overdue = self.debts.overdue(now)
        if overdue is Debt.HEAD:
            self.refuse(saying_no.too_slow(self._patience.head))
        elif overdue is Debt.REQUEST:
            self.transport.close()
        elif overdue is not None:
            self.transport.abort()

    def _owes(self, debt: Debt | None) -> None:
        self.debts.owes(debt, self.loop.time())

    def _make_room(self) -> None:
        others = [one for one in self.connections if isinstance(one, Line) and one is not self]
        since = [(one.debts.since(), number) for number, one in enumerate(others)]
        owing = [(at, number) for at, number in since if at is not None]
        if not owing:
            self.app = saying_no.full
            return
        line = others[min(owing)[1]]
        if line.debts.sending in {Debt.HEAD, Debt.BODY}:
            line.refuse(saying_no.too_many())
        line.transport.abort()

    # --- the connection --------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a line, if need be that of the peer that has owed for longest."""
        super().connection_made(transport)
        telemetry.CONNECTIONS.set(len(self.connections))
        self._owes(Debt.REQUEST)
        if len(self.connections) > self._patience.lines:
            self._make_room()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the last request: it knows us, and both would wait for the garbage collector."""
        super().connection_lost(exc)
        telemetry.CONNECTIONS.set(len(self.connections))
        self.cycle = self._answering = None  # type: ignore[assignment]
        self.pipeline.clear()

    def shutdown(self) -> None:
        """Finish at the end of the hub; a peer that was told to go is not waited for."""
        if self.debts.sending is Debt.LEAVING:
            self.transport.abort()
        else:
            super().shutdown()

    def pause_writing(self) -> None:
        """Note that an answer is not read."""
        super().pause_writing()
        self.debts.unread(self.loop.time())

    def resume_writing(self) -> None:
        """Note that it is."""
        super().resume_writing()
        self.debts.unread(None)

    # --- what comes ------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        """Read on; refuse what is not HTTP, and what never ends."""
        self._unset_keepalive_if_required()
        if self._deaf:
            return
        self._began = False
        try:
            self.feed(data)
        except httptools.HttpParserError as error:
            self.refuse(saying_no.not_http(error))
        # of what came with the end of another request nobody knows where this one began
        self._size = 0 if self._began else self._size + len(data)
        if self.debts.sending is Debt.HEAD and self._size > MOST_HEAD:
            self.refuse(saying_no.too_large(MOST_HEAD, MOST_HEADERS))
        elif self.debts.sending is Debt.BODY and self._size > self._most:
            self.refuse(saying_no.too_wasteful(self._most))

    def on_message_begin(self) -> None:
        """Note that a request has begun."""
        super().on_message_begin()
        self._owes(Debt.HEAD)
        self._began = True

    def head_read(self) -> None:
        """Note that the peer has said what it wants."""
        self._owes(Debt.BODY)
        self.cycle.transport = self  # type: ignore[assignment] # so that its close is ours

    def message_read(self) -> None:
        """Note that it has said all."""
        self._owes(Debt.REQUEST if self.cycle.response_complete else None)

    # --- what goes -------------------------------------------------------------------------------

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._answering = cycle
        super()._start_asgi_task(cycle, app)

    def on_response_complete(self) -> None:
        """Turn to the next request, which the peer owes us."""
        self._answering, waiting = None, bool(self.pipeline)
        super().on_response_complete()
        if not waiting and self.debts.sending is None:
            self._owes(Debt.REQUEST)

    def refuse(self, refused: Refused) -> None:
        """Answer in the application's place, and end the line."""
        answering = self._answering
        if answering is not None and not answering.more_body:
            self._answer_the_last()  # an earlier request: its answer is owed, and ours would mix in
            return
        if answering is not None:  # the very request whose body cannot be understood
            answering.disconnected = True
            answering.message_event.set()
            if answering.response_started:
                self.transport.abort()
                return
        self.transport.write(saying_no.written(refused))
        self._leave()

    def _answer_the_last(self) -> None:
        self._deaf = True
        self.pipeline.clear()
        if self._answering is None:
            self._leave()
        else:
            self._answering.keep_alive = False

    def _leave(self) -> None:
        """Hang up such that what we said is heard: a peer that still sends would lose it."""
        self._deaf = True
        self._owes(Debt.LEAVING)
        self.pipeline.clear()
        self.flow.resume_reading()
        if not self.transport.is_closing():
            self.transport.write_eof()

    # a request takes its line for the transport, because hanging up is more than closing
    def write(self, data: bytes) -> None:
        """Send some of an answer."""
        self.transport.write(data)

    def is_closing(self) -> bool:
        """Whether nobody will read it."""
        return self.transport.is_closing()

    def close(self) -> None:
        """Hang up after an answer."""
        if self._deaf or self.debts.sending in {Debt.HEAD, Debt.BODY}:
            self._leave()
        else:
            self.transport.close()
