"""A code that nobody taught us is set aside by name; no sample of a vendor breaks anything."""

import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import orjson
import pytest

from connectors.contract import Raw, Refusal, Unmapped
from connectors.reading import form
from state_machine.events import Event
from tests.connectors.cases import CASES, SHARED, parse

VENDORS = ("shopify", "woocommerce", "easypost", "pakettikauppa")
NOBODYS_CODE = "zz_nobody_knows"

#: fields that hold a code of the vendor's vocabulary; a code nobody knows must never be believed
CODES = {
    "status",
    "status_detail",
    "status_code",
    "event",
    "restock_type",
    "financial_status",
    "type",
}


def shared(connector: str) -> Iterator[tuple[str, Raw]]:
    template = next(case.raw for case in CASES if case.connector == connector)
    plain = {name: v for name, v in template.headers.items() if name == "content-type"}
    for path in sorted((SHARED / connector).glob("*.json")):
        body = path.read_bytes()
        if "form-params" in path.name:
            body = urlencode(orjson.loads(body) | {"timestamp": "1475234000", "hash": ""}).encode()
        yield path.name, replace(template, body=body, headers=plain)


@pytest.mark.parametrize("connector", VENDORS)
def test_every_shared_sample_is_told_or_set_aside_with_a_reason(connector: str) -> None:
    seen, silent = 0, []
    for name, raw in shared(connector):
        seen += 1
        try:
            findings = parse(connector, raw)
        except Refusal as refusal:
            silent += [] if str(refusal) else [name]
        else:
            silent += [] if findings else [name]

    if not seen:
        pytest.skip(f"the shared samples are not at {SHARED}")
    # batches of labels are documented and tell nothing of a parcel
    assert [name for name in silent if "batch" not in name] == []


def told_or_nothing(connector: str, raw: Raw) -> list[Any]:
    try:
        return parse(connector, raw)
    except Refusal:
        return []


def with_other_codes(value: Any) -> Iterator[tuple[str, Any]]:
    """The message with one code replaced by one that nobody knows, for each code in it."""
    holders = [(value, [])]
    while holders:
        here, path = holders.pop()
        if isinstance(here, dict | list):
            entries = here.items() if isinstance(here, dict) else enumerate(here)
            for key, inner in entries:
                holders.append((inner, [*path, key]))
                if key in CODES and isinstance(inner, str) and path[-1:] != ["transactions"]:
                    changed = deepcopy(value)
                    parent = changed
                    for step in path:
                        parent = parent[step]
                    parent[key] = NOBODYS_CODE
                    yield "/".join(map(str, [*path, key])), changed


def bodies_with_other_codes(raw: Raw) -> Iterator[tuple[str, bytes]]:
    if raw.body[:1] in b"{[":
        for place, changed in with_other_codes(orjson.loads(raw.body)):
            yield place, orjson.dumps(changed)
    else:
        values = form(raw.body)
        scan = orjson.loads(values["object"]) | {"status_code": NOBODYS_CODE}
        changed = values | {"event": NOBODYS_CODE, "object": orjson.dumps(scan).decode()}
        yield "event", urlencode(changed).encode()


#: codes that decide nothing wherever they stand: of money transfers, and of EasyPost's own delivery
IDLE = re.compile(r"transactions|previous_attributes|^easypost/(result/)?(status|status_detail)$")


def gist(finding: Any) -> tuple[Any, ...]:
    """What a finding claims; with less known, less may be claimed, but nothing else."""
    what = getattr(finding, "what", None)
    claims = ("kind", "stage", "how", "reason", "acceptance")
    return tuple(str(getattr(what, claim, "")) for claim in claims)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_code_that_nobody_knows_is_never_believed(case) -> None:
    believed = []
    original = told_or_nothing(case.connector, case.raw)
    before = {gist(finding) for finding in original}
    for place, body in bodies_with_other_codes(case.raw):
        try:
            findings = parse(case.connector, replace(case.raw, body=body))
        except Refusal:
            continue
        aside = [one for one in findings if isinstance(one, Unmapped)]
        named = any(NOBODYS_CODE in one.code for one in aside) or (aside and findings == original)
        new = {gist(one) for one in findings if isinstance(one, Event)} - before
        if new or not (named or IDLE.search(f"{case.connector}/{place}")):
            believed.append((place, new))

    assert [] == believed
