"""A dispatcher that is told to stop while it takes notices ends those, too; none stays leased."""

import asyncio
import sqlite3
from pathlib import Path

from tests.hub.notify.world import World, until


def test_what_is_taken_while_it_is_told_to_stop_is_told_all_the_same(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.add_order()
    world.tell("shipped")
    dispatcher = world.dispatcher()
    lock = sqlite3.connect(str(world.store.url.database), isolation_level=None)

    async def stopped_in_the_middle() -> None:
        await dispatcher.step()  # takes up its work
        world.tell("delivered")
        lock.execute("BEGIN IMMEDIATE")  # what it wants to write has to wait
        running = asyncio.create_task(dispatcher.run())
        await until(dispatcher._passing.locked)
        stopping = asyncio.create_task(dispatcher.stop())
        await asyncio.wait((stopping,), timeout=0.2)
        lock.execute("ROLLBACK")
        await asyncio.gather(running, stopping)

    asyncio.run(stopped_in_the_middle())
    lock.close()

    assert ["sent", "sent"] == [state for _, state, _ in world.states()]
    world.store.close()
