"""A person is called when something must be looked at: once, and only for what is committed."""

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from hub import telemetry
from hub.store.session import StoreUnavailable
from tests.builders import a_parcel, an_order, at
from tests.hub.pipeline.speech import says
from tests.hub.pipeline.world import World

PLACED = at(0, an_order(mug=1), id="placed")
NAMED = at(1, a_parcel("f1", "JJ1", mug=1), id="named")


def calls(name: str) -> float:
    """How often a person was called."""
    value = telemetry.REGISTRY.get_sample_value("tilanne_alerts_total", {"name": name})
    return value or 0


def test_the_first_body_of_an_id_stands_and_a_person_is_called_once_for_another(
    world: World,
) -> None:
    before = calls("conflict")
    with capture_logs() as lines:
        world.hears(says(PLACED, id="7"), says(PLACED, id="7"))
    assert (calls("conflict"), lines) == (before, [])

    other = at(1, an_order(mug=5), id="placed")
    with capture_logs() as lines:
        world.hears(says(other, NAMED, id="7"), says(other, NAMED, id="7"))
    assert world.outcomes() == ["applied", "duplicate", "quarantined", "quarantined"]
    assert world.quarantined() == [("conflict", "7")] * 2
    assert world.believes([PLACED])
    assert world.timeline() == ["placed"]
    assert calls("conflict") == before + 2
    assert ["alert.conflict"] == [line["event"] for line in lines]


def test_nobody_is_called_for_what_was_not_committed(world: World) -> None:
    before = calls("conflict")
    world.hears(says(PLACED, id="7"))
    world.deliver(says(NAMED, id="7"))
    world.store.write_now(
        lambda c: c.execute(text("ALTER TABLE quarantine RENAME TO gone")).rowcount
    )

    with pytest.raises(StoreUnavailable):
        world.work()
    assert calls("conflict") == before
    world.store.write_now(
        lambda c: c.execute(text("ALTER TABLE gone RENAME TO quarantine")).rowcount
    )
    world.work()
    assert calls("conflict") == before + 1
