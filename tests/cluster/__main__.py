"""make test-cluster: the whole hub as processes over real engines, and everything goes wrong."""

import argparse
import random
import secrets
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from deploy.kafka.jars import NoBroker
from tests.cluster.secured import secured
from tests.cluster.topology import READ, RETAILER, Topology, topology
from tests.cluster.troubles import ALL, PART, Storm

NEEDED = ("PostgreSQL", "Kafka")  #: without these a fact cannot pass; Redis is not among them
PATIENCE = 90.0  #: seconds in which what is left must grow less


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - who waits ten minutes wants to see how it goes


def main() -> int:
    """Run what the command line asks for; return 0 if nothing was lost, doubled or late."""
    options = _options()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # the engines are stopped, too
    _say(f"seed {options.seed}: the same orders and troubles with --seed {options.seed}")
    try:
        with tempfile.TemporaryDirectory() as passing:
            folder = options.keep or Path(passing)
            folder.mkdir(parents=True, exist_ok=True)
            with topology(folder) as everything:
                return _run(everything, options)
    except NoBroker as error:
        _say(f"no cluster without Apache Kafka: {error}")
        return 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make test-cluster", description=__doc__)
    parser.add_argument("--part", action="store_true", help="fewer troubles, shorter ones")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6), help="as printed")
    parser.add_argument("--rate", type=float, help="deliveries per second")
    parser.add_argument("--keep", type=Path, help="an empty folder in which everything stays")
    options = parser.parse_args()
    options.troubles = PART if options.part else ALL
    options.rate = options.rate or options.troubles.rate
    return options


def _run(everything: Topology, options: argparse.Namespace) -> int:
    began = time.monotonic()
    everything.start()
    _say(f"{len(everything.parts) - 1} processes are ready after {time.monotonic() - began:.1f} s")
    storm = Storm(everything, random.Random(options.seed), _say)
    _tell(everything, storm, options)
    outages = [one for one in storm.outages if one[0] in NEEDED]
    wrong = everything.stop()
    code, said = everything.web.run("audit", "--json")
    if code != 0:
        wrong.append(f"audit ended with {code}: {said[-1000:]}")
    figures = everything.witness.ask("judged", outages=outages)
    wrong += secured(everything.folder, everything.broker, _say)
    return _sum(options, storm, figures, wrong)


def _tell(everything: Topology, storm: Storm, options: argparse.Namespace) -> None:
    witness = everything.witness
    witness.ask(
        "begin",
        run="c",
        log=str(everything.folder / "oracle.db"),
        hub=everything.web.url,
        database=everything.postgresql.url,
        seed=str(options.seed),
        broker=everything.broker.address,
        topics=READ,
        own_topic=RETAILER,
    )
    witness.ask("load", orders_per_second=options.rate)
    storm.weather(options.troubles)
    witness.ask("enough")
    _say(f"  {witness.ask('progress')}")
    began = time.monotonic()
    witness.must("answered", seconds=PATIENCE)
    witness.must("settled", seconds=PATIENCE)
    _say(f"at rest {time.monotonic() - began:.1f} s after the last delivery was begun")


def _sum(
    options: argparse.Namespace,
    storm: Storm,
    figures: dict[str, Any],
    wrong: list[str],
) -> int:
    broken, troubles = figures["violations"], options.troubles
    wrong += [f"{name}: {those}" for name, those in figures["examples"].items()]
    wrong += [f"late: {one}" for one in figures["late_examples"]]
    if figures["refused"]:
        wrong.append(f"{figures['refused']} deliveries were refused")
    for what, since, until in storm.outages:
        _say(f"  {what} was away for {until - since:.1f} s")
    for one in wrong:
        _say(f"WRONG {one}")
    _say(
        f"seed {options.seed}: {troubles.kills} kills, {troubles.rebalances} rebalances,"
        f" {figures['facts']} facts of {figures['orders']} orders in {figures['deliveries']}"
        f" deliveries ({figures['by_door']} by webhook, {figures['by_topic']} by topic),"
        f" {figures['facts_per_s']} facts/s of {options.rate:g} deliveries/s offered;"
        f" {figures['letters']} letters, {figures['posts']} posts;"
        f" told after p50 {figures['wait_p50']} s, p99 {figures['wait_p99']} s,"
        f" at most {figures['wait_max']} s"
    )
    _say(
        f"{broken['I1 lost']} lost, {broken['I2 diverged']} diverged, {broken['I5 doubled']}"
        f" visible duplicates, {broken['I7 backwards']} backwards, {figures['late']} told late,"
        f" {figures['second_letters']} second letters, {figures['second_posts']} repeated posts"
        f" under their own id, {figures['held']} held; {len(wrong)} things wrong"
    )
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
