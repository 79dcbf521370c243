"""A door with three test vendors: one with a secret, one with two, one with none."""

import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import MappingProxyType

import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from connectors.contract import Answer, BadSignature, Finding, Raw, Registered
from hub.clock import utc_now
from hub.config import Settings
from hub.courtesy import Courtesy
from hub.intake import webhooks
from hub.intake.inbox import receive
from hub.live.limits import Limits
from hub.store.session import Store
from hub.web import problems
from hub.web.doorway import Doorway
from tests.hub.serving import Reply, Served, serving, stored

LIMIT = 2048
SECRETS = {
    "acme": "one",
    "rotating": '["old", "new"]',
    "broken": "one",
}


def sign(body: bytes, secret: str) -> str:
    return hmac.new(secret.encode(), body, "sha256").hexdigest()


class Acme:
    """Signs the body with HMAC; greets with a ping; a body of "boom" breaks its verification."""

    TITLE = "Acme"

    @staticmethod
    def verify(raw: Raw, secret: str) -> None:
        if raw.body == b"boom":
            raise ZeroDivisionError
        if not hmac.compare_digest(sign(raw.body, secret), raw.headers.get("x-acme-sign", "")):
            raise BadSignature("the signature does not fit")

    @staticmethod
    def parse(raw: Raw) -> Iterator[Finding]:
        yield from ()

    @staticmethod
    def hello(raw: Raw) -> Answer | None:
        if raw.body == b"broken hello":
            raise ZeroDivisionError
        return Answer(200, b"pong") if raw.body == b"ping" else None


@dataclass
class Counted:
    """How often the door rang, and how many rows were on disk each time."""

    store: Store
    rows: list[int]

    def __call__(self) -> None:
        count = self.store.read_now(lambda c: c.exec_driver_sql("SELECT count(*) FROM raw")).scalar
        self.rows.append(count())


@dataclass
class Door:
    served: Served
    rang: Counted

    def deliver(
        self,
        body: bytes,
        *,
        path: str = "/in/acme",
        signature: str | None = None,
        secret: str = "one",
        **headers: str,
    ) -> Reply:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        proof = sign(body, secret) if signature is None else signature
        return self.served.ask(
            path, method="POST", body=body, headers={"X-Acme-Sign": proof, **named}
        )


def app_with(
    store: Store, rang: Counted, limits: Limits | None = None, **settings: object
) -> FastAPI:
    acme = Registered("acme", "shops", Acme(), Answer(202, b'{"ok":true}', "application/json"))
    connectors = {
        name: Registered(name, "shops", acme.module, acme.answer)
        for name in ("acme", "rotating", "unset")
    }
    chosen = Settings(
        secrets={name: SecretStr(text) for name, text in SECRETS.items()},
        max_body=LIMIT,
        body_deadline=0.3,
        **settings,
    )
    app = FastAPI(docs_url=None, redoc_url=None)
    problems.install(app)
    everyone = MappingProxyType(connectors)
    durable = partial(receive, store, arrived=rang)
    door = webhooks.open_door(everyone, durable, chosen, utc_now, Courtesy(), limits)
    app.include_router(webhooks.router(door))
    app.add_middleware(Doorway, take=door.take)
    return app


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    with stored(tmp_path) as store:
        rang = Counted(store, [])
        with serving(app_with(store, rang), store) as served:
            yield Door(served, rang)
