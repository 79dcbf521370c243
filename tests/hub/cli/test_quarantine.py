"""What is not understood is listed by cause, shown, read again after a fix, or given up."""

import shlex
from dataclasses import replace

import orjson
import pytest

from state_machine.events import Event, OrderKey, ParcelKey, ParcelRef, ParcelScanned
from state_machine.lifecycle import Stage
from tests.builders import a_parcel, an_order, at, hours, scan
from tests.hub.cli.typing_in import Desk
from tests.hub.pipeline.speech import coded, says
from tests.hub.pipeline.world import QUARANTINE, RAW

PLACED = at(0, an_order(mug=1), id="placed")
NAMED = at(1, a_parcel("f1", "JJ1", mug=1), id="named")
MOVES = at(2, scan("JJ1", "in_transit"), id="moves")


def hears(desk: Desk, *bodies: bytes) -> None:
    """Let the hub take in messages; whatever happens, its sums hold."""
    desk.world.hears(*bodies)
    assert desk.world.sums() == []


def groups(desk: Desk) -> list[tuple[str, int]]:
    found = desk.asks("quarantine", "list")["quarantined"]
    return [(one["code"], one["size"]) for one in found]


def ids(desk: Desk) -> list[int]:
    return [one["id"] for one in desk.asks("quarantine", "list", "--each")["quarantined"]]


def test_what_waits_is_listed_by_cause_the_most_frequent_first(desk: Desk) -> None:
    odd = [says(coded("odd", MOVES), id=f"{n}") for n in range(3)]
    hears(desk, says(coded("rare", MOVES)), *odd, b"no JSON")

    assert groups(desk) == [("odd", 3), ("rare", 1), ("/", 1)]
    (first, *_) = desk.asks("quarantine", "list")["quarantined"]
    assert first | {"oldest": 0, "newest": 0} == {
        "connector": "speech",
        "kind": "unmapped",
        "code": "odd",
        "size": 3,
        "oldest": 0,
        "newest": 0,
        "example": 2,
    }
    assert desk.types("quarantine").stdout == desk.types("quarantine", "list").stdout
    assert "5 rows wait, of 3 causes" in desk.types("quarantine").stdout


@pytest.mark.parametrize("each", [(), ("--each",)])
def test_a_long_list_is_read_page_by_page(desk: Desk, each: tuple[str, ...]) -> None:
    hears(desk, *[says(coded(f"code {n}", MOVES)) for n in range(5)])
    seen, after = [], 0
    while after is not None:
        asked = ("quarantine", "list", *each, "--limit", "2", "--after", str(after))
        page = desk.asks(*asked)
        seen += [one["code"] for one in page["quarantined"]]
        after = page["next"]

    assert sorted(seen) == [f"code {n}" for n in range(5)]


def test_a_row_is_shown_with_what_was_sent_and_what_can_be_done(desk: Desk) -> None:
    hears(desk, says(coded("odd", MOVES)), b"\x00\xff\x1b[31m")
    unmapped, unreadable = ids(desk)
    shown = desk.asks("quarantine", "show", str(unmapped))

    assert (shown["row"]["kind"], shown["row"]["code"]) == ("unmapped", "odd")
    assert orjson.loads(shown["sent"]["body"])["items"][0]["code"] == "odd"
    assert "retry --code odd --connector speech" in shown["remedies"][0]
    text = desk.types("quarantine", "show", str(unreadable)).stdout
    assert "000000  00 ff 1b 5b 33 31 6d" in text
    assert "\x1b" not in text
    assert f"quarantine retry {unreadable}" in " ".join(text.split())


def test_a_code_is_quoted_for_the_shell_it_may_be_copied_into(desk: Desk) -> None:
    hears(desk, says(coded("x'; halt '", MOVES)))
    (remedy, _) = desk.asks("quarantine", "show", "1")["remedies"]

    words = shlex.split(remedy.split("`")[1])
    assert words[:5] == ["tilanne", "quarantine", "retry", "--code", "x'; halt '"]


def test_after_the_fix_the_kept_bytes_are_applied_and_nobody_is_told_twice(desk: Desk) -> None:
    hears(desk, says(PLACED, NAMED, coded("status=45", MOVES)), says(coded("other", MOVES)))
    told = desk.world.told()
    assert "in_transit" != desk.world.status()
    desk.world.speech.taught.add("status=45")  # the connector of the next version

    retried = desk.asks("quarantine", "retry", "--code", "status=45", "--connector", "speech")
    assert retried == {"retried": 1, "rows": 1, "gone": []}
    desk.world.work()
    assert desk.world.outcomes() == ["quarantined", "applied"]
    assert desk.world.status() == "in_transit"
    new = desk.world.told()[len(told) :]
    assert (desk.world.told()[: len(told)], "first_in_transit" in dict(new)) == (told, True)
    assert not {code for code, _ in told} & {code for code, _ in new} - {"shipped"}
    assert groups(desk) == [("other", 1)]
    assert desk.world.sums() == []


def test_a_retry_without_a_fix_changes_nothing_but_the_numbers(desk: Desk) -> None:
    hears(desk, says(PLACED, coded("odd", MOVES)))
    told = desk.world.told()
    assert desk.asks("quarantine", "retry", "--all")["retried"] == 1
    desk.world.work()

    assert (groups(desk), desk.world.told()) == ([("odd", 1)], told)
    assert desk.world.sums() == []


def test_many_are_put_back_bit_by_bit(desk: Desk) -> None:
    hears(desk, *[says(coded("odd", MOVES), id=f"{n}") for n in range(250)])

    assert desk.asks("quarantine", "retry", "--code", "odd")["retried"] == 250
    assert groups(desk) == []
    desk.world.work()
    assert groups(desk) == [("odd", 250)]


def test_what_parked_with_it_waits_on_under_its_new_number(desk: Desk) -> None:
    what = ParcelScanned(parcel=ParcelRef(number="JJ1"), stage=Stage.IN_TRANSIT)
    scanned = Event(id="scanned", occurred_at=hours(2), about=ParcelKey("JJ1"), what=what)
    hears(desk, says(PLACED), says(scanned, coded("odd", MOVES)))
    assert desk.asks("quarantine", "retry", "--all")["retried"] == 1
    desk.world.speech.taught.add("odd")
    desk.world.work()

    assert desk.world.outcomes() == ["applied", "parked"]
    hears(desk, says(NAMED))
    assert desk.world.outcomes() == ["applied"] * 3
    assert {"scanned", "moves"} < set(desk.world.timeline())


def test_a_person_says_whose_parcel_it_is(desk: Desk) -> None:
    other = OrderKey("toinen", "7")
    theirs = [replace(one, id=f"their {one.id}", about=other) for one in (PLACED, NAMED)]
    what = ParcelScanned(parcel=ParcelRef(number="JJ1"), stage=Stage.IN_TRANSIT)
    scanned = Event(id="scanned", occurred_at=hours(2), about=ParcelKey("JJ1"), what=what)
    hears(desk, says(PLACED, NAMED), says(*theirs), says(scanned), says(coded("odd", MOVES)))
    ambiguous, odd = ids(desk)
    asked = ("quarantine", "retry", str(ambiguous), "--order")

    assert "no order 'toinen:8'" in str(desk.types(*asked, "toinen:8").exception)
    assert desk.types("quarantine", "retry", str(odd), "--order", "toinen:7").exit_code == 1
    assert desk.asks(*asked, "toinen:7")["retried"] == 1
    desk.world.work()
    assert desk.world.status(other) == "in_transit" != desk.world.status()
    assert (ids(desk), desk.world.sums()) == ([odd], [])


def test_what_nobody_needs_is_given_up_with_a_reason(desk: Desk) -> None:
    hears(desk, says(coded("odd", MOVES)), says(coded("test", MOVES)))
    odd, test = ids(desk)
    asked = ("quarantine", "discard", str(test), "--reason", "the vendor's test")

    assert desk.asks(*asked) == {"discarded": 1}
    assert ids(desk) == [odd]
    assert desk.world.outcomes() == ["quarantined", "quarantined"]
    assert desk.world.sums() == []
    shown = desk.asks("quarantine", "show", str(test))
    assert (shown["row"]["discarded_because"], shown["remedies"]) == ("the vendor's test", [])


def test_nothing_is_given_up_without_a_reason(desk: Desk) -> None:
    hears(desk, says(coded("odd", MOVES)))

    assert desk.types("quarantine", "discard", "1").exit_code == 2
    refused = desk.types("quarantine", "discard", "1", "--reason", " ")
    assert (refused.exit_code, ids(desk)) == (1, [1])
    assert "--reason must say why" in refused.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("retry",), "say which rows, one way"),
        (("retry", "1", "--all"), "say which rows, one way"),
        (("retry", "1", "--connector", "speech"), "ids say already which rows"),
        (("retry", "7", "1"), "not waiting in quarantine: 7"),
        (("retry", "--code", "nothing"), "nothing in quarantine fits"),
        (("retry", "1", "--order", "kauppa:1001"), "--order is for ambiguous rows"),
        (("discard", "9", "--reason", "x"), "not waiting in quarantine: 9"),
        (("show", "9"), "there is no row 9"),
    ],
)
def test_a_command_that_fits_nothing_says_so_and_changes_nothing(
    desk: Desk, words: tuple[str, ...], said: str
) -> None:
    hears(desk, says(coded("odd", MOVES)))
    before = desk.world.rows(RAW), desk.world.rows(QUARANTINE)
    result = desk.types("quarantine", *words)

    assert (result.exit_code, said in " ".join(result.output.split())) == (1, True)
    assert (desk.world.rows(RAW), desk.world.rows(QUARANTINE)) == before


def test_rows_whose_bytes_are_gone_are_named(desk: Desk) -> None:
    hears(desk, says(coded("odd", MOVES)), says(coded("odder", MOVES)))
    desk.world.store.write_now(lambda c: c.execute(RAW.delete().where(RAW.c.id == 1)))
    result = desk.types("quarantine", "retry", "--all")

    assert (result.exit_code, ids(desk)) == (1, [1])
    assert "not kept any more, discard them: 1" in " ".join(result.output.split())
