"""The tables of stages: everything can be reached, what is over is over, a typo stops the start."""

import pytest

from state_machine import lifecycle, returns
from state_machine.lifecycle import ROADS, Stage, compile_roads
from state_machine.milestones import Told
from state_machine.problems import Blame, Reason
from state_machine.returns import ReturnStage
from state_machine.statuses import Status

#: vocabulary: the legitimate ways back, and no others
WAYS_BACK = {(Stage.OUT_FOR_DELIVERY, Stage.IN_TRANSIT)}


@pytest.mark.parametrize(
    "table, first", [(lifecycle, Stage.ANNOUNCED), (returns, ReturnStage.REQUESTED)]
)
def test_every_stage_can_be_reached_from_the_first(table, first) -> None:
    assert set(type(first)) == table.ROADS[first] | {first}


def test_no_road_leads_out_of_a_final_stage() -> None:
    final = [stage for stage in Stage if stage.final]

    assert ["delivered", "returned_to_sender", "cancelled", "lost", "disposed"] == final
    assert [frozenset()] * len(final) == [ROADS[stage] for stage in final]


def test_a_return_that_is_over_can_only_be_closed() -> None:
    ways_on = {stage: returns.ROADS[stage] for stage in ReturnStage if stage.final}

    assert {frozenset(), frozenset({ReturnStage.CLOSED})} == set(ways_on.values())
    assert not ways_on[ReturnStage.CLOSED]


def test_no_road_leads_back_but_the_legitimate_ones() -> None:
    back = {(a, b) for a in Stage for b in ROADS[a] if b.step < a.step}

    assert WAYS_BACK == back
    assert Stage.RETURNING_TO_SENDER in ROADS[Stage.READY_FOR_PICKUP]
    assert not {(a, b) for a in ReturnStage for b in returns.ROADS[a] if b.step < a.step}


def test_longer_roads_contain_the_single_steps() -> None:
    for table in (lifecycle, returns):
        assert all(table.NEXT[here] <= table.ROADS[here] for here in table.NEXT)


def test_a_typo_in_after_stops_the_import() -> None:
    with pytest.raises(ValueError, match="delivred"):
        compile_roads({Stage.ANNOUNCED: "", Stage.LOST: "announced delivred"})


def test_shipped_means_handed_over_or_later() -> None:
    assert {Stage.ANNOUNCED, Stage.CANCELLED} == {stage for stage in Stage if not stage.shipped}


def test_every_row_can_be_looked_up_by_its_code() -> None:
    for table in (Stage, ReturnStage, Reason, Status, Told):
        assert [*table] == [table(row.value) for row in table]


def test_every_reason_says_whose_doing_it_is() -> None:
    assert {Blame} == {type(reason.blame) for reason in Reason}
    assert {"payment_hold", "address_problem", "action_required"} == {
        reason for reason in Reason if reason.action_required
    }


def test_every_status_has_a_word_of_schema_org() -> None:
    assert all(status.schema_org.startswith("Order") for status in Status)
