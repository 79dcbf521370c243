"""Reads kept raws again with today's connectors: what was learned since is added."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection, select

from hub.pipeline.apply import Applied, digest
from hub.pipeline.recent import Recent
from hub.pipeline.run import BATCH
from hub.pipeline.translate import Translator
from hub.store.session import Store
from hub.store.tables import InboxRow, RawRow

RAW = RawRow.__table__  # type: ignore[attr-defined]
INBOX = InboxRow.__table__  # type: ignore[attr-defined]

SILENT = "replayed history"


def replay(
    store: Store, translator: Translator, *, since: datetime, notify: bool
) -> Iterator[Applied]:
    """Translate and apply the kept raws again that reached us at or after ``since``.

    Facts are known by their ids, so only what the connectors say anew changes anything. Nobody is
    told of it unless ``notify``. Yields the sums so far, after each batch. Quarantined raws stay
    where they are: they are released, not replayed.
    """
    sums, last = Applied(), 0
    while True:
        position = last

        def work(connection: Connection, position: int = position) -> tuple[int, int]:
            return _batch(connection, translator, sums, position, since, notify=notify)

        last, count = store.write_now(work)
        if not count:
            return
        sums.raws += count
        yield sums


def _batch(
    connection: Connection,
    translator: Translator,
    sums: Applied,
    position: int,
    since: datetime,
    *,
    notify: bool,
) -> tuple[int, int]:
    rows = connection.execute(
        select(RAW)
        .join(INBOX, INBOX.c.raw_id == RAW.c.id)
        .where(RAW.c.id > position, RAW.c.received_at >= since, INBOX.c.outcome == "applied")
        .order_by(RAW.c.id)
        .limit(BATCH)
    ).all()
    if not rows:
        return position, 0
    digest(
        connection,
        [translator.translate(row) for row in rows],
        sums,
        Recent(size=0),
        silent=None if notify else SILENT,
    )
    return rows[-1].id, len(rows)
