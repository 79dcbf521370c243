"""Every raw has exactly one outcome: applied, duplicate, parked or quarantined."""

from collections.abc import Collection, Sequence

from sqlalchemy import Connection

from hub.pipeline import quarantine
from hub.pipeline.translate import Translated
from hub.store import inbox
from state_machine.events import StockKey


def take_in(
    connection: Connection, batch: Sequence[Translated]
) -> tuple[list[Translated], dict[int, str]]:
    """Mark every raw of the batch; return the fresh ones and what the others are."""
    taken = inbox.take(connection, [one.delivery for one in batch])
    if len(taken) == len(batch):
        return list(batch), {}
    fresh = [one for one in batch if one.delivery.raw_id in taken]
    again = [one for one in batch if one.delivery.raw_id not in taken]
    return fresh, _repeat(connection, again)


def _repeat(connection: Connection, again: Sequence[Translated]) -> dict[int, str]:
    """Mark raws whose key is taken: a repetition, or a conflict when the body is another."""
    bodies = inbox.known_bodies(connection, [one.delivery for one in again])
    outcome: dict[int, str] = {}
    held = []
    for one in again:
        delivery = one.delivery
        same = bodies.get((delivery.connector, delivery.source, delivery.key)) == delivery.sha256
        outcome[delivery.raw_id] = "duplicate" if same else "quarantined"
        if not same:
            detail = "an earlier delivery had this id and another body; nothing of it was applied"
            held.append(quarantine.row(one, quarantine.CONFLICT, code=delivery.key, detail=detail))
    for word in ("duplicate", "quarantined"):
        deliveries = [one.delivery for one in again if outcome[one.delivery.raw_id] == word]
        inbox.repeat(connection, deliveries, word)
    quarantine.keep(connection, held)
    return outcome


def settle(
    connection: Connection,
    fresh: Sequence[Translated],
    *,
    parked: set[int],
    added: set[tuple[str, str]],
    ambiguous: Collection[int] = (),
) -> dict[int, str]:
    """Give every fresh raw its one outcome: what still waits names it, else what it did."""
    quarantined = {one.delivery.raw_id: quarantine.rows_of(one) for one in fresh}
    quarantine.keep(connection, [row for rows in quarantined.values() for row in rows])
    new = {fact for _, fact in added}
    outcome: dict[int, str] = {}
    for one in fresh:
        raw_id = one.delivery.raw_id
        if quarantined[raw_id] or raw_id in ambiguous:
            outcome[raw_id] = "quarantined"
        elif raw_id in parked:
            outcome[raw_id] = "parked"
        else:
            outcome[raw_id] = "duplicate" if _repeats(one, new) else "applied"
    for word in ("quarantined", "parked", "duplicate"):
        inbox.settle(connection, word, [raw_id for raw_id, is_ in outcome.items() if is_ == word])
    return outcome


def _repeats(one: Translated, new: set[str]) -> bool:
    """Whether all facts of a raw were known; what is told of goods may touch no timeline."""
    if not one.arrivals or any(arrival.event.id in new for arrival in one.arrivals):
        return False
    return not any(isinstance(event.about, StockKey) for event in one.events)
