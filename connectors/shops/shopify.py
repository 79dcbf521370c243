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
from datetime import datetime
from decimal import Decimal
from typing import Final

from connectors.contract import Contact, Finding, Raw, Unmapped, Unreadable
from connectors.order_lines import fingerprint
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


def verify(raw: Raw, secret: str) -> None:
    """Check ``X-Shopify-Hmac-Sha256``; the name without ``X-`` is on its way in."""
    verify_body_base64(raw, secret, "X-Shopify-Hmac-Sha256", "Shopify-Hmac-Sha256")


def parse(raw: Raw) -> Iterator[Finding]:
    """Translate one webhook body, or one resource as the REST API answers it."""
    message = read(raw.body)
    resource = next((name for name, mark in MARKS.items() if message.has(*mark)), None)
    topic = raw.headers.get("x-shopify-topic") or raw.headers.get("shopify-topic")
    if topic is not None and topic not in TOPICS:
        yield Unmapped(f"topic={topic[:100]}", detail="no such topic is taught yet")
    elif topic is not None and TOPICS[topic] != resource:
        raise Unreadable(f"/: the topic says {topic}, the content is {resource or 'unknown'}")
    elif resource == "order":
        yield from _order(message, raw.source)
    elif resource == "fulfillment":
        yield from _fulfillment(message, OrderKey(raw.source, message["order_id"].id()))
    elif resource == "fulfillment_event":
        yield from _fulfillment_event(message, OrderKey(raw.source, message["order_id"].id()))
    elif resource == "refund":
        yield from _refund(message, OrderKey(raw.source, message["order_id"].id()))
    elif resource == "inventory_level":
        yield _stock(message, raw.source)
    elif isinstance(message.value, dict):
        fields = ", ".join(sorted(message.value)[:12])
        yield Unmapped("topic=unknown", detail=f"an object with {fields}"[:200])
    else:
        raise message.wrong("must be an object")


# --- order ---------------------------------------------------------------------------------------


def _order(order: Json, shop: str) -> Iterator[Finding]:
    key = OrderKey(shop, order["id"].id())
    fact = f"shopify:order:{key.external_id}"
    placed = order["created_at"].moment(with_offset).at
    stated = order["updated_at"].time(with_offset) or placed
    lines = tuple(_line(line) for line in _shippable(order["line_items"]))
    yield Event(
        id=f"{fact}:lines:{fingerprint(lines)}",
        occurred_at=stated,
        about=key,
        what=told.Ordered(
            number=order["name"].text() or f"#{key.external_id}",
            placed_at=placed,
            lines=lines,
            currency=order["currency"].code(),
        ),
    )
    yield _contact(order, key, stated)
    # the order holds no time of payment; processed_at never changes
    paid = order["financial_status"].code()
    if paid in PAID:
        at = order["processed_at"].time(with_offset) or placed
        yield Event(id=f"{fact}:paid", occurred_at=at, about=key, what=told.PaymentReceived())
    elif paid not in NOT_PAID and paid is not None:
        yield Unmapped(f"financial_status={paid}", about=key.external_id)
    cancelled = order["cancelled_at"].time(with_offset)
    if cancelled:
        why = told.OrderCancelled(reason=order["cancel_reason"].code())
        yield Event(id=f"{fact}:cancelled", occurred_at=cancelled, about=key, what=why)
    for fulfillment in order["fulfillments"]:
        yield from _fulfillment(fulfillment, key)
    for refund in order["refunds"]:
        yield from _refund(refund, key)


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


def _contact(order: Json, key: OrderKey, stated: datetime) -> Contact:
    customer = order["customer"]
    address = order["shipping_address"] or order["billing_address"]
    names = (customer["first_name"].text(), customer["last_name"].text())
    street = (address["address1"].text(), address["address2"].text())
    phone = order["phone"].text(32) or address["phone"].text(32) or customer["phone"].text(32)
    country = address["country_code"].code()
    return Contact(
        about=key,
        stated_at=stated,
        customer=customer["id"].id() if customer["id"] else None,
        name=address["name"].text() or " ".join(filter(None, names)) or None,
        email=order["contact_email"].text(320) or order["email"].text(320),
        phone=phone,
        language=order["customer_locale"].text(35),
        country=country if country and len(country) == 2 else None,
        street=", ".join(filter(None, street)) or None,
        postal_code=address["zip"].text(32),
        city=address["city"].text(),
    )


# --- fulfilments ---------------------------------------------------------------------------------


def _fulfillment(fulfillment: Json, key: OrderKey) -> Iterator[Finding]:
    """Say which parcels a fulfilment consists of.

    Its own ``shipment_status`` is left alone: it has no time. Progress comes as fulfilment events.
    """
    own = fulfillment["id"].id()
    status = fulfillment["status"].code() or "pending"
    if status != "success" and status not in OPEN | VOID:
        yield Unmapped(f"fulfillment.status={status}", about=own)
        return
    created = fulfillment["created_at"].moment(with_offset).at
    parcels = _parcels(fulfillment, own)
    units = tuple(
        Units(line["id"].id(), line["quantity"].quantity())
        for line in _shippable(fulfillment["line_items"])
    )
    suffix = "" if status == "success" else f":{status}"
    for place, (parcel, url) in enumerate(parcels, start=1):
        announced = told.ParcelAnnounced(
            parcel=parcel,
            url=url,
            units=units,
            load=own,  # always, so that a second number added later changes nothing here
            trusted=status == "success",  # the shop says "shipped"; believing it is a setting
        )
        yield Event(
            id=f"shopify:fulfillment:{own}:parcel:{place}:{parcel.number or '-'}{suffix}",
            occurred_at=created,
            about=key,
            what=announced,
        )
    if status in VOID:
        at = fulfillment["updated_at"].time(with_offset) or created
        for place, (parcel, _) in enumerate(parcels, start=1):
            yield Event(
                id=f"shopify:fulfillment:{own}:cancelled" + (f":{place}" if place > 1 else ""),
                occurred_at=at,
                about=key,
                what=told.ParcelScanned(parcel=ParcelRef(id=parcel.id), stage=Stage.CANCELLED),
            )


def _parcels(fulfillment: Json, own: str) -> list[tuple[ParcelRef, str | None]]:
    """Make one parcel per number, or one without; there may be more or fewer links."""
    numbers = list(fulfillment["tracking_numbers"]) or [fulfillment["tracking_number"]]
    links = [link.url() for link in fulfillment["tracking_urls"]]
    links = (links or [fulfillment["tracking_url"].url()]) + [None] * len(numbers)
    carrier = (fulfillment["tracking_company"].code() or "").lower() or None
    return [
        (ParcelRef(id=_parcel_id(own, place), number=one.tracking_number(), carrier=carrier), link)
        for place, (one, link) in enumerate(zip(numbers, links, strict=False), start=1)
    ]


def _parcel_id(fulfillment: str, place: int) -> str:
    return fulfillment if place == 1 else f"{fulfillment}/{place}"


def _fulfillment_event(event: Json, key: OrderKey) -> Iterator[Finding]:
    """Say how far a fulfilment has come; the event names no number, so it speaks of the first."""
    fulfillment = event["fulfillment_id"].id()
    parcel = ParcelRef(id=fulfillment)
    at, clarity = event["happened_at"].moment(with_offset)
    status = event["status"].code() or ""
    what: told.What | None = None
    if status in STAGES:
        stage, how = STAGES[status]
        what = told.ParcelScanned(parcel=parcel, stage=stage, how=how, place=event["city"].text())
    elif status in PROBLEMS:
        reason, blame = PROBLEMS[status]
        what = told.ProblemReported(parcel=parcel, reason=reason, blame=blame)
    if what is None:
        yield Unmapped(f"status={status}", event["message"].text() or "", about=fulfillment)
    else:
        own = f"shopify:fulfillment_event:{event['id'].id()}"
        yield Event(id=own, occurred_at=at, about=key, what=what, clarity=clarity)
    latest = event["estimated_delivery_at"].time(with_offset)
    if latest:
        promise = f"shopify:fulfillment:{fulfillment}:promise:{latest.isoformat()}"
        made = told.PromiseMade(latest=latest, parcel=parcel)
        yield Event(id=promise, occurred_at=at, about=key, what=made)


# --- refunds and stock ---------------------------------------------------------------------------


def _refund(refund: Json, key: OrderKey) -> Iterator[Finding]:
    own = refund["id"].id()
    fact = f"shopify:refund:{own}"
    at = refund["processed_at"].time(with_offset) or refund["created_at"].moment(with_offset).at
    cancelled: list[Units] = []
    returned: list[Units] = []
    for line in refund["refund_line_items"]:
        units = Units(line["line_item_id"].id(), line["quantity"].quantity())
        kind = _restock_kind(line)
        if kind in {"cancel", "return"} and units.quantity > 0:
            (cancelled if kind == "cancel" else returned).append(units)
        elif kind not in {"cancel", "return", "no_restock"}:
            yield Unmapped(f"restock_type={kind}", about=own)
    named = refund["return"]["id"]
    return_id = (named.id() if named else f"refund:{own}") if returned else None
    amount, currency = _money_back(refund["transactions"])
    if amount:  # no money back is legal: an order edit that only takes lines away
        what = told.Refunded(refund=own, amount=str(amount), currency=currency, return_id=return_id)
        yield Event(id=fact, occurred_at=at, about=key, what=what)
    if cancelled:
        gone = told.UnitsCancelled(units=tuple(cancelled))
        yield Event(id=f"{fact}:cancelled", occurred_at=at, about=key, what=gone)
    if return_id:
        back = told.ReturnMoved(
            return_id=return_id, stage=ReturnStage.REFUNDED, units=tuple(returned)
        )
        yield Event(id=f"{fact}:returned", occurred_at=at, about=key, what=back)


def _restock_kind(line: Json) -> str:
    kind = line["restock_type"].code() or "no_restock"
    if kind != "legacy_restock":  # documented as "neither identified as return nor as cancellation"
        return kind
    fulfilled = line["line_item"]["fulfillment_status"].code()
    return {"fulfilled": "return", None: "cancel"}.get(fulfilled, kind)


def _money_back(transactions: Json) -> tuple[Decimal, str | None]:
    done = [
        one
        for one in transactions
        if one["kind"].code() == "refund" and one["status"].code() == "success"
    ]
    total = sum((one["amount"].money() for one in done), Decimal())
    return total, done[0]["currency"].code() if done else None


def _stock(level: Json, shop: str) -> Event:
    """Count by item id: the SKU is not in the message. null means Shopify does not track it."""
    item, location = level["inventory_item_id"].id(), level["location_id"].id()
    at = level["updated_at"].moment(with_offset).at
    available = level["available"]
    return Event(
        id=f"shopify:inventory:{item}:{location}:{at.isoformat()}",
        occurred_at=at,
        about=told.StockKey(sku=f"shopify-item:{item}", location=location, shop=shop),
        what=told.StockCounted(available=available.whole() if available else None),
    )
