"""Commands that only look: connectors, health of the installation, figures."""

import sys
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from connectors.registry import discover
from hub.cli.terminal import Json, cell, err, fail, out, write_json
from hub.config import Settings
from hub.doctor import look_at


def connectors(json: Json = False) -> None:
    """List the connectors, their routes and whether a secret is set.

    Example: tilanne connectors
    """
    settings = Settings()
    rows = [
        {
            "name": one.name,
            "kind": one.kind,
            "title": one.module.TITLE,
            "route": f"/in/{one.name}",
            "secrets": len(settings.secrets_of(one.name)),
        }
        for one in discover().values()
    ]
    if json:
        write_json({"connectors": rows})
        return
    table = Table("name", "kind", "title", "route", "secrets")
    for row in rows:
        table.add_row(*(str(value) for value in row.values()))
    out.print(table)


def doctor(json: Json = False) -> None:
    """Say what is wrong with this installation, and what to do about it.

    Exit code 1 when something is. Example: tilanne doctor
    """
    findings = look_at(Settings())
    well = all(one.well for one in findings)
    if json:
        write_json({"well": well, "findings": findings})
    else:
        table = Table("", "what", "found", "remedy")
        for one in findings:
            found = f"{one.found}: {one.cause}" if one.cause else one.found
            table.add_row("ok" if one.well else "NO", one.what, cell(found), one.remedy)
        out.print(table)
    sys.exit(0 if well else 1)


def bench(
    only: Annotated[
        list[str] | None, typer.Option(help="A figure by name; may be given several times.")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="A taste of everything, for CI.")] = False,
    folder: Annotated[Path, typer.Option(help="Where the databases lie.")] = Path("var/bench"),
) -> None:
    """Measure how fast the hub is, beside what is bare or naive; one JSON line a figure.

    Part of the source checkout. Example: tilanne bench --only door_ack_p99_ms
    """
    try:
        measured, sizes = import_module("bench.figures"), import_module("bench.sizes")
    except ModuleNotFoundError:
        fail("the benchmarks are part of the source checkout: run `make bench` there")
    size = sizes.QUICK if quick else sizes.FULL
    for figure in measured.figures(size, folder, err.print, only or ()):
        write_json(figure)
        sys.stdout.flush()


COMMANDS = (connectors, doctor, bench)
