"""Commands about store systems: who is posted to, and enabling one that had said it was gone."""

from dataclasses import asdict
from typing import Annotated

import typer
from rich.table import Table

from hub.cli.terminal import Json, cell, fail, opened, out, say, write_json
from hub.clock import utc_now
from hub.config import Settings
from hub.notify import gone

app = typer.Typer(
    name="sinks",
    help="Store systems that are told by webhook. Example: tilanne sinks list",
    no_args_is_help=True,
)
SHOWN = ("name", "since", "why", "missed")


@app.command("list")
def list_(json: Json = False) -> None:
    """List the systems that are posted to, and those that have said they are gone (410).

    Works beside a running hub. Example: tilanne sinks list --json
    """
    settings = Settings()
    store = opened(settings)
    try:
        rows = [asdict(one) for one in store.read_now(lambda c: gone.places(c, settings))]
    finally:
        store.close()
    if json:
        write_json({"sinks": rows})
        return
    table = Table(*SHOWN)
    for row in rows:
        table.add_row(*(cell(row[name]) for name in SHOWN))
    out.print(table)


@app.command()
def enable(
    name: Annotated[str, typer.Argument(help="As `list` shows it.")], json: Json = False
) -> None:
    """Post to a system again that had said it was gone, first what it missed meanwhile.

    What is no news any more (TILANNE_NEWS_AGE_HOURS) is left out, with that reason. Works beside a
    running hub. Example: tilanne sinks enable kassa
    """
    settings = Settings()
    store = opened(settings)
    try:
        count = store.write_now(lambda c: gone.enable(c, settings, name, utc_now()))
    except LookupError:
        fail(f"no sink of this name has a url in TILANNE_SINKS: {name}")
    finally:
        store.close()
    if json:
        write_json({"enabled": name, "released": count})
    else:
        say(f"{name} is posted to again, first {count} that it missed")
