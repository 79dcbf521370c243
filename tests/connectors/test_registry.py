"""A connector is a file in its folder; a file that breaks the contract stops the start by name."""

import re
from pathlib import Path

import pytest

from connectors.contract import Answer
from connectors.registry import BrokenConnector, discover

GOOD = '''"""Acme."""
TITLE = "Acme"
def verify(raw, secret): pass
def parse(raw): yield from ()
'''


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Path:
    root = tmp_path / f"house_{abs(hash(request.node.nodeid))}"
    for folder in (root, root / "carriers", root / "shops"):
        folder.mkdir()
        (folder / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    return root


def test_the_five_are_found_with_their_kind() -> None:
    kinds = {found.name: found.kind for found in discover().values()}

    assert {
        "canonical": "warehouses",
        "easypost": "carriers",
        "pakettikauppa": "carriers",
        "shopify": "shops",
        "woocommerce": "shops",
    }.items() <= kinds.items()


def test_a_file_is_all_it_takes(house: Path) -> None:
    (house / "carriers" / "acme.py").write_text(GOOD + 'COVERS = frozenset({"acme"})\n')

    found = discover(house.name)["acme"]

    assert ("acme", "carriers", frozenset({"acme"})) == (found.name, found.kind, found.covers)
    assert Answer() == found.answer
    assert found.option("hello") is None


@pytest.mark.parametrize(
    "text, complaint",
    [
        (GOOD.replace("TITLE", "TITEL"), "TITLE must be"),
        (GOOD.replace('"Acme"\n', '""\n'), "TITLE must be"),
        (GOOD.replace("def verify", "def check"), "verify(raw, secret) is missing"),
        (GOOD.replace("def parse(raw)", "def parse(raw, more)"), "parse must take (raw)"),
        (GOOD + "parse = 7\n", "parse(raw) is missing"),
        (GOOD + "def hello(): pass\n", "hello must take (raw)"),
        (GOOD + "delivery_key = None\n", "delivery_key(raw) is missing"),
        (GOOD + "ANSWER = 200\n", "ANSWER must be an Answer"),
        (GOOD + 'COVERS = {"acme"}\n', "COVERS must be a frozenset"),
        (GOOD + 'COVERS = frozenset({"Acme"})\n', "COVERS must be a frozenset"),
        ("import no_such_thing\n", "cannot be imported"),
        ("def :\n", "cannot be imported"),
        ("1 / 0\n", "cannot be imported: ZeroDivisionError"),
    ],
)
def test_a_broken_module_stops_the_start_with_its_name(
    house: Path, text: str, complaint: str
) -> None:
    (house / "carriers" / "acme.py").write_text(text)

    with pytest.raises(BrokenConnector, match=rf"\.carriers\.acme: .*{re.escape(complaint)}"):
        discover(house.name)


@pytest.mark.parametrize("file", ["Acme.py", "_acme.py", "acme/__init__.py"])
def test_a_name_that_is_no_route_stops_the_start(house: Path, file: str) -> None:
    path = house / "shops" / file
    path.parent.mkdir(exist_ok=True)
    path.write_text(GOOD)

    with pytest.raises(BrokenConnector, match="one file named like"):
        discover(house.name)


def test_two_connectors_cannot_share_a_name(house: Path) -> None:
    for kind in ("carriers", "shops"):
        (house / kind / "acme.py").write_text(GOOD)

    with pytest.raises(BrokenConnector, match=r"shops\.acme: the name is taken by carriers"):
        discover(house.name)
