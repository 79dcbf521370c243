"""One delivery, told by push, by poll and by an aggregator: the customer reads of it once."""

from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from pathlib import Path

import pytest

from hub.queries.audit import audit
from hub.web.snapshots import fact as as_shown
from state_machine.events import ParcelKey
from tests.builders import a_parcel, an_order, at, hours, scan
from tests.hub.pipeline.speech import customer, says
from tests.hub.whole import Whole

DELIVERED = at(5, scan("JJ1", "delivered"), id="push:delivered")
MINUTES = {"push": 0, "poll": 3, "aggregator": -4}


@pytest.mark.parametrize("tellers", [*permutations(MINUTES)], ids=" ".join)
def test_three_tellers_are_one_letter(tmp_path: Path, tellers: tuple[str, ...]) -> None:
    hub = Whole(tmp_path)
    hub.now = hours(6)
    order = at(0, an_order(mug=1), id="placed"), at(1, a_parcel("f1", "JJ1", mug=1), id="named")
    hub.hears(says(*order, customer(0, email="aino@example.fi")), "speech")
    before = hub.letters()
    for teller in tellers:
        when = DELIVERED.occurred_at + timedelta(minutes=MINUTES[teller])
        about = DELIVERED.about if teller == "push" else ParcelKey("JJ1", "posti")
        fact = replace(DELIVERED, id=f"{teller}:delivered", occurred_at=when, about=about)
        assert "applied" == hub.hears(says(fact), "speech")
    letters, story = hub.letters()[len(before) :], [as_shown(one) for one in hub.timeline()]
    sent = [milestone for milestone, state, _ in hub.notices() if state == "sent"]
    wrong = [check.name for check in hub.store.read_now(audit) if not check.holds]
    hub.store.close()

    assert 1 == len(letters)
    assert ["order_placed", "delivered"] == sent
    assert ["applied", "ignored", "ignored"] == [str(one["effect"]) for one in story[2:]]
    assert {"", "says again that the parcel is delivered"} == {one["why"] for one in story[2:]}
    assert [] == wrong
