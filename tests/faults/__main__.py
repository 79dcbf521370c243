"""make test-faults: kill a hub at every place of an order's way, then many times at random."""

import argparse
import secrets
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from tests.faults.drill import Drill, Report
from tests.faults.points import ALL, ANYWHERE, IN_PART_ON_POSTGRESQL, LATER, PART, on_postgresql
from tests.faults.postgres import new_database, server
from tests.faults.rehearsal import Rehearsal
from tests.faults.witness import Witness

KILLS, KILLS_IN_PART = 200, 20


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - who waits ten minutes wants to see how it goes


def main() -> int:
    """Run what the command line asks for; return 0 if nothing was lost, doubled or reversed."""
    options = _options()
    began, seed = time.monotonic(), options.seed
    _say(f"seed {seed}: the same stories and moments with --seed {seed}")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        rehearsal = Rehearsal(stack.enter_context(Witness()), folder, seed=seed, say=_say)
        _on_sqlite(rehearsal, options)
        if options.only in ("", "postgresql"):
            _on_postgresql(rehearsal, stack.enter_context(server()), options)
    return _sum(rehearsal.reports, seed, time.monotonic() - began)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make test-faults", description=__doc__)
    parser.add_argument("--part", action="store_true", help="each place once, fewer kills")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6), help="as printed")
    parser.add_argument("--kills", type=int, help=f"at random; {KILLS} if left out")
    parser.add_argument("--only", default="", help='e.g. "C11", "store.committed", "anywhere"')
    options = parser.parse_args()
    if options.kills is None:
        options.kills = KILLS_IN_PART if options.part else KILLS
    return options


def _on_sqlite(rehearsal: Rehearsal, options: argparse.Namespace) -> None:
    for drill in PART if options.part else (*ALL, *LATER):
        if options.only in f"{drill.id} {drill.name}":
            rehearsal.drill(drill)
    if options.only in f"{ANYWHERE.id} {ANYWHERE.place}":
        for drill, kills in _storms(options.kills):
            rehearsal.storm(drill, kills)


def _storms(kills: int) -> Iterator[tuple[Drill, int]]:
    """Three kills of four under the policy hold, the rest under resend: second copies count."""
    again = kills // 4
    yield ANYWHERE, kills - again
    if again:
        yield replace(ANYWHERE, policy="resend"), again


def _on_postgresql(rehearsal: Rehearsal, url: str, options: argparse.Namespace) -> None:
    for number, drill in enumerate(on_postgresql()):
        if not options.part or drill.place in IN_PART_ON_POSTGRESQL:
            rehearsal.drill(drill, new_database(url, f"drill{number}"))
    rehearsal.storm(ANYWHERE, max(options.kills // 10, 3), new_database(url, "storm"))


def _sum(reports: list[Report], seed: int, seconds: float) -> int:
    def total(name: str) -> int:
        return sum(report.figures.get(name, 0) for report in reports)

    def broken(invariant: str) -> int:
        return sum(report.figures.get("violations", {}).get(invariant, 0) for report in reports)

    wrong = [report for report in reports if report.wrong]
    for report in wrong:
        _say(f"WRONG {report}")
    _say(
        f"seed {seed}: {len(reports)} drills, {total('deliveries')} deliveries answered,"
        f" {total('letters')} letters, {total('posts')} posts, {total('messages')} messages"
        f" by phone or chat in {seconds:.0f} s:"
        f" {broken('I1 lost')} lost, {broken('I2 diverged')} diverged,"
        f" {broken('I5 doubled')} visible duplicates, {broken('I7 backwards')} backwards,"
        f" {total('second_letters')} second letters and {total('second_messages')} second"
        f" messages (resend only), {total('second_posts')} repeated"
        f" posts under their own id, {total('held')} held, ready again within"
        f" {max((one.ready for one in reports), default=0):.1f} s; {len(wrong)} drills wrong"
    )
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
