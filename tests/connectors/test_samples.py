"""What a vendor sends is understood as its samples say, and only with its signature."""

from collections.abc import Iterator
from dataclasses import replace

import orjson
import pytest

from connectors.contract import BadSignature, Raw
from tests.connectors.cases import CASES, CONNECTORS, Case, parse, told

SIGNED = [case for case in CASES if case.secret]


def name(case: Case) -> str:
    return case.name


def changed(raw: Raw) -> Iterator[tuple[str, Raw]]:
    """The delivery, damaged in each of the ways in which deliveries are damaged."""
    yield "a newline more", replace(raw, body=raw.body + b"\n")
    yield "a byte less", replace(raw, body=raw.body[:-1])
    yield "nothing", replace(raw, body=b"")
    if raw.body[:1] in b"{[":
        pretty = orjson.dumps(orjson.loads(raw.body), option=orjson.OPT_INDENT_2)
        yield "the same JSON, written otherwise", replace(raw, body=pretty)
    for header, value in raw.headers.items():
        if "signature" in header or "hmac" in header:
            yield f"no {header}", replace(raw, headers={})
            for damage in ("", " ", value[:-1], value + value, "ä\udcff", "☠"):
                yield f"{header}: {damage!a}", replace(raw, headers={**raw.headers, header: damage})


@pytest.mark.parametrize("case", CASES, ids=name)
def test_a_sample_tells_what_it_tells(case: Case) -> None:
    assert case.findings == told(case.connector, case.raw)


@pytest.mark.parametrize("case", SIGNED, ids=name)
def test_a_sample_is_let_in_with_its_secret_only(case: Case) -> None:
    verify = CONNECTORS[case.connector].module.verify

    verify(case.raw, case.secret or "")
    for wrong in ("", "wrong", f"{case.secret}x", "whsec_d3Jvbmc=", "whsec_", "ä\udcff"):
        with pytest.raises(BadSignature, match=r"\w+ \w+"):
            verify(case.raw, wrong)


@pytest.mark.parametrize("case", SIGNED, ids=name)
def test_a_damaged_delivery_is_refused(case: Case) -> None:
    let_in = []
    for damage, raw in changed(case.raw):
        try:
            CONNECTORS[case.connector].module.verify(raw, case.secret or "")
            let_in.append(damage)
        except BadSignature as refusal:
            if not str(refusal):
                raise

    assert [] == let_in


@pytest.mark.parametrize("case", CASES, ids=name)
def test_the_same_raw_tells_the_same_twice(case: Case) -> None:
    assert told(case.connector, case.raw) == told(case.connector, case.raw)


@pytest.mark.parametrize("connector", CONNECTORS)
def test_a_connector_refuses_what_is_not_signed(connector: str) -> None:
    for case in (case for case in CASES if case.connector == connector):
        with pytest.raises(BadSignature):
            CONNECTORS[connector].module.verify(replace(case.raw, headers={}, body=b"{}"), "secret")


@pytest.mark.parametrize("connector", CONNECTORS)
def test_a_fact_does_not_name_the_feed_it_came_by(connector: str) -> None:
    own = [case for case in CASES if case.connector == connector]
    for case in (case for case in own if "unreadable" not in str(case.findings)):
        moved = parse(connector, replace(case.raw, source="another-shop"))
        ids = [finding.id for finding in moved if hasattr(finding, "id")]

        assert [one["fact"]["id"] for one in case.findings if "fact" in one] == ids
        assert all(fact.startswith(f"{connector}:") for fact in ids)
