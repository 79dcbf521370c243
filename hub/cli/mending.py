"""Commands that put right what we believe, with what was learned since."""

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.progress import Progress

from connectors.registry import discover
from hub.cli.terminal import Json, err, opened, out, write_json
from hub.config import Settings
from hub.pipeline.apply import Applied
from hub.pipeline.replay import refold
from hub.pipeline.replay import replay as replay_raws
from hub.pipeline.translate import Translator


def replay(
    since: Annotated[datetime, typer.Argument(help="UTC, such as 2026-11-01.")],
    notify: Annotated[bool, typer.Option("--notify", help="Tell customers what is new.")] = False,
    json: Json = False,
) -> None:
    """Read kept raws again, then fold every order again; the hub must be stopped.

    What connectors and rules have learned since is believed from now on; nobody is told unless you
    say so. Example: tilanne replay 2026-11-01
    """
    settings = Settings()
    store = opened(settings)
    read = folded = Applied()
    try:
        store.hold_alone()
        translator = Translator(discover(), settings)
        moment = since.replace(tzinfo=UTC)
        with Progress(console=err, transient=True) as progress:
            task = progress.add_task("reading raws again", total=None)
            for read in replay_raws(store, translator, since=moment, notify=notify):
                progress.update(task, completed=read.raws)
            task = progress.add_task("folding orders again", total=None)
            for folded in refold(store, notify=notify):
                progress.update(task, completed=len(folded.orders))
    finally:
        store.close()
    sums = {
        "raws": read.raws,
        "facts": read.facts,
        "beliefs_mended": len(folded.orders),
        "milestones": read.told + folded.told,
        "notify": notify,
    }
    if json:
        write_json(sums)
    else:
        out.print(", ".join(f"{name.replace('_', ' ')}: {value}" for name, value in sums.items()))


COMMANDS = (replay,)
