"""One row by its key, as cheap as the database can: how a surface looks at one order."""

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import SQLAlchemyError

from hub.store.columns import UtcTime
from hub.store.faults import StoreUnavailable
from hub.store.session import Store


class Glance:
    """A question with one value to fill in that at most one row answers."""

    def __init__(self, question: Select[Any], value: str) -> None:
        """``value``: the name of what is to be filled in."""
        self._question, self._value = question, value
        self._text = str(question.compile(dialect=sqlite.dialect()))
        self._times = [isinstance(one.type, UtcTime) for one in question.selected_columns]

    async def at(self, store: Store, value: str) -> Sequence[Any] | None:
        """Return the row, or None. Raises ``StoreUnavailable``."""
        if store.file is not None:
            return self._straight(store, value)
        asked = {self._value: value}
        return await store.read(lambda c: c.execute(self._question, asked).one_or_none())

    def _straight(self, store: Store, value: str) -> Sequence[Any] | None:
        """Read a row from a file on this thread, with nothing between us and the driver.

        By the primary key that takes 15 microseconds, and no writer can hold a reader up (WAL);
        a thread and a transaction around it took 300, which made snapshots half as fast.
        """
        try:
            connection = store.reader.raw_connection()
            try:
                found = connection.cursor().execute(self._text, (value,)).fetchone()
            finally:
                connection.close()
        except (SQLAlchemyError, sqlite3.Error) as error:
            raise StoreUnavailable(f"not readable: {type(error).__name__}") from error
        if found is None:
            return None
        both = zip(found, self._times, strict=True)
        return [datetime.fromisoformat(one) if is_time else one for one, is_time in both]
