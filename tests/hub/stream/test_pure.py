"""Topics are read as well where the stream library has no compiled parts (NO_CYTHON=1)."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
TOLD = (
    "tests/hub/stream/test_reading.py::test_a_retailers_own_topic_needs_no_webhook[sqlite]",
    "tests/hub/stream/test_sharing.py::test_eight_partitions_for_one_worker[sqlite]",
    "tests/hub/stream/test_sequence.py::test_a_consumer_that_lost_something_is_started_anew_and_reads_it[sqlite]",
)
PROGRAM = """\
import sys, pytest
from faust.streams import _CStreamIterator
from faust.transport.conductor import ConductorHandler
assert _CStreamIterator is None and ConductorHandler is None
sys.exit(pytest.main(["-p", "no:cacheprovider", *sys.argv[1:]]))
"""


@pytest.mark.slow
def test_a_worker_reads_without_the_compiled_parts(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM, "--basetemp", str(tmp_path), *TOLD],
        cwd=ROOT,
        env={**os.environ, "NO_CYTHON": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert 0 == ran.returncode, ran.stdout[-3000:] + ran.stderr[-2000:]
    assert f"{len(TOLD)} passed" in ran.stdout
