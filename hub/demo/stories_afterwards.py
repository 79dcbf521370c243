"""What happens at Kaamos & Koti when an order is called off, comes back or is paid back."""

from hub.demo import cast
from hub.demo.cast import kaamos
from hub.demo.day import Line, Story, When, story
from hub.demo.dialects import canonical, shopify
from hub.demo.dialects import pakettikauppa as pk
from hub.demo.dialects.shopify_shapes import Fulfilment, Refund
from hub.demo.message import Said
from state_machine.statuses import Status

DEPOT = ("01530", "VANTAA")


def partly_cancelled(when: When) -> Story:
    """The customer takes the candles out of the order and gets that money back."""
    order = kaamos(1008, cast.RUBY, (cast.SOCKS, 2), (cast.CANDLE, 1))
    socks, candles = order.lines
    back = Refund(id=91008, at=when(3), amount="24.90", kind="cancel", lines=(candles,))
    box = Fulfilment(
        id=81009, at=when(7), company="Posti", number="JJFI64990000000001009", lines=(socks,)
    )
    placed = when(0.5)
    after = shopify.order("orders/updated", order, placed=placed, refunds=(back,))
    return story(
        when,
        "candles cancelled",
        order,
        (0.5, "orders socks, candles", shopify.order("orders/create", order, placed=placed)),
        (3, "candles cancelled", shopify.refund(back, order)),
        (3.1, "the whole order again", after),
        (7, "the shop names the parcel", shopify.fulfilment("fulfillments/create", box, order)),
        (7.6, "Posti collects", pk.scan(box.number, pk.COLLECTED, DEPOT)),
        (12, "on its way", pk.scan(box.number, pk.MOVING, ("40100", "JYVÄSKYLÄ"))),
        ends=Status.IN_TRANSIT,
        told="order_placed cancelled refund_issued shipped",
    )


def cancelled(when: When) -> Story:
    """The customer calls the order off before it is packed."""
    order = kaamos(1009, cast.MOA, (cast.THROW, 1))
    back = Refund(id=91009, at=when(9), amount=order.total, kind="cancel", lines=order.lines)
    placed, gone = when(6), when(9)
    after = shopify.order("orders/cancelled", order, placed=placed, refunds=(back,), cancelled=gone)
    return story(
        when,
        "called off",
        order,
        (6, "orders a throw", shopify.order("orders/create", order, placed=placed)),
        (9, "called off", after),
        (9.1, "money back", shopify.refund(back, order)),
        ends=Status.CANCELLED,
        told="order_placed cancelled refund_issued",
    )


def returned(when: When) -> Story:
    """Everything comes back, and the money goes back."""
    order = kaamos(1010, cast.ONNI, (cast.SOCKS, 2))
    label, own = "JJFI64990000000009010", 9901010
    back = Refund(
        id=91010, at=when(30), amount="59.00", kind="return", lines=order.lines, return_id=own
    )
    return story(
        when,
        "comes back",
        order,
        *_delivered(when, order, "JJFI64990000000001010"),
        (12, "wants to return", canonical.returned(order, own, "requested", lines=order.lines)),
        (13, "the shop agrees", canonical.returned(order, own, "approved")),
        (14, "return label", canonical.returned(order, own, "label_issued", label=label)),
        (18, "on its way back", pk.scan(label, pk.COLLECTED, ("70100", "KUOPIO"))),
        (19, "on its way back", pk.scan(label, pk.MOVING, DEPOT)),
        (28, "back at the desk", canonical.returned(order, own, "received")),
        (30, "money back", shopify.refund(back, order)),
        (30.2, "return settled", canonical.returned(order, own, "refunded")),
        ends=Status.RETURNED,
        told="order_placed shipped delivered return_started return_approved return_received"
        " refund_issued",
    )


def return_begun(when: When) -> Story:
    """Three mugs are to come back; the parcel has not set out yet."""
    order = kaamos(1011, cast.ALVAR, (cast.MUG, 3))
    own = 9901011
    return story(
        when,
        "return begun",
        order,
        *_delivered(when, order, "JJFI64990000000001011"),
        (26, "wants to return", canonical.returned(order, own, "requested", lines=order.lines)),
        (29, "the shop agrees", canonical.returned(order, own, "approved")),
        ends=Status.RETURN_STARTED,
        told="order_placed shipped delivered return_started return_approved",
    )


def goodwill(when: When) -> Story:
    """A scratched lantern: some money back, nothing to send in."""
    order = kaamos(1012, cast.IRIS, (cast.LANTERN, 1))
    back = Refund(id=91012, at=when(24), amount="15.00", kind="no_restock", lines=order.lines)
    return story(
        when,
        "scratched",
        order,
        *_delivered(when, order, "JJFI64990000000001012"),
        (24, "some money back", shopify.refund(back, order)),
        ends=Status.DELIVERED,
        told="order_placed shipped delivered refund_issued",
    )


def by_courier(when: When) -> Story:
    """A bicycle courier no carrier feed knows: the shop's own word has to do."""
    order = kaamos(1013, cast.SISKO, (cast.CANDLE, 2))
    box = Fulfilment(
        id=81013, at=when(15.2), company="Pyörälähetti", number="PYORA99001013", lines=order.lines
    )

    def progress(own: int, status: str) -> Said:
        return shopify.fulfilment_event(own, box, order, status)

    return story(
        when,
        "by bicycle",
        order,
        (15, "orders candles", shopify.order("orders/create", order, placed=when(15))),
        (15.2, "shipped at once", shopify.fulfilment("fulfillments/create", box, order)),
        (16, "in the saddle", progress(7101301, "out_for_delivery")),
        (17, "delivered", progress(7101302, "delivered")),
        ends=Status.DELIVERED,
        told="order_placed shipped out_for_delivery delivered",
    )


def _delivered(when: When, order: cast.Purchase, number: str) -> tuple[Line, ...]:
    box = Fulfilment(
        id=order.id % 10_000 + 80_000, at=when(1), company="Posti", number=number, lines=order.lines
    )
    home = (order.customer.postal_code, order.customer.city.upper())
    return (
        (0.4, "orders", shopify.order("orders/create", order, placed=when(0.4))),
        (1, "the shop names the parcel", shopify.fulfilment("fulfillments/create", box, order)),
        (1.3, "Posti collects", pk.scan(number, pk.COLLECTED, DEPOT)),
        (4, "on its way", pk.scan(number, pk.MOVING, home)),
        (10, "delivered", pk.scan(number, pk.HANDED_OUT, home)),
    )
