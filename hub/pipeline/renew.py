"""One order after its new facts: what is believed of it now, and the rows that say so."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from connectors.contract import Contact
from hub.pipeline.recent import AtHand
from hub.pipeline.tell import outbox_row
from hub.store import belief, contacts
from hub.store.belief import Known
from state_machine.changes import Change, changes
from state_machine.fold import Fold
from state_machine.milestones import Milestone, Told
from state_machine.order import Belief, Order
from state_machine.promises import next_deadline


@dataclass(slots=True)
class Renewed:
    """The rows that change with the orders of one batch."""

    beliefs: list[dict[str, Any]] = field(default_factory=list)  #: new, or found by other keys
    progress: list[dict[str, Any]] = field(default_factory=list)  #: of which only progress changed
    outbox: list[dict[str, Any]] = field(default_factory=list)
    #: order -> (shop, SKUs it waits for now), where that changed
    open_lines: dict[str, tuple[str, frozenset[str]]] = field(default_factory=dict)
    at_hand: dict[str, AtHand] = field(default_factory=dict)
    mark: str = ""  #: of the transaction that writes these rows

    def order(
        self,
        order_id: str,
        before: Known | None,
        fold: Fold,
        now: Belief,
        *,
        received: Sequence[datetime],
        stated: Sequence[Contact],
    ) -> None:
        """Make the rows of one order.

        In: the stored belief; the fold with the facts of this batch, and its answer; when those
        facts reached us; what the shop states of the customer in this batch.
        """
        known = _known(before, now, received, stated)._replace(mark=self.mark)
        if before and _keys(before) == _keys(known):
            self.progress.append(belief.progress(order_id, known))
        else:
            self.beliefs.append(belief.row(order_id, now.order, known))
        since = max(received, default=known.as_of)
        self.outbox += [
            outbox_row(
                order_id,
                now.order,
                change,
                version=known.version,
                received_at=since,
                cause=fold.facts.get(change.milestone.fact),
            )
            for change in _news(before, known, now)
        ]
        if before is None or before.waits_for != known.waits_for:
            self.open_lines[order_id] = (now.order.shop, known.waits_for or frozenset())
        self.at_hand[order_id] = AtHand(known, fold)

    def silence(self, reason: str) -> None:
        """Tell nobody of what changed, for ``reason``."""
        for row in self.outbox:
            row["silent"] = row["silent"] or reason


def _known(
    before: Known | None, now: Belief, received: Sequence[datetime], stated: Sequence[Contact]
) -> Known:
    text = belief.snapshot(now.order)
    return Known(
        number=now.order.number,
        contact_id=_contact_of(stated, before),
        version=_version(before, text),
        status=str(now.order.status),
        as_of=max([before.as_of, *received] if before else received),
        due_at=next_deadline(now.order),
        snapshot=text,
        milestones=now.keys,
        waits_for=_waits_for(now.order),
    )


def _keys(known: Known) -> tuple[object, ...]:
    """Return what a belief is found by, apart from its order and its age."""
    return (known.number, known.contact_id, known.due_at)


def _news(before: Known | None, known: Known, now: Belief) -> Sequence[Change]:
    """Return what is worth telling: a status that no milestone brought is told to systems."""
    if before is None:
        return changes((), now)
    news = () if before.milestones == known.milestones else changes(before.milestones, now)
    if before.status == known.status or any(change.silent is None for change in news):
        return news
    since = now.order.status_since
    milestone = Milestone(Told.STATUS_CHANGED, "order", f"version {known.version}", since, "")
    return (*news, Change(milestone))


def _version(before: Known | None, text: str) -> int:
    """Return the number of the belief; it counts the times the snapshot changed."""
    if before is None:
        return 1
    return before.version + (before.snapshot != text)


def _contact_of(stated: Sequence[Contact], before: Known | None) -> str | None:
    if stated:
        return contacts.contact_id(max(stated, key=lambda one: one.stated_at))
    return before.contact_id if before else None


def _waits_for(order: Order) -> frozenset[str]:
    """Return the SKUs of which units are still in the shop."""
    return frozenset(
        line.sku
        for line in order.lines
        if line.sku and line.shipped + line.cancelled < line.quantity
    )
