"""The command `replay`: orders are proved, shown as they were once, or read again from raws."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from hub.cli.main import app
from hub.store.facts import encode
from hub.store.session import Store
from state_machine.events import Event
from tests.builders import a_parcel, an_order, at, scan
from tests.hub.cli.test_commands import AT, ROOT, answer, deliver, tilanne

STORY = [
    at(0, an_order(mug=1), id="placed"),
    at(1, a_parcel("f1", "JJ1", mug=1), id="named"),
    at(2, scan("JJ1", "delivered"), id="locker"),
]
#: begins the command, and sends it a signal within its first page
STRUCK = """
import os, sys, signal
from hub.crashpoints import arm
signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever runs us may ignore it
number = int(sys.argv.pop(1))
arm(lambda place: place == "replay.page" and os.kill(os.getpid(), number))
from hub.cli.main import main
main()
"""


def told(*facts: Event) -> bytes:
    return f"[{','.join(encode(one) for one in facts)}]".encode()


@pytest.fixture
def hub(tmp_path: Path) -> Path:
    """A hub that holds one order."""
    deliver(tmp_path, told(*STORY[:2]))
    deliver(tmp_path, told(STORY[2]))
    return tmp_path


def change(folder: Path, statement: str) -> None:
    with sqlite3.connect(folder / "hub.db") as connection:
        connection.execute(statement)
    connection.close()


def mend_the_connector(folder: Path) -> None:
    """The code that was read as delivered means: it waits in a locker."""
    better = "replace(body, '\"delivered\"', '\"ready_for_pickup\"')"
    change(folder, f"UPDATE raw SET body = CAST({better} AS BLOB)")


def everything(folder: Path) -> list[str]:
    with sqlite3.connect(folder / "hub.db") as connection:
        dump = [*connection.iterdump()]
    connection.close()
    return dump


def replay(folder: Path, *words: str) -> Result:
    """The command in this process, which is quicker; how it ends is ``main``'s business."""
    database = {"TILANNE_DATABASE_URL": f"sqlite:///{folder}/hub.db"}
    return CliRunner().invoke(app, ["replay", *words], env=database)


def lines(ran: Result) -> list[Any]:
    assert ran.exit_code == 0, ran.output
    return [json.loads(line) for line in ran.stdout.splitlines()]


def only(ran: Result) -> Any:
    (document,) = lines(ran)
    return document


def test_beliefs_are_proved_beside_a_running_hub(hub: Path) -> None:
    running = Store(f"sqlite:///{hub}/hub.db")
    running.hold_alone()

    found = answer(tilanne(hub, "replay", "--json"))

    assert found == {
        "holds": True,
        "orders": 1,
        "astray": 0,
        "mended": 0,
        "milestones": 0,
        "differences": [],
    }
    for words in (["--mend"], ["--raws"]):
        refused = tilanne(hub, "replay", *words)
        assert (refused.returncode, refused.stdout) == (1, "")
        assert "another hub already works on" in refused.stderr
    running.close()


def test_a_belief_astray_is_named_and_put_right(hub: Path) -> None:
    change(hub, "UPDATE belief SET status = 'lost'")

    ran = replay(hub)
    assert ran.exit_code == 1
    assert ran.stdout.splitlines() == [
        "kauppa:1001: status lost -> delivered",
        "1 orders, 1 astray; --mend puts them right",
    ]
    mended = only(replay(hub, "--mend", "--json"))
    assert (mended["astray"], mended["mended"], mended["holds"]) == (1, 1, True)
    assert only(replay(hub, "--json"))["holds"]


def test_an_order_is_shown_as_it_was_believed_then(hub: Path) -> None:
    change(hub, "UPDATE timeline SET received_at = '2026-12-24T18:00:00.000000+00:00'"
                " WHERE fact_id = 'locker'")  # fmt: skip
    order = ["--order", "kauppa:1001", "--at"]

    before = only(replay(hub, *order, "2026-12-24T17:59:59Z", "--json"))
    after = only(replay(hub, *order, "2026-12-25", "--json"))

    assert [one["status"] for one in (before, after)] == ["processing", "delivered"]
    assert [one["milestone"] for one in before["milestones"]] == ["order_placed"]
    assert after["parcels"][0]["stage"] == "delivered"
    assert (after["version"], after["as_of"]) == (0, "2026-12-24T18:00:00Z")
    said = replay(hub, *order, "2026-12-25").stdout
    assert said.splitlines()[0].startswith("kauppa:1001 (#1001): delivered since ")
    unknown = replay(hub, *order, "2026-01-01")
    assert (unknown.exit_code, unknown.stdout) == (1, "")
    assert "kauppa:1001 was not known yet at 2026-01-01" in unknown.stderr


def test_a_dry_run_shows_beliefs_and_notices_and_writes_nothing(hub: Path) -> None:
    mend_the_connector(hub)
    before = everything(hub)

    *shown, last = lines(replay(hub, "--raws", "--json"))

    assert everything(hub) == before
    assert [one["status"] for one in shown if "status" in one] == [
        ["delivered", "ready_for_pickup"]
    ]
    assert (last["sums"]["facts_reworded"], last["sums"]["beliefs"]) == (1, 1)
    assert last["sums"]["untold"]
    said = replay(hub, "--raws").stdout
    assert "kauppa:1001: " in said
    assert "status delivered -> ready_for_pickup" in said
    assert "Nothing was written. --apply writes it" in said


def test_what_the_dry_run_showed_is_applied_and_told_to_nobody(hub: Path) -> None:
    mend_the_connector(hub)

    sums = only(replay(hub, "--raws", "--apply", "--json"))

    assert (sums["raws"], sums["facts_reworded"], sums["notify"]) == (2, 1, False)
    now = (AT + timedelta(days=900)).isoformat()
    shown = only(replay(hub, "--order", "kauppa:1001", "--at", now, "--json"))
    assert shown["status"] == "ready_for_pickup"
    with sqlite3.connect(hub / "hub.db") as connection:
        anew = "SELECT DISTINCT silent FROM outbox WHERE milestone = 'ready_for_pickup'"
        assert connection.execute(anew).fetchall() == [("replayed history",)]
    connection.close()
    assert tilanne(hub, "audit").returncode == 0


@pytest.mark.parametrize("words", [["--raws", "--apply"], ["--mend"], []])
def test_a_command_that_is_killed_goes_on(hub: Path, words: list[str]) -> None:
    mend_the_connector(hub)
    before = everything(hub)

    killed = struck(hub, signal.SIGKILL, *words)

    assert killed.returncode == -signal.SIGKILL
    assert [line for line in everything(hub) if '"job"' not in line] == before
    again = tilanne(hub, "replay", *words, "--json")
    assert ("going on with what was begun" in again.stderr) is ("--apply" in words)
    sums = answer(again)
    assert (sums.get("raws", 2), sums["orders"]) == (2, 1)
    assert 'INSERT INTO "job"' not in "".join(everything(hub))


def struck(folder: Path, with_: int, *words: str) -> subprocess.CompletedProcess[str]:
    plain = {name: value for name, value in os.environ.items() if not name.startswith("TILANNE_")}
    plain |= {"TILANNE_DATABASE_URL": f"sqlite:///{folder}/hub.db", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", STRUCK, str(int(with_)), "replay", *words]
    return subprocess.run(
        command, env=plain, cwd=folder, check=False, capture_output=True, text=True
    )


@pytest.mark.parametrize("words", [["--raws", "--apply"], []])
def test_who_presses_ctrl_c_is_told_in_a_sentence_how_it_goes_on(
    hub: Path, words: list[str]
) -> None:
    ran = struck(hub, signal.SIGINT, *words)

    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.strip() == "interrupted; the same command goes on where it was"
    assert answer(tilanne(hub, "replay", *words, "--json"))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--order", "kauppa:1001"], "--order SHOP:ID and --at TIME go together"),
        (["--at", "2026-11-01"], "--order SHOP:ID and --at TIME go together"),
        (["--order", "x", "--at", "noon"], "--at: 'noon' is no time; write it like 2026-11-01"),
        (["--raws", "--since", "2026-13-01"], "--since: '2026-13-01' is no time"),
        (["--raws", "--mend"], "three different things: choose one"),
        (["--since", "2026-11-01"], "go with --raws: add it"),
        (["--apply"], "go with --raws: add it"),
        (["--raws", "--notify"], "--notify goes with --mend or with --raws --apply"),
        (["--raws", "--afresh"], "--afresh: nothing is kept of a dry run"),
        (["--raws", "--connector", "shopfiy"], "there is no connector 'shopfiy'"),
    ],
)
def test_what_does_not_fit_together_is_said_in_a_sentence(
    tmp_path: Path, words: list[str], said: str
) -> None:
    ran = replay(tmp_path, *words)

    assert (ran.exit_code, ran.stdout) == (1, "")
    assert said in " ".join(ran.stderr.split())
    assert not (tmp_path / "hub.db").exists()
