"""What the API answers, as models: documentation for readers and generators of clients.

The routes write these shapes straight from what is stored; the models are not run on each answer.
Unknown members may be added at any time. Times are RFC 3339 in UTC.
"""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from state_machine.lifecycle import How, Stage
from state_machine.problems import Blame, Reason
from state_machine.returns import ReturnStage
from state_machine.statuses import Status


class UnitsOut(BaseModel):
    """So many pieces of one order line."""

    line: str
    quantity: int


class LineOut(BaseModel):
    """One position of an order; the counts say where its units are."""

    id: str
    sku: str
    name: str
    quantity: int
    allocated: int
    backordered: int
    packed: int
    shipped: int
    delivered: int
    cancelled: int
    returned: int
    expected_at: datetime | None


class ObstacleOut(BaseModel):
    """What is in a parcel's way."""

    reason: Reason
    blame: Blame
    action_required: bool
    since: datetime


class PromiseOut(BaseModel):
    """The delivery window told to the customer."""

    earliest: datetime | None
    latest: datetime
    revision: int
    broken: bool


class PickupPointOut(BaseModel):
    """Where a parcel waits."""

    name: str
    address: str
    opening_hours: str


class ParcelOut(BaseModel):
    """One physical package."""

    id: str
    carrier: str | None
    tracking_number: str | None
    tracking_url: str | None
    stage: Stage
    label: str = Field(description="The stage in the language asked for.")
    stage_since: datetime
    problem: ObstacleOut | None
    promise: PromiseOut | None
    pickup_point: PickupPointOut | None
    pickup_code: str | None = Field(None, description="Only with scope admin.")
    keep_until: datetime | None
    units: list[UnitsOut] = Field(description="Empty when the content is not known.")
    content_known: bool
    how: How | None
    place: str | None
    exchange_for: str | None


class RefundOut(BaseModel):
    """Money that went back to the customer."""

    id: str
    amount: str | None = Field(examples=["41.94"])
    currency: str | None
    at: datetime


class NextStepOut(BaseModel):
    """What a return waits for, and until when it is due."""

    what: str = Field(examples=["inspect"])
    due: datetime


class ReturnOut(BaseModel):
    """A customer's return of units."""

    id: str
    stage: ReturnStage
    label: str = Field(description="The stage in the language asked for.")
    stage_since: datetime
    units: list[UnitsOut]
    received: bool
    rejected: list[UnitsOut]
    tracking_number: str | None
    refund: RefundOut | None
    next_step: NextStepOut | None


class OrderOut(BaseModel):
    """An order as one snapshot. No personal data: ``customer_ref`` refers to it."""

    model_config = ConfigDict(title="Order")

    id: str
    shop: str
    number: str = Field(examples=["#1001"])
    version: int = Field(
        description="+1 whenever anything here changes; the ETag begins with it. 0 with `at`."
    )
    status: Status
    label: str = Field(examples=["Kuljetuksessa"], description="In the language asked for.")
    status_since: datetime
    as_of: datetime = Field(description="When the newest fact of it reached us.")
    placed_at: datetime
    lines: list[LineOut]
    parcels: list[ParcelOut]
    returns: list[ReturnOut]
    refunds: list[RefundOut]
    promise: PromiseOut | None
    customer_ref: str | None


class OrdersOut(BaseModel):
    """The orders found, newest news first."""

    orders: list[OrderOut]
    next: str | None = Field(description="Pass it as ?cursor= for the orders behind these.")
