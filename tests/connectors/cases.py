"""Samples are data: what a vendor sends, signed, and what it must tell us.

One file is one case: ``headers``, the body (``body`` as text, ``body_json`` as compact JSON or
``body_form`` as a form), ``received_at``, ``source``, the ``secret`` it was signed with (absent: a
poll answer, never signed) and ``findings``. Run as a script with the names of files it writes their
findings anew; read the difference before you commit it.
"""

import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import orjson

from connectors.contract import Contact, Finding, Raw, Refusal
from connectors.registry import discover
from state_machine.events import Event

FOLDER = Path(__file__).parent / "samples"
SHARED = Path(__file__).parents[3] / "shared" / "samples"

CONNECTORS = discover()


@dataclass(frozen=True)
class Case:
    path: Path
    connector: str
    raw: Raw
    secret: str | None
    findings: list[Any]

    @property
    def name(self) -> str:
        return f"{self.connector}/{self.path.stem}"


def load(path: Path) -> Case:
    content = json.loads(path.read_text())
    if "body_json" in content:
        body = orjson.dumps(content["body_json"])
    elif "body_form" in content:
        body = urlencode(content["body_form"]).encode()
    else:
        body = content["body"].encode()
    raw = Raw(
        body=body,
        headers=content["headers"],
        received_at=datetime.fromisoformat(content["received_at"]),
        source=content["source"],
        connector=path.parent.name,
    )
    return Case(path, path.parent.name, raw, content.get("secret"), content.get("findings", []))


CASES = [load(path) for path in sorted(FOLDER.glob("*/*.json"))]


def parse(connector: str, raw: Raw) -> list[Finding]:
    return list(CONNECTORS[connector].module.parse(raw))


def as_data(findings: Iterable[Finding]) -> list[Any]:
    """Findings as they stand in a sample: what is None, empty or the ordinary case is left out."""
    names = [(_kind(finding), finding) for finding in findings]
    return [{name: _lean(orjson.loads(orjson.dumps(finding)))} for name, finding in names]


def _kind(finding: Finding) -> str:
    if isinstance(finding, Event):
        return "fact"
    return "contact" if isinstance(finding, Contact) else "unmapped"


def _lean(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {name: _lean(part) for name, part in value.items() if not _is_nothing(part)}
        return {
            name: part for name, part in kept.items() if (name, part) != ("clarity", "explicit")
        }
    return [_lean(part) for part in value] if isinstance(value, list) else value


def _is_nothing(value: Any) -> bool:
    return value is None or value is False or value == ""


def told(connector: str, raw: Raw) -> list[Any]:
    """What a sample's ``findings`` must be; a refusal is a finding here, with its reason."""
    try:
        return as_data(parse(connector, raw))
    except Refusal as refusal:
        return [{type(refusal).__name__.lower(): str(refusal)}]


if __name__ == "__main__":
    for name in sys.argv[1:]:
        case = load(Path(name).absolute())
        content = json.loads(case.path.read_text())
        content["findings"] = told(case.connector, case.raw)
        case.path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")
