"""The command `tilanne`: all its verbs, and how a foreseeable failure is told."""

import typer
from pydantic import ValidationError

from connectors.registry import BrokenConnector
from hub.cli import (
    deciding,
    looking,
    moving,
    notices,
    parked,
    promises,
    proving,
    quarantine,
    replaying,
    serving,
    sinks,
)
from hub.cli.terminal import fail
from hub.store.session import AlreadyRunning, StoreUnavailable

app = typer.Typer(
    name="tilanne",
    help="Where is my order? One answer, everywhere, once, in time.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
for module in (serving, proving, replaying, deciding, looking, moving, promises):
    for command in module.COMMANDS:
        app.command()(command)
for group in (quarantine.app, parked.app, notices.app, sinks.app):
    app.add_typer(group)


def main() -> None:
    """Run the command line; every foreseeable failure is one sentence and exit code 1."""
    try:
        app()
    except ValidationError as error:
        faults = error.errors(include_input=False, include_url=False, include_context=False)
        fail("\n".join(f"{_setting(one['loc'])}: {one['msg']}" for one in faults))
    except (AlreadyRunning, BrokenConnector, StoreUnavailable, ValueError, OSError) as error:
        fail(str(error))


def _setting(place: tuple[int | str, ...]) -> str:
    return "TILANNE_" + "__".join(str(part) for part in place).upper()
