"""What the far end does to a hub that tells it of an order: kill it at a phase, or let it wait."""

import asyncio
import os
import signal


class Traps:
    """Phases of the mail server and of the partner system at which something happens."""

    def __init__(self) -> None:
        self._released = asyncio.Event()
        self.clear()

    def clear(self) -> None:
        """Take all traps away, and answer everybody."""
        self._phase, self._pid = "", 0
        self._released.set()

    def kill_at(self, phase: str, pid: int) -> None:
        """Kill that process the next time the phase is reached."""
        self._phase, self._pid = phase, pid

    def stick(self) -> None:
        """Answer nobody from now on."""
        self._released.clear()

    def let_go(self) -> None:
        self._released.set()

    def reached(self, phase: str) -> None:
        """Spring the trap if it is set here."""
        if phase == self._phase:
            self._phase = ""
            os.kill(self._pid, signal.SIGKILL)

    async def patience(self) -> None:
        """Wait as long as nobody is to be answered."""
        await self._released.wait()
