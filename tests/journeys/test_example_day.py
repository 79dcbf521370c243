"""The example day through the real door: a hub on a real port, a mailbox, a store system."""

import asyncio
import socket
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest

from hub.clock import utc_now
from hub.config import Settings
from hub.demo.cast import LINUS, SVEA
from hub.demo.play import NotTaken, play
from hub.demo.post import deliveries
from hub.demo.run import live_the_day
from hub.demo.script import script
from hub.demo.settings import SINK, demo_settings, secret_of, wipe
from hub.demo.store_system import Kept, StoreSystem
from hub.demo.verify import Report, letter_faults
from hub.queries import Queries
from hub.serve import open_hub
from hub.store.migrate import migrate
from hub.store.session import AlreadyRunning, Store
from hub.web.letters import Letter, letter

SEED = 11

Thing = TypeVar("Thing")


@dataclass(frozen=True)
class Evening:
    """All that is left when the day is over."""

    report: Report
    faults: list[str]
    letters: list[Letter]
    outcomes: dict[str, int]
    store_system: StoreSystem


def repeated(things: Iterable[Thing]) -> list[Thing]:
    return [thing for thing, times in Counter(things).items() if times > 1]


@pytest.fixture(scope="module")
def evening(tmp_path_factory: pytest.TempPathFactory) -> Evening:
    return asyncio.run(spend_the_day(tmp_path_factory.mktemp("day") / "demo.db"))


async def spend_the_day(database: Path) -> Evening:
    store_system = StoreSystem(secret_of(SEED, SINK))
    async with store_system.listening():
        settings = demo_settings(
            Settings(port=0), seed=SEED, sink_url=store_system.url, database=database
        )
        async with open_hub(settings) as served:
            report, faults = await live_the_day(
                served, store_system, seed=SEED, pace=0, now=utc_now()
            )
            queries = Queries(served.hub.store)
            letters = [letter(row) for row in await queries.mails(10_000)]
            outcomes = (await queries.sums(utc_now())).outcomes
            return Evening(report, faults, letters, dict(outcomes), store_system)


def test_the_day_ends_as_its_script_says(evening):
    assert [] == evening.faults
    assert {row.story.title: row.story.ends for row in evening.report.rows} == {
        row.story.title: row.status for row in evening.report.rows
    }
    assert len(evening.report.rows) >= 14


def test_only_the_two_planted_leftovers_are_left(evening):
    assert (1, 1) == (evening.report.parked, evening.report.quarantined)
    assert (1, 1) == (evening.outcomes["parked"], evening.outcomes["quarantined"])
    assert evening.outcomes["duplicate"] >= 10


def test_every_customer_hears_of_every_milestone_once(evening):
    script_says = {row.story.title: sorted(row.story.told) for row in evening.report.rows}

    assert script_says == {row.story.title: sorted(row.told) for row in evening.report.rows}
    assert [] == repeated(one.message_id for one in evening.letters)
    # A delivery that was wrong, was corrected and is true in the end is told in the same words; so
    # is a second day on the van, unless it is the present one. Nobody else reads anything twice.
    again = {to for to, _ in repeated((one.to, one.text) for one in evening.letters)}
    assert again <= {LINUS.email, SVEA.email}


def test_customers_are_written_to_in_their_own_language(evening):
    wanted = {
        row.story.purchase.customer.email: row.story.purchase.customer.language[:2]
        for row in evening.report.rows
    }

    assert wanted == {one.to: one.language for one in evening.letters}
    assert {"fi", "sv", "en"} == set(wanted.values())


def test_the_store_system_is_told_the_newest_of_every_order_and_nothing_twice(evening):
    newest = {row.story.purchase.order_id: row.version for row in evening.report.rows}
    known = evening.store_system

    assert newest == {order: kept.version for order, kept in known.orders.items()}
    assert 0 == known.refused
    assert [] == repeated(known.messages.elements())


def test_an_old_version_never_replaces_a_newer_one_in_the_store_system():
    known = StoreSystem("unused")
    for version, status in ((2, "in_transit"), (1, "processing")):
        known.keep({"order_id": "kaamos:1", "version": version, "status": status})

    assert {"kaamos:1": Kept(2, "in_transit")} == known.orders


def test_a_letter_too_many_a_letter_missing_and_a_letter_twice_are_found():
    stories = [one for one in script(utc_now()) if one.title == "being packed"]
    to = stories[0].purchase.customer.email

    assert [] == letter_faults(stories, [(to, "<1>")])
    assert [f"{to} has 0 letters, not 1"] == letter_faults(stories, [])
    assert 2 == len(letter_faults(stories, [(to, "<1>"), (to, "<1>")]))
    assert ["x@y.example has 1 letters, not 0"] == letter_faults(
        stories, [(to, "<1>"), ("x@y.example", "<2>")]
    )


def test_a_delivery_the_door_refuses_stops_the_day_with_its_name(tmp_path):
    async def with_another_seed() -> None:
        settings = demo_settings(
            Settings(port=0), seed=1, sink_url="http://127.0.0.1:9/", database=tmp_path / "demo.db"
        )
        async with open_hub(settings) as served:
            day = deliveries(2, utc_now())
            await play(served.url, day, seed=2, pace=0, clock=utc_now)

    with pytest.raises(NotTaken, match="401"):
        asyncio.run(with_another_seed())


def test_a_day_is_not_wiped_away_under_the_hub_that_lives_it(tmp_path):
    database = tmp_path / "demo.db"
    store = Store(f"sqlite:///{database}")
    store.hold_alone()
    migrate(store)
    try:
        with pytest.raises(AlreadyRunning):
            wipe(database)
        assert database.exists()
    finally:
        store.close()

    wipe(database)

    assert not database.exists()


def test_a_port_that_is_taken_is_told_with_what_to_do(tmp_path):
    async def open_twice() -> None:
        with socket.create_server(("127.0.0.1", 0)) as other:
            base = Settings(port=other.getsockname()[1])
            url = "http://127.0.0.1:9/"
            settings = demo_settings(base, seed=1, sink_url=url, database=tmp_path / "demo.db")
            async with open_hub(settings):
                pass

    with pytest.raises(OSError, match="TILANNE_PORT"):
        asyncio.run(open_twice())
