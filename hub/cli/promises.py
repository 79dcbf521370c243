"""The command that says whether everybody was told in time."""

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.table import Table

from hub.cli.terminal import Json, cell, fail, opened, out, say, write_json
from hub.clock import utc_now
from hub.config import Settings
from hub.queries.sla import report


def sla(
    day: Annotated[str, typer.Option(help="A day (UTC), as 2026-11-22; today if left out.")] = "",
    after: Annotated[int, typer.Option(help="List the breaches behind this notice.", min=0)] = 0,
    limit: Annotated[int, typer.Option(help="How many breaches to list.", min=1, max=1000)] = 20,
    json: Json = False,
) -> None:
    """Say how the promises of a day were kept, and list who was told late or not at all, and why.

    Works beside a running hub. Example: tilanne sla --day 2026-11-22
    """
    now = utc_now()
    try:
        asked = datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=UTC).date() if day else now.date()
    except ValueError:
        fail(f"--day: {day!r} is no day; write it as 2026-11-22")
    store = opened(Settings())
    try:
        found = store.read_now(lambda c: report(c, asked, now, after=after, limit=limit))
    finally:
        store.close()
    if json:
        write_json(found)
        return
    table = Table("channel", "promise", "in time", "late", "missed", "open", "share", "p99 ≤ s")
    for one in found["kept"]:
        share = "" if one["share"] is None else f"{one['share']:.2%}"
        counts = [str(one[name]) for name in ("in_time", "late", "missed", "open")]
        p99 = one["accepted"]["p99_at_most"]
        table.add_row(one["channel"], one["objective"], *counts, share, cell(p99))
    out.print(table)
    for one in found["breaches"]:
        why = f"{one['cause']}: {one['detail']}"
        say(f"{one['order']} {one['milestone']} by {one['channel']}: {why}")
    if found["next"] is not None:
        say(f"more: --after {found['next']}")


COMMANDS = (sla,)
