"""Our own facts come in exactly as docs/canonical.md says, and a mistake is told with its place."""

import re
from dataclasses import MISSING, fields, replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from connectors.contract import Contact, Finding, Unmapped, Unreadable
from connectors.schema import schema
from connectors.warehouses import canonical
from state_machine.events import Event, OrderKey, ParcelKey, ParcelRef, Retracted
from tests.connectors.cases import CASES

GUIDE = Path(__file__).parents[2] / "docs" / "canonical.md"
TEMPLATE = next(case.raw for case in CASES if case.connector == "canonical")
ORDER = {"type": "order", "shop": "s", "external_id": "1"}
PARCEL = {"type": "parcel", "number": "ku 1234", "carrier": "KURIIRI"}


def event(kind: str, about: Any, what: Any = None, **outside: Any) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "source": "//house",
        "id": "1",
        "type": f"fi.tilanne.{kind}",
        "time": "2026-11-03T09:58:00+02:00",
        "data": {"about": about, "what": what},
        **outside,
    }


def parse(message: Any) -> list[Finding]:
    return list(canonical.parse(replace(TEMPLATE, body=orjson.dumps(message))))


def test_the_examples_of_the_guide_are_understood() -> None:
    examples = re.findall(r"(?s)```json\n(.*?)```", GUIDE.read_text())
    findings = [one for example in examples for one in parse(orjson.loads(example))]

    assert 6 == len(examples)
    assert {Event: 7, Contact: 1} == {
        kind: sum(type(one) is kind for one in findings) for kind in map(type, findings)
    }


def test_the_guide_names_every_fact_with_every_field() -> None:
    table = GUIDE.read_text().partition("## Facts")[2].partition("## Examples")[0]
    rows = [row.split("|") for row in table.splitlines() if row.startswith("| `")]
    written = {
        kind: set(re.findall(r"(\*?)`([a-z_]+)`", re.sub(r"\{.*?\}", "", row[3])))
        for row in rows
        for kind in re.findall(r"`([a-z_.]+)`", row[1])
    }
    taught = {
        kind: {
            ("*" if one.default is MISSING else "", one.name)
            for one in fields(fact)
            if one.name != "kind"
        }
        for kind, fact in canonical.FACTS.items()
        if kind not in canonical.OURS
    }

    assert taught == written


@pytest.mark.parametrize("kind", sorted(canonical.FACTS))
def test_every_fact_has_a_schema_that_forbids_what_it_does_not_know(kind: str) -> None:
    assert schema(canonical.FACTS[kind]).json_schema()["additionalProperties"] is False


def test_an_order_without_a_shop_is_one_of_the_source() -> None:
    [fact] = parse(event("order.paid", {"type": "order", "external_id": "1"}))

    assert isinstance(fact, Event)
    assert OrderKey(TEMPLATE.source, "1") == fact.about


def test_a_parcel_is_known_by_one_spelling_and_need_not_be_repeated() -> None:
    [fact] = parse(event("parcel.seen", PARCEL))

    assert isinstance(fact, Event)
    assert ParcelKey("KU1234", "kuriiri") == fact.about
    assert ParcelRef(number="KU1234", carrier="kuriiri") == fact.what.parcel


def declared(**fields: Any) -> dict[str, Any]:
    """An error declaration, right but for what is said otherwise."""
    error = {"declarationTime": "2026-11-04T09:00:00+02:00", "reason": "did_not_occur"}
    return {"errorDeclaration": error | fields}


@pytest.mark.parametrize("what", [{}, {"what": {"stage": "delivered"}}, {"what": "whatever"}])
def test_an_error_declaration_takes_back_the_event_it_stands_in(what: dict[str, Any]) -> None:
    [wrong] = parse(event("parcel.scanned", PARCEL, {"stage": "delivered"}))
    data = {"about": PARCEL} | what | declared(correctiveEventIDs=["2", "urn:uuid:7"])
    [taken_back] = parse(event("parcel.scanned", PARCEL, data=data))

    assert isinstance(wrong, Event)
    assert isinstance(taken_back, Event)
    assert Retracted(fact=wrong.id, reason="did_not_occur") == taken_back.what
    assert (wrong.about, f"{wrong.id}:no:") == (taken_back.about, taken_back.id)
    assert "2026-11-04T07:00:00+00:00" == taken_back.occurred_at.isoformat()


def test_the_longest_name_a_fact_may_have_can_be_taken_back() -> None:
    [fact] = parse(event("order.paid", ORDER, data={"about": ORDER} | declared(), id="x" * 233))

    assert isinstance(fact, Event)
    assert 255 == len(fact.id)


def test_two_names_never_make_one_fact() -> None:
    pairs = [
        ("a", "b:c"),
        ("a:b", "c"),
        ("a", "b%3Ac"),
        ("a", "c:no:"),
        ("a:c:no", ":"),
        ("a", "c"),
    ]
    found = [parse(event("order.paid", ORDER, source=source, id=own)) for source, own in pairs]
    data = {"about": ORDER} | declared()
    found.append(parse(event("order.paid", ORDER, source="a", id="c", data=data)))

    assert 7 == len({fact.id for [fact] in found})


@pytest.mark.parametrize("kind", ["order.wrapped", "", "parcel", "kind"])
def test_a_fact_that_nobody_knows_is_set_aside(kind: str) -> None:
    [finding] = parse(event(kind, ORDER))

    assert Unmapped(f"type=fi.tilanne.{kind}", "there is no such fact", "canonical://house:1") == (
        finding
    )


@pytest.mark.parametrize(
    "message, complaint",
    [
        ([], None),
        ([event("order.paid", ORDER)] * 101, "^/: a batch holds at most 100"),
        ("x", "^/: must be an object"),
        (event("order.paid", ORDER, specversion="0.3"), "^/specversion: must be"),
        (event("order.paid", ORDER, time=None), "^/time: must be a time"),
        (event("order.paid", ORDER, time="2026-11-03T09:58:00"), "^/time: .* no offset"),
        (event("order.paid", ORDER, id=""), "^/id: source and id"),
        (event("order.paid", ORDER, id="x" * 300), "^/id: source and id"),
        (event("order.paid", ORDER, id="a\nb"), "^/id: source and id"),
        (event("promise.broken", ORDER), "^/type: promise.broken is told by the hub itself"),
        (event("order.paid", None), "^/data/about/type: order.paid is about order"),
        (event("order.paid", PARCEL), "^/data/about/type: order.paid is about order"),
        (event("stock.arrived", ORDER), "^/data/about/type: stock.arrived is about stock"),
        (event("order.paid", ORDER | {"id": 7}), "^/data/about/id: Extra"),
        (event("parcel.seen", PARCEL | {"number": "--"}), "^/data/about/number: must hold"),
        (event("order.paid", ORDER, data=None), "^/data: must be an object"),
        (event("order.paid", ORDER, data={"about": ORDER, "contact": {}}), "^/data/contact: is n"),
        *(
            (event("order.paid", ORDER, data={"about": ORDER} | declared(**wrong)), complaint)
            for wrong, complaint in [
                ({"reason": "oops"}, "^/data/errorDeclaration/reason: must be did_not_occur or"),
                ({"declarationTime": None}, "^/data/errorDeclaration/declarationTime: must be a"),
                ({"correctiveEventIDs": [7]}, "^/data/errorDeclaration/correctiveEventIDs/0: "),
                ({"why": "x"}, "^/data/errorDeclaration/why: is not a field"),
            ]
        ),
        (
            event("fact.retracted", ORDER, data={"about": ORDER} | declared()),
            "^/type: a retraction cannot be taken back",
        ),
        (event("order.paid", ORDER, {"paid": True}), "^/data/what/paid: Extra"),
        (event("order.paid", ORDER, {"a/b~": 1}), "^/data/what/a~1b~0: Extra"),
        (event("order.paid", ORDER, []), "^/data/what: Input should be"),
        (event("order.units_cancelled", ORDER), "^/data/what/units: Field required"),
        *(
            (
                event("order.packed", ORDER, {"units": [{"line": "1", "quantity": quantity}]}),
                "^/data/what/units/0/quantity: ",
            )
            for quantity in (0, -1, 100_001, "2", 2.5, True, None)
        ),
        (
            event("order.packed", ORDER, {"units": [{"line": "1", "quantity": 1}] * 1001}),
            "^/data/what/units: Tuple should have at most 1000",
        ),
        (event("order.cancelled", ORDER, {"reason": "x" * 501}), "^/data/what/reason: "),
        (event("order.cancelled", ORDER, {"reason": "a\u0007"}), "^/data/what/reason: "),
        (event("parcel.scanned", PARCEL, {"stage": "gone"}), "^/data/what/stage: "),
        (
            event("promise.made", ORDER, {"latest": 1793084400}),
            "^/data/what/latest: must be",
        ),
        (event("promise.made", ORDER, {"latest": "2026-11-05"}), "^/data/what/latest: '2026"),
    ],
    ids=lambda value: value[:50] if isinstance(value, str) else "",
)
def test_a_mistake_is_told_with_its_place(message: Any, complaint: str | None) -> None:
    if complaint is None:
        assert [] == parse(message)
        return
    with pytest.raises(Unreadable, match=complaint):
        parse(message)


def test_the_answer_is_202() -> None:
    assert (202, "application/json") == (canonical.ANSWER.status, canonical.ANSWER.media_type)
    assert {"accepted": True} == orjson.loads(canonical.ANSWER.body)


def test_depth_is_refused_not_suffered() -> None:
    deep = orjson.dumps(event("order.packed", ORDER, {"units": ["HERE"]}))
    body = deep.replace(b'"HERE"', b"[" * 900 + b"]" * 900)

    for nested in (body, b"[" * 900 + b"]" * 900, b"[" * 5000):
        with pytest.raises(Unreadable):
            list(canonical.parse(replace(TEMPLATE, body=nested)))
