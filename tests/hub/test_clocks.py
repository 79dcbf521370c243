"""Whatever a source's clock says: nothing happens after it reached us, and old news is no news."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from hub import telemetry
from hub.pipeline.translate import Translator
from hub.queries.audit import audit
from hub.store import log
from hub.web.schemas_of_history import FactOut
from hub.web.snapshots import fact as as_shown
from state_machine.events import Clarity, Event
from tests.builders import ORDER, a_parcel, an_order, at, hours, scan
from tests.hub.pipeline.speech import customer, says
from tests.hub.whole import CONNECTORS, Whole

NOON = 28  #: hours after Monday at eight: Tuesday at noon


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Whole]:
    yield from opened(tmp_path)


@pytest.fixture
def hasty(tmp_path: Path) -> Iterator[Whole]:
    """A hub for which six hours make old news."""
    yield from opened(tmp_path, news_age_hours=6)


def opened(folder: Path, **settings: Any) -> Iterator[Whole]:
    made = Whole(folder, **settings)
    made.now = hours(NOON)
    placed = at(0, an_order(mug=1), id="placed"), at(1, a_parcel("f1", "JJ1", mug=1), id="named")
    made.hears(says(*placed, customer(0, email="aino@example.fi")), "speech")
    yield made
    wrong = [check.name for check in made.store.read_now(audit) if not check.holds]
    made.store.close()

    assert [] == wrong


def told(clarity: Clarity, hour: float, stage: str = "delivered") -> Event:
    """A scan that claims to have happened at an hour."""
    what = scan("JJ1", stage)
    name = f"{stage} {hour}"
    return Event(id=name, occurred_at=hours(hour), about=ORDER, what=what, clarity=clarity)


def calls() -> float:
    name = {"name": "future_dated"}
    return telemetry.REGISTRY.get_sample_value("tilanne_alerts_total", name) or 0


def shown(hub: Whole, fact: Event) -> FactOut:
    """The fact as /v1/orders/{id}/timeline shows it."""
    found = next(entry for entry in hub.timeline() if entry.event.id == fact.id)
    return FactOut.model_validate_json(orjson.dumps(as_shown(found)))


MINUTE = 1 / 60
TIMED = [one for one in Clarity if one is not Clarity.DATE_ONLY]


@pytest.mark.parametrize(
    "clarity, ahead",
    [
        *((clarity, ahead) for clarity in Clarity for ahead in (-3, 0, 10 * MINUTE)),
        (Clarity.DATE_ONLY, 12),  # tomorrow, where it is today already: it begins at midnight UTC
    ],
)
def test_within_the_tolerance_a_time_stays_as_claimed(
    hub: Whole, clarity: Clarity, ahead: float
) -> None:
    before, fact = calls(), told(clarity, NOON + ahead)
    hub.hears(says(fact), "speech")

    entry = shown(hub, fact)
    assert (fact.occurred_at, None, clarity) == (entry.occurred_at, entry.claimed_at, entry.clarity)
    assert (before, "delivered") == (calls(), hub.status())


@pytest.mark.parametrize(
    "clarity, ahead",
    [
        *((clarity, ahead) for clarity in TIMED for ahead in (11 * MINUTE, 3, 24 * 4000)),
        (Clarity.DATE_ONLY, 15),
    ],
)
def test_what_is_dated_later_is_held_to_its_arrival_and_flagged(
    hub: Whole, clarity: Clarity, ahead: float
) -> None:
    before, fact = calls(), told(clarity, NOON + ahead)
    hub.hears(says(fact), "speech")

    entry = shown(hub, fact)
    assert hub.now == entry.occurred_at == entry.received_at
    assert (fact.occurred_at, clarity) == (entry.claimed_at, entry.clarity)
    assert (before + 1, "delivered") == (calls(), hub.status())
    assert ("delivered", "sent", None) == hub.notices()[-1]


def test_what_was_held_does_not_stand_in_the_way_of_what_happens_next(hub: Whole) -> None:
    hub.hears(says(told(Clarity.ASSUMED_UTC, NOON + 3, "out_for_delivery")), "speech")
    hub.now = hours(NOON + 1)
    hub.hears(says(told(Clarity.EXPLICIT, NOON + 0.5)), "speech")

    assert "delivered" == hub.status()


def test_the_same_raw_says_the_same_whenever_it_is_read_again(hub: Whole) -> None:
    hub.hears(says(told(Clarity.EXPLICIT, NOON + 3)), "speech")
    translator = Translator(CONNECTORS, hub.settings)
    rows = hub.store.read_now(lambda c: log.after(c, 0, 10))
    before, hub.now = hub.timeline(), hours(NOON + 500)

    again = [event for row in rows for event in translator.translate(row).events]
    assert {entry.event for entry in before} == set(again)


@pytest.mark.parametrize("clarity", Clarity)
def test_what_happened_long_ago_is_believed_and_not_told(hub: Whole, clarity: Clarity) -> None:
    fact = told(clarity, 2)
    hub.now = fact.occurred_at + timedelta(days=8, minutes=1)
    letters = hub.letters()
    hub.hears(says(fact), "speech")

    assert ("delivered", letters) == (hub.status(), hub.letters())
    reason = f"too old: happened {fact.occurred_at:%Y-%m-%d %H:%M} UTC"
    assert ("delivered", "suppressed", reason) == hub.notices()[-1]


@pytest.mark.parametrize("clarity", Clarity)
def test_today_is_no_older_than_its_end(hasty: Whole, clarity: Clarity) -> None:
    midnight = NOON - 12
    hasty.now = hours(NOON + 6)
    hasty.hears(says(told(clarity, midnight)), "speech")

    told_today = hasty.notices()[-1][1] == "sent"
    assert ("delivered", clarity is Clarity.DATE_ONLY) == (hasty.status(), told_today)
