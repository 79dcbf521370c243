"""The same hub on PostgreSQL: told through the door, killed, started again, the same answers."""

import json
from pathlib import Path

import pytest

from tests.faults.hub_process import HubProcess, wait_for
from tests.faults.test_kill import STEPS, fact


def test_a_hub_on_postgresql_is_killed_and_goes_on(tmp_path: Path, postgresql: str) -> None:
    database = {"TILANNE_DATABASE_URL": postgresql}
    hub = HubProcess(tmp_path, **database)
    hub.start()
    assert [hub.deliver(fact(1, step)) for step in STEPS[:2]] == [202, 202]
    hub.kill()
    hub.start()
    assert hub.deliver(fact(1, STEPS[2])) == 202
    wait_for(lambda: status(hub) == "out_for_delivery", "the scan to be believed")
    wait_for(lambda: sent(hub) == ["order_placed", "out_for_delivery"], "the customer to be told")

    with pytest.raises(AssertionError, match="another hub already works on"):
        HubProcess(tmp_path, **database).start()
    assert hub.stop() == 0


def status(hub: HubProcess) -> str:
    code, body = hub.ask("/v1/orders/kauppa:1")
    return str(json.loads(body)["status"]) if code == 200 else ""


def sent(hub: HubProcess) -> list[str]:
    tellings = json.loads(hub.ask("/v1/orders/kauppa:1/notices")[1])["tellings"]
    return [
        one["milestone"]
        for one in tellings
        if any(notice["state"] == "sent" for notice in one["notices"])
    ]
