"""Every belief is folded anew from its facts: it is proved, or named, or put right."""

from typing import Any

import pytest
from sqlalchemy import event, text

from hub.pipeline.rebuild import Rebuilt, mend, prove
from hub.store import job
from state_machine.events import Event, OrderKey
from tests.builders import MONDAY, a_parcel, an_order, at, scan
from tests.hub.pipeline.speech import says
from tests.hub.pipeline.world import BELIEF, World

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


def test_what_is_proved_is_of_one_moment_though_the_hub_goes_on(world: World) -> None:
    """Between the look at the beliefs and the look at their facts an order moves on."""
    world.hears(says(*STORY[:2]))
    looks = []

    def meanwhile(_c: Any, _cursor: Any, sql: str, *_: Any) -> None:
        if "FROM timeline" in sql and "timeline.fact" in sql:
            looks.append(sql)
            if len(looks) == 1:
                world.hears(says(STORY[2]))

    event.listen(world.store.reader, "before_cursor_execute", meanwhile)
    found = proved(world)
    event.remove(world.store.reader, "before_cursor_execute", meanwhile)

    assert (len(looks) > 0, world.status()) == (True, "delivered")
    assert found == Rebuilt(orders=1)
    assert proved(world) == Rebuilt(orders=1)
