"""What happens to the orders of Kaamos & Koti, a Shopify shop, on their way to the customer."""

from hub.demo import cast
from hub.demo.cast import kaamos
from hub.demo.day import Line, Story, When, story
from hub.demo.dialects import canonical, easypost, shopify
from hub.demo.dialects import pakettikauppa as pk
from hub.demo.dialects.shopify_shapes import Fulfilment
from state_machine.statuses import Status

DEPOT, LOCKER = ("01530", "VANTAA"), ("33100", "TAMPERE, KOSKIKESKUS")


def home_delivery(when: When) -> Story:
    """All goes well."""
    order = kaamos(1001, cast.AINO, (cast.MUG, 2))
    box = Fulfilment(
        id=81001, at=when(3), company="Posti", number="JJFI64990000000001001", lines=order.lines
    )
    return story(
        when,
        "straight home",
        order,
        (0, "orders two mugs", shopify.order("orders/create", order, placed=when(0))),
        (0.1, "pays", shopify.order("orders/paid", order, placed=when(0))),
        (2, "the warehouse packs", canonical.in_warehouse("packed", order)),
        (3, "the shop names the parcel", shopify.fulfilment("fulfillments/create", box, order)),
        (3.2, "label printed", pk.scan(box.number, pk.ANNOUNCED, DEPOT)),
        (3.5, "Posti collects", pk.scan(box.number, pk.COLLECTED, DEPOT)),
        (6, "on its way", pk.scan(box.number, pk.MOVING, ("33100", "TAMPERE"))),
        (25, "on the van", pk.scan(box.number, pk.ON_VAN, ("33100", "TAMPERE"))),
        (28, "delivered", pk.scan(box.number, pk.HANDED_OUT, ("33100", "TAMPERE"))),
        ends=Status.DELIVERED,
        told="order_placed shipped out_for_delivery delivered",
    )


def two_parcels(when: When) -> Story:
    """The order is split; one parcel is a day faster than the other."""
    order = kaamos(1002, cast.ELIS, (cast.THROW, 1), (cast.CANDLE, 3))
    first, second = order.lines
    near = Fulfilment(
        id=81002, at=when(2), company="Posti", number="JJFI64990000000001002", lines=(first,)
    )
    far = Fulfilment(
        id=81003, at=when(8), company="Matkahuolto", number="MH99000001003", lines=(second,)
    )
    placed = when(0.3)
    both = shopify.order("orders/updated", order, placed=placed, fulfilments=(near, far))
    vaasa = ("65100", "VAASA")
    return story(
        when,
        "two parcels",
        order,
        (0.3, "orders a throw and candles", shopify.order("orders/create", order, placed=placed)),
        (2, "the first parcel", shopify.fulfilment("fulfillments/create", near, order)),
        (2.4, "Posti collects", pk.scan(near.number, pk.COLLECTED, DEPOT)),
        (5, "on its way", pk.scan(near.number, pk.MOVING, vaasa)),
        (8, "the second parcel", shopify.fulfilment("fulfillments/create", far, order)),
        (8.1, "the whole order again", both),
        (8.5, "Matkahuolto collects", pk.scan(far.number, pk.COLLECTED, ("15100", "LAHTI"))),
        (20, "the first is delivered", pk.scan(near.number, pk.HANDED_OUT, vaasa)),
        (22, "the second moves", pk.scan(far.number, pk.MOVING, vaasa)),
        (30, "the second is delivered", pk.scan(far.number, pk.HANDED_OUT, vaasa)),
        ends=Status.DELIVERED,
        told="order_placed partially_shipped shipped delivered delivered",
    )


def collected(when: When) -> Story:
    """To a parcel locker, and fetched from there."""
    order = kaamos(1003, cast.VILJO, (cast.LANTERN, 1))
    return story(
        when,
        "parcel locker",
        order,
        *_to_locker(when, order, "JJFI64990000000001004", ("20100", "TURKU, HANSAKORTTELI")),
        (27, "fetched", pk.scan("JJFI64990000000001004", pk.HANDED_OUT, ("20100", "TURKU"))),
        ends=Status.DELIVERED,
        told="order_placed shipped ready_for_pickup delivered",
    )


def waits_at_locker(when: When) -> Story:
    """To a parcel locker, where it waits."""
    order = kaamos(1004, cast.GRACE, (cast.MUG, 1), (cast.CANDLE, 1))
    return story(
        when,
        "waits at the locker",
        order,
        *_to_locker(when, order, "JJFI64990000000001005", LOCKER),
        ends=Status.READY_FOR_PICKUP,
        told="order_placed shipped ready_for_pickup",
    )


def _to_locker(
    when: When, order: cast.Purchase, number: str, locker: tuple[str, str]
) -> tuple[Line, ...]:
    box = Fulfilment(
        id=order.id % 10_000 + 80_000, at=when(4), company="Posti", number=number, lines=order.lines
    )
    return (
        (1, "orders", shopify.order("orders/create", order, placed=when(1))),
        (4, "the shop names the parcel", shopify.fulfilment("fulfillments/create", box, order)),
        (4.3, "Posti collects", pk.scan(number, pk.COLLECTED, DEPOT)),
        (9, "on its way", pk.scan(number, pk.MOVING, DEPOT)),
        (23, "ready at the locker", pk.scan(number, pk.AT_PICKUP_POINT, locker)),
    )


def delayed(when: When) -> Story:
    """The carrier moves its promise; EasyPost repeats the whole history each time."""
    order = kaamos(1005, cast.OSCAR, (cast.THROW, 1))
    number, carrier = "JD014600990000001006", "DHLExpress"
    box = Fulfilment(id=81006, at=when(5), company="DHL Express", number=number, lines=order.lines)
    label = easypost.Scan(when(5.1), "pre_transit", "label_created", "Label created")
    moving = easypost.Scan(when(10), "in_transit", "departed_facility", "Departed", "Vantaa")
    snow = easypost.Scan(when(26), "in_transit", "weather_delay", "Delayed by weather", "Espoo")
    soon, late = when(60), when(110)
    return story(
        when,
        "late by snow",
        order,
        (1.5, "orders a throw", shopify.order("orders/create", order, placed=when(1.5))),
        (5, "shipped by DHL", shopify.fulfilment("fulfillments/create", box, order)),
        (5.2, "announced", easypost.tracker(number, carrier, (label,), promised=soon)),
        (10.2, "on its way", easypost.tracker(number, carrier, (label, moving), promised=soon)),
        (
            26.2,
            "the promise moves",
            easypost.tracker(number, carrier, (label, moving, snow), promised=late),
        ),
        ends=Status.IN_TRANSIT,
        told="order_placed shipped delayed",
    )


def second_try(when: When) -> Story:
    """Nobody is at home; the van comes again the next day."""
    order = kaamos(1006, cast.SVEA, (cast.LANTERN, 2))
    box = Fulfilment(
        id=81007, at=when(1), company="Posti", number="JJFI64990000000001007", lines=order.lines
    )
    home = ("67100", "KOKKOLA")
    return story(
        when,
        "nobody at home",
        order,
        (0.2, "orders two lanterns", shopify.order("orders/create", order, placed=when(0.2))),
        (1, "the shop names the parcel", shopify.fulfilment("fulfillments/create", box, order)),
        (1.5, "Posti collects", pk.scan(box.number, pk.COLLECTED, DEPOT)),
        (3, "on its way", pk.scan(box.number, pk.MOVING, home)),
        (6, "on the van", pk.scan(box.number, pk.ON_VAN, home)),
        (8, "nobody at home", pk.scan(box.number, pk.ATTEMPTED, home)),
        (11, "back at the depot", pk.scan(box.number, pk.MOVING, home)),
        (31, "on the van again", pk.scan(box.number, pk.ON_VAN, home)),
        (33, "delivered", pk.scan(box.number, pk.HANDED_OUT, home)),
        ends=Status.DELIVERED,
        told="order_placed shipped out_for_delivery delivery_attempt_failed out_for_delivery"
        " delivered",
    )


def backordered(when: When) -> Story:
    """The lamp is sold out; more come sooner than was feared."""
    order = kaamos(1007, cast.HELMI, (cast.LAMP, 1))
    box = Fulfilment(
        id=81008, at=when(19), company="Posti", number="JJFI64990000000001008", lines=order.lines
    )
    return story(
        when,
        "sold out",
        order,
        (2, "orders a lamp", shopify.order("orders/create", order, placed=when(2))),
        (3, "none left", shopify.stock(cast.LAMP, 0)),
        (3.1, "sold out", canonical.ran_out(cast.LAMP, order.shop, expected=when(150))),
        (16, "twelve arrive", shopify.stock(cast.LAMP, 12)),
        (16.1, "lamps are back", canonical.arrived(cast.LAMP, order.shop)),
        (18, "the warehouse packs", canonical.in_warehouse("packed", order)),
        (19, "the shop names the parcel", shopify.fulfilment("fulfillments/create", box, order)),
        (19.5, "Posti collects", pk.scan(box.number, pk.COLLECTED, DEPOT)),
        (29, "on the van", pk.scan(box.number, pk.ON_VAN, ("90100", "OULU"))),
        ends=Status.OUT_FOR_DELIVERY,
        told="order_placed backordered shipped out_for_delivery",
    )
