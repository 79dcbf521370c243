"""What a source takes back is not believed any more, and who was told is told so, once."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hub.queries.audit import audit
from tests.builders import hours
from tests.hub.whole import Whole

PARCEL = {"type": "parcel", "number": "JJ1"}


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Whole]:
    opened = Whole(tmp_path)
    yield opened
    wrong = [check.name for check in opened.store.read_now(audit) if not check.holds]
    opened.store.close()

    assert [] == wrong


def event(kind: str, about: Any, hour: float, id: str, **data: Any) -> dict[str, Any]:  # noqa: A002
    return {
        "specversion": "1.0",
        "source": "//kuriiri",
        "id": id,
        "type": f"fi.tilanne.{kind}",
        "time": hours(hour).isoformat(),
        "data": {"about": about, **data},
    }


def order(number: str = "1001", parcel: str = "JJ1") -> list[dict[str, Any]]:
    """An order of one mug, and its parcel."""
    about = {"type": "order", "shop": "kauppa", "external_id": number}
    placed = {
        "number": number,
        "placed_at": hours(0).isoformat(),
        "lines": [{"id": "1", "quantity": 1}],
    }
    contact = {"email": f"{number}@example.fi", "language": "en"}
    named = {"parcel": {"id": "p1", "number": parcel}}
    return [
        event("order.placed", about, 0, f"placed {number}", what=placed, contact=contact),
        event("parcel.announced", about, 0, f"named {number}", what=named),
    ]


def scan(hour: float, stage: str, **data: Any) -> dict[str, Any]:
    told = data or {"what": {"stage": stage}}
    return event("parcel.scanned", PARCEL, hour, f"{stage} {hour}", **told)


def taken_back(hour: float, stage: str, noticed: float) -> dict[str, Any]:
    """The same scan, with a declaration that it is wrong."""
    when = hours(noticed).isoformat()
    error = {"declarationTime": when, "reason": "did_not_occur"}
    return scan(hour, stage, errorDeclaration=error, what={"stage": stage})


def hear(hub: Whole, hour: float, *messages: Any) -> list[str]:
    hub.now = hours(hour)
    return [hub.hears(message) for message in messages]


def test_who_was_told_gets_one_correction_and_nobody_else_does(hub: Whole) -> None:
    hear(hub, 1, order(), order("2002", "JJ2"), scan(0.5, "in_transit"))
    hear(hub, 3, scan(2.9, "delivered"))
    assert "delivered" == hub.status()
    told = hub.letters()

    wrong = taken_back(2.9, "delivered", 4)
    other = event(
        "fact.retracted", PARCEL, 4, "x", what={"fact": "canonical://kuriiri:delivered 2.9"}
    )
    assert ["applied", "duplicate", "applied"] == hear(hub, 5, wrong, wrong, other)
    assert "in_transit" == hub.status()
    assert ["1001@example.fi"] == [who for who, _ in hub.letters()[len(told) :]]
    assert ("correction", "sent", None) == hub.notices()[-1]
    effects = {entry.event.id: entry.effect for entry in hub.timeline()}
    assert "a later fact took it back" == effects["canonical://kuriiri:delivered 2.9"].why

    hear(hub, 9, scan(8, "delivered"))
    assert "delivered" == hub.status()
    assert [("1001@example.fi", told[-1][1])] == hub.letters()[len(told) + 1 :]


def test_a_declaration_before_its_fact_lets_nobody_hear_of_it(hub: Whole) -> None:
    hear(hub, 1, order(), scan(0.5, "in_transit"))
    told = hub.letters()

    hear(hub, 5, taken_back(2.9, "delivered", 4), scan(2.9, "delivered"))
    assert ("in_transit", told) == (hub.status(), hub.letters())
    assert "correction" not in [milestone for milestone, _, _ in hub.notices()]


@pytest.mark.parametrize("first", ["scan", "declaration"])
def test_a_fact_that_waits_can_be_taken_back(hub: Whole, first: str) -> None:
    messages = [scan(2.9, "delivered"), taken_back(2.9, "delivered", 4)]
    waiting = messages if first == "scan" else messages[::-1]

    assert ["parked", "parked"] == hear(hub, 5, *waiting)
    assert ["applied"] == hear(hub, 6, order())
    assert "processing" == hub.status()
    assert ["order_placed"] == [
        milestone for milestone, state, _ in hub.notices() if state == "sent"
    ]


def test_who_was_told_nothing_gets_no_correction(hub: Whole) -> None:
    hear(hub, 24 * 30, order(), scan(3, "delivered"))
    assert [] == hub.letters()

    hear(hub, 24 * 30 + 1, taken_back(3, "delivered", 24 * 30))
    assert ("processing", []) == (hub.status(), hub.letters())
    assert ("correction", "suppressed", "never told of what is corrected") == hub.notices()[-1]
