"""An oracle that finds nothing proves nothing: what is broken by hand, it has to see."""

import ast
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.faults.deaths import at_place
from tests.faults.drill import Drill
from tests.faults.hub_process import ROOT
from tests.faults.oracle.database import Database
from tests.faults.oracle.judge import Case, judge
from tests.faults.oracle.ledger import Ledger
from tests.faults.rehearsal import Rehearsal
from tests.faults.witness import Witness

DAY = Drill(id="C4", place="intake.durable", nth=9, death=at_place, orders=6)
#: what is done to the hub's database or to the log, and the invariant that must be seen broken
FORGERIES = {
    "a delivery disappears": ("hub", "DELETE FROM raw WHERE id = 1", "I1 lost"),
    "a fact disappears": ("hub", "DELETE FROM timeline WHERE raw_id = 1", "I1 lost"),
    "a raw has no outcome": ("hub", "DELETE FROM inbox WHERE raw_id = 1", "I1 lost"),
    "an order is another": ("hub", "UPDATE belief SET status = 'on_hold'", "I2 diverged"),
    "a fact is made up": (
        "hub",
        "UPDATE timeline SET fact_id = 'canonical:oracle:made-up' WHERE rowid = 2",
        "I3 illegal",
    ),
    "versions go down": (
        "log",
        "UPDATE post SET body = replace(CAST(body AS TEXT), '\"version\":1', '\"version\":99')",
        "I3 illegal",
    ),
    "a notice has no reason": (
        "hub",
        "UPDATE notice SET state = 'suppressed', reason = NULL WHERE state = 'sent'",
        "I4 missing",
    ),
    "a letter never came": ("log", "DELETE FROM letter", "I4 missing"),
    "a partner heard nothing": ("log", "DELETE FROM post", "I4 missing"),
    "a letter came twice": (
        "log",
        "INSERT INTO letter (at, recipient, content) SELECT at, recipient, content FROM letter",
        "I5 doubled",
    ),
    "the same news under two ids": (
        "log",
        (
            "INSERT INTO post (at, sink, id, genuine, body)"
            " SELECT at, sink, 'msg_other', genuine, body FROM post WHERE n = 1"
        ),
        "I5 doubled",
    ),
    "a text came twice": (
        "log",
        (
            "INSERT INTO message (carrier, whom, mark, text)"
            " VALUES ('sms', '1', '', 'Hei'), ('sms', '1', '', 'Hei')"
        ),
        "I5 doubled",
    ),
    "a push has two keys": (
        "log",
        (
            "INSERT INTO message (carrier, whom, mark, text)"
            " VALUES ('push', '1', 'a', 'Hei'), ('push', '1', 'b', 'Hei')"
        ),
        "I5 doubled",
    ),
    "a text never came": (
        "hub",
        "UPDATE notice SET channel = 'sms' WHERE state = 'sent' AND channel = 'email'",
        "I4 missing",
    ),
    "a stranger got a text": (
        "log",
        "INSERT INTO message (carrier, whom, mark, text) VALUES ('sms', '1', '', 'Hei')",
        "I6 strangers",
    ),
    "a stranger was told": ("log", "UPDATE letter SET recipient = 'x@y.example'", "I6 strangers"),
    "a post was forged": ("log", "UPDATE post SET genuine = 0 WHERE n = 1", "I6 strangers"),
    "the beginning came last": (
        "log",
        "UPDATE post SET n = n + 1000 WHERE CAST(body AS TEXT) LIKE '%\"order_placed\"%'",
        "I7 backwards",
    ),
    "an attempt has no end": (
        "hub",
        "UPDATE attempt SET outcome = NULL WHERE notice_id = (SELECT min(notice_id) FROM attempt)",
        "I8 unclassified",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Some orders, well told of by a hub that died once in between; the folder of it all."""
    folder = tmp_path_factory.mktemp("day")
    with Witness() as witness:
        assert [] == Rehearsal(witness, folder, seed=7, say=print).drill(DAY).wrong
    return folder / "d0"


@pytest.fixture
def forge(day: Path, tmp_path: Path) -> Callable[[str, str], dict[str, int]]:
    """Copy the day, change the copy, and return how often each invariant is found broken."""

    def change(which: str, statement: str) -> dict[str, int]:
        files = {"hub": tmp_path / "hub.db", "log": tmp_path / "oracle.db"}
        for path in files.values():
            with (
                closing(sqlite3.connect(day / path.name)) as from_,
                closing(sqlite3.connect(path)) as to,
            ):
                from_.backup(to)
        with closing(sqlite3.connect(files[which])) as database:
            database.execute(statement)
            database.commit()
        with closing(Ledger(files["log"])) as ledger:
            case = Case(ledger, Database(f"sqlite:///{files['hub']}"), "hold", True, False)
            violations: dict[str, int] = judge(case)["violations"]
        return violations

    return change


@pytest.mark.parametrize("which, statement, invariant", FORGERIES.values(), ids=list(FORGERIES))
def test_the_oracle_sees_what_is_broken(
    forge: Callable[[str, str], dict[str, int]], which: str, statement: str, invariant: str
) -> None:
    assert 0 < forge(which, statement)[invariant]


def test_the_oracle_finds_nothing_where_nothing_is_broken(
    forge: Callable[[str, str], dict[str, int]],
) -> None:
    assert 0 == sum(forge("log", "SELECT 1").values())


def test_the_oracle_shares_no_code_with_the_hub() -> None:
    ours = {"hub", "connectors", "state_machine"}
    shared = []
    for path in ROOT.glob("tests/*/oracle/*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            shared += [f"{path.name}: {name}" for name in names if name.partition(".")[0] in ours]

    assert [] == shared
