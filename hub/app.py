"""The composition root: the only file that builds things and hands them out."""

from asyncio import Future
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from functools import partial

from fastapi import FastAPI

from connectors.registry import discover
from hub.catalogues import Catalogues
from hub.clock import Clock, utc_now
from hub.config import Settings
from hub.courtesy import Courtesy
from hub.gallery.proving import proven
from hub.intake import webhooks
from hub.intake.inbox import receive
from hub.live import Live, open_live
from hub.live.checks import checks as state_of_redis
from hub.notify.choosing import to_customers
from hub.notify.dispatcher import Dispatcher
from hub.notify.gone import checks as state_of_sinks
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
from hub.store import log
from hub.store.duties import Duty
from hub.store.migrate import migrate
from hub.store.moving import refuse_unfinished
from hub.store.session import Store
from hub.store.sharing import refuse_unshared
from hub.stream.opening import Way, open_way
from hub.stream.opening import checks as state_of_kafka
from hub.web import (
    about_customers,
    api,
    feeds,
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
            refuse_unshared(store, role)
        store.join()
        migrate(store)
        store.read_now(refuse_unfinished)
        return _assemble(settings, clock, role, store)
    except BaseException:
        store.close()
        raise


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
    way: Way  #: which raws go besides the database


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
        way=open_way(settings, discover()),
    )


def _stations(parts: Parts, role: Role) -> Sequence[Station]:
    stations: list[Station] = [parts.live]
    pipeline, about = _pipeline(parts), (parts.store, parts.settings, parts.clock)
    if role.has(Role.WEB):
        stations.append(parts.streams)
    if role.has(Role.WORKER):
        parts.live.arrived.heard_by(pipeline.arrived)
        stations.append(pipeline)
        parts.way.read(pipeline.mover, pipeline.translator, parts.clock)
    if role.has(Role.DISPATCHER):
        words, publish = proven(parts.settings, parts.labels, parts.clock()), parts.way.publish
        dispatcher = Dispatcher(*about, parts.labels, None, words, publish, parts.courtesy)
        parts.live.changed.heard_by(dispatcher.wake)
        stations.append(dispatcher)
    if role.has(Role.SCHEDULER):
        arrived, recheck = parts.live.arrived.ring, pipeline.recheck
        ticker = timetable(*about, arrived=arrived, recheck=recheck, leader=parts.live)
        stations.append(Ticking(ticker))
    return [*stations, *parts.way.stations]


def _pipeline(parts: Parts) -> Pipeline:
    def changed(applied: Applied) -> None:
        if applied.told:
            parts.live.changed.ring()
        parts.live.moved({order: one.known.version for order, one in applied.at_hand.items()})

    translator = Translator({**discover(), facts.NAME: facts.registered()}, parts.settings)
    duty = Duty(parts.store, log.READER, parts.clock)
    return Pipeline(parts.store, translator, changed, parts.courtesy, duty, parts.clock)


def checks(settings: Settings, store: Store, clock: Clock = utc_now) -> Sequence[Check]:
    """Return what a process depends on; whoever brings a dependency adds its check here."""
    known = (*state_of_database(Queries(store), clock), *state_of_sinks(settings, Queries(store)))
    return (*known, *state_of_redis(settings), *state_of_kafka(settings))


def _surface(parts: Parts, role: Role) -> FastAPI:
    """Build what the process answers: how it is; and in the web role, all the rest."""
    settings, queries, clock, labels = parts.settings, parts.queries, parts.clock, parts.labels
    looks = checks(settings, parts.store, clock)
    operations = health.router(queries=queries, clock=clock, checks=looks)
    if not role.has(Role.WEB):
        return surface([operations])
    arrived, limits = parts.live.arrived.ring, parts.live.limits
    durable = parts.way.door(partial(receive, parts.store, arrived=arrived))
    door = webhooks.open_door(discover(), durable, settings, clock, parts.courtesy, limits)
    desk = Desk(parts.store, settings, clock, to_customers(settings, clock))
    admin = gate.AdminGate(parts.keys, limits, settings.admin_per_minute)
    routers = [  # what is asked for most stands first
        sse.router(parts.streams),
        api.router(queries=queries, settings=settings, labels=labels),
        operations,
        webhooks.router(door),
        receipts.router(receipts.open_door(parts.store, settings, clock, door.room)),
        feeds.router(parts.store, settings),
        promises.router(queries=queries, keys=parts.keys, clock=clock),
        about_customers.router(desk, labels),
        quarantine.router(quarantine.Desk(parts.store, clock, arrived), admin),
        pages.router(queries=queries, settings=settings, labels=labels, clock=clock),
    ]
    web = surface(routers, door)
    gate.install(web, parts.keys, limits, settings.api_rate)
    return web
