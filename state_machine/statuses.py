"""The one word a customer is told about an order: always derived, never set.

Rules of this file: one row is one status. ``schema_org`` is the word of schema.org/OrderStatus for
mail and page markup. How a status follows from the parts is in ``rollup.py``; labels in Finnish,
Swedish and English are in the catalogues, not here.
"""

from enum import StrEnum


class Status(StrEnum):
    """The order's one customer-facing word."""

    schema_org: str  #: https://schema.org/OrderStatus

    def __new__(cls, code: str, schema_org: str = "") -> "Status":
        """Make one row of the table."""
        row = str.__new__(cls, code)
        row._value_ = code
        row.schema_org = schema_org
        return row

    __hash__ = str.__hash__  # it is a text and hashes as one, without a detour by its name

    PLACED = ("placed", "OrderProcessing")
    ON_HOLD = ("on_hold", "OrderProblem")
    PROCESSING = ("processing", "OrderProcessing")
    BACKORDERED = ("backordered", "OrderProcessing")
    PARTIALLY_SHIPPED = ("partially_shipped", "OrderInTransit")
    IN_TRANSIT = ("in_transit", "OrderInTransit")
    OUT_FOR_DELIVERY = ("out_for_delivery", "OrderInTransit")
    READY_FOR_PICKUP = ("ready_for_pickup", "OrderPickupAvailable")
    PARTIALLY_DELIVERED = ("partially_delivered", "OrderInTransit")
    DELIVERED = ("delivered", "OrderDelivered")
    CANCELLED = ("cancelled", "OrderCancelled")
    RETURNING_TO_SENDER = ("returning_to_sender", "OrderReturned")
    RETURNED_TO_SENDER = ("returned_to_sender", "OrderReturned")
    RETURN_STARTED = ("return_started", "OrderDelivered")
    PARTIALLY_RETURNED = ("partially_returned", "OrderReturned")
    RETURNED = ("returned", "OrderReturned")
