"""How the commands speak: tables for people, JSON for programs, one sentence for a failure."""

import sys
from datetime import datetime
from typing import Annotated, NoReturn

import orjson
import typer
from rich.console import Console
from rich.text import Text

from hub.config import Settings
from hub.store.migrate import migrate
from hub.store.session import Store

Json = Annotated[bool, typer.Option("--json", help="Write JSON for a program to read.")]

out = Console()
err = Console(stderr=True)


def opened(settings: Settings) -> Store:
    """Open the database of a hub, migrated."""
    store = Store(settings.database_url)
    migrate(store)
    return store


def plain(text: str) -> str:
    """Show what a stranger wrote without obeying it: no terminal codes, no turned letters."""
    return "".join(
        sign if sign.isprintable() or sign == "\n" else f"\\u{ord(sign):04x}" for sign in text
    )


def cell(value: object) -> Text:
    """Make a cell of a table: times by the minute, text as it is, nothing for None."""
    if isinstance(value, datetime):
        return Text(f"{value:%Y-%m-%d %H:%M}Z")
    return Text("" if value is None else plain(str(value)))


def write_json(data: object) -> None:
    """Write one JSON document and a newline to standard output."""
    sys.stdout.write(orjson.dumps(data, option=orjson.OPT_UTC_Z).decode() + "\n")


def fail(sentence: str) -> NoReturn:
    """End the command with one sentence and exit code 1."""
    err.print(sentence, style="red", markup=False)
    sys.exit(1)
