"""What the tables of the outbox promise by themselves: one notice, one lease, one outcome."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select
from sqlmodel import SQLModel

from hub.store import attempts, leases, outbox, settling
from hub.store.attempts import Lane
from hub.store.session import Store
from hub.store.settling import Ended, Handed, Settlement

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
LANE = Lane("email")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(f"sqlite:///{tmp_path}/hub.db")
    SQLModel.metadata.create_all(opened.engine)
    yield opened
    opened.close()


def change(store: Store, **columns: Any) -> None:
    row = {"order_id": "o1", "subject": "order", "milestone": "shipped", "revision": ""}
    times = {"occurred_at": NOW, "received_at": NOW, "planned_at": None}
    rest = {"version": 1, "silent": None, "change": "{}"}
    store.write_now(lambda c: c.execute(insert(outbox.OUTBOX), row | times | rest | columns))


def notice(**columns: Any) -> dict[str, Any]:
    row = {"outbox_id": 1, "order_id": "o1", "subject": "order", "milestone": "shipped"}
    rest = {"revision": "", "channel": "email", "recipient": "c1", "language": "fi"}
    state = {"state": "due", "reason": None, "attempts": 0, "next_at": NOW, "received_at": NOW}
    return row | rest | state | {"lease_until": None, "settled_at": None} | columns


def due(store: Store, now: datetime = NOW, lane: Lane = LANE) -> list[int]:
    return [one.outbox_id for one in store.read_now(lambda c: attempts.due(c, lane, now, 10))]


def take(store: Store) -> None:
    def work(connection: Any) -> None:
        found = attempts.due(connection, LANE, NOW, 10)
        attempts.lease(connection, found, now=NOW, until=NOW + timedelta(minutes=1))

    store.write_now(work)


def rows(store: Store, table: Any) -> list[Any]:
    return list(store.read_now(lambda c: c.execute(select(table)).all()))


def test_changes_are_planned_once_and_in_order(store: Store) -> None:
    for milestone in ("shipped", "delivered", "refund_issued"):
        change(store, milestone=milestone)

    def plan(connection: Any) -> list[str]:
        found = outbox.unplanned(connection, 2)
        outbox.mark_planned(connection, [row.id for row in found], NOW)
        return [row.milestone for row in found]

    assert ["shipped", "delivered"] == store.write_now(plan)
    assert ["refund_issued"] == store.write_now(plan)
    assert [] == store.write_now(plan)
    assert (False, False) == store.read_now(lambda c: attempts.waiting(c, NOW))


def test_a_notice_is_written_once(store: Store) -> None:
    again = [notice(), notice(language="sv"), notice(recipient="c2")]

    assert 2 == store.write_now(lambda c: outbox.add_notices(c, again))
    assert 0 == store.write_now(lambda c: outbox.add_notices(c, again))


def test_one_notice_of_an_order_goes_out_at_a_time_the_oldest_first(store: Store) -> None:
    change(store)
    change(store, milestone="delivered")
    later = notice(outbox_id=2, milestone="delivered")
    store.write_now(lambda c: outbox.add_notices(c, [later, notice()]))

    assert [1] == due(store)
    take(store)
    assert [] == due(store)
    end = Settlement(outcome="sent", state="sent", detail="250", at=NOW)
    store.write_now(lambda c: settling.settle(c, [Ended(2, 1, end)]))
    assert [2] == due(store)


@pytest.mark.parametrize("minutes, passes", [(5, []), (11, [2])])
def test_a_notice_waiting_for_its_next_try_holds_newer_ones_back_for_ten_minutes(
    store: Store, minutes: int, passes: list[int]
) -> None:
    change(store)
    change(store, milestone="delivered")
    waiting = notice(next_at=NOW + timedelta(minutes=minutes))
    later = notice(outbox_id=2, milestone="delivered")
    store.write_now(lambda c: outbox.add_notices(c, [waiting, later]))

    assert passes == due(store)


def test_a_lane_sees_its_own_notices_only(store: Store) -> None:
    change(store)
    hooks = [notice(channel="webhook", recipient=name) for name in ("a", "b")]
    store.write_now(lambda c: outbox.add_notices(c, [notice(), *hooks]))

    assert [1] == due(store)
    assert [1] == due(store, lane=Lane("webhook", "a"))
    assert [] == due(store, lane=Lane("webhook", "c"))
    assert [] == due(store, NOW - timedelta(seconds=1))


def test_an_older_number_changes_nothing(store: Store) -> None:
    change(store)
    store.write_now(lambda c: outbox.add_notices(c, [notice()]))
    take(store)
    again = Settlement(outcome="retry", state="due", detail="451", at=NOW, next_at=NOW)
    store.write_now(lambda c: settling.settle(c, [Ended(1, 1, again)]))
    take(store)
    late = Settlement(outcome="dead", state="dead", detail="late", at=NOW)

    assert [False] == store.write_now(lambda c: settling.settle(c, [Ended(1, 1, late)]))
    both = [Handed(1, 1, NOW), Handed(1, 2, NOW)]
    assert [False, True] == store.write_now(lambda c: settling.mark_handing(c, both))
    assert [("leased", 2)] == [(one.state, one.attempts) for one in rows(store, outbox.NOTICE)]
    assert [(1, "retry"), (2, None)] == [
        (one.n, one.outcome) for one in rows(store, attempts.ATTEMPT)
    ]


def test_what_has_been_sent_cannot_be_suppressed(store: Store) -> None:
    store.write_now(lambda c: outbox.add_notices(c, [notice(state="sent")]))

    assert 0 == store.write_now(lambda c: outbox.suppress(c, [1], "withdrawn", NOW))


def test_an_attempt_without_an_outcome_is_found_when_its_lease_is_over(store: Store) -> None:
    change(store)
    store.write_now(lambda c: outbox.add_notices(c, [notice()]))
    take(store)

    def lost(now: datetime) -> int:
        return len(store.read_now(lambda c: leases.over(c, now)))

    assert (0, 1) == (lost(NOW), lost(NOW + timedelta(minutes=2)))
    assert 1 == len(store.read_now(leases.everything))


def test_a_letter_is_kept_once_for_each_message_id(store: Store) -> None:
    for name in ("<a@x>", "<b@x>", "<a@x>"):
        store.write_now(lambda c, name=name: outbox.keep_mail(c, name, b"letter", NOW))

    assert ["<a@x>", "<b@x>"] == [one.message_id for one in rows(store, outbox.MAIL)]
