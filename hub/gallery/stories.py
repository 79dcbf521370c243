"""What happens to invented orders: one story for each milestone."""

from collections.abc import Callable, Mapping
from datetime import timedelta

from hub.gallery.life import LAMP, NEAR, POINT, SOCKS, URL, Life
from state_machine.events import (
    Held,
    OrderCancelled,
    ParcelAnnounced,
    ParcelRef,
    ParcelScanned,
    PickupDue,
    ProblemReported,
    Refunded,
    Retracted,
    ReturnMoved,
    Units,
    UnitsBackordered,
    UnitsCancelled,
)
from state_machine.lifecycle import How, Stage
from state_machine.milestones import Told
from state_machine.problems import Reason
from state_machine.returns import ReturnStage


def _order_placed(life: Life) -> None:
    life.promise(3, parcel=False)


def _payment_problem(life: Life) -> None:
    life.tell(Held(reason="payment"))


def _backordered(life: Life) -> None:
    expected = life.now + timedelta(days=9) if life.rich else None
    life.tell(UnitsBackordered(units=LAMP if life.rich else (), expected_at=expected))


def _partially_shipped(life: Life) -> None:
    content = SOCKS if life.rich else (Units("1", 1),)
    life.tell(ParcelAnnounced(parcel=life.box, url=URL if life.rich else None, units=content))
    life.promise(1)
    life.scan(Stage.HANDED_OVER)


def _shipped(life: Life) -> None:
    life.promise(1)
    life.send()


def _in_transit(life: Life) -> None:
    _shipped(life)
    life.scan(Stage.IN_TRANSIT)


def _out_for_delivery(life: Life) -> None:
    life.promise(0)
    life.send()
    life.scan(Stage.OUT_FOR_DELIVERY)


def _ready(life: Life) -> None:
    life.send()
    until = life.now + timedelta(days=7)
    life.scan(Stage.READY_FOR_PICKUP, pickup_point=POINT, pickup_code="4711", keep_until=until)


def _reminder(life: Life) -> None:
    _ready(life)
    life.tell(PickupDue(parcel=life.box, keep_until=life.now + timedelta(days=7)))


def _delivered(life: Life) -> None:
    life.send(*SOCKS)
    life.scan(Stage.DELIVERED, how=How.MAILBOX)


def _attempt_failed(life: Life) -> None:
    life.send()
    life.scan(Stage.OUT_FOR_DELIVERY)
    near = (NEAR,) if life.rich else None
    life.tell(ProblemReported(parcel=life.box, reason=Reason.ATTEMPT_FAILED, nearby=near))


def _delayed(life: Life) -> None:
    life.promise(1)
    life.send()
    life.tell(ProblemReported(parcel=life.box, reason=Reason.WEATHER))
    life.promise(3)


def _action_required(life: Life) -> None:
    life.send()
    life.tell(ProblemReported(parcel=life.box, reason=Reason.ADDRESS_PROBLEM))


def _lost(life: Life) -> None:
    life.send()
    life.scan(Stage.LOST)


def _returning(life: Life) -> None:
    life.send()
    life.tell(ProblemReported(parcel=life.box, reason=Reason.MISSED_PICKUP))
    life.scan(Stage.RETURNING_TO_SENDER)


def _cancelled(life: Life) -> None:
    life.tell(UnitsCancelled(units=LAMP) if life.rich else OrderCancelled())


def _returned(stage: ReturnStage) -> Callable[[Life], None]:
    def tell(life: Life) -> None:
        _delivered(life)
        units = (Units("1", 1),) if life.rich else ()
        parcel = ParcelRef(number="JJFI64990000000009009") if life.rich else None
        road = (ReturnStage.REQUESTED, ReturnStage.APPROVED, ReturnStage.RECEIVED)
        for one in road[: road.index(stage) + 1]:
            life.tell(ReturnMoved(return_id="r1", stage=one, units=units, parcel=parcel))

    return tell


def _refunded(life: Life) -> None:
    _returned(ReturnStage.RECEIVED)(life)
    amount, currency = ("29.50", "EUR") if life.rich else (None, None)
    life.tell(Refunded(refund="f1", return_id="r1", amount=amount, currency=currency))


def _exchanged(life: Life) -> None:
    _returned(ReturnStage.RECEIVED)(life)
    box = ParcelRef(id="p2", number="JJFI64990000000001002" if life.rich else None)
    life.tell(
        ParcelAnnounced(parcel=box, exchange_for="r1"),
        ParcelScanned(parcel=box, stage=Stage.HANDED_OVER),
    )


def _corrected(life: Life) -> None:
    life.send()
    life.scan(Stage.OUT_FOR_DELIVERY)
    life.scan(Stage.DELIVERED)
    life.tell(Retracted(fact=life.facts[-1].id))


LIVES: Mapping[Told, Callable[[Life], None]] = {
    Told.ORDER_PLACED: _order_placed,
    Told.PAYMENT_PROBLEM: _payment_problem,
    Told.BACKORDERED: _backordered,
    Told.PARTIALLY_SHIPPED: _partially_shipped,
    Told.SHIPPED: _shipped,
    Told.FIRST_IN_TRANSIT: _in_transit,
    Told.OUT_FOR_DELIVERY: _out_for_delivery,
    Told.READY_FOR_PICKUP: _ready,
    Told.PICKUP_REMINDER: _reminder,
    Told.DELIVERED: _delivered,
    Told.DELIVERY_ATTEMPT_FAILED: _attempt_failed,
    Told.DELAYED: _delayed,
    Told.ACTION_REQUIRED: _action_required,
    Told.LOST_OR_DAMAGED: _lost,
    Told.RETURNING_TO_SENDER: _returning,
    Told.CANCELLED: _cancelled,
    Told.RETURN_STARTED: _returned(ReturnStage.REQUESTED),
    Told.RETURN_APPROVED: _returned(ReturnStage.APPROVED),
    Told.RETURN_RECEIVED: _returned(ReturnStage.RECEIVED),
    Told.REFUND_ISSUED: _refunded,
    Told.EXCHANGE_SHIPPED: _exchanged,
    Told.CORRECTION: _corrected,
}
