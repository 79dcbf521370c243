"""Two who wait for each other in a circle: one gives way, is run again, and nobody hears of it."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from sqlalchemy import Connection, select, update

from hub.store.duties import DUTY, take
from hub.store.migrate import migrate
from hub.store.session import Store

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def test_work_that_lost_a_deadlock_is_run_again(server: str) -> None:
    stores = [Store(server) for _ in range(2)]
    migrate(stores[0])
    for name in ("a", "b"):
        stores[0].write_now(lambda c, name=name: take(c, name, "", now=NOW, until=NOW))
    gate, runs = threading.Barrier(2, timeout=30), [0, 0]

    def work(connection: Connection, side: int) -> None:
        runs[side] += 1
        for name in "ab" if side else "ba":
            row = update(DUTY).where(DUTY.c.name == name)
            connection.execute(row.values(holder=DUTY.c.holder + f"{side}"))
            if 1 == runs[side]:  # both hold their first row before they ask for the other
                gate.wait()
                runs[side] += 1

    with ThreadPoolExecutor(2) as threads:
        done = [
            threads.submit(store.write_now, lambda c, side=side: work(c, side))
            for side, store in enumerate(stores)
        ]
        for one in done:
            one.result(timeout=30)
    holders = stores[0].read_now(lambda c: c.execute(select(DUTY.c.holder)).scalars().all())
    gave_way = [store._writer.gave_way for store in stores]
    for store in stores:
        store.close()

    assert sum(gave_way) >= 1
    assert [["0", "1"]] * 2 == [sorted(one) for one in holders]
