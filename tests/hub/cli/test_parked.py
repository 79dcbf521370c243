"""What waits for its order is listed by key, and given up with a reason."""

from datetime import timedelta

from hub.store import parking
from state_machine.events import Event, ParcelKey, ParcelRef, ParcelScanned
from state_machine.lifecycle import Stage
from tests.builders import MONDAY, a_parcel, at, hours
from tests.hub.cli.typing_in import Desk
from tests.hub.pipeline.speech import customer, says

NAMED = at(1, a_parcel("f1", "JJ9", mug=1), id="named")


def seen(number: str, hour: float = 2) -> Event:
    what = ParcelScanned(parcel=ParcelRef(number=number), stage=Stage.IN_TRANSIT)
    about = ParcelKey(number)
    return Event(id=f"seen {number} {hour}", occurred_at=hours(hour), about=about, what=what)


def expire(desk: Desk) -> None:
    later = MONDAY + timedelta(days=15)
    desk.world.store.write_now(lambda c: parking.expire(c, later, later, 100))


def test_what_waits_is_listed_by_key(desk: Desk) -> None:
    desk.world.hears(says(seen("JJ1"), seen("JJ1", 3), seen("JJ2")), says(NAMED))
    found = desk.asks("parked", "list")

    assert (found["keys"], found["facts"], found["next"]) == (3, 4, None)
    assert [(one["key"], one["facts"]) for one in found["parked"]] == [
        ("order:kauppa:1001", 1),
        ("parcel:JJ1", 2),
        ("parcel:JJ2", 1),
    ]


def test_a_long_list_is_read_page_by_page(desk: Desk) -> None:
    desk.world.hears(says(*[seen(f"JJ{n}") for n in range(5)]))
    keys, after = [], ""
    while after is not None:
        page = desk.asks("parked", "list", "--limit", "2", "--after", after)
        keys += [one["key"] for one in page["parked"]]
        after = page["next"]

    assert keys == [f"parcel:JJ{n}" for n in range(5)]


def test_what_has_waited_too_long_has_a_list_of_its_own(desk: Desk) -> None:
    desk.world.hears(says(seen("JJ1")))
    expire(desk)
    desk.world.hears(says(seen("JJ2")))

    assert [one["key"] for one in desk.asks("parked", "list", "--expired")["parked"]] == [
        "parcel:JJ1"
    ]
    assert desk.asks("parked", "list")["keys"] == 2


def test_the_list_holds_no_personal_data(desk: Desk) -> None:
    desk.world.hears(says(NAMED, customer(0, name="Aino Virta", email="a@example.fi")))

    assert "Aino" not in (text := desk.types("parked", "list").output)
    assert "order:kauppa" in text


def test_what_nobody_needs_is_given_up_with_a_reason(desk: Desk) -> None:
    desk.world.hears(says(seen("JJ1")), says(seen("JJ2")))
    asked = ("parked", "discard", "parcel:JJ1", "--reason", "a neighbour's")

    assert desk.asks(*asked) == {"discarded": {"parcel:JJ1": 1}}
    assert [one["key"] for one in desk.asks("parked", "list")["parked"]] == ["parcel:JJ2"]
    assert desk.world.outcomes() == ["quarantined", "parked"]
    assert desk.world.sums() == []
    assert desk.asks("quarantine", "list")["rows"] == 0
    assert desk.asks("quarantine", "show", "1")["row"]["discarded_because"] == "a neighbour's"


def test_nothing_is_given_up_without_a_reason_or_under_a_key_that_is_not_there(desk: Desk) -> None:
    desk.world.hears(says(seen("JJ1")))

    assert desk.types("parked", "discard", "parcel:JJ1").exit_code == 2
    assert desk.types("parked", "discard", "parcel:JJ1", "--reason", "").exit_code == 1
    refused = desk.types("parked", "discard", "parcel:JJ7", "--reason", "x")
    assert (refused.exit_code, desk.asks("parked", "list")["keys"]) == (1, 1)
    assert "nothing waits under: parcel:JJ7" in refused.output
