"""Folds every order's timeline anew: proves the stored beliefs, or puts right those astray."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from hub.crashpoints import crashpoint
from hub.pipeline.apply import Applied, write
from hub.pipeline.refolding import Refolded, Told, page_of
from hub.pipeline.renew import Renewed
from hub.store import job
from hub.store.job import Job
from hub.store.session import Store
from hub.store.tables import BeliefRow, table

BELIEF = table(BeliefRow)

NAMED = 500  #: orders astray that are named; the others are counted
SILENT = "replayed history"
PROVING, MENDING = "replay: proving", "replay: mending"


@dataclass(slots=True)
class Rebuilt:
    """What came of it so far."""

    orders: int = 0
    astray: int = 0  #: orders whose stored belief is not the fold of their facts
    mended: int = 0
    milestones: int = 0  #: written down with the mended beliefs
    differences: list[dict[str, Any]] = field(default_factory=list)  #: of the first ``NAMED``

    def note(self, order: str, found: Mapping[str, Any]) -> None:
        """Count an order, and name it if it is astray."""
        self.orders += 1
        self.astray += bool(found)
        if found and len(self.differences) < NAMED:
            self.differences.append({"order": order, **found})


def size(connection: Connection) -> int:
    """Return how many orders there are, for whoever shows how far it has come."""
    return int(connection.execute(select(func.count()).select_from(BELIEF)).scalar_one())


def prove(store: Store, now: datetime, *, afresh: bool = False) -> Iterator[Rebuilt]:
    """Compare every stored belief with the fold of its timeline; yield the sums after each page.

    Writes nothing but how far it has come, so it may work beside a running hub. Goes on where it
    was interrupted, unless ``afresh``.
    """
    so_far = store.write_now(lambda c: _begin(c, PROVING, now, afresh=afresh))
    sums = Rebuilt(**so_far.sums)
    while page := store.read_now(lambda c: page_of(c, so_far.place)):
        for order, told in page.items():
            sums.note(order, Refolded(order, told).found)
        crashpoint("replay.page")
        so_far.place, so_far.sums = [*page][-1], asdict(sums)
        store.write_now(lambda c: job.keep(c, so_far))
        yield sums
    store.write_now(lambda c: job.forget(c, PROVING))
    yield sums


def mend(store: Store, now: datetime, *, notify: bool, afresh: bool = False) -> Iterator[Rebuilt]:
    """Put right every stored belief that is not the fold of its timeline.

    Nobody is told of it unless ``notify``. Each page is one transaction with how far it has come;
    it goes on where it was interrupted, unless ``afresh``. Yields the sums after each page.
    """
    store.write_now(lambda c: _begin(c, MENDING, now, afresh=afresh))

    def work(connection: Connection) -> tuple[bool, Rebuilt]:
        so_far = _begin(connection, MENDING, now)
        sums = Rebuilt(**so_far.sums)
        page = page_of(connection, so_far.place)
        if not page:
            for name in (MENDING, PROVING):  # what half a proof found does not hold any more
                job.forget(connection, name)
            return False, sums
        _mend(connection, page, sums, None if notify else SILENT)
        so_far.place, so_far.sums = [*page][-1], asdict(sums)
        job.keep(connection, so_far)
        crashpoint("replay.page")
        return True, sums

    goes_on = True
    while goes_on:
        goes_on, sums = store.write_now(work)
        yield sums


def _begin(connection: Connection, name: str, now: datetime, *, afresh: bool = False) -> Job:
    if afresh:
        job.forget(connection, name)
    return job.find(connection, name) or Job(name, now, "", asdict(Rebuilt()))


def _mend(
    connection: Connection, page: Mapping[str, Told], sums: Rebuilt, silent: str | None
) -> None:
    renewed, applied = Renewed(), Applied()
    for order, told in page.items():
        one = Refolded(order, told)
        sums.note(order, one.found)
        if one.found and one.now is not None:
            received = [] if one.before else [row.received_at for row in told.facts]
            renewed.order(order, one.before, one.fold, one.now, received=received, stated=())
    write(connection, renewed, applied, silent)
    sums.mended += len(applied.orders)
    sums.milestones += applied.told
