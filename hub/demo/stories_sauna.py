"""What happens to the orders of Saunakauppa Löyly, a WooCommerce shop; and what is planted."""

from datetime import datetime

from hub.demo import cast
from hub.demo.cast import sauna
from hub.demo.day import Line, Story, When, steps, story
from hub.demo.dialects import canonical
from hub.demo.dialects import pakettikauppa as pk
from hub.demo.dialects.woocommerce import Sent, order
from state_machine.statuses import Status

DEPOT = ("01530", "VANTAA")


def paid_later(when: When) -> Story:
    """Paid by bank transfer, which takes its time."""
    bought = sauna(2001, cast.TAIMI, (cast.BUCKET, 1), (cast.LADLE, 1))
    placed, paid = when(0), when(5)
    return story(
        when,
        "paid later",
        bought,
        (0, "orders, not yet paid", order("order.created", bought, "on-hold", placed=placed)),
        (5, "paid", order("order.updated", bought, "processing", placed=placed, paid=paid)),
        *_shipped(when, bought, "JJFI64990000000002001", "Posti", placed=placed, paid=paid),
        (30, "on the van", pk.scan("JJFI64990000000002001", pk.ON_VAN, ("15100", "LAHTI"))),
        ends=Status.OUT_FOR_DELIVERY,
        told="order_placed payment_problem shipped out_for_delivery",
    )


def not_collected(when: When) -> Story:
    """Nobody fetches the stones; they go home. "Handed out" then means: to the shop."""
    bought = sauna(2002, cast.PIPPA, (cast.STONES, 2))
    number, placed = "MH99000002002", when(0.2)
    town = ("96100", "ROVANIEMI")
    return story(
        when,
        "not fetched",
        bought,
        *_placed(bought, placed, 0.2),
        *_shipped(when, bought, number, "Matkahuolto", placed=placed, paid=placed),
        (14, "ready at the desk", pk.scan(number, pk.AT_PICKUP_POINT, town)),
        (26, "goes back", pk.scan(number, pk.GOING_BACK, town)),
        (32, "handed out", pk.scan(number, pk.HANDED_OUT, DEPOT)),
        ends=Status.RETURNED_TO_SENDER,
        told="order_placed shipped ready_for_pickup returning_to_sender",
    )


def wrong_scan(when: When) -> Story:
    """The driver scans the wrong parcel as delivered; it is taken back and told as corrected."""
    bought = sauna(2003, cast.LINUS, (cast.TOWEL, 4))
    number, placed = "JJFI64990000000002003", when(0.6)
    wrong = pk.fact_id(number, pk.HANDED_OUT, when(15))
    town = ("22100", "MAARIANHAMINA")
    return story(
        when,
        "wrong scan",
        bought,
        *_placed(bought, placed, 0.6),
        *_shipped(when, bought, number, "Posti", placed=placed, paid=placed),
        (13, "on the van", pk.scan(number, pk.ON_VAN, town)),
        (15, "delivered?", pk.scan(number, pk.HANDED_OUT, town)),
        (17, "no: wrong parcel", canonical.retracted(wrong, number, "the driver's mistake")),
        (34, "delivered", pk.scan(number, pk.HANDED_OUT, town)),
        ends=Status.DELIVERED,
        told="order_placed shipped out_for_delivery delivered correction delivered",
    )


def being_packed(when: When) -> Story:
    """Ordered this afternoon; the warehouse is at it."""
    bought = sauna(2004, cast.EINO, (cast.LADLE, 1), (cast.STONES, 1))
    return story(
        when,
        "being packed",
        bought,
        *_placed(bought, when(31), 31),
        (33, "goods set aside", canonical.in_warehouse("allocated", bought)),
        (35, "the warehouse packs", canonical.in_warehouse("packed", bought)),
        ends=Status.PROCESSING,
        told="order_placed",
    )


def odd_status(when: When) -> Story:
    """Planted: a plugin's own order status. All but that one word is understood and applied."""
    bought = sauna(2005, cast.AINO, (cast.BUCKET, 1))
    placed = when(20)
    odd = order("order.updated", bought, "odottaa-lavaa", placed=placed, paid=placed)
    return story(
        when,
        "planted: odd status",
        bought,
        *_placed(bought, placed, 20),
        (22, "a status from a plugin", odd),
        ends=Status.PROCESSING,
        told="order_placed",
    )


def nobodys_parcel(when: When) -> Story:
    """Planted: a scan of a parcel that no shop ever names."""
    lost = pk.scan("JJFI64990000000009999", pk.MOVING, DEPOT)
    lines = ((7, "a parcel nobody knows", lost),)
    return Story("planted: nobody's", None, steps(when, *lines))


def _placed(bought: cast.Purchase, placed: datetime, hours: float) -> tuple[Line, ...]:
    said = order("order.created", bought, "processing", placed=placed, paid=placed)
    return ((hours, "orders and pays", said),)


def _shipped(
    when: When,
    bought: cast.Purchase,
    number: str,
    provider: str,
    *,
    placed: datetime,
    paid: datetime,
) -> tuple[Line, ...]:
    parcel = Sent(at=when(7), provider=provider, number=number)
    done = order(
        "order.updated",
        bought,
        "completed",
        placed=placed,
        paid=paid,
        completed=when(7),
        sent=(parcel,),
    )
    return (
        (7, "the shop names the parcel", done),
        (7.4, f"{provider} collects", pk.scan(number, pk.COLLECTED, DEPOT)),
        (11, "on its way", pk.scan(number, pk.MOVING, DEPOT)),
    )
