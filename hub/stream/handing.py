"""Hands a record of an order over at once where nothing makes it wait.

Faust begins four tasks for every record, to notice what may come to pass while the record waits
for room. Mostly there is room, and then it has been handed over before any of them would begin.
"""

from collections.abc import Coroutine, Generator
from inspect import iscoroutine
from typing import Any

from mode import Service
from mode.services import WaitResults


class AtOnce(Service):
    """A service that begins no task for what need not wait."""

    async def wait_first(self, *works: Any, timeout: Any = None) -> WaitResults:
        """Do the first of the works, unless another comes to an end before."""
        first, *others = works
        found = begun(first) if iscoroutine(first) else first
        if not isinstance(found, WaitResults):
            return await super().wait_first(found, *others, timeout=timeout)
        for other in others:
            other.close()
        return found


class Resumed:
    """A coroutine that was begun, and now waits for something; awaiting this goes on with it."""

    def __init__(self, begun: Coroutine[Any, Any, Any], waits_for: Any) -> None:
        """``waits_for``: what the coroutine gave to the event loop last."""
        self._begun, self._waits_for = begun, waits_for

    def __await__(self) -> Generator[Any, Any, Any]:
        """Go on; whatever is sent or thrown in reaches the coroutine."""
        waits_for = self._waits_for
        while True:
            try:
                sent = yield waits_for
            except GeneratorExit:
                self._begun.close()
                raise
            except BaseException as error:  # noqa: BLE001 - a cancellation too is for the coroutine
                step: Any = self._begun.throw
                value: Any = error
            else:
                step, value = self._begun.send, sent
            try:
                waits_for = step(value)
            except StopIteration as end:
                return end.value


def begun(work: Coroutine[Any, Any, Any]) -> WaitResults | Resumed:
    """Begin a piece of work; return that it is done, or what it is that goes on with it."""
    try:
        waits_for = work.send(None)
    except StopIteration as end:
        return WaitResults([work], [end.value], stopped=False)
    return Resumed(work, waits_for)
