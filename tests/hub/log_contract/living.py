"""A reader in a process of its own that dies at a named place; started by the log's contract."""

import sys

from tests.faults.armed import die_at
from tests.hub.log_contract.logs import at
from tests.hub.pipeline.world import World
from tests.hub.stream.working import in_the_hubs_loop, until


def live(database: str, url: str, place: str) -> None:
    """Read until death."""
    die_at(place, 1)
    log, world = at(url), World(database)

    async def work() -> None:
        async with log.reader(world):
            await until(lambda: False, "death")

    in_the_hubs_loop(work())


if __name__ == "__main__":
    live(*sys.argv[1:])
