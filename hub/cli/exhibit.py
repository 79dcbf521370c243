"""One row of the quarantine as a person sees it: the row, what was sent, what can be done."""

import shlex
from collections.abc import Mapping
from typing import Any

import orjson
from rich.table import Table
from rich.text import Text

from hub.cli.terminal import cell, out, plain
from hub.pipeline import quarantine

MOST = 64 * 1024  #: bytes of a body that are shown
LINE = 16  #: bytes on a line of hex

AGAIN = "`tilanne quarantine retry {id}`"
GIVE_UP = "nobody needs it: `tilanne quarantine discard {id} --reason …`"
REMEDIES: Mapping[str, str] = {
    quarantine.UNMAPPED: (
        "look the code up in the manual of {connector}, add it to the table of its connector, "
        "restart the hub; then `tilanne quarantine retry --code {quoted} --connector {connector}` "
        "reads all of this cause again"
    ),
    quarantine.UNREADABLE: (
        "compare the body with the connector's samples; if the vendor sends it so, teach the "
        f"connector, restart the hub; then {AGAIN}"
    ),
    quarantine.CONFLICT: (
        "the vendor used one delivery id for two bodies: tell them; the first one was taken in, "
        "and reading this one again ends here again"
    ),
    quarantine.AMBIGUOUS: "say whose it is: `tilanne quarantine retry {id} --order SHOP:ID`",
    quarantine.ERROR: (
        f"a fault of ours: the log names the place; bring in a version without it, then {AGAIN}"
    ),
}


def exhibit(row: Any, raw: Any) -> dict[str, Any]:
    """Put together what is known of a row, and of the delivery it came in."""
    known = dict(row._asdict())
    # A stranger wrote the code, and an operator may copy the line into a shell.
    words = known | {"quoted": shlex.quote(row.code)}
    if row.released_at is not None:
        remedies = []
    elif raw is None:
        remedies = ["the bytes are not kept any more; " + GIVE_UP.format_map(words)]
    else:
        remedies = [one.format_map(words) for one in (REMEDIES.get(row.kind, AGAIN), GIVE_UP)]
    sent = None
    if raw is not None:
        headers = orjson.loads(raw.headers)
        sent = {"headers": headers, "body": body(raw.body), "bytes": len(raw.body)}
    return {"row": known, "sent": sent, "remedies": remedies}


def body(sent: bytes) -> str:
    """Show a body: JSON with its structure, text as text, anything else in hex."""
    some = sent[:MOST]
    try:
        return orjson.dumps(orjson.loads(some), option=orjson.OPT_INDENT_2).decode()
    except orjson.JSONDecodeError:
        pass
    try:
        text = some.decode()
    except UnicodeDecodeError:
        return "\n".join(_hex(some[at : at + LINE], at) for at in range(0, len(some), LINE))
    return text


def _hex(line: bytes, at: int) -> str:
    letters = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in line)
    return f"{at:06x}  {line.hex(' '):<{LINE * 3}} {letters}"


def print_it(shown: Mapping[str, Any]) -> None:
    """Show it on the terminal."""
    table = Table(show_header=False)
    for name, value in shown["row"].items():
        if value is not None:
            table.add_row(name, cell(value))
    out.print(table)
    if sent := shown["sent"]:
        for name, value in sent["headers"].items():
            out.print(Text(plain(f"{name}: {value}")))
        out.print()
        out.print(Text(plain(sent["body"])))
        if sent["bytes"] > MOST:
            out.print(f"… the first {MOST} of {sent['bytes']} bytes")
    for number, remedy in enumerate(shown["remedies"], 1):
        out.print(Text(plain(f"{number}. {remedy}")))
