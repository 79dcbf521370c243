"""Commands about what is authentic but not understood: look, read it again after a fix, give up."""

from typing import Annotated, Any

import typer
from rich.table import Table

from hub.cli import exhibit
from hub.cli.remedying import discard, retry
from hub.cli.terminal import Json, cell, fail, opened, out, write_json
from hub.config import Settings
from hub.queries import quarantined

app = typer.Typer(
    name="quarantine",
    help="What is authentic but not understood. Alone: `list`. Example: tilanne quarantine",
    invoke_without_command=True,
)
CAUSES = ("size", "connector", "kind", "code", "oldest", "newest", "example")
ROWS = ("id", "connector", "source", "kind", "code", "about", "detail", "received_at")

Limit = Annotated[int, typer.Option(help="How many to list.", min=1, max=1000)]


@app.callback()
def alone(context: typer.Context, json: Json = False) -> None:
    """List what waits, or do what the command says."""
    if context.invoked_subcommand is None:
        list_(json=json)
    elif json:
        fail("--json goes behind the command: tilanne quarantine list --json")


@app.command("list")
def list_(
    each: Annotated[bool, typer.Option("--each", help="Row by row, not by cause.")] = False,
    after: Annotated[int, typer.Option(help="Go on behind this: `next` of the page before.")] = 0,
    limit: Limit = 50,
    json: Json = False,
) -> None:
    """List what waits, by cause and volume.

    Works beside a running hub. Example: tilanne quarantine list --each
    """
    store = opened(Settings())
    try:
        ask = quarantined.page if each else quarantined.quarantined
        page = store.read_now(lambda c: ask(c, limit, after=after))
        rows = store.read_now(quarantined.size)
        causes = store.read_now(quarantined.causes)
    finally:
        store.close()
    last = page[-1].id if each and page else after + len(page)
    following = last if len(page) == limit else None
    if json:
        shown = [_without_decision(row) for row in page]
        write_json({"quarantined": shown, "rows": rows, "causes": causes, "next": following})
        return
    columns = ROWS if each else CAUSES
    table = Table(*columns)
    for row in page:
        table.add_row(*(cell(getattr(row, name)) for name in columns))
    out.print(table)
    out.print(f"{rows} rows wait, of {causes} causes" + (f"; --after {last}" if following else ""))


@app.command()
def show(
    number: Annotated[int, typer.Argument(metavar="ID", help="As `list` shows it.")],
    json: Json = False,
) -> None:
    """Show a row, what was sent, and what can be done about it.

    The body is as it was sent, personal data included. Example: tilanne quarantine show 4
    """
    store = opened(Settings())
    try:
        found = store.read_now(lambda c: quarantined.one(c, number))
    finally:
        store.close()
    if found is None:
        fail(f"there is no row {number}: `tilanne quarantine list --each` shows what waits")
    shown = exhibit.exhibit(*found)
    if json:
        write_json(shown)
    else:
        exhibit.print_it(shown)


def _without_decision(row: Any) -> dict[str, Any]:
    return {
        name: value
        for name, value in row._asdict().items()
        if name not in {"released_at", "discarded_because"}
    }


for decision in (retry, discard):
    app.command()(decision)
