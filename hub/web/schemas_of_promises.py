"""What the API answers about promises: who was told in time, who was not, and why."""

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, Field

from state_machine.milestones import Told
from state_machine.objectives import Objective


class SpeedOut(BaseModel):
    """How long it took from reaching us to one station of the way; read from buckets."""

    count: int
    p50_at_most: float | None = Field(description="Seconds; null: longer than a day, or nothing.")
    p95_at_most: float | None
    p99_at_most: float | None


class KeptOut(BaseModel):
    """How one promise was kept on one channel."""

    channel: str = Field(examples=["email"])
    objective: Objective
    promised_seconds: float
    in_time: int = Field(description="Taken over by the provider within the promised time.")
    late: int = Field(description="Taken over later.")
    missed: int = Field(description="Given up, or still open though the time is over.")
    open: int = Field(description="Still open, and there is time left.")
    share: float | None = Field(description="in_time of in_time + late + missed; null: of none.")
    planned: SpeedOut = Field(description="Belief committed and notices planned.")
    attempted: SpeedOut = Field(description="First try.")
    accepted: SpeedOut = Field(description="Taken over by the provider.")


class UnsentOut(BaseModel):
    """What was not sent on purpose."""

    channel: str
    reason: str
    count: int


class BreachOut(BaseModel):
    """One notice that broke the promise."""

    notice: int
    order: str
    subject: str
    milestone: Told
    channel: str
    recipient: str = Field(description="An id or a sink's name, never an address.")
    objective: Objective
    state: Literal["due", "leased", "sent", "held", "dead"]
    received_at: datetime
    accepted_at: datetime | None
    attempts: int
    cause: Literal["hub", "provider", "given_up", "person", "waiting"]
    detail: str


class SlaOut(BaseModel):
    """A day (UTC), by the moment the news reached us."""

    day: date
    kept: list[KeptOut]
    unsent: list[UnsentOut]
    breaches: list[BreachOut]
    next: int | None = Field(description="`after` of the next page of breaches; null: no more.")
