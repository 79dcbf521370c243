"""Many rows at once: the same on either store, whichever way its driver is given them."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import select

from hub.store.attempts import ATTEMPT
from hub.store.rows import count_new, insert_all, insert_new, update_each, upsert
from hub.store.session import Store

NOON = datetime(2026, 11, 23, 12, 0, 0, 1, tzinfo=timezone(timedelta(hours=2)))


def attempt(notice: int, **more: Any) -> dict[str, Any]:
    return {"notice_id": notice, "n": 1, "started_at": NOON, "detail": None, **more}


def kept(store: Store) -> list[tuple[Any, ...]]:
    these = select(ATTEMPT.c.notice_id, ATTEMPT.c.started_at, ATTEMPT.c.detail)
    rows = store.read_now(lambda c: c.execute(these.order_by(ATTEMPT.c.notice_id)).all())
    return [tuple(row) for row in rows]


def test_every_value_comes_back_as_it_was_written(either: Store) -> None:
    words = ["", "né {}\\ \"'\n\t", "’ 🧦 \u202e", None]
    rows = [attempt(n, detail=text) for n, text in enumerate(words)]
    either.write_now(lambda c: insert_all(c, ATTEMPT, rows))

    at = NOON.astimezone(UTC)
    assert [(n, at, text) for n, text in enumerate(words)] == kept(either)


def test_a_row_whose_key_is_taken_is_a_quiet_no_also_within_what_is_written(either: Store) -> None:
    new = [attempt(1, detail="first"), attempt(1, detail="second"), attempt(2)]

    assert 2 == either.write_now(lambda c: count_new(c, ATTEMPT, new))
    again = either.write_now(lambda c: insert_new(c, ATTEMPT, [*new, attempt(3)], ["notice_id"]))
    assert [(3,)] == [tuple(row) for row in again]
    assert ["first", None, None] == [detail for _, _, detail in kept(either)]


def test_of_two_rows_that_set_the_same_the_last_one_stays(either: Store) -> None:
    rows = [attempt(1, detail="first"), attempt(1, detail="second")]
    either.write_now(lambda c: upsert(c, ATTEMPT, rows, update=["detail"]))

    assert ["second"] == [detail for _, _, detail in kept(either)]


def test_only_the_rows_that_are_there_are_changed(either: Store) -> None:
    either.write_now(lambda c: insert_all(c, ATTEMPT, [attempt(1), attempt(2)]))
    said = [{"notice_id": n, "n": 1, "detail": "said"} for n in (2, 3)]

    assert 1 == either.write_now(lambda c: update_each(c, ATTEMPT, said, "notice_id", "n"))
    assert [None, "said"] == [detail for _, _, detail in kept(either)]


@pytest.mark.parametrize("column", ["started_at", "ended_at"])
def test_a_time_without_a_zone_is_refused(either: Store, column: str) -> None:
    naive = attempt(1, **{column: NOON.replace(tzinfo=None)})
    with pytest.raises(ValueError, match="naive time 2026-11-23"):
        either.write_now(lambda c: insert_all(c, ATTEMPT, [naive]))

    assert [] == kept(either)
