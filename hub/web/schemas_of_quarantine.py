"""What the routes about deliveries that are not understood answer, as models."""

from datetime import datetime

from pydantic import BaseModel, Field


class CauseOut(BaseModel):
    """Why something waits, and how much does."""

    connector: str
    kind: str
    code: str
    size: int = Field(description="Rows that wait.")
    oldest: datetime
    newest: datetime
    example: int = Field(description="The number of one row.")


class QuarantineOut(BaseModel):
    """What waits for a person."""

    total: int = Field(description="Causes.")
    causes: list[CauseOut]


class RetriedOut(BaseModel):
    """What was put back."""

    retried: int = Field(description="Deliveries; 0: somebody was faster.")
