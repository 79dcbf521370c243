"""What the API answers about the story of an order, and about the hub itself; see ``schemas``."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from state_machine.events import Clarity
from state_machine.milestones import Told
from state_machine.order import Outcome


class Problem(BaseModel):
    """What is wrong and what to do about it (RFC 9457), as application/problem+json."""

    type: str = Field(examples=["/problems/unknown-order"])
    title: str
    status: int
    detail: str
    remedy: str
    instance: str = Field(description="The path asked for, or the id of this one occurrence.")


class ProblemKind(BaseModel):
    """One kind of problem, explained."""

    type: str
    title: str
    status: int
    remedy: str


class FactOut(BaseModel):
    """One thing that happened, and what it did to what we believe."""

    id: str
    kind: str = Field(examples=["parcel.scanned"])
    occurred_at: datetime
    claimed_at: datetime | None = Field(
        description="What the source claimed, if that lay in the future and was held; else null."
    )
    clarity: Clarity = Field(description="How surely the time is known.")
    received_at: datetime
    source: str
    about: dict[str, str | None]
    what: dict[str, object]
    effect: Outcome
    why: str = Field(description="Why it was ignored or retracted; else empty.")


class TimelineOut(BaseModel):
    """An order's facts in the order they happened."""

    order: str
    facts: list[FactOut]


class ReceiptOut(BaseModel):
    """What a provider reported of a message it had taken."""

    what: Literal["delivered", "read", "delayed", "failed", "bounced", "complained"]
    at: datetime
    provider: str
    detail: str = Field(description="The provider's words, without the address.")


class AttemptOut(BaseModel):
    """One try to hand a notice to a provider."""

    n: int
    started_at: datetime
    ended_at: datetime | None
    outcome: Literal["sent", "retry", "dead", "ambiguous"] | None
    receipts: list[ReceiptOut] = Field(description="What the provider reported since.")


class NoticeOut(BaseModel):
    """One telling on one channel to one recipient (an id or a sink's name, never an address)."""

    channel: str
    recipient: str
    language: str
    state: Literal["due", "leased", "sent", "suppressed", "held", "dead"]
    reason: str | None = Field(description="Why it was not sent.")
    next_at: datetime
    settled_at: datetime | None
    attempts: list[AttemptOut]


class TellingOut(BaseModel):
    """A change worth telling, and what was told of it."""

    milestone: Told
    subject: str
    version: int
    occurred_at: datetime
    received_at: datetime
    silent: str | None = Field(description="Why nobody is to be told.")
    planned_at: datetime | None
    notices: list[NoticeOut]


class NoticesOut(BaseModel):
    """What was told of an order, to whom, when, or why not."""

    order: str
    tellings: list[TellingOut]


class CheckOut(BaseModel):
    """One thing the hub depends on."""

    what: str = Field(examples=["database"])
    well: bool
    found: str
    remedy: str = Field(description="What to do if it is not well; else empty.")


class ReadyOut(BaseModel):
    """The hub can do its work; what is not well makes it slower or late, never wrong."""

    ready: bool
    backlog: int
    backlog_age_seconds: float
    checks: list[CheckOut]
