"""How the commands speak: tables for people, JSON for programs, one sentence for a failure."""

import sys
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Annotated, NoReturn, TypeVar

import orjson
import typer
from rich.console import Console
from rich.progress import Progress
from rich.text import Text

from hub.config import Settings
from hub.store.job import find
from hub.store.migrate import migrate
from hub.store.session import Store

T = TypeVar("T")
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


def say(line: str) -> None:
    """Write one line to standard output."""
    out.print(plain(line), markup=False, highlight=False, soft_wrap=True)


def note_interrupted(store: Store, name: str, *, afresh: bool) -> None:
    """Say that long work goes on that was interrupted once."""
    begun = None if afresh else store.read_now(lambda c: find(c, name))
    if begun is not None:
        err.print(f"going on with what was begun {begun.begun_at:%Y-%m-%d %H:%M} UTC", markup=False)


def follow(
    pages: Iterable[T], what: str, total: int, done: Callable[[T], int], interrupted: str
) -> T:
    """Go through the sums of long work with a bar on standard error; return the last of them.

    ``interrupted``: the sentence for who presses Ctrl-C.
    """
    try:
        with Progress(console=err, transient=True) as progress:
            task = progress.add_task(what, total=total)
            for sums in pages:
                progress.update(task, completed=done(sums))
    except KeyboardInterrupt:
        fail(interrupted)
    return sums


def fail(sentence: str) -> NoReturn:
    """End the command with one sentence and exit code 1."""
    err.print(sentence, style="red", markup=False)
    sys.exit(1)
