"""Shopify: orders, fulfilments, fulfilment events, refunds and stock levels.

Source: https://shopify.dev/docs/api/admin-rest (Order, Fulfillment, FulfillmentEvent, Refund,
InventoryLevel) and the webhook topics of the same names. Every message is a snapshot; what it has
in common with an earlier one gives equal facts. The topic header is not signed, so the content
decides what a message is, and a topic that contradicts it is refused.

Not the same twice, where the vendor gives no better (the first statement holds): a cancellation of
a fulfilment (``updated_at`` is its only time), a promise repeated by a later event, a tracking link
that was edited, a refund whose second transaction succeeds later.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import zip_longest
from typing import Final

from connectors.contract import Finding, Raw, Unmapped, Unreadable
from connectors.orders import Story, contact, untaught
from connectors.reading import Json, read
from connectors.signatures import verify_body_base64
from connectors.timestamps import with_offset
from state_machine import events as told
from state_machine.events import Event, OrderKey, ParcelRef, Units
from state_machine.lifecycle import How, Stage
from state_machine.problems import Blame, Reason
from state_machine.returns import ReturnStage

TITLE: Final = "Shopify"

#: topics we subscribe to -> the resource such a message holds
TOPICS: Mapping[str, str] = {
    "orders/create": "order",
    "orders/updated": "order",
    "orders/paid": "order",
    "orders/cancelled": "order",
    "orders/fulfilled": "order",
    "orders/partially_fulfilled": "order",
    "fulfillments/create": "fulfillment",
    "fulfillments/update": "fulfillment",
    "fulfillment_events/create": "fulfillment_event",
    "refunds/create": "refund",
    "inventory_levels/update": "inventory_level",
}

#: resource -> fields that only this resource has together
MARKS: Mapping[str, tuple[str, ...]] = {
    "fulfillment_event": ("fulfillment_id", "happened_at", "status"),
    "refund": ("order_id", "refund_line_items"),
    "order": ("line_items", "financial_status"),
    "fulfillment": ("order_id", "tracking_numbers", "status"),
    "inventory_level": ("inventory_item_id", "location_id", "available"),
}

#: fulfilment event status -> what it says of the parcel
STAGES: Mapping[str, tuple[Stage, How | None]] = {
    "label_purchased": (Stage.ANNOUNCED, None),
    "label_printed": (Stage.ANNOUNCED, None),
    "confirmed": (Stage.ANNOUNCED, None),
    "carrier_picked_up": (Stage.HANDED_OVER, None),
    "in_transit": (Stage.IN_TRANSIT, None),
    "out_for_delivery": (Stage.OUT_FOR_DELIVERY, None),
    "ready_for_pickup": (Stage.READY_FOR_PICKUP, None),
    "delivered": (Stage.DELIVERED, None),
    "picked_up": (Stage.DELIVERED, How.COLLECTED),
}
PROBLEMS: Mapping[str, tuple[Reason, Blame | None]] = {
    "attempted_delivery": (Reason.ATTEMPT_FAILED, None),
    "delayed": (Reason.DELAYED, None),
    # damaged, lost or undeliverable: Shopify does not say which
    "failure": (Reason.UNKNOWN_PROBLEM, Blame.CARRIER),
}

PAID = frozenset({"paid", "partially_refunded", "refunded"})
NOT_PAID = frozenset({"pending", "authorized", "partially_paid", "voided", "expired"})

OPEN = frozenset({"pending", "open"})  #: asked for; nothing has left the shop
VOID = frozenset({"cancelled", "error", "failure"})  #: withdrawn, or the request to ship failed

#: how Shopify spells the parts of an address
ADDRESS: Mapping[str, str] = {
    "street": "address1",
    "more": "address2",
    "postal_code": "zip",
    "city": "city",
    "country": "country_code",
}


def verify(raw: Raw, secret: str) -> None:
    """Check ``X-Shopify-Hmac-Sha256``; the name without ``X-`` is on its way in."""
    verify_body_base64(raw, secret, "X-Shopify-Hmac-Sha256", "Shopify-Hmac-Sha256")


def parse(raw: Raw) -> Iterator[Finding]:
    """Translate one webhook body, or one resource as the REST API answers it."""
    message = read(raw.body)
    resource = next((name for name, mark in MARKS.items() if message.has(*mark)), None)
    topic = raw.headers.get("x-shopify-topic") or raw.headers.get("shopify-topic")
    if not isinstance(message.value, dict):
        raise message.wrong("must be an object")
    if topic not in TOPICS and (topic or not resource):
        yield untaught(topic, message)
    elif topic and TOPICS[topic] != resource:
        raise Unreadable(f"/: the topic says {topic}, the content is {resource or 'unknown'}")
    elif resource == "order":
        yield from _order(message, raw.source)
    elif resource == "inventory_level":
        yield _stock(message, raw.source)
    else:
        own = message["order_id"].id()
        story = Story(OrderKey(raw.source, own), f"shopify:order:{own}")
        tell = {"fulfillment": _fulfillment, "fulfillment_event": _progress, "refund": _refund}
        yield from tell[resource or ""](message, story)


# --- order ---------------------------------------------------------------------------------------


def _order(order: Json, shop: str) -> Iterator[Finding]:
    own = order["id"].id()
    story = Story(OrderKey(shop, own), f"shopify:order:{own}")
    placed = order["created_at"].moment(with_offset).at
    stated = order["updated_at"].time(with_offset) or placed
    ordered = told.Ordered(
        number=order["name"].text() or f"#{own}",
        placed_at=placed,
        lines=tuple(map(_line, _shippable(order["line_items"]))),
        currency=order["currency"].code(),
    )
    yield story.ordered(ordered, at=stated)
    address, customer = order["shipping_address"] or order["billing_address"], order["customer"]
    names = (customer["first_name"].text(), customer["last_name"].text())
    phones = (order["phone"], address["phone"], customer["phone"])
    known = {
        "customer": customer["id"].id() if customer["id"] else None,
        "name": " ".join(filter(None, names)) or None,
        "email": order["contact_email"].text(320) or order["email"].text(320),
        "phone": next((text for phone in phones if (text := phone.text(32))), None),
        "language": order["customer_locale"].text(35),
    }
    yield contact(story.key, stated, address, spelling=ADDRESS, known=known)
    # the order keeps no time of payment; processed_at never changes
    paid = order["financial_status"].code() or "pending"
    if paid in PAID:
        at = order["processed_at"].time(with_offset) or placed
        yield story.fact("paid", told.PaymentReceived(), at=at)
    elif paid not in NOT_PAID:
        yield Unmapped(f"financial_status={paid}", about=own)
    if cancelled := order["cancelled_at"].time(with_offset):
        why = told.OrderCancelled(reason=order["cancel_reason"].code())
        yield story.fact("cancelled", why, at=cancelled)
    for fulfillment in order["fulfillments"]:
        yield from _fulfillment(fulfillment, story)
    for refund in order["refunds"]:
        yield from _refund(refund, story)


def _shippable(lines: Json) -> list[Json]:
    """Leave out what never travels (gift cards, downloads): such an order would never be complete.

    Where nothing travels at all the lines stay, for an order consists of something.
    """
    ordered = [line for line in lines if line["quantity"].quantity() > 0]
    return [line for line in ordered if line["requires_shipping"].value is not False] or ordered


def _line(line: Json) -> told.OrderedLine:
    return told.OrderedLine(
        id=line["id"].id(),
        quantity=line["quantity"].quantity(),
        sku=line["sku"].text(limit=255) or "",
        name=line["name"].text() or line["title"].text() or "",
    )


# --- fulfilments ---------------------------------------------------------------------------------


def _fulfillment(fulfillment: Json, order: Story) -> Iterator[Finding]:
    """Say which parcels a fulfilment consists of.

    Its own ``shipment_status`` is left alone: it has no time. Progress comes as fulfilment events.
    """
    own = fulfillment["id"].id()
    status = fulfillment["status"].code() or "pending"
    if status != "success" and status not in OPEN | VOID:
        yield Unmapped(f"fulfillment.status={status}", about=own)
        return
    story = order.about(f"shopify:fulfillment:{own}")
    created = fulfillment["created_at"].moment(with_offset).at
    changed = fulfillment["updated_at"].time(with_offset) or created
    lines = _shippable(fulfillment["line_items"])
    units = tuple(Units(line["id"].id(), line["quantity"].quantity()) for line in lines)
    for place, (parcel, url) in enumerate(_parcels(fulfillment, own), start=1):
        announced = told.ParcelAnnounced(
            parcel=parcel,
            url=url,
            units=units,
            load=own,  # always, so that a second number added later changes nothing here
            trusted=status == "success",  # the shop says "shipped"; believing it is a setting
        )
        name = f"parcel:{place}:{parcel.number or '-'}"
        yield story.fact(name if announced.trusted else f"{name}:{status}", announced, at=created)
        if status in VOID:
            void = told.ParcelScanned(parcel=ParcelRef(id=parcel.id), stage=Stage.CANCELLED)
            yield story.fact("cancelled" if place == 1 else f"cancelled:{place}", void, at=changed)


def _parcels(fulfillment: Json, own: str) -> Iterator[tuple[ParcelRef, str | None]]:
    """Make one parcel per number, or one without; there may be more or fewer links."""
    numbers = list(fulfillment["tracking_numbers"]) or [fulfillment["tracking_number"]]
    links = list(fulfillment["tracking_urls"]) or [fulfillment["tracking_url"]]
    carrier = (fulfillment["tracking_company"].code() or "").lower() or None
    for place, (number, link) in enumerate(zip_longest(numbers, links[: len(numbers)]), start=1):
        parcel = own if place == 1 else f"{own}/{place}"
        ref = ParcelRef(id=parcel, number=number.tracking_number(), carrier=carrier)
        yield ref, link.url() if link else None


def _progress(event: Json, order: Story) -> Iterator[Finding]:
    """Say how far a fulfilment has come; the event names no number, so it speaks of the first."""
    own = event["fulfillment_id"].id()
    parcel = ParcelRef(id=own)
    at = event["happened_at"].moment(with_offset).at
    status = event["status"].code() or ""
    what: told.What | None = None
    if status in STAGES:
        stage, how = STAGES[status]
        what = told.ParcelScanned(parcel=parcel, stage=stage, how=how, place=event["city"].text())
    elif status in PROBLEMS:
        reason, blame = PROBLEMS[status]
        what = told.ProblemReported(parcel=parcel, reason=reason, blame=blame)
    if what:
        yield order.about(f"shopify:fulfillment_event:{event['id'].id()}").fact("", what, at=at)
    else:
        yield Unmapped(f"status={status}", event["message"].text() or "", about=own)
    if latest := event["estimated_delivery_at"].time(with_offset):
        made = told.PromiseMade(latest=latest, parcel=parcel)
        name = f"promise:{latest.isoformat()}"
        yield order.about(f"shopify:fulfillment:{own}").fact(name, made, at=at)


# --- refunds and stock ---------------------------------------------------------------------------


def _refund(refund: Json, order: Story) -> Iterator[Finding]:
    own = refund["id"].id()
    story = order.about(f"shopify:refund:{own}")
    at = refund["processed_at"].time(with_offset) or refund["created_at"].moment(with_offset).at
    units: dict[str, list[Units]] = {"cancel": [], "return": [], "no_restock": []}
    for line in refund["refund_line_items"]:
        kind, pieces = _restock_kind(line), line["quantity"].quantity()
        if kind not in units:
            yield Unmapped(f"restock_type={kind}", about=own)
        elif pieces > 0:
            units[kind].append(Units(line["line_item_id"].id(), pieces))
    named = refund["return"]["id"]
    return_id = (named.id() if named else f"refund:{own}") if units["return"] else None
    amount, currency = _money_back(refund["transactions"])
    if amount:  # no money back is legal: an order edit that only takes lines away
        back = told.Refunded(refund=own, amount=amount, currency=currency, return_id=return_id)
        yield story.fact("", back, at=at)
    if units["cancel"]:
        gone = told.UnitsCancelled(units=tuple(units["cancel"]))
        yield story.fact("cancelled", gone, at=at)
    if return_id:
        stage, came = ReturnStage.REFUNDED, tuple(units["return"])
        moved = told.ReturnMoved(return_id=return_id, stage=stage, units=came)
        yield story.fact("returned", moved, at=at)


def _restock_kind(line: Json) -> str:
    kind = line["restock_type"].code() or "no_restock"
    if kind != "legacy_restock":  # documented as "neither identified as return nor as cancellation"
        return kind
    fulfilled = line["line_item"]["fulfillment_status"].code()
    return {"fulfilled": "return", None: "cancel"}.get(fulfilled, kind)


def _money_back(transactions: Json) -> tuple[str | None, str | None]:
    """Add up what was really paid back; a transaction that waits or failed is none."""
    done = [
        one
        for one in transactions
        if (one["kind"].code(), one["status"].code()) == ("refund", "success")
    ]
    total = sum((one["amount"].money() for one in done), Decimal())
    return (str(total), done[0]["currency"].code()) if total else (None, None)


def _stock(level: Json, shop: str) -> Event:
    """Count by item id: the SKU is not in the message. null means Shopify does not track it."""
    item, location = level["inventory_item_id"].id(), level["location_id"].id()
    at = level["updated_at"].moment(with_offset).at
    available = level["available"].whole() if level["available"] else None
    return Event(
        id=f"shopify:inventory:{item}:{location}:{at.isoformat()}",
        occurred_at=at,
        about=told.StockKey(sku=f"shopify-item:{item}", location=location, shop=shop),
        what=told.StockCounted(available=available),
    )
