"""Commands that run a hub."""

import sys
from typing import Annotated

import typer

from hub import __version__
from hub.cli.terminal import err
from hub.config import Settings
from hub.demo import run as demo_run
from hub.serve import open_hub, run
from hub.stations import Role
from hub.telemetry import set_up_logging


def up() -> None:
    """Run the hub: door, pipeline, notices, scheduler and web in one process.

    Example: TILANNE_SECRETS__SHOPIFY=… tilanne up
    """
    _serve(Role.ALL)


def all() -> None:  # noqa: A001 - the name of a command
    """Run the hub in one process: another word for `up`.

    Example: tilanne all
    """
    _serve(Role.ALL)


def web() -> None:
    """Run the door, the API and the pages alone; on PostgreSQL, beside the other roles.

    Example: TILANNE_DATABASE_URL=postgresql://… tilanne web
    """
    _serve(Role.WEB)


def worker() -> None:
    """Run the pipeline alone, from what came in to what is believed; on PostgreSQL.

    Example: TILANNE_DATABASE_URL=postgresql://… TILANNE_PORT=8081 tilanne worker
    """
    _serve(Role.WORKER)


def dispatcher() -> None:
    """Run the dispatcher alone, from what changed to what was told; on PostgreSQL.

    Example: TILANNE_DATABASE_URL=postgresql://… TILANNE_PORT=8082 tilanne dispatcher
    """
    _serve(Role.DISPATCHER)


def scheduler() -> None:
    """Run the scheduler alone, which does what has to be done by the clock; on PostgreSQL.

    Example: TILANNE_DATABASE_URL=postgresql://… TILANNE_PORT=8083 tilanne scheduler
    """
    _serve(Role.SCHEDULER)


def _serve(role: Role) -> None:
    settings = Settings()
    set_up_logging(settings.log_level, json=not sys.stderr.isatty())
    run(_stay_open(settings, role))


async def _stay_open(settings: Settings, role: Role) -> None:
    async with open_hub(settings, role=role) as served:
        name = "tilanne" if role is Role.ALL else f"tilanne {role}"
        err.print(f"{name} {__version__} on {served.url}")
        await served.until_closed()


def demo(
    seed: Annotated[int, typer.Option(help="The same seed gives the same day.")] = 1,
    pace: Annotated[float, typer.Option(help="Seconds between two deliveries.")] = 0.5,
    stop: Annotated[bool, typer.Option("--stop", help="Stop when the day is over.")] = False,
) -> None:
    """Run the hub with an example day of a Finnish web shop flowing through its door.

    Example: tilanne demo --seed 7 --pace 0.2
    """
    set_up_logging("warning", json=False)
    sys.exit(demo_run.main(Settings(), seed=seed, pace=pace, stop=stop))


COMMANDS = (up, demo, all, web, worker, dispatcher, scheduler)
