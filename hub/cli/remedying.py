"""What a person can do about what is not understood: read it again after a fix, or give it up."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any

import typer
from rich.progress import track

from hub.cli.terminal import Json, err, fail, opened, out, write_json
from hub.clock import utc_now
from hub.config import Settings
from hub.pipeline.discard import discard as give_up
from hub.pipeline.quarantine import AMBIGUOUS, release
from hub.queries import quarantined
from hub.queries.quarantined import Chosen
from hub.store.session import Store

AT_ONCE = 100  #: rows per transaction: while raws are put back, no delivery can be accepted

Ids = Annotated[list[int] | None, typer.Argument(metavar="[ID]...", help="As `list` shows them.")]
Code = Annotated[str | None, typer.Option(help="All rows of this code.")]
Connector = Annotated[str | None, typer.Option(help="Of that code, or of all, only these.")]
All = Annotated[bool, typer.Option("--all", help="All rows that wait.")]


def retry(
    ids: Ids = None,
    code: Code = None,
    connector: Connector = None,
    everything: All = False,
    order: Annotated[
        str | None, typer.Option(metavar="SHOP:ID", help="Ambiguous rows: this order is meant.")
    ] = None,
    json: Json = False,
) -> None:
    """Read the kept bytes again with the connectors of today: they go to the end of the log.

    Facts that were applied before add nothing, and nobody is told twice. Works beside a running
    hub. Example: tilanne quarantine retry --code status=45 --connector easypost
    """
    chosen = _chosen(ids, code, connector, everything=everything)
    store = opened(Settings())
    try:
        rows = _found(store, chosen)
        if order is not None and (clear := [row.id for row in rows if row.kind != AMBIGUOUS]):
            fail(f"--order is for ambiguous rows; these are none: {_listed(clear)}")
        gone = [row.id for row in rows if not row.kept]
        now = utc_now()

        def put_back(connection: Any, raws: Sequence[int]) -> int:
            numbers = {row.about for row in rows if row.raw_id in raws} if order else ()
            return release(connection, raws, now, dict.fromkeys(numbers, order or ""))

        raws = sorted({row.raw_id for row in rows if row.kept})
        count = _bit_by_bit(store, "putting back", raws, put_back)
    finally:
        store.close()
    if json:
        write_json({"retried": count, "rows": len(rows) - len(gone), "gone": gone})
    else:
        out.print(f"{count} deliveries are back in the log; a running hub takes them up at once")
    if gone:
        fail(f"the bytes of these are not kept any more, discard them: {_listed(gone)}")


def discard(
    reason: Annotated[str, typer.Option(help="Why nobody needs these; it is kept.")],
    ids: Ids = None,
    code: Code = None,
    connector: Connector = None,
    json: Json = False,
) -> None:
    """Give up rows that nobody will need; they stay written, with the reason.

    Example: tilanne quarantine discard 4 5 --reason "test messages of the vendor"
    """
    if not reason.strip():
        fail("--reason must say why")
    chosen = _chosen(ids, code, connector, everything=False)
    store = opened(Settings())
    try:
        rows = [row.id for row in _found(store, chosen)]
        now = utc_now()
        count = _bit_by_bit(
            store, "discarding", rows, lambda c, some: give_up(c, some, reason.strip(), now)
        )
    finally:
        store.close()
    if json:
        write_json({"discarded": count})
    else:
        out.print(f"{count} rows are given up")


# --- how ---------------------------------------------------------------------------------------


def _chosen(
    ids: list[int] | None, code: str | None, connector: str | None, *, everything: bool
) -> Chosen:
    if (bool(ids), code is not None, everything).count(True) != 1:
        fail("say which rows, one way: ids, or --code, or --all where there is one")
    if ids and connector is not None:
        fail("--connector goes with --code or --all; ids say already which rows")
    return Chosen(tuple(ids or ()), code, connector)


def _found(store: Store, chosen: Chosen) -> Sequence[Any]:
    rows = store.read_now(lambda c: quarantined.those(c, chosen))
    if missing := set(chosen.ids) - {row.id for row in rows}:
        fail(f"not waiting in quarantine: {_listed(sorted(missing))}")
    if not rows:
        fail("nothing in quarantine fits: `tilanne quarantine list` shows what waits")
    return rows


def _bit_by_bit(
    store: Store, doing: str, ids: list[int], work: Callable[[Any, Sequence[int]], int]
) -> int:
    def one(page: Sequence[int]) -> int:
        return store.write_now(lambda connection: work(connection, page))

    pages = [ids[first : first + AT_ONCE] for first in range(0, len(ids), AT_ONCE)]
    return sum(map(one, track(pages, doing, console=err, transient=True)))


def _listed(ids: Sequence[int]) -> str:
    return ", ".join(map(str, ids))
