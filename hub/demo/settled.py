"""Asks a hub over HTTP whether it has dealt with all that it was told."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

LOOK_AGAIN = 0.02  #: seconds between two looks

Figures = Mapping[str, float]


async def figures(session: aiohttp.ClientSession, base_url: str) -> Figures:
    """Return the hub's figures, summed by name; notices by state, raws by outcome."""
    async with session.get(f"{base_url}/metrics") as response:
        text = await response.text()
    found: dict[str, float] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            part = sample.labels.get("state") or sample.labels.get("outcome")
            name = f"{sample.name}:{part}" if part else sample.name
            found[name] = found.get(name, 0) + sample.value
    return found


def at_rest(now: Figures) -> bool:
    """Whether nothing waits in the log, in the outbox or on its way to a provider."""
    waiting = (
        "tilanne_backlog",
        "tilanne_outbox_unplanned",
        "tilanne_notices:due",
        "tilanne_notices:leased",
    )
    return not any(now.get(name) for name in waiting)


async def settled(session: aiohttp.ClientSession, base_url: str, *, within: float) -> bool:
    """Wait until the hub is at rest; answer whether it was within so many seconds."""
    with suppress(TimeoutError):
        async with asyncio.timeout(within):
            while not at_rest(await figures(session, base_url)):
                await pause(LOOK_AGAIN)
            return True
    return False


async def pause(seconds: float) -> None:
    """Let time pass: between two looks, or at the pace of the day."""
    if seconds > 0:
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.Event().wait(), seconds)
