"""The oracle's own clock, and how it waits: orders are judged by a watch that is not the hub's."""

import asyncio
import time
from collections.abc import Callable


def now() -> float:
    """Return Unix seconds."""
    return time.time()  # noqa: TID251 - a witness has a watch of its own


async def pause(seconds: float) -> None:
    """Let that much time pass: a sender that got no answer tries again after it."""
    try:
        await asyncio.wait_for(asyncio.Event().wait(), seconds)
    except TimeoutError:
        return


async def until(condition: Callable[[], bool], seconds: float) -> bool:
    """Ask every 20 ms until it holds; False when it does not within ``seconds``."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        await pause(0.02)
    return True
