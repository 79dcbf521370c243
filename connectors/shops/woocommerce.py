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
from connectors.orders import Story, contact, untaught
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

MARK = ("id", "status", "line_items", "date_created_gmt")  #: what every order has

#: how WooCommerce spells the parts of an address
ADDRESS: Mapping[str, str] = {
    "street": "address_1",
    "more": "address_2",
    "postal_code": "postcode",
    "city": "city",
    "country": "country",
}
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
    elif topic and topic not in TOPICS:
        yield untaught(topic, message)
    elif not topic and isinstance(message.value, dict) and not message.has(*MARK):
        yield untaught(None, message)
    else:
        for order in message if isinstance(message.value, list) else [message]:
            if not order.has(*MARK):
                raise order.wrong(f"is no order: {', '.join(MARK)} are expected")
            own = order["id"].id()
            story = Story(OrderKey(raw.source, own), f"woocommerce:order:{own}")
            yield from _order(order, story)
            if topic == "order.restored":
                yield from _restored(order, story)


def _decoded(secret: str) -> str:
    def decode(found: re.Match[str]) -> str:
        if found["name"]:
            return _NAMES[found["name"]]
        return chr(int(found["dec"]) if found["dec"] else int(found["hex"], 16))

    return _ENTITY.sub(decode, secret)


def _deleted(message: Json, raw: Raw) -> Event:
    """Call a deleted order cancelled; its body is the id alone, so the time is that of arrival."""
    if not message.has("id") or len(message.value) > 1:
        raise Unreadable("/: order.deleted holds an id and nothing else")
    own = message["id"].id()
    story = Story(OrderKey(raw.source, own), f"woocommerce:order:{own}")
    return story.fact("deleted", told.OrderCancelled(reason="deleted"), at=raw.received_at)


def _restored(order: Json, story: Story) -> Iterator[Finding]:
    """Take back what the trash meant. A real cancellation has an id of its own and stays."""
    at = order["date_modified_gmt"].moment(utc).at
    for was in ("trashed", "deleted"):
        what = told.Retracted(fact=f"{story.prefix}:{was}", reason="restored from the trash")
        yield story.fact(f"{was}:restored", what, at=at)


# --- order ---------------------------------------------------------------------------------------


def _order(order: Json, story: Story) -> Iterator[Finding]:
    placed = order["date_created_gmt"].moment(utc).at
    stated = order["date_modified_gmt"].time(utc) or placed
    ordered = told.Ordered(
        number=order["number"].text() or story.key.external_id,
        placed_at=placed,
        lines=tuple(_line(one) for one in order["line_items"] if one["quantity"].quantity() > 0),
        currency=order["currency"].code(),
    )
    yield story.ordered(ordered, at=stated)
    yield _contact(order, story.key, stated)
    yield from _status(order, story, placed, stated)
    yield from _parcels(order, story, ordered.lines, stated)
    for refund in order["refunds"]:
        own = refund["id"].id()
        back = _refunded(own, refund["total"], order)
        yield story.about(f"woocommerce:refund:{own}").fact("", back, at=stated)


def _line(line: Json) -> told.OrderedLine:
    return told.OrderedLine(
        id=line["id"].id(),
        quantity=line["quantity"].quantity(),
        sku=line["sku"].text(limit=255) or "",
        name=html.unescape(line["name"].text() or "").replace("\0", ""),
    )


def _contact(order: Json, key: OrderKey, stated: datetime) -> Contact:
    billing, shipping = order["billing"], order["shipping"]
    customer = order["customer_id"]
    languages = (_meta(order, name) for name in LANGUAGE_META)
    known = {
        "customer": customer.id() if customer.value not in (None, 0, "0", "") else None,
        "name": billing["company"].text(),
        "email": billing["email"].text(320),
        "phone": billing["phone"].text(32) or shipping["phone"].text(32),
        "language": next(filter(None, languages), None),
    }
    # every field of an address that is not there is sent, and empty
    address = shipping if shipping["address_1"].text() else billing
    return contact(key, stated, address, spelling=ADDRESS, known=known)


def _meta(order: Json, name: str) -> str | None:
    for entry in order["meta_data"]:
        if entry["key"].value == name and isinstance(entry["value"].value, str):
            return entry["value"].text(35)
    return None


def _status(order: Json, story: Story, placed: datetime, stated: datetime) -> Iterator[Finding]:
    status = order["status"].code() or ""
    # without a date: cash on delivery, and orders that a person set to processing
    if paid := order["date_paid_gmt"].time(utc) or (placed if status in PAID else None):
        yield story.fact("paid", told.PaymentReceived(), at=paid)
    if status == "on-hold":
        held = told.Held(reason="payment")
        yield story.fact(f"on-hold:{placed.isoformat()}", held, at=placed)
    elif status == "failed":
        held = told.Held(reason="payment")
        yield story.fact(f"failed:{stated.isoformat()}", held, at=stated)
    elif status in CANCELLED:
        yield story.fact(CANCELLED[status], told.OrderCancelled(reason=status), at=stated)
    elif status == "refunded":
        if order["date_completed_gmt"].time(utc) is None:  # nothing was sent, nothing will be
            gone = told.OrderCancelled(reason=status)
            yield story.fact("refunded-unsent", gone, at=stated)
        if not list(order["refunds"]):
            back = _refunded(f"order:{story.key.external_id}", order["total"], order)
            yield story.fact("refunded", back, at=stated)
    elif status not in KNOWN:
        about = story.key.external_id
        yield Unmapped(f"status={status}", "a status that a plugin added", about=about)


def _refunded(own: str, amount: Json, order: Json) -> told.Refunded:
    """Say what went back; refunds are written as negative amounts."""
    currency = order["currency"].code()
    return told.Refunded(refund=own, amount=str(abs(amount.money())), currency=currency)


# --- parcels -------------------------------------------------------------------------------------


def _parcels(
    order: Json, story: Story, lines: tuple[told.OrderedLine, ...], stated: datetime
) -> Iterator[Finding]:
    """Say which parcels there are: what the plugin lists, else one when the order is completed.

    A parcel is known by its place in the list, so that a corrected number corrects the parcel. The
    content is known only where a completed order has one parcel.
    """
    completed = order["date_completed_gmt"].time(utc) or stated
    done = order["status"].code() == "completed"
    items = list(_tracking_items(order))
    whole = done and len(items) < 2
    everything = tuple(Units(line.id, line.quantity) for line in lines)
    for place, item in enumerate(items or [Json(None)] * done, start=1):
        number = item["tracking_number"].tracking_number()
        carrier = item["tracking_provider"].code() or item["custom_tracking_provider"].code()
        announced = told.ParcelAnnounced(
            parcel=ParcelRef(str(place), number, carrier.lower() if carrier else None),
            url=item["custom_tracking_link"].url(),
            units=everything if whole else None,
            trusted=True,  # the shop says "shipped"; believing it is a setting
        )
        name = f"parcel:{place}:{number or '-'}"
        at = _shipped_at(item["date_shipped"]) or completed
        yield story.fact(f"{name}:all" if whole else name, announced, at=at)


def _tracking_items(order: Json) -> Iterator[Json]:
    for entry in order["meta_data"]:
        if entry["key"].value == TRACKING_META and entry["value"].value != "":
            yield from entry["value"]


def _shipped_at(shipped: Json) -> datetime | None:
    """Read Unix seconds, written as a number or as a text; 0 and empty mean not known."""
    seconds = shipped.whole() if shipped.value not in (None, "") else 0
    return unix(seconds).at if seconds > 0 else None
