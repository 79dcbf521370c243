"""Canonical: our own facts as JSON, for every system of the house that has no connector.

CloudEvents 1.0, structured or batched mode (https://github.com/cloudevents/spec), signed by
Standard Webhooks. ``type`` is ``fi.tilanne.`` + the kind of a fact, ``data.about`` says of what,
``data.what`` holds the fact's fields. The schema is made from ``state_machine/events.py``, so a
fact taught there is understood here. How to write one: docs/canonical.md.
"""

from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from typing import Any, Final, get_args

from connectors.contract import Answer, Contact, Finding, Raw, Unmapped
from connectors.reading import Json, read
from connectors.schema import build, build_fields
from connectors.signatures import verify_standard_webhook
from connectors.timestamps import with_offset
from state_machine.events import (
    MAX_ID,
    Event,
    Key,
    OrderKey,
    ParcelKey,
    ParcelRef,
    Retracted,
    StockKey,
    What,
    normalise_number,
)

TITLE: Final = "Canonical facts"
ANSWER: Final = Answer(202, b'{"accepted": true}', "application/json")

PREFIX = "fi.tilanne."
MAX_BATCH = 100
WITHOUT_CONTACT = frozenset({"about", "what", "errorDeclaration"})
WITH_CONTACT = WITHOUT_CONTACT | {"contact"}
DECLARATION = frozenset({"declarationTime", "reason", "correctiveEventIDs"})
ERRORS = ("did_not_occur", "incorrect_data")  #: why a fact was wrong (GS1 CBV 2.0)
TAKEN_BACK = ":no:"  #: behind a fact's id: its retraction; no fact's own id ends in a colon

#: the first word of a kind -> what such a fact may be about
ABOUT: Mapping[str, tuple[str, ...]] = {
    "order": ("order",),
    "return": ("order",),
    "parcel": ("order", "parcel"),
    "promise": ("order", "parcel"),
    "stock": ("stock",),
    "fact": ("order", "parcel", "stock"),
}
OURS = frozenset({"promise.broken", "parcel.pickup_due"})  #: only time itself may tell these

FACTS: Mapping[str, type] = {
    next(str(field.default) for field in fields(fact) if field.name == "kind"): fact
    for fact in get_args(What)
}
TAKES_PARCEL = frozenset(
    kind for kind, fact in FACTS.items() if any(field.name == "parcel" for field in fields(fact))
)
KEYS: Mapping[str, type[OrderKey] | type[ParcelKey] | type[StockKey]] = {
    "order": OrderKey,
    "parcel": ParcelKey,
    "stock": StockKey,
}


def verify(raw: Raw, secret: str) -> None:
    """Check the Standard Webhooks signature; the secret is ``whsec_`` + base64."""
    verify_standard_webhook(raw, secret)


def parse(raw: Raw) -> Iterator[Finding]:
    """Translate one CloudEvent, or a batch of at most 100."""
    message = read(raw.body)
    if not isinstance(message.value, list):
        yield from _event(message, raw.source)
        return
    if len(message.value) > MAX_BATCH:
        raise message.wrong(f"a batch holds at most {MAX_BATCH} events")
    for event in message:
        yield from _event(event, raw.source)


def _event(event: Json, source: str) -> Iterator[Finding]:
    if event["specversion"].value != "1.0":
        raise event["specversion"].wrong('must be "1.0" (CloudEvents)')
    own = _fact_id(event)
    at, clarity = event["time"].moment(with_offset)
    name = event["type"].text() or ""
    kind = name.removeprefix(PREFIX) if name.startswith(PREFIX) else ""
    if kind in OURS:
        raise event["type"].wrong(f"{kind} is told by the hub itself, when its time comes")
    if kind not in FACTS:
        yield Unmapped(f"type={name[:100]}", detail="there is no such fact", about=own)
        return
    data = _only(event["data"], WITH_CONTACT if kind == "order.placed" else WITHOUT_CONTACT)
    about = _about(data["about"], kind, source)
    if data["errorDeclaration"]:
        yield _taken_back(event, own, kind, about)
        return
    what: Any = build(FACTS[kind], _with_parcel(data["what"].value, kind, about), data["what"])
    if kind in TAKES_PARCEL:
        what = _normal(what)
    yield Event(id=own, occurred_at=at, about=about, what=what, clarity=clarity)
    if data["contact"] and isinstance(about, OrderKey):
        contact = data["contact"]
        who = build_fields(Contact, contact.value, contact, without=("about", "stated_at"))
        yield Contact(about=about, stated_at=at, **who)


def _taken_back(event: Json, own: str, kind: str, about: Key) -> Event:
    """Take back the fact of this very event, as EPCIS 2.0 does: same event, with a declaration.

    What it said the first time may stand beside it and is not read. Events that correct it come by
    themselves, with ids of their own.
    """
    if kind == "fact.retracted":
        raise event["type"].wrong("a retraction cannot be taken back; tell the fact anew")
    error = _only(event["data"]["errorDeclaration"], DECLARATION)
    at, clarity = error["declarationTime"].moment(with_offset)
    reason = error["reason"].code()
    if reason not in ERRORS:
        raise error["reason"].wrong(f"must be {' or '.join(ERRORS)}")
    for corrective in error["correctiveEventIDs"]:
        corrective.text()
    what = Retracted(fact=own, reason=reason)
    return Event(id=f"{own}{TAKEN_BACK}", occurred_at=at, about=about, what=what, clarity=clarity)


def _fact_id(event: Json) -> str:
    """Name the fact by CloudEvents source and id, which together identify an event.

    Colons of the id are escaped, so that no two pairs give one name.
    """
    source, own = (event[field].text(MAX_ID + 1) or "" for field in ("source", "id"))
    name = f"canonical:{source}:{own.replace('%', '%25').replace(':', '%3A')}"
    if not (source and own and name.isprintable() and len(name) <= MAX_ID - len(TAKEN_BACK)):
        raise event["id"].wrong("source and id must be there, together at most 240 characters")
    return name


def _only(value: Json, names: frozenset[str]) -> Json:
    """Return an object after checking that it has no other fields than these."""
    if not isinstance(value.value, dict):
        raise value.wrong("must be an object")
    for field in value.value.keys() - names:
        raise value[field[:100]].wrong("is not a field of this fact")
    return value


def _about(about: Json, kind: str, source: str) -> Key:
    """Read what the fact is about; an order without a shop is one of the source's own."""
    allowed = ABOUT[kind.partition(".")[0]]
    word = about["type"].value
    if word not in allowed:
        raise about["type"].wrong(f"{kind} is about {' or '.join(allowed)}")
    given = {"shop": source, **about.value} if word == "order" else about.value
    key: Key = build(KEYS[word], given, about)
    if not isinstance(key, ParcelKey):
        return key
    number, carrier = _number(key.number), _carrier(key.carrier)
    if not number:
        raise about["number"].wrong("must hold one tracking number")
    return key if (number, carrier) == (key.number, key.carrier) else ParcelKey(number, carrier)


def _with_parcel(what: Any, kind: str, about: Key) -> Any:
    """Let a fact about a parcel leave out which parcel, and a fact without fields its fields."""
    given = {} if what is None else what
    if isinstance(about, ParcelKey) and isinstance(given, dict) and kind in TAKES_PARCEL:
        return {"parcel": {"number": about.number, "carrier": about.carrier}, **given}
    return given


def _normal(what: Any) -> Any:
    """Bring the tracking number and the carrier to the spelling they are known by."""
    parcel = what.parcel
    if parcel is None:
        return what
    number, carrier = _number(parcel.number) or None, _carrier(parcel.carrier)
    if (number, carrier) == (parcel.number, parcel.carrier):
        return what
    return replace(what, parcel=ParcelRef(id=parcel.id, number=number, carrier=carrier))


def _number(text: str | None) -> str:
    return normalise_number(text) if text else ""


def _carrier(text: str | None) -> str | None:
    return text.lower() if text else None
