"""Commands that prove the sums and put right what was not understood."""

import sys
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.progress import Progress
from rich.table import Table

from connectors.registry import discover
from hub.cli.terminal import Json, err, fail, opened, out, write_json
from hub.clock import utc_now
from hub.config import Settings
from hub.pipeline import quarantine as ward
from hub.pipeline.apply import Applied
from hub.pipeline.replay import refold
from hub.pipeline.replay import replay as replay_raws
from hub.pipeline.translate import Translator
from hub.queries.audit import Check
from hub.queries.audit import audit as check_sums
from hub.store.session import Store

CELLS = ("connector", "source", "kind", "code", "about", "detail", "received_at")


def audit(json: Json = False) -> None:
    """Prove the sums: every raw has one outcome, every belief is the fold of its facts.

    Exit code 1 when a sum does not hold. Example: tilanne audit --json
    """
    store = opened(Settings())
    try:
        with Progress(console=err, transient=True) as progress:
            task = progress.add_task("folding orders", total=None)
            checks = store.read_now(
                lambda c: check_sums(
                    c, lambda done, of: progress.update(task, completed=done, total=of)
                )
            )
    finally:
        store.close()
    holds = all(check.holds for check in checks)
    if json:
        write_json({"holds": holds, "checks": checks})
    else:
        _table(checks)
    sys.exit(0 if holds else 1)


def _table(checks: list[Check]) -> None:
    table = Table("", "check", "rows", "meaning")
    for check in checks:
        table.add_row("ok" if check.holds else "NO", check.name, str(check.found), check.meaning)
    out.print(table)


def replay(
    since: Annotated[datetime, typer.Argument(help="UTC, such as 2026-11-01.")],
    notify: Annotated[bool, typer.Option("--notify", help="Tell customers what is new.")] = False,
    json: Json = False,
) -> None:
    """Read kept raws again, then fold every order again; the hub must be stopped.

    What connectors and rules have learned since is believed from now on; nobody is told unless you
    say so. Example: tilanne replay 2026-11-01
    """
    settings = Settings()
    store = opened(settings)
    read = folded = Applied()
    try:
        store.hold_alone()
        translator = Translator(discover(), settings)
        moment = since.replace(tzinfo=UTC)
        with Progress(console=err, transient=True) as progress:
            task = progress.add_task("reading raws again", total=None)
            for read in replay_raws(store, translator, since=moment, notify=notify):
                progress.update(task, completed=read.raws)
            task = progress.add_task("folding orders again", total=None)
            for folded in refold(store, notify=notify):
                progress.update(task, completed=len(folded.orders))
    finally:
        store.close()
    sums = {
        "raws": read.raws,
        "facts": read.facts,
        "beliefs_mended": len(folded.orders),
        "milestones": read.told + folded.told,
        "notify": notify,
    }
    if json:
        write_json(sums)
    else:
        out.print(", ".join(f"{name.replace('_', ' ')}: {value}" for name, value in sums.items()))


def quarantine(
    release: Annotated[
        list[int] | None, typer.Option(help="Put these back into the pipeline (ids).")
    ] = None,
    limit: Annotated[int, typer.Option(help="How many to list.", min=1, max=1000)] = 100,
    after: Annotated[int, typer.Option(help="List those with a higher id.")] = 0,
    json: Json = False,
) -> None:
    """List what is authentic but not understood, or release it after a fix.

    Example: tilanne quarantine --release 4 --release 5
    """
    store = opened(Settings())
    try:
        if release:
            _release(store, release, json=json)
            return
        page = store.read_now(lambda c: ward.waiting(c, after=after, limit=limit))
        total = store.read_now(ward.size)
    finally:
        store.close()
    if json:
        write_json({"quarantined": page, "total": total})
        return
    table = Table("id", *CELLS)
    for row in page:
        table.add_row(str(row["id"]), *(str(row[name]) for name in CELLS))
    out.print(table)
    out.print(f"{len(page)} of {total}")


def _release(store: Store, ids: list[int], *, json: bool) -> None:
    rows = store.read_now(lambda c: ward.those(c, ids))
    if missing := set(ids) - {row["id"] for row in rows}:
        fail(f"not in quarantine: {', '.join(map(str, sorted(missing)))}")
    raws = sorted({row["raw_id"] for row in rows})
    count = store.write_now(lambda c: ward.release(c, raws, utc_now()))
    if json:
        write_json({"released": count})
    else:
        out.print(f"{count} raws are back in the log; a running hub takes them up at once")


COMMANDS = (audit, replay, quarantine)
