"""Was everybody told in time? The command says it for a day, and lists who was not."""

from tests.hub.cli.typing_in import Desk
from tests.hub.ledger import DAY, Ledger


def test_a_day_is_reported_with_its_breaches(desk: Desk) -> None:
    ledger = Ledger(desk.world.store)
    ledger.tell((0.2, "sent"), state="sent")
    late = [ledger.tell((1, "retry"), (90 + n, "sent"), state="sent") for n in range(3)]

    found = desk.asks("sla", "--day", f"{DAY}", "--limit", "2")

    assert (1, 3, 0.25) == tuple(found["kept"][0][name] for name in ("in_time", "late", "share"))
    assert (late[:2], late[1]) == ([one["notice"] for one in found["breaches"]], found["next"])
    assert {"provider"} == {one["cause"] for one in found["breaches"]}


def test_what_is_no_day_is_refused(desk: Desk) -> None:
    answer = desk.types("sla", "--day", "tomorrow")

    assert (1, True) == (answer.exit_code, "write it as 2026-11-22" in answer.output)
