"""A hub with two shops' customers that serves their pages, on a clock of the test."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from hub.app import build
from hub.config import Settings
from hub.links import Purpose
from hub.store.consents import CONSENT
from tests.hub.serving import Reply, Served, serving
from tests.hub.web.conftest import KEYS, NOW, READ, WRITE, fill

LINK_KEY = "k" * 40


@dataclass
class People:
    """A served hub; ``now`` is what its clock shows."""

    served: Served
    settings: Settings
    now: datetime = NOW

    def ask(self, path: str, **request: Any) -> Reply:
        headers = {"Authorization": f"Bearer {READ}"} | request.pop("headers", {})
        return self.served.ask(path, headers=headers, **request)

    def put(self, path: str, body: bytes, method: str = "PUT", **headers: str) -> Reply:
        sent = {"Authorization": f"Bearer {WRITE}", "Content-Type": "application/json"} | headers
        return self.served.ask(path, method=method, headers=sent, body=body)

    def post(self, path: str, body: str, **headers: str) -> Reply:
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.served.ask(path, method="POST", headers=kind | headers, body=body.encode())

    def page(self, about: str, purpose: Purpose = Purpose.PREFERENCES) -> str:
        return f"/{purpose}?t={self.settings.links.token(purpose, about, self.now)}"

    def later(self, **span: float) -> None:
        self.now += timedelta(**span)

    def ledger(self) -> list[tuple[str, str, bool, str, str | None]]:
        rows = self.served.store.read_now(lambda c: c.execute(select(CONSENT)).all())
        return [
            (row.channel, row.message_class, row.given, row.source, row.shop)
            for row in sorted(rows, key=lambda row: row.id)
        ]


@contextmanager
def people_on(folder: Path, **settings: Any) -> Iterator[People]:
    links = {"base_url": "https://tilaus.example.fi", "keys": [LINK_KEY]}
    chosen = Settings(
        **{"database_url": f"sqlite:///{folder}/hub.db", "api_keys": KEYS, "links": links}
        | settings
    )
    world: list[People] = []
    hub = build(chosen, lambda: world[0].now if world else NOW)
    try:
        fill(hub.store)
        with serving(hub.api, hub.store) as served:
            world.append(People(served, chosen))
            yield world[0]
    finally:
        hub.close()
