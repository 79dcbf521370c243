"""Of many rows those that are asked for by name, on either store, however many are asked for."""

from typing import Any

import pytest
from sqlalchemy import Select, event, select

from hub.store.among import among
from hub.store.attempts import ATTEMPT
from hub.store.rows import insert_all
from hub.store.session import Store
from tests.hub.store.test_rows import attempt

THOSE: Select[Any] = (
    select(ATTEMPT.c.notice_id)
    .where(among(ATTEMPT.c.notice_id, "ids"), among(ATTEMPT.c.detail, "words"))
    .order_by(ATTEMPT.c.notice_id)
)
MANY = 500


@pytest.fixture
def told(either: Store) -> Store:
    rows = [attempt(n, detail="odd" if n % 2 else "é'") for n in range(MANY)]
    either.write_now(lambda c: insert_all(c, ATTEMPT, rows))
    return either


def test_each_time_those_that_are_named_this_time(told: Store) -> None:
    asked: list[tuple[list[int], list[str], list[int]]] = [
        ([], ["odd"], []),
        ([1, 2, 3], [], []),
        ([1, 2, 3], ["odd"], [1, 3]),
        ([2, 2, 4, 9999], ["é'", "odd"], [2, 4]),
        ([*range(MANY)], ["é'"], [*range(0, MANY, 2)]),
        ([5], ["odd"], [5]),
    ]
    for ids, words, found in asked:
        values = {"ids": ids, "words": words}
        assert found == told.read_now(lambda c, v=values: [*c.scalars(THOSE, v)])


def test_a_server_is_asked_the_same_however_many_they_are(server: str) -> None:
    store, texts = Store(server), set()
    store.write_now(ATTEMPT.create)
    event.listen(
        store.reader, "before_cursor_execute", lambda *about: texts.add(about[2]), named=False
    )
    for count in (0, 1, 100):
        values = {"ids": [*range(count)], "words": ["odd"]}
        store.read_now(lambda c, v=values: c.execute(THOSE, v).all())
    store.close()

    assert 1 == len(texts), texts
