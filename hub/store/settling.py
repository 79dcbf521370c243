"""What became of tries to hand notices over: about to be handed over, and settled once.

``attempts`` of a notice is the fencing token: whoever holds an older number changes nothing. What
ends at the same time is written down together.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, select

from hub.crashpoints import crashpoint
from hub.store.among import among
from hub.store.attempts import ATTEMPT
from hub.store.columns import unindexed
from hub.store.outbox import NOTICE
from hub.store.rows import update_each

THIS = ("notice_id", "n")  #: an attempt's key
_HELD: Select[Any] = (
    select(NOTICE.c.id, NOTICE.c.attempts, NOTICE.c.next_at, ATTEMPT.c.provider_ref)
    .join(ATTEMPT, and_(ATTEMPT.c.notice_id == NOTICE.c.id, ATTEMPT.c.n == NOTICE.c.attempts))
    .where(among(NOTICE.c.id, "ids"), unindexed(NOTICE.c.state) == "leased")
    .order_by(NOTICE.c.id)
    .with_for_update(of=NOTICE)
)


@dataclass(frozen=True, slots=True)
class Handed:
    """An attempt whose message the provider is about to get."""

    notice: int
    n: int
    at: datetime
    reference: str = ""  #: what receipts will call it


def mark_handing(connection: Connection, several: Sequence[Handed]) -> Sequence[bool]:
    """Note that providers are about to get them; False for each that another holds by now."""
    counted = _held(connection, [(one.notice, one.n) for one in several])
    rows = [
        {
            "notice_id": one.notice,
            "n": one.n,
            "handing_at": one.at,
            "provider_ref": one.reference or held.provider_ref,
        }
        for one, held in zip(several, counted, strict=True)
        if held
    ]
    update_each(connection, ATTEMPT, rows, *THIS)
    return [held is not None for held in counted]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """How an attempt ended and what becomes of its notice."""

    outcome: str  #: sent, retry, dead or ambiguous
    state: str  #: due, sent, held or dead
    detail: str  #: what the provider said
    at: datetime
    next_at: datetime | None = None  #: with due: when to try again
    gone: bool = False  #: the address will never work
    reference: str = ""  #: what receipts call it; empty: as noted before


@dataclass(frozen=True, slots=True)
class Ended:
    """An attempt that is over."""

    notice: int
    n: int
    end: Settlement


def settle(connection: Connection, several: Sequence[Ended]) -> Sequence[bool]:
    """Write down how attempts ended; False for each that is not the one that counts any more."""
    counted = _held(connection, [(one.notice, one.n) for one in several])
    ours = [(one, held) for one, held in zip(several, counted, strict=True) if held]
    update_each(connection, NOTICE, [_settled(*one) for one in ours], "id")
    crashpoint("notify.settling")
    update_each(connection, ATTEMPT, [_ended(*one) for one in ours], *THIS)
    return [held is not None for held in counted]


def _settled(one: Ended, held: Row[Any]) -> dict[str, Any]:
    end = one.end
    return {
        "id": one.notice,
        "state": end.state,
        "reason": None if end.state == "sent" else end.detail,
        "lease_until": None,
        "settled_at": None if end.state == "due" else end.at,
        "next_at": end.next_at or held.next_at,
    }


def _ended(one: Ended, held: Row[Any]) -> dict[str, Any]:
    return {
        "notice_id": one.notice,
        "n": one.n,
        "outcome": one.end.outcome,
        "detail": one.end.detail,
        "ended_at": one.end.at,
        "provider_ref": one.end.reference or held.provider_ref,
    }


def _held(connection: Connection, these: Sequence[tuple[int, int]]) -> Sequence[Row[Any] | None]:
    """Return, for each notice and attempt, what is known of it; None: it is not ours any more.

    Each is returned once only: of two that say the same, the second one comes too late.
    """
    rows = connection.execute(_HELD, {"ids": [notice for notice, _ in these]})
    found = {(row.id, row.attempts): row for row in rows}
    return [found.pop(one, None) for one in these]
