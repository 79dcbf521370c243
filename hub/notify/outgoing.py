"""Notices on their way out: each waits for a place in its lane, and for its turn, and is sent."""

import asyncio
from collections.abc import Callable

import structlog

from hub.clock import Clock
from hub.notify.holding import InHand
from hub.notify.lanes import Health, Traffic
from hub.notify.taking import Taken
from hub.store.session import StoreUnavailable

log = structlog.get_logger()


class Outgoing:
    """What one dispatcher has taken and not ended yet, a task each."""

    def __init__(
        self, in_hand: InHand, traffic: Traffic, clock: Clock, wake: Callable[[], None]
    ) -> None:
        """``wake`` is called when a lane has room for more."""
        self._in_hand = in_hand
        self._traffic = traffic
        self._clock = clock
        self._wake = wake
        self._turn = asyncio.Lock()
        self.tasks: set[asyncio.Task[None]] = set()

    def begin(self, taken: Taken) -> None:
        """Send a notice that was taken, as soon as its lane has a place for it."""
        self._in_hand.hold(taken)
        begun = self._traffic.begun(taken.lane)
        task = asyncio.create_task(self._send(taken, begun))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def end(self, grace: float) -> None:
        """Give what is under way so many seconds to end by itself, then end it."""
        if not self.tasks:
            return
        _, late = await asyncio.wait(self.tasks, timeout=grace)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    async def _send(self, taken: Taken, begun: int) -> None:
        def answered(health: Health) -> None:
            self._traffic.answered(taken.lane, self._clock(), health)
            self._more(taken)

        try:
            if await self._traffic.turn(taken.lane, begun):
                async with self._turn:  # one at a time: the door is looked at between two
                    await asyncio.sleep(0)  # noqa: TID251 - not a pause: one turn of the event loop
                await self._in_hand.send(taken, answered)
            else:
                answered(Health.UNSAID)
                await self._in_hand.put_back(taken)
        except StoreUnavailable as error:
            log.warning("notify.unsettled", notice=taken.row.id, reason=str(error))
        except Exception:
            log.exception("notify.failed", notice=taken.row.id)
        finally:
            self._traffic.settled(taken.lane)
            self._more(taken)

    def _more(self, taken: Taken) -> None:
        if self._traffic.roomy(taken.lane):
            self._wake()
