"""The watch of the oracle: what was told late is seen, and nothing else is called late."""

import json
from types import SimpleNamespace
from typing import Any

import pytest

from tests.cluster.oracle.promptness import Outage, summary, waits
from tests.faults.oracle import model
from tests.faults.oracle.told import Telling

ACCEPTED = 1000.0
ORDER = "kauppa:1"


def told_of(*told: tuple[str, float]) -> Any:
    """One order that was placed and is out for delivery, and what a partner heard of it when."""
    bodies = []
    for kind, what in (("order.placed", {}), ("parcel.scanned", {"stage": "out_for_delivery"})):
        event = {"type": f"fi.tilanne.{kind}", "time": f"{len(bodies)}", "data": {"what": what}}
        bodies.append(json.dumps(event | {"source": "oracle", "id": f"{len(bodies)}"}).encode())
    reader = ("webhook", "kassa")
    return SimpleNamespace(
        ledger=SimpleNamespace(rows=lambda _: [(body, ACCEPTED) for body in bodies]),
        orders=model.read((ORDER, body) for body in bodies),
        told=SimpleNamespace(
            tellings=[
                Telling(reader, f"msg_{n}", ORDER, milestone, (), at=at)
                for n, (milestone, at) in enumerate(told)
            ]
        ),
        sinks=True,
    )


@pytest.mark.parametrize(
    "told, outages, seconds",
    [
        ([("order_placed", 1001.0), ("out_for_delivery", 1003.0)], [], [1.0, 3.0]),
        ([("order_placed", 1001.0), ("out_for_delivery", 1061.5)], [], [1.0, 61.5]),
        ([("out_for_delivery", 1002.0)], [], [2.0, 2.0]),  # the later news stands for both
        ([("order_placed", 1000.5), ("cancelled", 1070.0)], [], [0.5, 70.0]),
        (
            [("order_placed", 1001.0), ("out_for_delivery", 1070.0)],
            [Outage("Kafka", 1010.0, 1030.0), Outage("PostgreSQL", 1020.0, 1040.0)],
            [1.0, 40.0],
        ),
        ([("out_for_delivery", 1015.0)], [Outage("Kafka", 990.0, 1010.0)], [5.0, 5.0]),
        ([("out_for_delivery", 1015.0)], [Outage("Kafka", 1016.0, 1090.0)], [15.0, 15.0]),
    ],
)
def test_a_wait_is_from_accepted_to_told_less_what_was_away(
    told: list[tuple[str, float]], outages: list[Outage], seconds: list[float]
) -> None:
    assert seconds == [one.seconds for one in waits(told_of(*told), outages)]


def test_who_waited_longer_than_promised_is_named() -> None:
    found = summary(list(waits(told_of(("order_placed", 1001.0), ("delivered", 1061.5)), [])))

    assert (2, 1, 61.5) == (found["waits"], found["late"], found["wait_max"])
    assert ["out_for_delivery of kauppa:1 to kassa after 61.5 s"] == found["late_examples"]
