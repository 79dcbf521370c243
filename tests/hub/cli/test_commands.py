"""The commands as an operator types them, in a process of their own."""

import asyncio
import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from hub.cli.main import app
from hub.config import Settings
from hub.pipeline.run import Pipeline
from hub.pipeline.translate import Translator
from hub.scheduler import facts
from hub.store import log
from hub.store.migrate import migrate
from hub.store.session import Store
from hub.store.tables import RawRow, table
from hub.store.tables_of_notices import NoticeRow
from tests.faults.hub_process import free_port

ROOT = Path(__file__).resolve().parents[3]
RAW = table(RawRow)
NOTICE = table(NoticeRow)
GROUPS = [(group.typer_instance.info.name, group.typer_instance) for group in app.registered_groups]
COMMANDS = (
    *((command.callback.__name__.replace("_", "-"),) for command in app.registered_commands),
    *((name,) for name, _ in GROUPS),
    *(
        (name, command.name or command.callback.__name__)
        for name, group in GROUPS
        for command in group.registered_commands
    ),
)
AT = datetime(2026, 11, 21, tzinfo=UTC)


def tilanne(folder: Path, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    plain = {name: value for name, value in os.environ.items() if not name.startswith("TILANNE_")}
    database = {"TILANNE_DATABASE_URL": f"sqlite:///{folder}/hub.db"}
    return subprocess.run(
        [sys.executable, "-m", "hub", *words],
        env=plain | database | {"PYTHONPATH": str(ROOT), "COLUMNS": "120"} | settings,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def deliver(folder: Path, body: bytes) -> None:
    """Let a hub that is not running any more have taken in one delivery of its clock."""
    store = Store(f"sqlite:///{folder}/hub.db")
    migrate(store)

    async def go() -> None:
        row = {"connector": facts.NAME, "source": "x", "received_at": AT, "headers": "{}"}
        await store.append(log.append, row | {"body": body})
        translator = Translator({facts.NAME: facts.registered()}, Settings())
        while await Pipeline(store, translator, lambda _: None).step():
            pass

    asyncio.run(go())
    store.close()


def answer(ran: subprocess.CompletedProcess[str]) -> Any:
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_explains_itself_with_an_example(command: tuple[str, ...]) -> None:
    ran = CliRunner().invoke(app, [*command, "--help"])

    assert ran.exit_code == 0
    assert "Example: " in ran.output


def test_the_audit_of_a_new_hub_holds(tmp_path: Path) -> None:
    found = answer(tilanne(tmp_path, "audit", "--json"))

    assert found["holds"] is True
    assert {"applied", "duplicate", "parked", "quarantined"} <= {c["name"] for c in found["checks"]}


def test_the_audit_names_a_raw_that_lost_its_outcome(tmp_path: Path) -> None:
    deliver(tmp_path, b"[]")
    store = Store(f"sqlite:///{tmp_path}/hub.db")
    store.write_now(lambda c: c.exec_driver_sql("DELETE FROM inbox"))
    store.close()

    ran = tilanne(tmp_path, "audit", "--json")

    assert ran.returncode == 1
    broken = [check["name"] for check in json.loads(ran.stdout)["checks"] if not check["holds"]]
    assert broken == ["sources_unbalanced", "without_outcome"]


def test_the_connectors_are_listed_with_their_routes_and_never_their_secrets(
    tmp_path: Path,
) -> None:
    ran = tilanne(tmp_path, "connectors", "--json", TILANNE_SECRETS__SHOPIFY="hush-hush")

    (shopify,) = [one for one in answer(ran)["connectors"] if one["name"] == "shopify"]
    assert (shopify["route"], shopify["secrets"]) == ("/in/shopify", 1)
    assert "hush" not in ran.stdout


def test_the_doctor_names_what_is_wrong_and_the_remedy(tmp_path: Path) -> None:
    ran = tilanne(tmp_path, "doctor", "--json", TILANNE_SECRETS__SHOPFIY="x")

    assert ran.returncode == 1
    ill = {
        one["what"]: one["remedy"] for one in json.loads(ran.stdout)["findings"] if not one["well"]
    }
    assert set(ill) == {"migrations", "secret of shopfiy"}
    assert all(ill.values())


def test_the_doctor_says_that_a_database_cannot_be_reached(tmp_path: Path) -> None:
    nowhere = f"postgresql://hub@127.0.0.1:{free_port()}/hub"

    ran = tilanne(tmp_path, "doctor", "--json", TILANNE_DATABASE_URL=nowhere)

    ill = {
        one["what"]: one["cause"] for one in json.loads(ran.stdout)["findings"] if not one["well"]
    }
    assert ran.returncode == 1
    assert ill["database"].startswith("not readable: ")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TILANNE_PORT", "many"),
        ("TILANNE_DATABASE_URL", "mysql://x"),
        ("TILANNE_STREAM_URL", "rabbit://localhost:5672"),
        ("TILANNE_SECRETS__SHOPIFY", "[broken"),
        ("TILANNE_API_KEYS", '[{"name": "x", "key": "short"}]'),
    ],
)
def test_a_setting_that_cannot_be_used_stops_the_start_with_its_name(
    tmp_path: Path, name: str, value: str
) -> None:
    ran = tilanne(tmp_path, "up", **{name: value})

    assert ran.returncode == 1
    assert name in ran.stderr
    assert "Traceback" not in ran.stderr


def hold(folder: Path, *ids: int) -> None:
    store = Store(f"sqlite:///{folder}/hub.db")
    migrate(store)
    common = {"outbox_id": 1, "order_id": "kauppa:1", "subject": "order", "revision": ""}
    common |= {"channel": "email", "recipient": "c_1", "language": "fi", "reason": "may have it"}
    common |= {"state": "held", "attempts": 1, "next_at": AT, "received_at": AT}
    rows = [common | {"id": one, "milestone": f"m{one}"} for one in ids]
    store.write_now(lambda c: c.execute(NOTICE.insert(), rows))
    store.close()


def test_held_notices_are_decided_on_by_a_person(tmp_path: Path) -> None:
    hold(tmp_path, 1, 2, 3)
    assert len(answer(tilanne(tmp_path, "held", "--json"))["held"]) == 3

    decided = answer(tilanne(tmp_path, "held", "--resend", "1", "--let-be", "2", "--json"))

    assert decided == {"resent": 1, "let_be": 1}
    assert [row["id"] for row in answer(tilanne(tmp_path, "held", "--json"))["held"]] == [3]
    assert "not held: 1" in tilanne(tmp_path, "held", "--resend", "1").stderr
