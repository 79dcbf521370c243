"""Which engine the settings ask for; who asks for none carries none."""

import subprocess
import sys

import pytest
from pydantic import SecretStr, ValidationError

from hub.config import Settings
from hub.live import State, open_live


def test_without_a_setting_there_is_one_process_and_nobody_loads_the_library() -> None:
    program = (
        "import sys, hub.app; from hub.live import open_live; from hub.config import Settings; "
        "print(open_live(Settings()).state.value, 'redis' in sys.modules)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert ran.stdout == "alone False\n"


@pytest.mark.parametrize("url", ["redis://127.0.0.1:1/0", "rediss://:secret@127.0.0.1:1"])
def test_with_one_the_other_processes_are_away_until_they_are_heard(url: str) -> None:
    assert open_live(Settings(redis_url=SecretStr(url))).state is State.AWAY


def test_a_url_of_something_else_is_refused_by_name() -> None:
    with pytest.raises(ValidationError, match="must be redis://host:port"):
        Settings(redis_url=SecretStr("http://127.0.0.1"))


def test_a_url_that_cannot_be_read_is_refused_by_name_and_without_its_secret() -> None:
    with pytest.raises(ValueError, match="TILANNE_REDIS_URL: ") as refused:
        open_live(Settings(redis_url=SecretStr("redis://:hush@127.0.0.1:port")))

    assert "hush" not in str(refused.value)
