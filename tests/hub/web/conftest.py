"""A hub with a few orders, as the pipeline would have stored them, and someone to ask it."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from hub.catalogues import Catalogues
from hub.config import ApiKey, Settings
from hub.live.in_process import InProcess
from hub.queries import Queries
from hub.queries.checks import checks as state_of_database
from hub.readiness import Check
from hub.store import timeline
from hub.store.session import Store
from hub.store.tables import BeliefRow, ContactRow, ParcelRow, QuarantineRow, TimelineRow
from hub.store.tables_of_notices import AttemptRow, MailRow, NoticeRow, OutboxRow
from hub.web import api, health, pages, problems, promises, sse
from hub.web.auth import Keys
from hub.web.openapi import describe
from state_machine.events import (
    Event,
    Ordered,
    OrderedLine,
    OrderKey,
    ParcelAnnounced,
    ParcelKey,
    ParcelRef,
    ParcelScanned,
    ReturnMoved,
    Units,
)
from state_machine.fold import fold
from state_machine.lifecycle import Stage
from state_machine.returns import ReturnStage
from tests.hub.serving import Served, serving, stored

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
READ, WRITE, ADMIN = "r" * 16, "w" * 16, "a" * 16
KEYS = (
    ApiKey(name="reader", key=SecretStr(READ)),
    ApiKey(name="writer", key=SecretStr(WRITE), scopes=frozenset({"write"})),
    ApiKey(name="chief", key=SecretStr(ADMIN), scopes=frozenset({"read", "admin"})),
)
STRANGE = 'kauppa:1/2 "ä"?#timeline'  # an id may hold any sign


def put(store: Store, *rows: Any) -> None:
    for row in rows:
        values = {name: value for name, value in row.model_dump().items() if value is not None}
        store.write_now(lambda c, row=row, values=values: c.execute(row.__table__.insert(), values))


def facts(key: OrderKey, number: str, *, tracking: str) -> list[Event]:
    """An order whose parcel waits in a locker, with a scan too many and a return begun."""
    said = {"about": key, "occurred_at": NOW}
    ref = ParcelRef(number=tracking)
    lines = (OrderedLine(id="l1", quantity=2, sku="MUKI", name="Muki"),)
    what = Ordered(number=number, placed_at=NOW - timedelta(days=3), lines=lines)
    moved = ReturnMoved(return_id="r1", stage=ReturnStage.APPROVED, units=(Units("l1", 1),))
    seen = [
        (3, "placed", key, what),
        (2, "sent", key, ParcelAnnounced(parcel=ref, units=(Units("l1", 2),))),
        (1, "locker", ParcelKey(tracking), ParcelScanned(
            parcel=ref, stage=Stage.READY_FOR_PICKUP, pickup_code="4711",
        )),
        (0.5, "late", ParcelKey(tracking), ParcelScanned(parcel=ref, stage=Stage.ANNOUNCED)),
        (0.2, "return", key, moved),
    ]  # fmt: skip
    return [
        Event(**{**said, "id": f"{number}:{name}", "about": about, "what": one,
                 "occurred_at": NOW - timedelta(days=days)})
        for days, name, about, one in seen
    ]  # fmt: skip


def believe(store: Store, key: OrderKey, number: str, **other: Any) -> str:
    """Store an order; ``other``: contact_id, as_of, tracking."""
    order_id = f"{key.shop}:{key.external_id}"
    tracking = other.pop("tracking", f"JJFI{number}")
    events = facts(key, number, tracking=tracking)
    order = fold(events).order
    row = BeliefRow(
        order_id=order_id, shop=key.shop, external_id=key.external_id, number=number,
        status=str(order.status), snapshot=orjson.dumps(order, option=orjson.OPT_UTC_Z).decode(),
        milestones="[]", **{"as_of": NOW, "version": 7, **other},
    )  # fmt: skip
    put(store, row, ParcelRow(number=tracking, order_id=order_id, since=NOW))
    for event in events:
        put(store, TimelineRow(
            order_id=order_id, fact_id=event.id, raw_id=1, source="acme",
            occurred_at=event.occurred_at, received_at=NOW, fact=timeline.encode(event),
        ))  # fmt: skip
    return order_id


def tell(store: Store, order_id: str) -> None:
    """One change told by e-mail at the second try, one that was no news any more."""
    row = {"order_id": order_id, "revision": "1", "occurred_at": NOW, "received_at": NOW}
    put(
        store,
        OutboxRow(id=1, subject="parcel:p", milestone="shipped", version=2, silent="old news",
                  change="{}", **row),
        OutboxRow(id=2, subject="parcel:p", milestone="ready_for_pickup", version=3, change="{}",
                  planned_at=NOW, **row),
        NoticeRow(id=5, outbox_id=2, order_id=order_id, subject="parcel:p", revision="1",
                  milestone="ready_for_pickup", channel="email", recipient="c_1", language="fi",
                  state="sent", attempts=2, next_at=NOW, received_at=NOW, settled_at=NOW),
        AttemptRow(notice_id=5, n=1, started_at=NOW, outcome="retry", detail="451 aino@x.fi"),
        AttemptRow(notice_id=5, n=2, started_at=NOW, ended_at=NOW, outcome="sent"),
    )  # fmt: skip


def fill(store: Store) -> None:
    put(
        store,
        ContactRow(id="c_1", shop="kauppa", customer="1", stated_at=NOW, name="Aino Virtanen",
                   email="aino@example.fi", phone="+358401234567"),
        ContactRow(id="c_2", shop="puoti", customer="1", stated_at=NOW, email="aino@example.fi"),
        QuarantineRow(raw_id=1, connector="acme", source="acme", kind="unmapped", code="x=1",
                      detail="", about="", received_at=NOW),
        MailRow(id=1, message_id="<1@hub>", stored_at=NOW, message=MAIL),
    )  # fmt: skip
    believe(store, OrderKey("kauppa", "1001"), "#1001", contact_id="c_1", tracking="JJFI123")
    believe(store, OrderKey("puoti", "1001"), "#1001", contact_id="c_2",
            as_of=NOW - timedelta(hours=1))  # fmt: skip
    believe(store, OrderKey("kauppa", STRANGE.partition(":")[2]), "<b>7</b>", version=1)
    tell(store, "kauppa:1001")


MAIL = b"""From: Kauppa <a@b.fi>
To: aino@example.fi
Subject: =?utf-8?q?Tilauksesi_on_t=C3=A4=C3=A4ll=C3=A4_=3Cscript=3E?=
Content-Language: fi
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary=x

--x
Content-Type: text/plain; charset=utf-8

Hei Aino <b>!
--x
Content-Type: text/html; charset=utf-8

<p onclick="alert(1)">Hei Aino</p><script>alert(1)</script>
--x--
"""


def app_on(
    store: Store,
    *,
    host: str = "127.0.0.1",
    smtp_url: str | None = None,
    checks: Sequence[Check] | None = None,
) -> FastAPI:
    settings = Settings(api_keys=KEYS, host=host, smtp_url=smtp_url)
    queries, labels = Queries(store), Catalogues.load()
    app = FastAPI(title="Tilanne", docs_url=None, redoc_url=None)
    problems.install(app)
    streams = sse.Streams(queries, InProcess(), Keys(KEYS), labels, most=10)
    app.include_router(sse.router(streams))
    app.include_router(promises.router(queries=queries, keys=Keys(KEYS), clock=lambda: NOW))
    app.include_router(api.router(queries=queries, settings=settings, labels=labels))
    looks = state_of_database(queries, lambda: NOW) if checks is None else checks
    app.include_router(health.router(queries=queries, clock=lambda: NOW, checks=looks))
    app.include_router(
        pages.router(queries=queries, settings=settings, labels=labels, clock=lambda: NOW)
    )
    describe(app)
    return app


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A hub that is only asked, so one serves a whole file."""
    with stored(tmp_path_factory.mktemp("hub")) as store:
        fill(store)
        with serving(app_on(store), store) as served:
            served.headers["Authorization"] = f"Bearer {READ}"
            yield served


@pytest.fixture
def own_hub(tmp_path: Path) -> Iterator[Served]:
    """A hub of one's own, empty."""
    with stored(tmp_path) as store, serving(app_on(store), store) as served:
        served.headers["Authorization"] = f"Bearer {READ}"
        yield served
