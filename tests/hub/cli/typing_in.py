"""Commands as an operator types them, on the database of a hub's pipeline."""

import os
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner, Result

from hub.cli.main import app
from tests.hub.pipeline.world import World


class Desk:
    """A hub's database, and somebody who types."""

    def __init__(self, url: str) -> None:
        self.world = World(url)
        self._environment = {name: None for name in os.environ if name.startswith("TILANNE_")} | {
            "TILANNE_DATABASE_URL": url,
            "COLUMNS": "200",
        }

    def types(self, *words: str) -> Result:
        """Type a command beside the hub."""
        return CliRunner().invoke(app, words, env=self._environment)

    def asks(self, *words: str) -> Any:
        """Type a command for a program to read, and read it."""
        result = self.types(*words, "--json")
        if result.exit_code:
            pytest.fail(result.output)
        return orjson.loads(result.stdout)
