"""A day's report: who was told in time, who was late and why, and what nobody was to be told."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from hub.queries.breaches import breaches
from hub.queries.promises import kept, unsent
from hub.queries.sla import report
from hub.store.migrate import migrate
from hub.store.session import Store
from tests.faults.postgres import new_database
from tests.hub.ledger import DAY, EVENING, NOON, Ledger, after


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/hub.db"
    else:
        url = new_database(request.getfixturevalue("postgresql"), f"promises_{uuid4().hex}")
    opened = Store(url)
    migrate(opened)
    yield opened
    opened.close()


@pytest.fixture
def ledger(store: Store) -> Ledger:
    return Ledger(store)


def test_each_channel_and_promise_is_counted(store: Store, ledger: Ledger) -> None:
    for _ in range(3):
        ledger.tell((0.2, "sent"), state="sent")
    ledger.tell((70, "sent"), state="sent")
    ledger.tell((0.3, "dead"), state="dead")
    ledger.tell((4000, "sent"), state="sent", milestone="refund_issued")
    ledger.tell(state="due", channel="sms", received_at=EVENING - timedelta(seconds=5))

    found = store.read_now(lambda c: kept(c, DAY, EVENING))

    assert [
        ("email", "returns", 1, 0, 0, 0, 1.0),
        ("email", "status", 3, 1, 1, 0, 0.6),
        ("sms", "status", 0, 0, 0, 1, None),
    ] == [(k.channel, k.objective, k.in_time, k.late, k.missed, k.open, k.share) for k in found]
    email = found[1]
    assert {0.5: 0.5, 0.95: 90, 0.99: 90} == email.speeds["accepted"].at_most
    assert (5, 0.25) == (email.speeds["attempted"].count, email.speeds["attempted"].at_most[0.5])


def test_another_day_is_another_report(store: Store, ledger: Ledger) -> None:
    ledger.tell((0.3, "sent"), state="sent")
    ledger.tell((0.3, "sent"), state="sent", received_at=NOON + timedelta(days=1))

    counts = [
        sum(one.in_time for one in store.read_now(lambda c, day=day: kept(c, day, EVENING)))
        for day in (DAY - timedelta(days=1), DAY)
    ]
    assert [0, 1] == counts


def test_a_breach_names_what_came_first(store: Store, ledger: Ledger) -> None:
    ledger.tell((0.3, "sent"), state="sent")
    ledger.tell((100, "sent"), state="sent", planned=99)
    ledger.tell((100, "sent"), state="sent")
    ledger.tell((1, "retry"), (100, "sent"), state="sent")
    ledger.tell((1, "dead"), state="dead", reason="550 no such box")
    ledger.tell((1, "ambiguous"), state="held", reason="the provider may have it")
    ledger.tell(state="due")

    found = store.read_now(lambda c: breaches(c, DAY, EVENING))

    assert ["hub", "hub", "provider", "given_up", "person", "waiting"] == [b.cause for b in found]
    assert ["451 later", "550 no such box"] == [b.detail for b in found[2:4]]
    assert (None, after(100.2)) == (found[3].accepted_at, found[0].accepted_at)


def test_what_is_still_open_has_not_broken_its_promise(store: Store, ledger: Ledger) -> None:
    ledger.tell(state="due", received_at=EVENING - timedelta(seconds=59))
    ledger.tell((1, "retry"), state="due", milestone="return_received")

    assert [] == store.read_now(lambda c: breaches(c, DAY, EVENING))
    assert 2 == len(store.read_now(lambda c: breaches(c, DAY, EVENING + timedelta(days=2))))


def test_what_waits_for_the_morning_is_promised_from_then_on(store: Store, ledger: Ledger) -> None:
    ledger.tell((3630, "sent"), state="sent", not_before=after(3600))
    ledger.tell(state="due", not_before=EVENING)

    (email,) = store.read_now(lambda c: kept(c, DAY, EVENING))
    assert (1, 0, 0, 1) == (email.in_time, email.late, email.missed, email.open)


def test_what_was_not_sent_is_counted_by_its_reason(store: Store, ledger: Ledger) -> None:
    for day in (1, 2):
        ledger.tell(state="suppressed", reason=f"too old: happened 2026-11-0{day} 10:00 UTC")
    ledger.tell(state="suppressed", reason="there is no e-mail address")

    found = store.read_now(lambda c: unsent(c, DAY))

    assert {("email", "too old"): 2, ("email", "there is no e-mail address"): 1} == found
    assert [] == store.read_now(lambda c: kept(c, DAY, EVENING))


def test_breaches_are_read_page_by_page(store: Store, ledger: Ledger) -> None:
    late = [ledger.tell((100, "sent"), state="sent") for _ in range(5)]

    pages, next_ = [], 0
    while next_ is not None:
        page = store.read_now(lambda c, n=next_: report(c, DAY, EVENING, after=n, limit=2))
        pages.append([one["notice"] for one in page["breaches"]])
        next_ = page["next"]
    assert [late[:2], late[2:4], late[4:]] == pages
