"""How a customer wants to be told, as one thing that is read, changed and written back."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import orjson
from sqlalchemy import Connection

from hub.notify.quiet_hours import Hours
from hub.notify.wishes import KEPT, Wishes
from hub.store import customers
from hub.store.consents import EVERY, OFFERS, Entry, Standing, standing
from hub.store.customers import Customer
from state_machine.milestones import Urgency


class UnknownCustomer(LookupError):
    """Nobody has this id."""


class ChangedMeanwhile(Exception):
    """Somebody else has changed the preferences since they were read."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where something was said: what the ledger of consents keeps as proof."""

    source: str  #: page, one-click, complaint, api:<name of the key>
    shop: str | None = None
    text_id: str | None = None
    text_hash: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """All that one person may decide about being told."""

    language: str | None = None
    timezone: str | None = None
    quiet: Hours | None = None
    #: message class, or "*" for all that are not named -> channels, best first
    channels: Mapping[str, Sequence[str]] = field(default_factory=dict)
    #: message class -> channels it is switched off on; "*": all of them
    muted: Mapping[Urgency, Collection[str]] = field(default_factory=dict)
    agreed: Mapping[Urgency, Collection[str]] = field(default_factory=dict)  #: for reading
    offers: bool | None = None  #: whether they agree to see them; None: it was not asked


def of(customer: Customer) -> Preferences:
    """Return what a customer has decided so far."""
    if customer.row is None:
        return Preferences(offers=False)
    wishes = Wishes.read(customer.row)
    return Preferences(
        language=customer.row.language,
        timezone=wishes.timezone,
        quiet=wishes.quiet,
        channels=wishes.channels,
        muted={one: _with(wishes.consents, one, given=False) for one in Urgency},
        agreed={one: _with(wishes.consents, one, given=True) for one in Urgency},
        offers=wishes.offers,
    )


def problems(wanted: Preferences, known: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with preferences: the place, and why."""
    for one, names in wanted.channels.items():
        place = "channels" if one == EVERY else f"classes.{one}.channels"
        yield from _strange(place, names, known)
        if len(set(names)) < len(names):
            yield place, "a channel is named twice"
    for urgency, muted in wanted.muted.items():
        place = f"classes.{urgency}.muted"
        yield from _strange(place, [name for name in muted if name != EVERY], known)
        if EVERY in muted and urgency in KEPT:
            yield place, "belongs to the purchase: name the channels it is not wanted on"


def save(
    connection: Connection,
    ref: str,
    wanted: Preferences,
    origin: Origin,
    *,
    now: datetime,
    version: int | None = None,
    on_offers: Origin | None = None,
) -> Customer:
    """Write down what a customer wants, and what changed of it into the ledger of consents.

    ``version``: of what was read; None: whatever it was. ``on_offers``: where offers are agreed to.
    Raises ``UnknownCustomer`` and ``ChangedMeanwhile``.
    """
    found = _found(connection, ref)
    if version is not None and version != found.version:
        raise ChangedMeanwhile
    own = customers.settle(connection, found, now)
    said = Wishes.read(found.row).consents if found.row is not None else {}
    wishes = {
        "language": wanted.language,
        "timezone": wanted.timezone,
        "quiet": str(wanted.quiet) if wanted.quiet else None,
        "channels": orjson.dumps({k: [*v] for k, v in wanted.channels.items() if v}).decode(),
    }
    of_offers = _said_of_offers(said, wanted, on_offers or origin, now)
    customers.change(connection, own, wishes, _said(said, wanted, origin, now) + of_offers, now)
    return _found(connection, own)


def say(
    connection: Connection,
    ref: str,
    channel: str,
    message_class: str,
    origin: Origin,
    *,
    given: bool,
    now: datetime,
    at: datetime | None = None,
) -> Customer:
    """Note that a customer has agreed to a class of messages on a channel, or has withdrawn it.

    ``at``: when it was said; None: now. What holds already is not written again.
    """
    found = _found(connection, ref)
    said = Wishes.read(found.row).consents if found.row is not None else {}
    if said.get(f"{channel}/{message_class}") is given:
        return found
    own = customers.settle(connection, found, now)
    entry = _entry(channel, message_class, origin, given=given, now=at or now)
    customers.change(connection, own, {}, [entry], now)
    return _found(connection, own)


def _found(connection: Connection, ref: str) -> Customer:
    found = customers.find(connection, ref)
    if found is None:
        raise UnknownCustomer(ref)
    return found


def _said(before: Standing, wanted: Preferences, origin: Origin, now: datetime) -> list[Entry]:
    """Return the lines that lead from what was said to what is wanted; every channel first."""
    entries: list[Entry] = []
    for urgency in Urgency:
        muted = wanted.muted.get(urgency, ())
        named = {*muted, *_with(before, urgency, given=False), *_with(before, urgency, given=True)}
        for channel in sorted(named, key=lambda name: (name != EVERY, name)):
            seen = standing([*_lines(before, now), *entries])
            off = seen.get(f"{channel}/{urgency}") is False
            if off != (channel in muted):
                given = channel not in muted
                entries.append(_entry(channel, urgency, origin, given=given, now=now))
    return entries


def _said_of_offers(
    before: Standing, wanted: Preferences, origin: Origin, now: datetime
) -> list[Entry]:
    if wanted.offers is None or wanted.offers is (before.get(f"{EVERY}/{OFFERS}") is True):
        return []
    return [_entry(EVERY, OFFERS, origin, given=wanted.offers, now=now)]


def _lines(before: Standing, now: datetime) -> Iterator[Entry]:
    keys = sorted(before, key=lambda key: not key.startswith(EVERY))
    for key in keys:
        channel, _, message_class = key.rpartition("/")
        yield _entry(channel, message_class, Origin(""), given=before[key], now=now)


def _entry(
    channel: str, message_class: str, origin: Origin, *, given: bool, now: datetime
) -> Entry:
    return Entry(
        channel=channel,
        message_class=message_class,
        given=given,
        at=now,
        source=origin.source,
        shop=origin.shop,
        text_id=origin.text_id,
        text_hash=origin.text_hash,
    )


def _with(consents: Standing, urgency: Urgency, *, given: bool) -> list[str]:
    keys = [key.rpartition("/") for key, said in consents.items() if said is given]
    return sorted(channel for channel, _, one in keys if one == urgency)


def _strange(
    place: str, names: Collection[str], known: Collection[str]
) -> Iterator[tuple[str, str]]:
    for name in names:
        if name not in known:
            there_are = ", ".join(sorted(known))
            yield place, f"there is no channel {name[:40]!r} to customers; there are: {there_are}"
