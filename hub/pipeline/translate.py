"""Station 2: what does this raw tell? Asked of the connector, and of nobody else."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import islice
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Row

from connectors.contract import Contact, Raw, Refusal, Registered, Unmapped, Unreadable
from hub.config import Settings
from hub.store.inbox import Delivery
from hub.store.log import OURS, Kept
from hub.store.timeline import Arrival
from state_machine.events import Clarity, Event, OrderKey, ParcelAnnounced, ParcelKey

#: header the hub itself gives a raw when a person has said whose parcel it speaks of: a JSON object
#: of tracking number -> [shop, the shop's id of the order]
DECIDED = f"{OURS}decided"

#: header the hub itself gives a raw whose delivery has a name of its own, whoever reads the raw
DELIVERY = f"{OURS}delivery"

NO_TIME = timedelta()
DATE_LINE = timedelta(hours=14)  #: how long before UTC a day begins where it begins first

Logged = Kept | Row[Any]  #: a row of the log, however it was looked up
KeyOf = Callable[[Raw], str]  #: a connector's ``delivery_key``

#: of one raw. An order is folded in time that grows faster than the number of its parcels, and
#: nobody else's news may wait for minutes because of one message.
MOST_FINDINGS = 1000


class Translated(NamedTuple):
    """A raw in our words."""

    delivery: Delivery
    arrivals: tuple[Arrival, ...] = ()
    contacts: tuple[Contact, ...] = ()
    unmapped: tuple[Unmapped, ...] = ()
    unreadable: str | None = None  #: why nothing of it could be read
    future: int = 0  #: facts that claimed to lie in the future

    @property
    def events(self) -> tuple[Event, ...]:
        """The facts alone."""
        return tuple(arrival.event for arrival in self.arrivals)

    def numbered(self, raw_id: int) -> "Translated":
        """Return the same with the number the raw got in the log."""
        return self._replace(
            delivery=self.delivery._replace(raw_id=raw_id),
            arrivals=tuple([one._replace(raw_id=raw_id) for one in self.arrivals]),
        )


class Translator:
    """Turns rows of the log into findings, with the connectors and the shops' habits at hand."""

    def __init__(self, connectors: Mapping[str, Registered], settings: Settings) -> None:
        """``connectors``: all there are; ``settings``: which feeds are configured."""
        self._connectors = connectors
        self._keys = {name: one.option("delivery_key") for name, one in connectors.items()}
        self._settings = settings
        self._ahead = timedelta(minutes=settings.future_minutes)
        configured = [c for c in connectors.values() if settings.secrets_of(c.name)]
        self._covered = frozenset(carrier for c in configured for carrier in c.covers)

    def translate(self, row: Logged) -> Translated:
        """Translate one row of the log; never raises for what a sender wrote."""
        raw = _raw(row)
        connector = self._connectors.get(row.connector)
        if connector is None:
            reason = f"there is no connector {row.connector!r} any more"
            return self.unreadable(row, reason)
        key_of = self._keys[row.connector]
        try:
            findings = tuple(islice(connector.module.parse(raw), MOST_FINDINGS + 1))
            if len(findings) > MOST_FINDINGS:
                raise Unreadable(
                    f"/: tells more than {MOST_FINDINGS} things at once, send it in parts"
                )
        except Refusal as refusal:
            reason = str(refusal) or type(refusal).__name__
            return Translated(_delivery(row, raw, key_of), unreadable=reason)
        events = tuple([self._trust(one) for one in findings if isinstance(one, Event)])
        if DECIDED in raw.headers:
            events = _as_decided(events, orjson.loads(raw.headers[DECIDED]))
        latest, future = raw.received_at + self._ahead, 0
        if any(one.occurred_at > latest for one in events):
            events, future = _held(events, raw.received_at, latest)
        delivery = _delivery(row, raw, key_of, facts=len(events))
        arrivals = tuple([Arrival.told(one, row.id, row.source, row.received_at) for one in events])
        if len(events) == len(findings):
            return Translated(delivery, arrivals, future=future)
        return Translated(
            delivery,
            arrivals,
            contacts=tuple([one for one in findings if isinstance(one, Contact)]),
            unmapped=tuple([one for one in findings if isinstance(one, Unmapped)]),
            future=future,
        )

    def unreadable(self, row: Logged, reason: str) -> Translated:
        """Return a row of the log as one of which nothing could be read, for ``reason``."""
        return Translated(_delivery(row, _raw(row), None), unreadable=reason)

    def _trust(self, event: Event) -> Event:
        """Decide whether a shop's own "shipped" counts as handed over, by the shop's setting."""
        what = event.what
        if not (isinstance(what, ParcelAnnounced) and what.trusted):
            return event
        shop = event.about.shop if isinstance(event.about, OrderKey) else ""
        habit = self._settings.shop(shop).trust_shop_shipped
        if habit == "always" or (habit == "auto" and not self._covers(what.parcel.carrier)):
            return event
        return replace(event, what=replace(what, trusted=False))

    def _covers(self, carrier: str | None) -> bool:
        name = (carrier or "").lower()
        return any(covered in name for covered in self._covered)


def _held(
    events: tuple[Event, ...], received_at: datetime, latest: datetime
) -> tuple[tuple[Event, ...], int]:
    """Hold facts that claim to lie in the future to their arrival; return how many those were.

    A day may have begun somewhere before it begins in UTC: it lies ahead only if it has nowhere.
    """
    held = tuple(
        replace(one, occurred_at=received_at, claimed_at=one.occurred_at)
        if one.occurred_at > latest + (DATE_LINE if one.clarity is Clarity.DATE_ONLY else NO_TIME)
        else one
        for one in events
    )
    return held, sum(one.claimed_at is not None for one in held)


def _as_decided(
    events: tuple[Event, ...], decided: Mapping[str, tuple[str, str]]
) -> tuple[Event, ...]:
    """Make facts about a parcel facts about the order that a person said it belongs to."""
    return tuple(
        replace(one, about=OrderKey(*decided[one.about.number]))
        if isinstance(one.about, ParcelKey) and one.about.number in decided
        else one
        for one in events
    )


def _raw(row: Logged) -> Raw:
    return Raw(
        body=row.body,
        headers=orjson.loads(row.headers),
        received_at=row.received_at,
        source=row.source,
        connector=row.connector,
    )


def _delivery(row: Logged, raw: Raw, key_of: KeyOf | None, facts: int = 0) -> Delivery:
    digest = sha256(raw.body).hexdigest()
    key = raw.headers.get(DELIVERY) or (key_of(raw) if key_of else digest)
    return Delivery(
        raw_id=row.id,
        connector=row.connector,
        source=row.source,
        key=key[:230],
        sha256=digest,
        received_at=row.received_at,
        facts=facts,
    )
