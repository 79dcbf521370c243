"""The command that proves the sums: nothing accepted is lost, and nobody is left out in silence."""

import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.progress import Progress
from rich.table import Table

from hub.cli.terminal import Json, cell, err, opened, out, write_json
from hub.config import Settings
from hub.queries.audit import Check, Source, sources
from hub.queries.audit import audit as check_sums

COUNTED = ("accepted", "applied", "duplicate", "parked", "quarantined", "waiting", "missing")


def audit(json: Json = False) -> None:
    """Prove the sums: every delivery has one outcome, every belief is the fold of its facts.

    Works beside a running hub. Exit code 1 when a sum does not hold.

    Example: tilanne audit --json
    """
    store = opened(Settings())
    try:
        with Progress(console=err, transient=True) as progress:
            task = progress.add_task("folding orders", total=None)

            def prove(connection: Any) -> tuple[list[Check], list[Source]]:
                checks = check_sums(
                    connection, lambda done, of: progress.update(task, completed=done, total=of)
                )
                return checks, sources(connection)

            checks, known = store.read_now(prove)
    finally:
        store.close()
    holds = all(check.holds for check in checks)
    if json:
        both = [asdict(one) | {"missing": one.missing} for one in known]
        write_json({"holds": holds, "checks": checks, "sources": both})
    else:
        _show(checks, known)
    sys.exit(0 if holds else 1)


def _show(checks: Sequence[Check], known: Sequence[Source]) -> None:
    deliveries = Table("connector", "source", *COUNTED)
    for one in known:
        figures = (getattr(one, name) for name in COUNTED)
        deliveries.add_row(*map(cell, (one.connector, one.source, *figures)))
    out.print(deliveries)
    table = Table("", "check", "rows", "meaning")
    for check in checks:
        table.add_row("ok" if check.holds else "NO", check.name, str(check.found), check.meaning)
    out.print(table)


COMMANDS = (audit,)
