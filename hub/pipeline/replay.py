"""Lets kept raws be read again by today's connectors, page by page, and orders follow."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, not_, select

from hub.crashpoints import crashpoint
from hub.pipeline.batch import BATCH
from hub.pipeline.rebuild import SILENT
from hub.pipeline.reread import Reread, reread
from hub.pipeline.translate import Translator
from hub.store import inbox, job
from hub.store.job import Job
from hub.store.session import Store
from hub.store.tables import InboxRow, RawRow, table

RAW, INBOX = table(RawRow), table(InboxRow)

NAME = "replay: raws"
#: quarantined raws stay where they are: a person releases them
READ_AGAIN = ("applied", "duplicate", "parked")


class OtherRaws(ValueError):
    """A replay of other raws was interrupted; beginning this one would forget its place."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which raws are meant; what is left out says nothing."""

    since: datetime | None = None  #: reached us then or later
    until: datetime | None = None  #: reached us before
    connector: str | None = None
    source: str | None = None

    def rows(self, *columns: Any, outcomes: Sequence[str] = READ_AGAIN) -> Select[Any]:
        """Begin a question about the raws that are meant and ended so."""
        query = select(*columns).select_from(RAW).join(INBOX, INBOX.c.raw_id == RAW.c.id)
        query = query.where(INBOX.c.outcome.in_(outcomes))
        if "duplicate" in outcomes:  # read in place of its first telling it could undo a decision
            query = query.where(not_(inbox.is_repeat()))
        if self.since is not None:
            query = query.where(RAW.c.received_at >= self.since)
        if self.until is not None:
            query = query.where(RAW.c.received_at < self.until)
        if self.connector is not None:
            query = query.where(RAW.c.connector == self.connector)
        return query if self.source is None else query.where(RAW.c.source == self.source)

    def words(self, *, notify: bool) -> str:
        """Say what is meant in the words of the command, to compare it with another."""
        told = {name: value for name, value in asdict(self).items() if value is not None}
        words = [f"--{name} {value}".replace(" 00:00:00+00:00", "") for name, value in told.items()]
        return " ".join(["--raws", *words, *(["--notify"] if notify else [])])


def size(connection: Connection, selection: Selection) -> tuple[int, int]:
    """Return how many raws are meant, and the last of them: what comes later is understood."""
    count, last = connection.execute(selection.rows(func.count(), func.max(RAW.c.id))).one()
    return int(count), int(last or 0)


def left(connection: Connection, selection: Selection) -> int:
    """Return how many raws are meant but wait in quarantine."""
    query = selection.rows(func.count(), outcomes=("quarantined",))
    return int(connection.execute(query).scalar_one())


def page(
    connection: Connection, selection: Selection, *, after: int, last: int
) -> Sequence[Row[Any]]:
    """Return the raws that come next, each with its outcome."""
    query = selection.rows(RAW, INBOX.c.outcome).where(RAW.c.id > after, RAW.c.id <= last)
    return connection.execute(query.order_by(RAW.c.id).limit(BATCH)).all()


def replay(
    store: Store,
    translator: Translator,
    selection: Selection,
    now: datetime,
    *,
    notify: bool,
    afresh: bool = False,
) -> Iterator[Reread]:
    """Read the raws again and keep what comes of it; yield the sums so far after each page.

    Nobody is told of it unless ``notify``. How far it has come is kept in the transaction of the
    work, so it goes on where it was interrupted; ``afresh`` begins anew. Raises ``OtherRaws``.
    """
    store.write_now(lambda c: _begin(c, selection, now, notify=notify, afresh=afresh))

    def work(connection: Connection) -> tuple[bool, Reread]:
        so_far = job.find(connection, NAME)
        assert so_far is not None
        sums = Reread(**so_far.sums["so_far"])
        rows = page(connection, selection, after=int(so_far.place), last=so_far.sums["last"])
        if not rows:
            job.forget(connection, NAME)
            return False, sums
        reread(connection, translator, rows, sums, None if notify else SILENT)
        so_far.place = str(rows[-1].id)
        so_far.sums["so_far"] = asdict(sums)
        job.keep(connection, so_far)
        crashpoint("replay.page")
        return True, sums

    goes_on = True
    while goes_on:
        goes_on, sums = store.write_now(work)
        yield sums


def _begin(
    connection: Connection, selection: Selection, now: datetime, *, notify: bool, afresh: bool
) -> None:
    meant = selection.words(notify=notify)
    so_far = None if afresh else job.find(connection, NAME)
    if so_far is None:
        job.forget(connection, NAME)
        _, last = size(connection, selection)
        sums = {"meant": meant, "last": last, "so_far": asdict(Reread())}
        job.keep(connection, Job(NAME, now, "0", sums))
    elif so_far.sums["meant"] != meant:
        raise OtherRaws(
            f"another replay was interrupted (tilanne replay {so_far.sums['meant']} --apply): "
            "finish it with these words, or add --afresh to begin anew with yours"
        )
