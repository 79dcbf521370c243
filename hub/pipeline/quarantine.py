"""Where a raw waits that is authentic but not understood, and how it is released after a fix."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, delete, select, update

from hub.pipeline.translate import DECIDED, Translated
from hub.store import inbox, log
from hub.store.locking import in_turn
from hub.store.tables import BeliefRow, InboxRow, ParkedRow, QuarantineRow, RawRow, table
from hub.store.timeline import Arrival
from state_machine.events import ParcelKey, normalise_number

QUARANTINE = table(QuarantineRow)
INBOX = table(InboxRow)
PARKED = table(ParkedRow)
RAW = table(RawRow)
BELIEF = table(BeliefRow)

UNREADABLE = "unreadable"  #: the whole raw
UNMAPPED = "unmapped"  #: one fact of it; the rest is applied
CONFLICT = "conflict"  #: the key of an earlier delivery with another body
AMBIGUOUS = "ambiguous"  #: one fact of it may be about several orders; the rest is applied
ERROR = "error"  #: a fault of ours
UNCLAIMED = "unclaimed"  #: waited for its order until a person gave it up


def rows_of(translated: Translated) -> list[dict[str, Any]]:
    """Make the quarantine rows of one raw; none when all of it was understood."""
    if translated.unreadable is not None:
        reason = translated.unreadable
        return [row(translated, UNREADABLE, code=reason.split(":", 1)[0], detail=reason)]
    return [
        row(translated, UNMAPPED, code=one.code, detail=one.detail, about=one.about)
        for one in translated.unmapped
    ]


def row(
    translated: Translated, kind: str, *, code: str, detail: str, about: str = ""
) -> dict[str, Any]:
    """Make one quarantine row."""
    return _row(translated.delivery, kind, code=code, detail=detail, about=about)


def _row(delivery: Any, kind: str, *, code: str, detail: str, about: str) -> dict[str, Any]:
    """``delivery``: a ``Delivery``, or its row of the inbox."""
    return {
        "raw_id": delivery.raw_id,
        "connector": delivery.connector,
        "source": delivery.source,
        "kind": kind,
        "code": _storable(code)[:255],
        "detail": _storable(detail)[:4000],
        "about": _storable(about)[:255],
        "received_at": delivery.received_at,
        "released_at": None,
    }


def _storable(text: str) -> str:
    """Return a text that every database takes: one that cannot be kept would be tried for ever.

    What a fault of ours says may quote anything: NUL, which PostgreSQL has no place for, and halves
    of characters, which are no text at all.
    """
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\0")


def keep(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Put rows into quarantine."""
    if rows:
        connection.execute(QUARANTINE.insert(), rows)


def refuse(connection: Connection, ambiguous: Sequence[tuple[Arrival, Sequence[str]]]) -> set[int]:
    """Put facts that may be about several orders into quarantine, for a person to say which.

    In: each fact with those orders. Out: the raws that told them; the rest of each is applied.
    """
    if not ambiguous:
        return set()
    raws = {one.raw_id for one, _ in ambiguous}
    marks = connection.execute(select(INBOX).where(INBOX.c.raw_id.in_(raws)))
    by_raw = {mark.raw_id: mark for mark in marks}
    rows: dict[tuple[int, str], dict[str, Any]] = {}
    for one, orders in ambiguous:
        assert isinstance(one.event.about, ParcelKey)
        number = one.event.about.number
        detail = (
            f"{number} is claimed by {' and '.join(orders)}; say which is meant: "
            f"tilanne quarantine retry ID --order SHOP:ID"
        )
        rows[one.raw_id, number] = _row(
            by_raw[one.raw_id], AMBIGUOUS, code=f"parcel:{number}", detail=detail, about=number
        )
    keep(connection, list(rows.values()))
    inbox.settle(connection, "quarantined", list(raws))
    return raws


def release(
    connection: Connection,
    raw_ids: Sequence[int],
    now: datetime,
    decided: Mapping[str, str] | None = None,
) -> int:
    """Put raws back at the end of the log, as if they had just come, and mark them released.

    They are taken in anew: facts that were already applied are known by their ids and add nothing,
    and what is parked of them waits from then on under their new number. They are not accepted a
    second time: these are the same deliveries. ``decided``: tracking number -> id of the order that
    a person says it belongs to; raises ``ValueError`` for an order the hub does not know. Returns
    how many raws were put back.
    """
    decision = _decision(connection, decided or {})
    in_turn(connection, log.APPENDING)  # and whoever releases the same raws finds them gone
    rows = connection.execute(
        select(RAW).where(RAW.c.id.in_(raw_ids)).order_by(RAW.c.id)
    ).mappings()
    raws = [dict(row) for row in rows]
    found = [raw.pop("id") for raw in raws]
    for raw in raws:
        raw["headers"] = _with(decision, raw["headers"])
        raw["origin"] = None  # whatever brought it first, it is read from the log now
    log.at_the_end(connection, raws)
    inbox.give_up(connection, found)
    connection.execute(delete(PARKED).where(PARKED.c.raw_id.in_(found)))
    connection.execute(delete(RAW).where(RAW.c.id.in_(found)))
    connection.execute(
        update(QUARANTINE)
        .where(QUARANTINE.c.raw_id.in_(found), QUARANTINE.c.released_at.is_(None))
        .values(released_at=now)
    )
    return len(found)


def _decision(connection: Connection, decided: Mapping[str, str]) -> dict[str, list[str]]:
    """Return, per tracking number, the shop and the shop's id of the order it belongs to."""
    columns = (BELIEF.c.order_id, BELIEF.c.shop, BELIEF.c.external_id)
    wanted = set(decided.values())
    rows = connection.execute(select(*columns).where(BELIEF.c.order_id.in_(wanted))).all()
    orders = {row.order_id: [row.shop, row.external_id] for row in rows}
    if missing := sorted(wanted - orders.keys()):
        raise ValueError(f"the hub knows no order {missing[0]!r}; its id reads SHOP:ID")
    return {normalise_number(number): orders[order] for number, order in decided.items()}


def _with(decision: Mapping[str, list[str]], headers: str) -> str:
    """Write a decision into a raw's headers, beside those it already carries."""
    if not decision:
        return headers
    known = orjson.loads(headers)
    both = orjson.loads(known.get(DECIDED, "{}")) | decision
    return orjson.dumps(known | {DECIDED: orjson.dumps(both).decode()}).decode()
