"""`tilanne demo`: a hub on a fresh database, and the example day flowing through its real door."""

from datetime import datetime
from pathlib import Path

from rich.console import Console

from hub.clock import Clock, utc_now
from hub.config import Settings
from hub.demo import showing
from hub.demo.play import play
from hub.demo.post import deliveries
from hub.demo.script import script
from hub.demo.settings import DATABASE, SINK, api_key, demo_settings, secret_of, wipe
from hub.demo.store_system import StoreSystem
from hub.demo.verify import Report, letter_faults, verify
from hub.queries import Queries
from hub.serve import Served, open_hub, run
from hub.web.letters import letter

MOST_LETTERS = 10_000


def main(base: Settings, *, seed: int, pace: float, stop: bool) -> int:
    """Run the example day; return the exit code, 1 when it did not end as its script says.

    In: ``pace`` in seconds between deliveries; ``stop``: end with the day instead of going on
    serving. Raises what ``hub.app.build`` raises.
    """
    try:
        return run(run_demo(base, seed=seed, pace=pace, keep_running=not stop))
    except KeyboardInterrupt:
        return 0


async def run_demo(
    base: Settings,
    *,
    seed: int,
    pace: float,
    keep_running: bool,
    database: Path = DATABASE,
    clock: Clock = utc_now,
) -> int:
    """Start store system and hub, play the day, compare with the script; return the exit code."""
    console = Console()
    store_system = StoreSystem(secret_of(seed, SINK), clock)
    async with store_system.listening():
        wipe(database)
        settings = demo_settings(base, seed=seed, sink_url=store_system.url, database=database)
        async with open_hub(settings, clock) as served:
            console.print(showing.addresses(served.url))
            question = showing.question(served.url, api_key(seed))
            console.print(question + "\n", soft_wrap=True, highlight=False)
            day = live_the_day(served, store_system, seed=seed, pace=pace, now=clock())
            ended = await served.while_open(day)
            if ended is None:
                return 0
            console.print(showing.evening(*ended, store_system.url))
            if keep_running:
                console.print(f"The hub goes on at {served.url} until Ctrl-C.")
                await served.until_closed()
            return 1 if ended[1] else 0


async def live_the_day(
    served: Served, store_system: StoreSystem, *, seed: int, pace: float, now: datetime
) -> tuple[Report, list[str]]:
    """Play the day and compare; return the report and everything that is wrong."""
    stories, day = script(now), deliveries(seed, now)
    with showing.progress(len(day), now) as watch:
        await play(served.url, day, seed=seed, pace=pace, clock=utc_now, watch=watch)
    report = await verify(served.url, stories, key=api_key(seed), store=store_system.orders)
    mails = [letter(row) for row in await Queries(served.hub.store).mails(MOST_LETTERS)]
    wrong = letter_faults(stories, [(mail.to, mail.message_id) for mail in mails])
    return report, [*report.faults, *wrong]
