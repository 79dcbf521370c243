"""Hubs to be attacked: a patient one, one that soon has enough, and one with few lines."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.hub_process import HubProcess
from tests.hostile.wire import SETTINGS

LIMIT = 65_536  #: bytes of a body, at the hub that soon has enough
ROOM = 4 * LIMIT  #: and of all its bodies together
LINES = 60  #: connections of the one that is narrow


def opened(folder: Path, **settings: str) -> Iterator[HubProcess]:
    hub = HubProcess(folder, **SETTINGS, **settings)
    hub.start()
    yield hub
    assert hub.stop() == 0


@pytest.fixture(scope="session")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    """As it comes."""
    yield from opened(tmp_path_factory.mktemp("patient"))


@pytest.fixture(scope="session")
def hasty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    """With little patience and little room."""
    yield from opened(
        tmp_path_factory.mktemp("hasty"),
        TILANNE_MAX_BODY=str(LIMIT),
        TILANNE_DOOR_MEMORY=str(ROOM),
        TILANNE_HEAD_DEADLINE="0.5",
        TILANNE_IDLE_DEADLINE="1.0",
        TILANNE_BODY_DEADLINE="0.5",
    )


@pytest.fixture(scope="session")
def narrow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    """With all the patience, but few lines."""
    folder = tmp_path_factory.mktemp("narrow")
    yield from opened(folder, TILANNE_MAX_CONNECTIONS=str(LINES))
