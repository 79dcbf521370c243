"""What waits for its order comes home, whatever it is, and nobody can overlook that it waits."""

from tests.builders import an_order, at
from tests.hub.pipeline.speech import customer, says
from tests.hub.pipeline.world import CONTACT, World

PLACED = at(0, an_order(mug=1), id="placed")


def test_a_message_that_only_states_a_customer_is_applied_with_the_order(world: World) -> None:
    assert world.hears(says(customer(0, email="a@example.fi"))) == ["parked"]
    assert world.hears(says(PLACED)) == ["applied", "applied"]

    assert [row["email"] for row in world.rows(CONTACT)] == ["a@example.fi"]
