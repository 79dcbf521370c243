"""The carrier of CONTRIBUTING.md is one file, and it works as it stands there."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.contract import BadSignature, Raw, Unmapped
from connectors.registry import discover
from connectors.signatures import sign_body_hex
from state_machine.events import Event, ParcelScanned
from state_machine.lifecycle import Stage

GUIDE = Path(__file__).parents[1] / "CONTRIBUTING.md"
SCAN = b'{"parcel": "jjfi 6400", "status": "%s", "time": "2026-11-03T09:30:00", "scanId": 7}'


def raw(body: bytes, secret: str) -> Raw:
    headers = {"x-hidas-signature": sign_body_hex(secret, body)}
    return Raw(body, headers, datetime(2026, 11, 3, 8, tzinfo=UTC), "kauppa", "hidaspost")


def test_the_guides_carrier_keeps_the_contract(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    [source] = re.findall(r"(?s)```python\n(.*?)```", GUIDE.read_text())
    folder = tmp_path / "guide" / "carriers"
    folder.mkdir(parents=True)
    for package in (folder, folder.parent):
        (package / "__init__.py").write_text('"""Carriers."""\n')
    (folder / "hidaspost.py").write_text(source)
    monkeypatch.syspath_prepend(tmp_path)

    carrier = discover("guide")["hidaspost"].module

    carrier.verify(raw(SCAN % b"45", "right"), "right")
    with pytest.raises(BadSignature):
        carrier.verify(raw(SCAN % b"45", "wrong"), "right")
    [fact] = carrier.parse(raw(SCAN % b"45", "right"))
    assert isinstance(fact, Event)
    assert isinstance(fact.what, ParcelScanned)
    assert fact.id == "hidaspost:7"
    assert fact.occurred_at == datetime(2026, 11, 3, 7, 30, tzinfo=UTC)
    assert fact.what.parcel.number == "JJFI6400"
    assert fact.what.stage is Stage.READY_FOR_PICKUP
    assert [*carrier.parse(raw(SCAN % b"99", "right"))] == [
        Unmapped(code="status=99", about="JJFI6400")
    ]
