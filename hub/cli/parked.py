"""Commands about facts that wait for their order: which they are, and giving some of them up."""

from functools import partial
from typing import Annotated

import typer
from rich.table import Table

from hub.cli.terminal import Json, cell, fail, opened, out, write_json
from hub.clock import utc_now
from hub.config import Settings
from hub.pipeline.discard import discard_parked
from hub.queries.parked import sizes, waiting_keys

app = typer.Typer(
    name="parked",
    help="Facts that wait for their order. Example: tilanne parked list",
    no_args_is_help=True,
)
SHOWN = ("key", "facts", "source", "oldest", "newest", "expired_at")


@app.command("list")
def list_(
    expired: Annotated[bool, typer.Option("--expired", help="Only what waited too long.")] = False,
    after: Annotated[str, typer.Option(help="List the keys behind this one.")] = "",
    limit: Annotated[int, typer.Option(help="How many keys to list.", min=1, max=1000)] = 100,
    json: Json = False,
) -> None:
    """List the keys that facts wait under: an order nobody placed, a parcel no shop named.

    Works beside a running hub. Example: tilanne parked list --expired
    """
    store = opened(Settings())
    try:
        page = store.read_now(lambda c: waiting_keys(c, limit, after=after, expired=expired))
        keys, facts = store.read_now(lambda c: sizes(c, expired=expired))
    finally:
        store.close()
    following = page[-1].key if len(page) == limit else None
    if json:
        rows = [row._asdict() for row in page]
        write_json({"parked": rows, "keys": keys, "facts": facts, "next": following})
        return
    table = Table(*SHOWN)
    for row in page:
        table.add_row(*(cell(getattr(row, name)) for name in SHOWN))
    out.print(table)
    out.print(f"{len(page)} of {keys} keys; {facts} facts wait")


@app.command()
def discard(
    keys: Annotated[list[str], typer.Argument(metavar="KEY...", help="As `list` shows them.")],
    reason: Annotated[str, typer.Option(help="Why nobody needs these; it is kept.")],
    json: Json = False,
) -> None:
    """Give up what waits under a key; its deliveries end as quarantined, with the reason.

    Example: tilanne parked discard parcel:JJFI1 --reason "a neighbour's parcel"
    """
    if not reason.strip():
        fail("--reason must say why")
    store = opened(Settings())
    try:
        now = utc_now()
        gone = {
            key: store.write_now(partial(discard_parked, key=key, reason=reason.strip(), now=now))
            for key in dict.fromkeys(keys)
        }
    finally:
        store.close()
    if json:
        write_json({"discarded": gone})
    else:
        for key, facts in gone.items():
            out.print(cell(f"{key}: {facts} given up"))
    if missing := [key for key, facts in gone.items() if not facts]:
        fail(f"nothing waits under: {', '.join(missing)}")
