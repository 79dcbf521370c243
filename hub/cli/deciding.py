"""Commands for what a person must decide."""

from typing import Annotated

import typer
from rich.table import Table

from hub.cli.terminal import Json, fail, opened, out, write_json
from hub.clock import utc_now
from hub.config import Settings
from hub.store.held import SHOWN, let_be, resend
from hub.store.held import held as held_notices
from hub.store.session import Store

Ids = list[int] | None


def held(
    again: Annotated[Ids, typer.Option("--resend", help="Send these again (ids).")] = None,
    had: Annotated[Ids, typer.Option("--let-be", help="Take these as received (ids).")] = None,
    json: Json = False,
) -> None:
    """List the notices that a mail server may or may not have taken, and decide on them.

    Works beside a running hub. Example: tilanne held --resend 12 --let-be 13
    """
    store = opened(Settings())
    try:
        if again or had:
            _decide(store, again or [], had or [], json=json)
        else:
            _list(store, json=json)
    finally:
        store.close()


def _decide(store: Store, again: list[int], had: list[int], *, json: bool) -> None:
    known = {row["id"] for row in store.read_now(held_notices)}
    if strange := {*again, *had} - known:
        fail(f"not held: {', '.join(map(str, sorted(strange)))}")
    if both := set(again) & set(had):
        fail(f"decide one way: {', '.join(map(str, sorted(both)))}")
    sent = store.write_now(lambda c: resend(c, again, utc_now()))
    left = store.write_now(lambda c: let_be(c, had))
    if json:
        write_json({"resent": sent, "let_be": left})
    else:
        out.print(f"{sent} go out again, {left} are taken as received")


def _list(store: Store, *, json: bool) -> None:
    rows = store.read_now(held_notices)
    if json:
        write_json({"held": rows})
        return
    table = Table(*SHOWN)
    for row in rows:
        table.add_row(*(str(row[name]) for name in SHOWN))
    out.print(table)
    out.print(f"{len(rows)} held")


COMMANDS = (held,)
