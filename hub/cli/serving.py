"""Commands that run a hub."""

import sys
from typing import Annotated

import typer

from hub import __version__
from hub.cli.terminal import err
from hub.config import Settings
from hub.demo import run as demo_run
from hub.serve import open_hub, run
from hub.telemetry import set_up_logging


def up() -> None:
    """Run the hub: door, pipeline, notices, scheduler and web in one process.

    Example: TILANNE_SECRETS__SHOPIFY=… tilanne up
    """
    settings = Settings()
    set_up_logging(settings.log_level, json=not sys.stderr.isatty())
    run(_stay_open(settings))


async def _stay_open(settings: Settings) -> None:
    async with open_hub(settings) as served:
        err.print(f"tilanne {__version__} on {served.url}")
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


COMMANDS = (up, demo)
