"""Where orders cannot go through a real Kafka, it is said what is missing, and what to do."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def make_kafka(path: Path) -> tuple[int, str]:
    """``make kafka`` on a machine that has only what lies in a folder."""
    ran = subprocess.run(
        [sys.executable, "-m", "deploy.kafka", "--folder", str(path / "kept")],
        env={"PATH": str(path)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return ran.returncode, ran.stderr


def test_a_machine_without_java_hears_what_to_install(tmp_path: Path) -> None:
    code, said = make_kafka(tmp_path)

    assert 1 == code
    assert said.startswith("No Apache Kafka here: java is missing: install Java 17 or later")


def test_a_java_that_is_too_old_is_named(tmp_path: Path) -> None:
    if (shell := shutil.which("sh")) is None:
        pytest.skip("no shell here to play an old Java")
    java = tmp_path / "java"
    java.write_text(f"#!{shell}\necho 'openjdk version \"11.0.2\"' >&2\n")
    java.chmod(0o755)

    code, said = make_kafka(tmp_path)

    assert 1 == code
    assert 'java is too old (openjdk version "11.0.2"): install Java 17' in said
