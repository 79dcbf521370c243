"""What a store system is given that comes and asks what it would be told."""

from datetime import datetime

from pydantic import BaseModel, Field


class FeedMessageOut(BaseModel):
    """One message, as the webhook would have brought it."""

    id: str = Field(description="The webhook-id: the same message has it on either way.")
    laid_out_at: datetime
    body: dict[str, object] = Field(description="The webhook's body.")


class FeedOut(BaseModel):
    """A page of a feed."""

    messages: list[FeedMessageOut]
    next: str = Field(description="Ask again with ?after= this.")
    more: bool = Field(description="Whether more waits already.")
