"""The composition root: the only file that builds things and hands them out."""

from asyncio import Future
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from fastapi import FastAPI

from connectors.registry import discover
from hub.catalogues import Catalogues
from hub.clock import Clock, utc_now
from hub.config import Settings
from hub.courtesy import Courtesy
from hub.intake import webhooks
from hub.live import Live, open_live
from hub.live.checks import checks as state_of_redis
from hub.notify.choosing import to_customers
from hub.notify.dispatcher import Dispatcher
from hub.pipeline.apply import Applied
from hub.pipeline.run import Pipeline
from hub.pipeline.translate import Translator
from hub.queries import Queries
from hub.queries.checks import checks as state_of_database
from hub.readiness import Check
from hub.scheduler import facts
from hub.scheduler.ticking import Ticking
from hub.scheduler.timetable import timetable
from hub.stations import Role, Station, at_work
from hub.store.migrate import migrate
from hub.store.moving import refuse_unfinished
from hub.store.session import Store
from hub.web import (
    about_customers,
    api,
    gallery,
    gate,
    health,
    pages,
    promises,
    quarantine,
    receipts,
    sse,
)
from hub.web.auth import Keys
from hub.web.customers import Desk
from hub.web.surface import surface


@dataclass(slots=True)
class Hub:
    """A hub, or the part of it that is this process, built and ready to run."""

    settings: Settings
    role: Role
    store: Store
    api: FastAPI
    stations: Sequence[Station]

    def running(self) -> AbstractAsyncContextManager[Future[None]]:
        """Run all stations; give a future that fails as soon as one of them does."""
        return at_work(self.stations)

    def close(self) -> None:
        """Let go of the database."""
        self.store.close()


def build(settings: Settings, clock: Clock = utc_now, role: Role = Role.ALL) -> Hub:
    """Build a hub from its settings; the database is migrated.

    Raises ``AlreadyRunning`` when the database is a file and another hub has it,
    ``BrokenConnector`` when a module of ``connectors/`` breaks the contract, ``ValueError`` for
    settings that cannot be used.
    """
    store = Store(settings.database_url)
    try:
        if role is not Role.ALL:
            _shareable(store, role)
        store.join()
        migrate(store)
        store.read_now(refuse_unfinished)
        return _assemble(settings, clock, role, store)
    except BaseException:
        store.close()
        raise


def _shareable(store: Store, role: Role) -> None:
    """Refuse to be a part of a hub on a database that only one process can have."""
    if not store.shared:
        raise ValueError(
            f"tilanne {role} is one process of several, and they cannot share a SQLite file: set "
            "TILANNE_DATABASE_URL=postgresql://…, or run `tilanne up`, which is all of them in one"
        )


@dataclass(frozen=True, slots=True)
class Parts:
    """What the stations of one process have in common."""

    settings: Settings
    clock: Clock
    store: Store
    labels: Catalogues
    courtesy: Courtesy
    queries: Queries
    keys: Keys
    live: Live
    streams: sse.Streams


def _assemble(settings: Settings, clock: Clock, role: Role, store: Store) -> Hub:
    parts = _parts(settings, clock, store)
    return Hub(settings, role, store, _surface(parts, role), _stations(parts, role))


def _parts(settings: Settings, clock: Clock, store: Store) -> Parts:
    labels, queries, live = Catalogues.load(), Queries(store), open_live(settings)
    keys = Keys(settings.api_keys)
    return Parts(
        settings=settings,
        clock=clock,
        store=store,
        labels=labels,
        courtesy=Courtesy(),
        queries=queries,
        keys=keys,
        live=live,
        streams=sse.Streams(queries, live, keys, labels, most=settings.max_listeners),
    )


def _stations(parts: Parts, role: Role) -> Sequence[Station]:
    stations: list[Station] = [parts.live]
    pipeline = _pipeline(parts)
    if role.has(Role.WEB):
        stations.append(parts.streams)
    if role.has(Role.WORKER):
        parts.live.arrived.heard_by(pipeline.arrived)
        stations.append(pipeline)
    if role.has(Role.DISPATCHER):
        dispatcher = Dispatcher(parts.store, parts.settings, parts.clock, parts.labels)
        parts.live.changed.heard_by(dispatcher.wake)
        stations.append(dispatcher)
    if role.has(Role.SCHEDULER):
        about = (parts.store, parts.settings, parts.clock)
        arrived, recheck = parts.live.arrived.ring, pipeline.recheck
        ticker = timetable(*about, arrived=arrived, recheck=recheck, leader=parts.live)
        stations.append(Ticking(ticker))
    return stations


def _pipeline(parts: Parts) -> Pipeline:
    def changed(applied: Applied) -> None:
        if applied.told:
            parts.live.changed.ring()
        parts.live.moved({order: one.known.version for order, one in applied.at_hand.items()})

    translator = Translator({**discover(), facts.NAME: facts.registered()}, parts.settings)
    return Pipeline(parts.store, translator, changed, parts.courtesy)


def checks(settings: Settings, store: Store, clock: Clock = utc_now) -> Sequence[Check]:
    """Return what a process depends on; whoever brings a dependency adds its check here."""
    return (*state_of_database(Queries(store), clock), *state_of_redis(settings))


def _surface(parts: Parts, role: Role) -> FastAPI:
    """Build what the process answers: how it is; and in the web role, all the rest."""
    settings, queries, clock, labels = parts.settings, parts.queries, parts.clock, parts.labels
    looks = checks(settings, parts.store, clock)
    operations = health.router(queries=queries, clock=clock, checks=looks)
    if not role.has(Role.WEB):
        return surface([operations])
    arrived, limits = parts.live.arrived.ring, parts.live.limits
    door = webhooks.open_door(
        discover(), parts.store, settings, clock, arrived, parts.courtesy, limits
    )
    desk = Desk(parts.store, settings, clock, to_customers(settings, clock))
    admin = gate.AdminGate(parts.keys, limits, settings.admin_per_minute)
    routers = [
        operations,
        webhooks.router(door),
        receipts.router(receipts.open_door(parts.store, settings, clock, door.room)),
        sse.router(parts.streams),
        api.router(queries=queries, settings=settings, labels=labels),
        promises.router(queries=queries, keys=parts.keys, clock=clock),
        about_customers.router(desk, labels),
        quarantine.router(quarantine.Desk(parts.store, clock, arrived), admin),
        pages.router(queries=queries, settings=settings, labels=labels, clock=clock),
        gallery.router(settings=settings, labels=labels, clock=clock),
    ]
    web = surface(routers, door)
    gate.install(web, parts.keys, limits, settings.api_rate)
    return web
