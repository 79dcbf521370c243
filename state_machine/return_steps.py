"""What each fact about a return or a refund does to the belief."""

from state_machine.draft import Draft, DraftReturn
from state_machine.events import Event, Refunded, ReturnMoved, Units
from state_machine.milestones import Told
from state_machine.order import Refund
from state_machine.returns import NEXT, ROADS, Acceptance, ReturnStage

TELLS = {
    ReturnStage.REQUESTED: Told.RETURN_STARTED,
    ReturnStage.APPROVED: Told.RETURN_APPROVED,
    ReturnStage.LABEL_ISSUED: Told.RETURN_APPROVED,
    ReturnStage.RECEIVED: Told.RETURN_RECEIVED,
}


def moved(draft: Draft, event: Event, what: ReturnMoved) -> str | None:
    """A return reached a stage; goods that came back, and what was found of them, count anyway."""
    received, rejected = _axes(draft.returns.get(what.return_id))
    refused = move_return(draft, event, what.return_id, what.stage)
    ret = draft.returns[what.return_id]
    if what.units and refused is None and what.stage is not ReturnStage.INSPECTED:
        ret.units = what.units
    if what.acceptance is Acceptance.REJECTED:
        ret.rejected = _add(ret.rejected, what.units or ret.units)
    if what.parcel is not None and what.parcel.number is not None:
        ret.number = what.parcel.number
    return refused if (received, rejected) == _axes(ret) else None


def _axes(ret: DraftReturn | None) -> tuple[bool, tuple[Units, ...]]:
    """Reception and acceptance: two axes of their own, beside the stage."""
    return (ret.received, ret.rejected) if ret is not None else (False, ())


def move_return(draft: Draft, event: Event, return_id: str, stage: ReturnStage) -> str | None:
    """Move a return to a stage; answer None, or why it stays where it is."""
    ret = draft.returns.get(return_id)
    if ret is None:
        ret = DraftReturn(return_id, stage, event.occurred_at, received=stage.goods_are_back)
        draft.returns[return_id] = ret
        ret.refund = next((r for r in draft.refunds.values() if r.return_id == return_id), None)
    elif stage is not ret.stage:
        ret.received = ret.received or stage.goods_are_back
        if stage not in ROADS[ret.stage]:
            return f"{stage} does not follow {ret.stage}"
        ret.stage, ret.since = stage, event.occurred_at
    else:
        return None
    _tell(draft, ret, event)
    _settle_refund(ret, event)
    return None


def _tell(draft: Draft, ret: DraftReturn, event: Event) -> None:
    code = TELLS.get(ret.stage)
    if ret.stage is ReturnStage.REFUNDED and ret.id not in draft.refunded_returns:
        code = Told.REFUND_ISSUED
    if ret.stage is ReturnStage.EXCHANGED and ret.id not in draft.exchanged_returns:
        code = Told.EXCHANGE_SHIPPED
    if code is not None:
        draft.reach(code, ret.subject, "", at=event.occurred_at, fact=event.id)


def _settle_refund(ret: DraftReturn, event: Event) -> None:
    """Money that went out before the goods came in counts once they are in."""
    if ret.refund is not None and ret.received and ReturnStage.REFUNDED in NEXT[ret.stage]:
        ret.stage, ret.since = ReturnStage.REFUNDED, event.occurred_at


def refunded(draft: Draft, event: Event, what: Refunded) -> str | None:
    """Money goes back to the customer."""
    refund = Refund(what.refund, what.amount, what.currency, event.occurred_at, what.return_id)
    draft.refunds[what.refund] = refund
    subject = "order" if what.return_id is None else f"return:{what.return_id}"
    draft.reach(Told.REFUND_ISSUED, subject, what.refund, at=event.occurred_at, fact=event.id)
    ret = draft.returns.get(what.return_id or "")
    if ret is not None:
        ret.refund = refund
        _settle_refund(ret, event)
    return None


def _add(before: tuple[Units, ...], more: tuple[Units, ...]) -> tuple[Units, ...]:
    total = {units.line: units.quantity for units in before}
    for units in more:
        total[units.line] = total.get(units.line, 0) + units.quantity
    return tuple(Units(line, quantity) for line, quantity in total.items())
