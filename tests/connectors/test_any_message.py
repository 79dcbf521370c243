"""Whatever bytes arrive are told, set aside or refused with a reason; nothing else ever happens."""

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.contract import Contact, Raw, Refusal, Unmapped
from connectors.reading import form
from state_machine.events import Event
from tests.connectors.cases import CASES, CONNECTORS, parse


def damage(value: Any, draw: st.DrawFn) -> Any:
    """Replace one value somewhere inside by anything that JSON can hold."""
    while isinstance(value, dict | list) and value and draw(st.integers(0, 5)):
        keys = sorted(value) if isinstance(value, dict) else range(len(value))
        key = draw(st.sampled_from(list(keys)))
        inner = value[key]
        if not isinstance(inner, dict | list) or not inner:
            value[key] = draw(ANYTHING)
            return None
        value = inner
    if isinstance(value, dict):
        value[draw(st.sampled_from(sorted(value) or ["id"]))] = draw(ANYTHING)
    elif isinstance(value, list):
        value.append(draw(ANYTHING))
    return None


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]))
    | st.sampled_from(["0001-01-01T00:00:00+14:00", "9" * 400, "1e400", "\0", "☠", "-0.00"])
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "object", "status", "type", "value", "x"]), inner)
    ),
    max_leaves=8,
)


@st.composite
def damaged(draw: st.DrawFn) -> tuple[str, Raw]:
    case = draw(st.sampled_from(CASES))
    if case.raw.body[:1] in b"{[":
        document = orjson.loads(case.raw.body)
        for _ in range(draw(st.integers(1, 4))):
            damage(document, draw)
        return case.connector, replace(case.raw, body=orjson.dumps(document))
    values = form(case.raw.body)
    scan = orjson.loads(values["object"])
    damage(scan, draw)
    values["object"] = orjson.dumps(scan).decode()
    if draw(st.booleans()):
        values[draw(st.sampled_from(sorted(values)))] = draw(
            st.text(st.characters(exclude_categories=["Cs"]))
        )
    return case.connector, replace(case.raw, body=urlencode(values).encode())


@given(damaged())
def test_a_damaged_message_is_told_or_refused(both: tuple[str, Raw]) -> None:
    assert_told_or_refused(*both)


@given(st.sampled_from(sorted(CONNECTORS)), st.binary() | ANYTHING.map(orjson.dumps))
def test_anything_at_all_is_told_or_refused(connector: str, body: bytes) -> None:
    # A connector that has no samples yet (a house rule asks for them) gets a stranger's headers.
    raw = next((case.raw for case in CASES if case.connector == connector), CASES[0].raw)
    for headers in ({}, raw.headers):
        assert_told_or_refused(connector, replace(raw, body=body, headers=headers))


@given(
    st.sampled_from(sorted(CONNECTORS)),
    st.dictionaries(
        st.sampled_from(sorted({name for case in CASES for name in case.raw.headers})), st.text()
    ),
    st.binary() | st.sampled_from([case.raw.body for case in CASES]),
    st.text(),
)
def test_nothing_unsigned_comes_in(connector: str, headers, body: bytes, secret: str) -> None:
    raw = replace(CASES[0].raw, body=body, headers=headers)

    with pytest.raises(Refusal, match=r"\w"):
        CONNECTORS[connector].module.verify(raw, secret)
    assert_told_or_refused(connector, raw)


def assert_told_or_refused(connector: str, raw: Raw) -> None:
    try:
        findings = parse(connector, raw)
    except Refusal as refusal:
        if not str(refusal):
            raise
        return
    for finding in findings:
        assert isinstance(finding, Event | Contact | Unmapped)
        assert b"\\u0000" not in orjson.dumps(finding)
        assert findings == parse(connector, raw)
