"""Shopify's webhooks of the example day: orders, fulfilments, their events, refunds, stock levels.

Source: https://shopify.dev/docs/api/admin-rest, resources of the same names.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from hub.demo.cast import Goods, Purchase
from hub.demo.dialects.shopify_shapes import (
    WAREHOUSE,
    Fulfilment,
    Refund,
    address,
    financial_status,
    fulfillment,
    fulfillment_status,
    line_item,
    refund_document,
    time,
)
from hub.demo.message import Message, Said, as_json

DOMAIN = "kaamos-koti.myshopify.example"


def order(
    topic: str,
    purchase: Purchase,
    *,
    placed: datetime,
    fulfilments: Sequence[Fulfilment] = (),
    refunds: Sequence[Refund] = (),
    cancelled: datetime | None = None,
) -> Said:
    """Say how a paid order is now."""

    def say(at: datetime) -> Message:
        document = {
            "id": purchase.id,
            "admin_graphql_api_id": f"gid://shopify/Order/{purchase.id}",
            "name": purchase.number,
            "order_number": int(purchase.number.lstrip("#")),
            "created_at": time(placed),
            "processed_at": time(placed),
            "updated_at": time(at),
            "cancelled_at": time(cancelled) if cancelled else None,
            "cancel_reason": "customer" if cancelled else None,
            "currency": "EUR",
            "total_price": purchase.total,
            "financial_status": financial_status(purchase, refunds),
            "fulfillment_status": fulfillment_status(purchase, fulfilments),
            **_buyer(purchase),
            "line_items": [line_item(one) for one in purchase.lines],
            "fulfillments": [fulfillment(one, purchase) for one in fulfilments],
            "refunds": [refund_document(one, purchase) for one in refunds],
            "test": False,
        }
        return _message(topic, document)

    return say


def _buyer(purchase: Purchase) -> dict[str, Any]:
    person = purchase.customer
    return {
        "email": person.email,
        "contact_email": person.email,
        "phone": None,
        "customer_locale": person.language,
        "customer": {
            "id": person.id,
            "email": person.email,
            "first_name": person.first_name,
            "last_name": person.last_name,
        },
        "shipping_address": address(purchase),
    }


def fulfilment(topic: str, one: Fulfilment, purchase: Purchase) -> Said:
    """Say that a shipment was made."""
    return lambda _at: _message(topic, fulfillment(one, purchase))


def fulfilment_event(own: int, one: Fulfilment, purchase: Purchase, status: str) -> Said:
    """Say how far a shipment has come, as an app of the shop tells it."""

    def say(at: datetime) -> Message:
        document = {
            "id": own,
            "fulfillment_id": one.id,
            "order_id": purchase.id,
            "status": status,
            "message": None,
            "happened_at": time(at),
            "city": purchase.customer.city,
            "country": "FI",
            "zip": purchase.customer.postal_code,
            "created_at": time(at),
            "updated_at": time(at),
            "estimated_delivery_at": None,
        }
        return _message("fulfillment_events/create", document)

    return say


def refund(one: Refund, purchase: Purchase) -> Said:
    """Say that money goes back."""
    return lambda _at: _message("refunds/create", refund_document(one, purchase))


def stock(goods: Goods, available: int) -> Said:
    """Say how many pieces there are."""

    def say(at: datetime) -> Message:
        document = {
            "inventory_item_id": goods.id,
            "location_id": WAREHOUSE,
            "available": available,
            "updated_at": time(at),
        }
        return _message("inventory_levels/update", document)

    return say


def _message(topic: str, document: dict[str, Any]) -> Message:
    headers = {
        "x-shopify-topic": topic,
        "x-shopify-shop-domain": DOMAIN,
        "x-shopify-api-version": "2026-10",
    }
    return Message("shopify", "kaamos", as_json(document), headers)
