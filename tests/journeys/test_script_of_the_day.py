"""The script of the example day, without a network: every story ends as it says, in any order."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby, pairwise
from pathlib import Path
from random import Random
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select

from connectors.contract import Raw
from connectors.registry import discover
from hub.config import Settings
from hub.demo.day import begin
from hub.demo.message import Message, seal
from hub.demo.post import Delivery, deliveries
from hub.demo.script import PARKED, QUARANTINED, script
from hub.demo.settings import demo_settings, secret_of
from hub.intake.inbox import receive
from hub.notify.audience import FOR_SYSTEMS, SAID_WITH
from hub.pipeline.run import Pipeline
from hub.pipeline.translate import Translator
from hub.queries.tallies import sums
from hub.store.migrate import migrate
from hub.store.session import Store
from hub.store.tables import BeliefRow
from hub.store.tables_of_notices import OutboxRow
from state_machine.events import Event
from state_machine.milestones import Told

BELIEF, OUTBOX = BeliefRow.__table__, OutboxRow.__table__

NOW = datetime(2026, 11, 21, 14, 3, 7, tzinfo=UTC)
CLOCKS_BACK = datetime(2026, 10, 25, 9, 30, tzinfo=UTC)  #: an hour of that night happens twice
CLOCKS_FORWARD = datetime(2026, 3, 29, 9, 30, tzinfo=UTC)
MINUTES = timedelta(minutes=10)
CONNECTORS = discover()


@dataclass(frozen=True)
class Evening:
    """What a hub believes, and would tell, when the day is over."""

    statuses: dict[str, str]
    snapshots: dict[str, str]
    told: dict[str, list[Told]]
    parked: int
    quarantined: int
    outcomes: dict[str, int]


def expected_statuses(now: datetime) -> dict[str, str]:
    return {one.purchase.order_id: str(one.ends) for one in script(now) if one.purchase}


def expected_news(now: datetime) -> dict[str, list[Told]]:
    return {one.purchase.order_id: sorted(one.told) for one in script(now) if one.purchase}


def raw_of(message: Message, number: int, now: datetime) -> Raw:
    sealed = seal(
        message, secret=secret_of(1, message.connector), sent_at=now, delivery_id=str(number)
    )
    source = parse_qs(urlsplit(sealed.path).query)["source"][0]
    return Raw(sealed.body, sealed.headers, now, source, message.connector)


def live(tmp_path: Path, hours: Iterable[Sequence[Delivery]], now: datetime) -> Evening:
    """Let a pipeline on a real database take in the deliveries, one group after the other."""
    store = Store(f"sqlite:///{tmp_path / 'day.db'}")
    migrate(store)
    settings = demo_settings(Settings(), seed=1, sink_url="http://127.0.0.1:9/")
    pipeline = Pipeline(store, Translator(CONNECTORS, settings), lambda applied: None)

    async def take_in() -> None:
        number = 0
        for hour in hours:
            for one in hour:
                number += 1
                at = now + timedelta(seconds=number)
                raw = raw_of(one.message, number, at)
                CONNECTORS[raw.connector].module.verify(raw, secret_of(1, raw.connector))
                await receive(store, raw, arrived=pipeline.arrived)
            while await pipeline.step():
                pass

    try:
        asyncio.run(take_in())
        return store.read_now(lambda connection: look(connection, now))
    finally:
        store.close()


def look(connection, now: datetime) -> Evening:
    beliefs = connection.execute(select(BELIEF)).all()
    told: dict[str, list[Told]] = {row.order_id: [] for row in beliefs}
    for row in connection.execute(select(OUTBOX).where(OUTBOX.c.silent.is_(None))):
        if Told(row.milestone) not in FOR_SYSTEMS | SAID_WITH.keys():
            told[row.order_id].append(Told(row.milestone))
    found = sums(connection, now)
    return Evening(
        statuses={row.order_id: row.status for row in beliefs},
        snapshots={row.order_id: row.snapshot for row in beliefs},
        told={order: sorted(news) for order, news in told.items()},
        parked=found.parked,
        quarantined=found.quarantine,
        outcomes=dict(found.outcomes),
    )


def by_hour(day: Sequence[Delivery]) -> list[list[Delivery]]:
    return [list(group) for _, group in groupby(day, key=lambda one: one.hour)]


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_every_order_ends_as_its_script_says_and_its_customer_hears_what_it_says(tmp_path, seed):
    evening = live(tmp_path, by_hour(deliveries(seed, NOW)), NOW)

    assert expected_statuses(NOW) == evening.statuses
    assert expected_news(NOW) == evening.told
    assert (PARKED, QUARANTINED) == (evening.parked, evening.quarantined)
    assert (PARKED, QUARANTINED) == (evening.outcomes["parked"], evening.outcomes["quarantined"])
    assert evening.outcomes["duplicate"] > 0


@pytest.mark.parametrize("now", [CLOCKS_BACK, CLOCKS_FORWARD], ids=["back", "forward"])
def test_the_day_ends_the_same_in_the_nights_in_which_clocks_are_changed(tmp_path, now):
    evening = live(tmp_path, by_hour(deliveries(5, now)), now)

    assert expected_statuses(now) == evening.statuses
    assert expected_news(now) == evening.told


def test_told_in_any_order_at_all_the_day_ends_in_the_same_belief(tmp_path):
    day = deliveries(6, NOW)
    told_in_order = live(tmp_path / "a", by_hour(day), NOW)
    for seed in (1, 2):
        shuffled = Random(seed).sample(day, len(day))
        pieces = [shuffled[at : at + 7] for at in range(0, len(day), 7)]

        evening = live(tmp_path / str(seed), pieces, NOW)

        assert told_in_order.snapshots == evening.snapshots
        assert (PARKED, QUARANTINED) == (evening.parked, evening.quarantined)


def test_the_same_seed_gives_the_same_day_and_another_seed_another():
    assert deliveries(7, NOW) == deliveries(7, NOW)
    assert deliveries(7, NOW) != deliveries(8, NOW)


def test_the_day_has_what_it_promises():
    day = deliveries(1, NOW)
    first = [one for one in day if one.copy == 1]
    places = {(one.story, one.words, one.hour): n for n, one in enumerate(first)}
    told = [(s.title, step.words, int(step.hours)) for s in script(NOW) for step in s.steps]

    assert {"shopify", "woocommerce", "easypost", "pakettikauppa", "canonical"} == {
        one.message.connector for one in day
    }
    assert 0.1 < (len(day) - len(first)) / len(first) < 0.4
    assert any(places[one] > places[two] for one, two in pairwise(told) if one[0] == two[0])
    assert {2, 3} <= {one.copy for one in day}
    assert {"fi", "sv", "en"} == {
        s.purchase.customer.language[:2] for s in script(NOW) if s.purchase
    }


def test_every_message_tells_of_its_own_hour_and_none_of_the_future():
    when = begin(NOW)
    steps = [step for story in script(NOW) for step in story.steps]
    told = [(step, max(moments(step.message))) for step in steps]

    assert [] == [s.words for s, at in told if abs(at - when(s.hours)) > MINUTES]
    assert max(at for _, at in told) <= NOW


def moments(message: Message) -> list[datetime]:
    findings = CONNECTORS[message.connector].module.parse(raw_of(message, 1, NOW))
    return [one.occurred_at for one in findings if isinstance(one, Event)]
