"""A number means one parcel only with its carrier and its time; what is still unclear is asked."""

import pytest

from hub import telemetry
from hub.pipeline import quarantine
from state_machine.events import (
    Event,
    OrderKey,
    ParcelAnnounced,
    ParcelKey,
    ParcelRef,
    ParcelScanned,
    Retracted,
    What,
)
from state_machine.lifecycle import Stage
from tests.builders import MONDAY, an_order, hours, units
from tests.hub.pipeline.speech import says
from tests.hub.pipeline.world import QUARANTINE, World

A, B = OrderKey("kauppa", "1001"), OrderKey("kauppa", "2002")
ELSEWHERE = OrderKey("toinen", "1")
DAY = 24


def names(
    order: OrderKey, hour: float = 1, carrier: str | None = None, number: str = "JJ1"
) -> bytes:
    """The shop places an order and names its parcel at an hour."""
    parcel = ParcelRef(id="f1", number=number, carrier=carrier)
    whats: list[What] = [an_order(mug=1), ParcelAnnounced(parcel=parcel, units=units({"mug": 1}))]
    return says(
        *(
            Event(
                id=f"{order.shop} {order.external_id} {what.kind} {hour} {carrier}",
                occurred_at=hours(hour),
                about=order,
                what=what,
            )
            for what in whats
        )
    )


def seen(
    hour: float, carrier: str | None = None, stage: str = "in_transit", number: str = "JJ1"
) -> Event:
    what = ParcelScanned(parcel=ParcelRef(number=number, carrier=carrier), stage=Stage(stage))
    about = ParcelKey(number, carrier)
    return Event(
        id=f"{number} {hour} {carrier} {stage}", occurred_at=hours(hour), about=about, what=what
    )


def alerts(name: str) -> float:
    return telemetry.REGISTRY.get_sample_value("tilanne_alerts_total", {"name": name}) or 0


def decide(world: World, order: OrderKey) -> None:
    """A person says whose the parcel JJ1 is, of every message that waits."""
    waiting = [row for row in world.rows(QUARANTINE) if row["released_at"] is None]
    raws = sorted({row["raw_id"] for row in waiting})
    decided = {"JJ1": f"{order.shop}:{order.external_id}"}
    world.store.write_now(lambda c: quarantine.release(c, raws, MONDAY, decided))
    world.work()


def test_two_carriers_never_meet_over_one_number(world: World) -> None:
    world.hears(names(A, carrier="Posti"), names(ELSEWHERE, carrier="GLS Finland"))
    world.hears(says(seen(5, "gls")), says(seen(6, "posti oy", "delivered")))

    assert (world.status(A), world.status(ELSEWHERE)) == ("delivered", "in_transit")
    assert world.quarantined() == []


def test_a_scan_of_another_carrier_waits_for_a_parcel_of_its_own(world: World) -> None:
    assert world.hears(names(A, carrier="posti"), says(seen(5, "gls"))) == ["applied", "parked"]
    assert world.hears(names(ELSEWHERE, carrier="gls"))[1] == "applied"

    assert (world.status(A), world.status(ELSEWHERE)) == ("processing", "in_transit")


def test_a_shop_that_corrects_the_carrier_is_found_by_the_right_one(world: World) -> None:
    world.hears(names(A, 1, "posti"), says(seen(5, "gls")))
    world.hears(names(A, 2, "gls"))

    assert world.status(A) == "in_transit"


@pytest.mark.parametrize("split", [False, True])
def test_orders_of_one_shop_share_a_parcel_named_at_once(world: World, split: bool) -> None:
    world.hears(says(seen(4)))
    messages = (names(A), names(B, 1 + 2 * DAY))
    for batch in [messages[:1], messages[1:]] if split else [messages]:
        world.hears(*batch)
    world.hears(says(seen(50, stage="delivered")))

    assert (world.status(A), world.status(B)) == ("delivered", "delivered")
    assert set(world.outcomes()) == {"applied"}
    assert len(world.timeline(A)) == len(world.timeline(B)) == 4


def test_a_number_named_again_after_months_ends_the_former_parcel(world: World) -> None:
    world.hears(names(A, 1), names(ELSEWHERE, 90 * DAY))
    world.hears(says(seen(70 * DAY, stage="delivered")), says(seen(91 * DAY)))

    assert (world.status(A), world.status(ELSEWHERE)) == ("delivered", "in_transit")
    assert world.quarantined() == []


@pytest.mark.parametrize(
    "other, hour, carrier",
    [(ELSEWHERE, 2, None), (B, 20 * DAY, None), (B, 1, "gls")],
    ids=["another shop", "much later", "another carrier"],
)
def test_what_may_be_about_several_orders_is_asked_and_not_guessed(
    world: World, other: OrderKey, hour: float, carrier: str | None
) -> None:
    before = alerts("ambiguous")
    world.hears(names(A, carrier=carrier and "posti"), names(other, hour, carrier))

    both = says(seen(21 * DAY), seen(5, number="JJ9"))
    assert world.hears(both)[2] == "quarantined"
    row = world.rows(QUARANTINE)[0]
    id_of = f"{other.shop}:{other.external_id}"
    assert (row["kind"], row["code"], row["about"]) == ("ambiguous", "parcel:JJ1", "JJ1")
    assert f"JJ1 is claimed by kauppa:1001 and {id_of}" in row["detail"]
    assert "tilanne quarantine retry ID --order SHOP:ID" in row["detail"]
    assert (world.status(A), world.status(other)) == ("processing", "processing")
    assert alerts("ambiguous") == before + 1

    decide(world, other)
    assert (world.status(A), world.status(other)) == ("processing", "in_transit")
    assert world.outcomes()[2] == "parked"  # the other fact of the message still waits
    assert alerts("ambiguous") == before + 1


def test_a_scan_that_waited_is_asked_about_when_two_name_it(world: World) -> None:
    world.hears(says(seen(4)), says(seen(5)))

    assert world.hears(names(A), names(ELSEWHERE))[:2] == ["quarantined"] * 2
    assert world.quarantined() == [("ambiguous", "parcel:JJ1")] * 2
    decide(world, A)
    assert (world.status(A), world.status(ELSEWHERE)) == ("in_transit", "processing")
    assert set(world.outcomes()) == {"applied"}


def test_what_has_a_home_keeps_it_however_often_it_is_told(world: World) -> None:
    world.hears(names(A), says(seen(4)))
    world.hears(names(ELSEWHERE, 2))

    assert world.hears(says(seen(4), id="again"))[-1] == "duplicate"
    assert world.timeline(ELSEWHERE) == sorted(
        f"toinen 1 {kind} 2 None" for kind in ("order.placed", "parcel.announced")
    )


def test_a_retraction_goes_where_its_fact_is(world: World) -> None:
    world.hears(names(A), says(seen(4, stage="delivered")), names(ELSEWHERE, 80 * DAY))
    wrong = seen(4, stage="delivered")
    for n, hour in enumerate([81 * DAY, 300 * DAY]):
        taken_back = Retracted(fact=wrong.id)
        fact = Event(id=f"no {n}", occurred_at=hours(hour), about=wrong.about, what=taken_back)
        assert world.hears(says(fact))[-1] == "applied"

    assert world.status(A) == "processing"
    assert {"no 0", "no 1"} < set(world.timeline(A))
