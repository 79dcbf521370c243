"""What whoever watches the example day sees in the terminal."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from zoneinfo import ZoneInfo

from rich.console import Console, Group, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from hub.demo.day import begin
from hub.demo.play import Watch
from hub.demo.post import Delivery
from hub.demo.script import PARKED, QUARANTINED
from hub.demo.verify import Report

FINLAND = ZoneInfo("Europe/Helsinki")
EXAMPLE = "kaamos:5550001006"  #: an order to whom much happens


def question(url: str, key: str) -> str:
    """Say how a program asks; one line, to be copied."""
    return f"curl -H 'Authorization: Bearer {key}' {url}/v1/orders/{EXAMPLE}"


def addresses(url: str) -> RenderableType:
    """Say where to look."""
    table = Table.grid(padding=(0, 2))
    table.add_row("Orders, as they move", f"{url}/")
    table.add_row("What customers are told", f"{url}/dev/mail")
    table.add_row("One order's story", f"{url}/dev/orders/{EXAMPLE}")
    table.add_row("The API", f"{url}/docs")
    return Group(Text("An example day of two Finnish web shops.", style="bold"), table)


@contextmanager
def progress(size: int, now: datetime, console: Console | None = None) -> Iterator[Watch]:
    """Show every delivery as a line, and below them how far the day has come."""
    when = begin(now)
    columns = (TextColumn("the day"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("day", total=size)

        def watch(delivery: Delivery) -> None:
            clock = f"{when(delivery.hour).astimezone(FINLAND):%a %H:00}"
            bar.console.print(_line(clock, delivery), highlight=False)
            bar.advance(task)

        yield watch


def _line(clock: str, delivery: Delivery) -> Text:
    return Text.assemble(
        (f"{clock}  ", "dim"),
        f"{delivery.order:>5}  ",
        (f"{delivery.story:<20}", "cyan"),
        f"{delivery.words:<26}",
        ("↻ " if delivery.copy > 1 else "  ", "yellow"),
        (delivery.message.connector, "dim"),
    )


def evening(report: Report, faults: Sequence[str], store_url: str) -> RenderableType:
    """Say how the day ended."""
    table = Table("order", "story", "status", "e-mails", "store", "", title="The evening")
    for row in report.rows:
        kept = f"version {row.store.version}" if row.store else "-"
        order = row.story.purchase.number if row.story.purchase else "?"
        good = Text("NO", style="red") if row.faults else Text("ok", style="green")
        table.add_row(order, row.story.title, row.status, str(len(row.told)), kept, good)
    letters = sum(len(row.told) for row in report.rows)
    summary = (
        f"{letters} e-mails, nobody told twice. {PARKED} parked and {QUARANTINED} quarantined, as "
        f"planted. The store system at {store_url} was told the newest of every order."
    )
    said = [Text(fault, style="red") for fault in faults] or [Text(summary, style="green")]
    return Group(table, *said)
