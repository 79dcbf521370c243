"""Commands that only look: connectors, health of the installation, figures."""

import sys
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from connectors.registry import discover
from hub.cli.terminal import Json, err, fail, out, write_json
from hub.config import Settings
from hub.doctor import examine


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
    findings = examine(Settings())
    well = all(one.well for one in findings)
    if json:
        write_json({"well": well, "findings": findings})
    else:
        table = Table("", "what", "found", "remedy")
        for one in findings:
            table.add_row("ok" if one.well else "NO", one.what, one.found, one.remedy)
        out.print(table)
    sys.exit(0 if well else 1)


def bench(
    facts: Annotated[int, typer.Option(help="Facts per run.", min=100)] = 20_000,
    runs: Annotated[int, typer.Option(help="Runs; the median counts.", min=1)] = 5,
    orders: Annotated[int, typer.Option(help="Orders the hub holds already.", min=0)] = 10_000,
    folder: Annotated[Path, typer.Option(help="Where the databases lie.")] = Path("var/bench"),
) -> None:
    """Measure the pipeline beside a bare loop that writes the same rows; one JSON line a figure.

    Part of the source checkout. Example: tilanne bench --runs 3
    """
    try:
        measured = import_module("bench.figures")
    except ModuleNotFoundError:
        fail("the benchmarks are part of the source checkout: run `make bench` there")
    found = measured.figures(
        facts=facts, runs=runs, orders=orders, folder=folder, progress=err.print
    )
    for figure in found:
        write_json(figure)


COMMANDS = (connectors, doctor, bench)
