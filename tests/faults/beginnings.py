"""What went before a crash: orders told of, attempts left open, raws grown old, old tables."""

import sqlite3
from contextlib import closing
from datetime import datetime

from alembic import command
from sqlalchemy import Connection

from hub.clock import utc_now
from hub.store import customers
from hub.store.migrate import _config
from hub.store.session import Store
from tests.faults.drill import Scene


def told(scene: Scene) -> None:
    """Orders have been told of, and the hub was stopped."""
    scene.hub.start()
    scene.tell(scene.drill.story, scene.drill.orders or 4)
    scene.come_to_rest()
    assert scene.hub.stop() == 0


def registered(scene: Scene) -> None:
    """An order waits for its customer's device; it is registered now, and the next hub tells it."""
    scene.hub.start()
    scene.tell(scene.drill.story, 1)
    scene.come_to_rest()
    assert scene.hub.stop() == 0
    devices = scene.witness.ask("devices", carrier=scene.drill.door)["devices"]
    store, now = Store(scene.hub.environment["TILANNE_DATABASE_URL"]), utc_now()
    for order, device in devices.items():
        store.write_now(lambda c, order=order, device=device: _state(c, order, device, now))
    store.close()


def _state(connection: Connection, order: str, device: dict[str, str], now: datetime) -> None:
    found = customers.of_order(connection, order)
    assert found is not None, f"{order} has no customer"
    own = customers.settle(connection, found, now)
    customers.state_address(connection, own, verified=False, now=now, **device)


def left_open(scene: Scene) -> None:
    """A hub died with letters and posts under way: the next one finds attempts without an end."""
    scene.tell("mixed", 4)
    scene.hub.launch("notify.handing", 4)
    assert scene.hub.ends_by_itself() == -9


def overdue(scene: Scene) -> None:
    """A promise has been broken by now, and nobody has said so yet."""
    scene.hub.launch("scheduler.due")  # its first look finds nothing: nothing is told yet
    scene.hub.wait_until_ready()
    scene.tell("late", 1)
    scene.witness.must("answered", seconds=30)
    scene.witness.must("settled", seconds=30)
    assert scene.hub.stop() == 0


def grown_old(scene: Scene) -> None:
    """The raw bytes of all orders told so far have come of age: the next hub forgets them."""
    told(scene)
    url = scene.hub.environment["TILANNE_DATABASE_URL"]
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as database:
        database.execute("UPDATE raw SET received_at = '2020-01-01T00:00:00.000000+00:00'")
        database.commit()


def first_tables(scene: Scene) -> None:
    """Orders lie in the tables of the first version; the next hub brings them up to date."""
    told(scene)
    store = Store(scene.hub.environment["TILANNE_DATABASE_URL"])
    with store.engine.begin() as connection:
        command.downgrade(_config(connection), "0001")
    store.close()
