"""What is told of goods and then taken back: which orders start from it, and what the raw was."""

from state_machine.events import (
    Event,
    Retracted,
    StockCounted,
    StockKey,
    StockRanOut,
    What,
)
from tests.builders import an_order, at, hours
from tests.hub.pipeline.speech import says
from tests.hub.pipeline.world import World

MUGS = StockKey("mug")
BORN = at(9, an_order(mug=1), id="born later")


def of_mugs(hour: float, what: What) -> Event:
    return Event(id=f"{what.kind} {hour}", occurred_at=hours(hour), about=MUGS, what=what)


OUT = of_mugs(1, StockRanOut())
BACK = of_mugs(2, Retracted(fact=OUT.id))


def test_an_order_does_not_start_from_a_shortage_that_was_taken_back(world: World) -> None:
    assert world.hears(says(OUT)) == ["applied"]
    assert world.hears(says(BACK)) == ["applied", "applied"]
    world.hears(says(BORN))

    assert world.status() == "placed"


def test_a_shortage_that_is_taken_back_before_it_is_told_never_stands(world: World) -> None:
    world.hears(says(BACK))
    world.hears(says(OUT))
    world.hears(says(BORN))

    assert world.status() == "placed"


def test_a_shortage_stands_when_another_word_of_the_goods_is_taken_back(world: World) -> None:
    counted = of_mugs(0, StockCounted(available=0))
    world.hears(says(counted), says(OUT))
    world.hears(says(of_mugs(3, Retracted(fact=counted.id))))
    world.hears(says(of_mugs(4, Retracted(fact="an older shortage"))))
    world.hears(says(BORN))

    assert world.status() == "backordered"
