"""A dispatcher that is killed at a named place: python -m tests.hub.notify.channels.dying …

In: the database, the name of a case, the address of its far end, the place.
"""

import asyncio
import os
import signal
import sys
from datetime import datetime

from hub.config import Settings, Sink
from hub.crashpoints import arm
from hub.notify.channels import Channel
from hub.notify.dispatcher import Dispatcher
from hub.store.session import Store
from tests.hub.notify.channels.cases import CASES, TWO
from tests.hub.notify.world import CATALOGUES, NOW, SECRET


def dispatcher(store: Store, name: str, url: str, clock: object) -> Dispatcher:
    """Open a dispatcher that knows one way out."""
    (case,) = (case for case in (*CASES, TWO) if case.name == name)
    channel: Channel = case.open(url)
    sinks = [Sink(name="kassa", url=f"{url}/hook", secret=SECRET)] if name == "webhook" else []
    settings = Settings(sinks=sinks, sink_networks=["127.0.0.0/8"])
    return Dispatcher(store, settings, clock, CATALOGUES, {channel.NAME: channel})


def now() -> datetime:
    return NOW


async def main(database: str, name: str, url: str, place: str) -> None:
    """Send what is due, and die."""
    await dispatcher(Store(database), name, url, now).step()


def die(place: str) -> None:
    if place == sys.argv[4]:
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    arm(die)
    asyncio.run(main(*sys.argv[1:]))
