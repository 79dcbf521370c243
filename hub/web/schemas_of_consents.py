"""The ledger of what customers agreed to and withdrew, as the API takes and shows it."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from state_machine.milestones import Urgency

Kind = Urgency | Literal["offers"]  #: what can be agreed to


class ConsentIn(BaseModel):
    """Something a customer agreed to or withdrew."""

    model_config = ConfigDict(extra="forbid")

    channel: str = Field(max_length=32)
    message_class: Kind = Field(alias="class")
    given: bool
    at: datetime | None = Field(None, description="When it was said; left out: now.")
    shop: str | None = Field(None, max_length=255)
    text_id: str | None = Field(None, max_length=255, description="Of the text that was read.")
    text_hash: str | None = Field(None, pattern=r"^[0-9a-f]{64}$", description="SHA-256 of it.")


class ConsentOut(BaseModel):
    """One line of the ledger."""

    channel: str
    message_class: Kind = Field(alias="class")
    given: bool
    at: datetime
    source: str
    shop: str | None
    text_id: str | None
    text_hash: str | None


class ConsentsOut(BaseModel):
    """Everything a customer ever agreed to or withdrew, oldest first."""

    customer: str
    consents: list[ConsentOut]
