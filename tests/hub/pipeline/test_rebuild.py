"""Every belief is folded anew from its facts: it is proved, or named, or put right."""

import threading
from typing import Any

import pytest
from sqlalchemy import text

from hub.pipeline.rebuild import Rebuilt, mend, prove
from hub.store import job
from state_machine.events import Event, OrderKey
from tests.builders import MONDAY, a_parcel, an_order, at, hours, scan
from tests.hub.pipeline.speech import says
from tests.hub.pipeline.world import BELIEF, OUTBOX, World

STORY = [
    at(0, an_order(mug=1), id="placed"),
    at(1, a_parcel("f1", "JJ1", mug=1), id="named"),
    at(2, scan("JJ1", "delivered"), id="delivered"),
]


def of(order: str, fact: Event) -> Event:
    about = OrderKey("kauppa", order)
    return Event(id=fact.id, occurred_at=fact.occurred_at, about=about, what=fact.what)


def proved(world: World, **how: bool) -> Rebuilt:
    return [*prove(world.store, MONDAY, **how)][-1]


def mended(world: World, **how: bool) -> Rebuilt:
    return [*mend(world.store, MONDAY, **({"notify": False} | how))][-1]


def spoil(world: World, statement: str) -> None:
    world.store.write_now(lambda c: c.execute(text(statement)))
    world.begin()


def test_beliefs_that_hold_are_proved(world: World) -> None:
    world.hears(says(*STORY), says(*[of("1002", fact) for fact in STORY]))

    assert proved(world) == Rebuilt(orders=2)
    assert mended(world) == Rebuilt(orders=2)
    assert world.rows(job.JOB) == []


@pytest.mark.parametrize(
    ("spoilt", "differs"),
    [
        ("status = 'placed'", {"status": ["placed", "delivered"]}),
        ("number = '#7'", {"number": ["#7", "#1001"]}),
        (
            'snapshot = replace(snapshot, \'"stage":"delivered"\', \'"stage":"lost"\')',
            {"fields": ["parcels[0].stage"]},
        ),
        ("snapshot = 'spoilt'", {"fields": ["all of it"]}),
        ("version = 0", {"version": [0, 1]}),
        (
            'milestones = \'[["cancelled","order",""]]\'',
            {
                "milestones": {
                    "gone": ["cancelled order"],
                    "new": [
                        "delivered parcel:f1",
                        "order_placed order",
                        "shipped parcel:f1",
                    ],
                }
            },
        ),
    ],
)
def test_what_differs_is_named_and_put_right(
    world: World, spoilt: str, differs: dict[str, Any]
) -> None:
    world.hears(says(*STORY))
    spoil(world, f"UPDATE belief SET {spoilt}")

    found = proved(world)
    assert (found.astray, found.differences) == (1, [{"order": "kauppa:1001", **differs}])
    assert (mended(world).mended, proved(world).astray) == (1, 0)
    assert world.believes(STORY)


def test_what_is_put_right_is_told_to_nobody(world: World) -> None:
    world.hears(says(*STORY[:2]))
    told = world.told()
    spoil(world, 'UPDATE belief SET milestones = \'[["cancelled","order",""]]\'')

    assert mended(world).milestones == len(world.told()) - len(told) + 1 == 2
    assert world.told()[len(told) :] == [("correction", "replayed history")]


def test_a_belief_that_is_lost_is_made_anew(world: World) -> None:
    world.hears(says(*STORY))
    spoil(world, "DELETE FROM belief")

    assert proved(world).differences == [{"order": "kauppa:1001", "why": "no belief is stored"}]
    assert mended(world).mended == 1
    assert world.believes(STORY)


def test_an_order_without_facts_is_named_and_left_alone(world: World) -> None:
    world.hears(says(*STORY), says(*[of("1002", fact) for fact in STORY]))
    spoil(world, "DELETE FROM timeline WHERE order_id = 'kauppa:1001'")
    spoil(world, "UPDATE timeline SET fact = '{}' WHERE order_id = 'kauppa:1002'")

    assert [(one["order"], one["why"]) for one in proved(world).differences] == [
        ("kauppa:1001", "no fact says what was ordered"),
        ("kauppa:1002", "its facts cannot be folded: KeyError"),
    ]
    assert (mended(world).astray, mended(world).mended) == (2, 0)
    assert len(world.rows(BELIEF)) == 2
    world.clear()


def many(world: World, count: int) -> None:
    world.deliver(*[says(of(f"{n:04}", STORY[0])) for n in range(count)])
    world.work()


def test_a_proof_goes_on_where_it_was_interrupted(world: World) -> None:
    many(world, 600)
    spoil(world, "UPDATE belief SET status = 'lost' WHERE external_id IN ('0001', '0599')")
    pages = prove(world.store, MONDAY)
    assert next(pages).orders == 256
    pages.close()
    assert [row["place"] for row in world.rows(job.JOB)] == ["kauppa:0255"]

    pages = prove(world.store, MONDAY)
    assert next(pages).orders == 512
    pages.close()
    found = proved(world)
    assert (found.orders, [one["order"] for one in found.differences]) == (
        600,
        ["kauppa:0001", "kauppa:0599"],
    )
    pages = prove(world.store, MONDAY)
    next(pages)
    pages.close()
    assert next(prove(world.store, MONDAY, afresh=True)).orders == 256
    mended(world)


def test_a_running_hub_and_a_proof_do_not_disturb_each_other(world: World) -> None:
    """What is proved is of one moment, though facts and beliefs change all the time."""
    many(world, 200)
    over = threading.Event()

    def prove_again() -> list[Rebuilt]:
        found = []
        while not over.is_set():
            found.append(proved(world, afresh=True))
        return found

    results: list[Rebuilt] = []
    thread = threading.Thread(target=lambda: results.extend(prove_again()))
    thread.start()
    for hour in range(1, 25):
        news = [of(f"{n:04}", at(hour, scan("f1", "in_transit"))) for n in range(200)]
        world.deliver(*[says(one) for one in news], received_at=hours(hour))
        world.work()
    over.set()
    thread.join()

    assert results
    assert [one.differences for one in results if one.astray] == []
    assert world.rows(OUTBOX)
