"""An operator works beside a running hub: looks, audits, reads again, gives up; the sums hold."""

import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from tests.faults.facts import STEPS, fact
from tests.faults.hub_process import ROOT, HubProcess, wait_for

ORDERS = 60


class Operator:
    """Somebody at a terminal of the machine where the hub runs."""

    def __init__(self, hub: HubProcess) -> None:
        self.hub = hub

    def types(self, *words: str) -> Any:
        ran = subprocess.run(
            [sys.executable, "-m", "hub", *words, "--json"],
            env=self.hub.environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert ran.returncode == 0, ran.stderr + ran.stdout
        return json.loads(ran.stdout)

    def quarantined(self) -> int:
        """How many rows wait, as the hub's own figures say when it has read everything."""
        figures = dict(line.split() for line in self.figures() if line.startswith("tilanne_"))
        return (
            -1 if float(figures["tilanne_backlog"]) else int(float(figures["tilanne_quarantine"]))
        )

    def figures(self) -> list[str]:
        lines = self.hub.ask("/metrics")[1].decode().splitlines()
        return [line for line in lines if line.count(" ") == 1]


@pytest.fixture(params=["sqlite", "postgresql"])
def operator(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Operator]:
    settings = {}
    if request.param == "postgresql":
        server = create_engine(request.getfixturevalue("postgresql"), isolation_level="AUTOCOMMIT")
        with server.connect() as connection:
            connection.execute(text("DROP DATABASE IF EXISTS beside WITH (FORCE)"))
            connection.execute(text("CREATE DATABASE beside"))
        server.dispose()
        url = server.url.set(database="beside").render_as_string(hide_password=False)
        settings["TILANNE_DATABASE_URL"] = url
    hub = HubProcess(tmp_path, **settings)
    hub.start()
    yield Operator(hub)
    assert hub.stop() == 0


def strange(n: int) -> bytes:
    """A delivery of a kind that nobody has taught the hub."""
    event = json.loads(fact(n, "order.placed"))
    return json.dumps(event | {"id": f"strange {n}", "type": "fi.tilanne.order.sung"}).encode()


def test_an_operator_reads_again_and_gives_up_while_deliveries_come(operator: Operator) -> None:
    hub = operator.hub

    def send(n: int) -> list[int]:
        told = [*(fact(n, step) for step in reversed(STEPS)), strange(n)]
        return [hub.deliver(one) for one in told]

    with ThreadPoolExecutor(4) as senders:
        sending = [senders.submit(send, n) for n in range(ORDERS)]
        wait_for(lambda: operator.types("quarantine")["rows"], "something strange to come")
        operator.types("quarantine", "retry", "--all")
        assert operator.types("audit")["holds"] is True
        answers = [one for done in sending for one in done.result()]
    assert answers == [202] * 4 * ORDERS

    wait_for(lambda: operator.quarantined() == ORDERS, "all that is strange to be in quarantine")
    assert operator.types("quarantine", "retry", "--all")["retried"] == ORDERS
    wait_for(lambda: operator.quarantined() == ORDERS, "it to be read again, to no avail")
    (cause,) = operator.types("quarantine")["quarantined"]
    given_up = operator.types("quarantine", "discard", "--code", cause["code"], "--reason", "song")
    assert given_up == {"discarded": ORDERS}
    found = operator.types("audit")
    (source,) = found["sources"]
    outcomes = ("accepted", "applied", "parked", "quarantined", "waiting", "missing")
    assert [source[name] for name in outcomes] == [4 * ORDERS, 3 * ORDERS, 0, ORDERS, 0, 0]
    assert found["holds"] is True
