"""`tilanne notices preview` shows any notice, to eyes and to programs; it says what there is."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hub.cli.main import app

AT = ("--at", "2026-11-23T09:00:00")


def preview(*words: str) -> str:
    ran = CliRunner().invoke(app, ["notices", "preview", *words, *AT])
    assert 0 == ran.exit_code, ran.output
    return ran.output


def test_a_program_reads_every_form_with_its_lengths() -> None:
    told = json.loads(preview("ready_for_pickup", "--language", "sv", "--json"))["notices"]

    assert ["letter", "sms", "push", "chat"] == [one["channel"] for one in told]
    assert (1, True) == (told[1]["segments"], told[1]["gsm7"])
    assert "Kod 4711." in told[1]["text"]
    assert len(told[0]["subject"]) == told[0]["subject_length"]
    assert told[0]["html"].startswith("<!doctype html>")


def test_all_of_them_are_many() -> None:
    assert 22 * 4 * 3 == len(json.loads(preview("--json"))["notices"])


def test_a_file_stands_by_itself(tmp_path: Path) -> None:
    out = tmp_path / "page.html"

    said = preview("delayed", "--language", "fi", "--channel", "letter", "--out", str(out))

    assert "1 notices:" in said
    page = out.read_text()
    assert 1 == page.count("<iframe sandbox")
    assert "srcdoc=" in page
    assert "Tilauksesi #1001 viivästyy" in page


@pytest.mark.parametrize("words", [("nonsense",), ("--language", "et"), ("--shop", "nobody")])
def test_what_there_is_not_is_named_with_what_there_is(words: tuple[str, ...]) -> None:
    ran = CliRunner().invoke(app, ["notices", "preview", *words])

    assert 1 == ran.exit_code
    assert f"{words[-1]}; there are: " in " ".join(ran.stderr.split())
