"""WooCommerce: orders with their payment, refunds and, by plugin, tracking numbers.

Source: https://woocommerce.github.io/woocommerce-rest-api-docs/#order-properties and WooCommerce's
class WC_Webhook. The body is the order as it is when the message is *sent*: what happened is read
from the fields that keep their time.

Not the same twice, because the order keeps no time of it (the first statement holds): cancellation,
trash, deletion, refunds, a payment that was assumed before it was dated, a shipment without date.
"""

import html
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

from connectors.contract import Answer, Contact, Finding, Raw, Unmapped, Unreadable
from connectors.order_lines import fingerprint
from connectors.reading import Json, read
from connectors.signatures import verify_body_base64
from connectors.timestamps import unix, utc
from state_machine import events as told
from state_machine.events import Event, OrderKey, ParcelRef, Units

TITLE: Final = "WooCommerce"

TOPICS = frozenset({"order.created", "order.updated", "order.restored"})

PAID = frozenset({"processing", "completed"})
CANCELLED: Mapping[str, str] = {"cancelled": "cancelled", "trash": "trashed"}
SILENT = frozenset({"pending", "checkout-draft"})  #: placed, or not even that; nothing to tell yet
KNOWN = PAID | CANCELLED.keys() | SILENT | {"on-hold", "failed", "refunded"}

LANGUAGE_META = ("wpml_language", "_customer_locale")
TRACKING_META = "_wc_shipment_tracking_items"  #: "Shipment Tracking" and the plugins that copy it

#: what ``wp_specialchars_decode(…, ENT_QUOTES)`` decodes, once and nothing else
_ENTITY = re.compile(
    r"&(?:#0*(?P<dec>39|34|60|62|38)|#[xX]0*(?P<hex>27|22|26)|(?P<name>quot|lt|gt|amp));"
)
_NAMES: Mapping[str, str] = {"quot": '"', "lt": "<", "gt": ">", "amp": "&"}
_PING = re.compile(rb"webhook_id=[0-9]{1,20}")


def verify(raw: Raw, secret: str) -> None:
    """Check ``X-WC-Webhook-Signature``; WooCommerce decodes the secret's HTML before it signs."""
    verify_body_base64(raw, _decoded(secret), "X-WC-Webhook-Signature")


def hello(raw: Raw) -> Answer | None:
    """Answer the unsigned ping that WooCommerce sends when a webhook is created."""
    form = raw.headers.get("content-type", "application/x-www-form-urlencoded")
    urlencoded = form.partition(";")[0].strip().lower() == "application/x-www-form-urlencoded"
    return Answer() if urlencoded and _PING.fullmatch(raw.body) else None


def parse(raw: Raw) -> Iterator[Finding]:
    """Translate one webhook body, or orders as the REST API answers them."""
    message = read(raw.body)
    topic = raw.headers.get("x-wc-webhook-topic")
    if topic == "order.deleted":
        yield _deleted(message, raw)
    elif topic is not None and topic not in TOPICS:
        yield Unmapped(f"topic={topic[:100]}", detail="no such topic is taught yet")
    elif isinstance(message.value, list):
        for order in message:
            yield from _order(_expect_order(order), raw.source)
    elif _is_order(message):
        yield from _order(message, raw.source)
        if topic == "order.restored":
            yield from _restored(message, OrderKey(raw.source, message["id"].id()))
    elif topic is None and isinstance(message.value, dict):
        fields = ", ".join(sorted(message.value)[:12])
        yield Unmapped("topic=unknown", detail=f"an object with {fields}"[:200])
    else:
        _expect_order(message)


def _decoded(secret: str) -> str:
    def decode(found: re.Match[str]) -> str:
        if found["name"]:
            return _NAMES[found["name"]]
        return chr(int(found["dec"]) if found["dec"] else int(found["hex"], 16))

    return _ENTITY.sub(decode, secret)


def _is_order(message: Json) -> bool:
    return message.has("id", "status", "line_items", "date_created_gmt")


def _expect_order(message: Json) -> Json:
    if not _is_order(message):
        raise message.wrong("is no order: id, status, line_items, date_created_gmt are expected")
    return message


def _deleted(message: Json, raw: Raw) -> Event:
    """Call a deleted order cancelled; its body is the id alone, so the time is that of arrival."""
    if not message.has("id") or len(message.value) > 1:
        raise Unreadable("/: order.deleted holds an id and nothing else")
    own = message["id"].id()
    return Event(
        id=f"woocommerce:order:{own}:deleted",
        occurred_at=raw.received_at,
        about=OrderKey(raw.source, own),
        what=told.OrderCancelled(reason="deleted"),
    )


def _restored(order: Json, key: OrderKey) -> Iterator[Finding]:
    """Take back what the trash meant. A real cancellation has an id of its own and stays."""
    at = order["date_modified_gmt"].moment(utc).at
    for was in ("trashed", "deleted"):
        fact = f"woocommerce:order:{key.external_id}:{was}"
        what = told.Retracted(fact=fact, reason="restored from the trash")
        yield Event(id=f"{fact}:restored", occurred_at=at, about=key, what=what)


# --- order ---------------------------------------------------------------------------------------


def _order(order: Json, shop: str) -> Iterator[Finding]:
    key = OrderKey(shop, order["id"].id())
    placed = order["date_created_gmt"].moment(utc).at
    stated = order["date_modified_gmt"].time(utc) or placed
    lines = tuple(_line(one) for one in order["line_items"] if one["quantity"].quantity() > 0)
    yield Event(
        id=f"woocommerce:order:{key.external_id}:lines:{fingerprint(lines)}",
        occurred_at=stated,
        about=key,
        what=told.Ordered(
            number=order["number"].text() or key.external_id,
            placed_at=placed,
            lines=lines,
            currency=order["currency"].code(),
        ),
    )
    yield _contact(order, key, stated)
    yield from _status(order, key, placed, stated)
    yield from _parcels(order, key, lines, stated)
    for refund in order["refunds"]:
        own = refund["id"].id()
        yield Event(
            id=f"woocommerce:refund:{own}",
            occurred_at=stated,
            about=key,
            what=_refunded(own, refund["total"], order),
        )


def _line(line: Json) -> told.OrderedLine:
    return told.OrderedLine(
        id=line["id"].id(),
        quantity=line["quantity"].quantity(),
        sku=line["sku"].text(limit=255) or "",
        name=html.unescape(line["name"].text() or "").replace("\0", ""),
    )


def _contact(order: Json, key: OrderKey, stated: datetime) -> Contact:
    billing, shipping = order["billing"], order["shipping"]
    # WooCommerce sends every field of an address it does not have, empty
    address = shipping if shipping["address_1"].text() else billing
    customer = order["customer_id"]
    country = address["country"].code()
    names = (address["first_name"].text(), address["last_name"].text())
    street = (address["address_1"].text(), address["address_2"].text())
    return Contact(
        about=key,
        stated_at=stated,
        customer=customer.id() if customer.value not in (None, 0, "0", "") else None,
        name=" ".join(filter(None, names)) or address["company"].text(),
        email=billing["email"].text(320),
        phone=billing["phone"].text(32) or shipping["phone"].text(32),
        language=next((value for name in LANGUAGE_META if (value := _meta(order, name))), None),
        country=country if country and len(country) == 2 else None,
        street=", ".join(filter(None, street)) or None,
        postal_code=address["postcode"].text(32),
        city=address["city"].text(),
    )


def _meta(order: Json, name: str) -> str | None:
    for entry in order["meta_data"]:
        if entry["key"].value == name and isinstance(entry["value"].value, str):
            return entry["value"].text(35)
    return None


def _status(order: Json, key: OrderKey, placed: datetime, stated: datetime) -> Iterator[Finding]:
    status = order["status"].code() or ""
    fact = f"woocommerce:order:{key.external_id}"
    # without a date: cash on delivery, and orders that a person set to processing
    paid = order["date_paid_gmt"].time(utc) or (placed if status in PAID else None)
    if paid:
        yield Event(id=f"{fact}:paid", occurred_at=paid, about=key, what=told.PaymentReceived())
    held = told.Held(reason="payment")
    if status == "on-hold":
        own = f"{fact}:on-hold:{placed.isoformat()}"
        yield Event(id=own, occurred_at=placed, about=key, what=held)
    elif status == "failed":
        own = f"{fact}:failed:{stated.isoformat()}"
        yield Event(id=own, occurred_at=stated, about=key, what=held)
    elif status in CANCELLED:
        own = f"{fact}:{CANCELLED[status]}"
        yield Event(id=own, occurred_at=stated, about=key, what=told.OrderCancelled(reason=status))
    elif status == "refunded":
        if order["date_completed_gmt"].time(utc) is None:  # nothing was sent, nothing will be
            what = told.OrderCancelled(reason=status)
            yield Event(id=f"{fact}:refunded-unsent", occurred_at=stated, about=key, what=what)
        if not list(order["refunds"]):
            back = _refunded(f"order:{key.external_id}", order["total"], order)
            yield Event(id=f"{fact}:refunded", occurred_at=stated, about=key, what=back)
    elif status not in KNOWN:
        yield Unmapped(f"status={status}", "a status that a plugin added", about=key.external_id)


def _refunded(own: str, amount: Json, order: Json) -> told.Refunded:
    """Say what went back; WooCommerce writes refunds as negative amounts."""
    currency = order["currency"].code()
    return told.Refunded(refund=own, amount=str(abs(amount.money())), currency=currency)


# --- parcels -------------------------------------------------------------------------------------


def _parcels(
    order: Json, key: OrderKey, lines: tuple[told.OrderedLine, ...], stated: datetime
) -> Iterator[Finding]:
    """Say which parcels there are: what the plugin lists, else one when the order is completed.

    A parcel is known by its place in the list, so that a corrected number corrects the parcel. The
    content is known only where a completed order has one parcel.
    """
    completed = order["date_completed_gmt"].time(utc) or stated
    done = order["status"].code() == "completed"
    items = list(_tracking_items(order))
    everything = tuple(Units(line.id, line.quantity) for line in lines)
    for place, item in enumerate(items or [Json(None)] * done, start=1):
        whole = done and len(items) < 2
        number = item["tracking_number"].tracking_number()
        own = f"woocommerce:order:{key.external_id}:parcel:{place}:{number or '-'}"
        yield Event(
            id=own + (":all" if whole else ""),
            occurred_at=_shipped_at(item["date_shipped"]) or completed,
            about=key,
            what=told.ParcelAnnounced(
                parcel=ParcelRef(id=str(place), number=number, carrier=_carrier(item)),
                url=item["custom_tracking_link"].url(),
                units=everything if whole else None,
                trusted=True,  # the shop says "shipped"; believing it is a setting
            ),
        )


def _tracking_items(order: Json) -> Iterator[Json]:
    for entry in order["meta_data"]:
        if entry["key"].value == TRACKING_META and entry["value"].value != "":
            yield from entry["value"]


def _shipped_at(shipped: Json) -> datetime | None:
    """Read Unix seconds, written as a number or as a text; 0 and empty mean not known."""
    seconds = shipped.whole() if shipped.value not in (None, "") else 0
    return unix(seconds).at if 0 < seconds < 2**32 else None


def _carrier(item: Json) -> str | None:
    name = item["tracking_provider"].code() or item["custom_tracking_provider"].code()
    return name.lower() if name else None
