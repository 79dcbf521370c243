"""Commands that copy a hub's database: as a backup, or for good into another one."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from hub.cli.terminal import Json, err, follow, out, write_json
from hub.clock import utc_now
from hub.config import Settings
from hub.store import moving
from hub.store.copying import back_up
from hub.store.engine import file_of, parse
from hub.store.migrate import migrate
from hub.store.moving import Compared, Unfit
from hub.store.session import Store

GOES_ON = "interrupted; the same command goes on where it was"

Source = Annotated[str, typer.Option("--from", metavar="URL", help="The database as it is.")]
Target = Annotated[str, typer.Option("--to", metavar="URL", help="An empty one.")]


def migrate_store(source: Source, target: Target, json: Json = False) -> None:
    """Copy a stopped hub's database into an empty one of the other kind, and compare them.

    Every row keeps its id. What was interrupted goes on where it was. Exit code 1 when anything
    differs in the end; the source is only read (its tables are brought to this version first).

    Example: tilanne migrate-store --from sqlite:///var/tilanne.db --to postgresql://hub@db/tilanne
    """
    with ExitStack() as stack:
        here, there = (
            stack.enter_context(closing(one)) for one in _opened(source.strip(), target.strip())
        )
        for one in (here, there):
            one.hold_alone()
            migrate(one)
        compared = _moved(here, there)
        holds = all(one.equal for one in compared)
        if holds:
            moving.end(there)
    if json:
        write_json(
            {"holds": holds, "tables": [asdict(one) | {"equal": one.equal} for one in compared]}
        )
    else:
        _show(compared, holds=holds)
    sys.exit(0 if holds else 1)


def backup(
    to: Annotated[Path, typer.Option("--to", metavar="FILE", help="A file that is not there yet.")],
    json: Json = False,
) -> None:
    """Copy the SQLite database as it is now, beside a running hub, and check the copy.

    To restore: stop the hub, put the copy in the database's place, remove its -wal and -shm, start.

    Example: tilanne backup --to backups/2026-11-22.db
    """
    size = back_up(Settings().database_url, to)
    if json:
        write_json({"file": str(to), "bytes": size})
    else:
        out.print(f"{to}: {size / 1e6:.1f} MB, whole", markup=False, highlight=False)


def _opened(source: str, target: str) -> Iterator[Store]:
    """Open both; never make a source that is not there."""
    here, there = parse(source), parse(target)
    if here == there:
        raise Unfit("--from and --to name the same database")
    file = file_of(here)
    if file is not None and not file.exists():
        raise Unfit(f"--from: there is no file {file}")
    yield Store(source)
    yield Store(target)


def _moved(here: Store, there: Store) -> Sequence[Compared]:
    begun = moving.begin(here, there, utc_now())
    if begun.sums["rows"]:
        err.print(f"going on with what was begun {begun.begun_at:%Y-%m-%d %H:%M} UTC", markup=False)
    total = here.read_now(moving.size)
    follow(moving.copy(here, there, begun), "copying rows", total, int, GOES_ON)

    def pages() -> Iterator[list[Compared]]:
        done: list[Compared] = []
        for one in moving.compare(here, there):
            done.append(one)
            yield done

    return follow(
        pages(), "comparing rows", total, lambda done: sum(one.source.rows for one in done), GOES_ON
    )


def _show(compared: Sequence[Compared], *, holds: bool) -> None:
    table = Table("", "table", "rows", "rows in the target", "fingerprint")
    for one in compared:
        rows = (str(one.source.rows), str(one.target.rows))
        table.add_row("ok" if one.equal else "NO", one.table, *rows, one.target.fingerprint[:12])
    out.print(table)
    if holds:
        out.print("nothing differs: set TILANNE_DATABASE_URL to the new database and start the hub")
    else:
        err.print(
            "they differ: did anybody write into either meanwhile? Empty the target and try again",
            style="red",
        )


COMMANDS = (migrate_store, backup)
