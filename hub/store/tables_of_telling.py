"""Tables about how telling went on: receipts, addresses that are closed, what a till fetches."""

from datetime import datetime

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, String, Text
from sqlmodel import Field, SQLModel

from hub.store.columns import BIG, UtcTime, id_column


class ReceiptRow(SQLModel, table=True):
    """What a provider reported about a message it had taken; once, by the primary key."""

    __tablename__ = "receipt"
    __table_args__ = (
        Index("receipt_attempt", "notice_id", "n"),
        Index("receipt_lately", "what", "received_at"),
    )

    provider: str = Field(sa_column=id_column(primary=True))
    event: str = Field(sa_column=id_column(primary=True))  #: what makes it the same report
    channel: str = Field(sa_column=Column(String(32), nullable=False))
    provider_ref: str = Field(sa_column=id_column())
    what: str = Field(sa_column=Column(String(16), nullable=False))
    #: the attempt it is about; null: none that we know
    notice_id: int | None = Field(default=None, sa_column=Column(BIG, nullable=True))
    n: int | None = Field(default=None, sa_column=Column(Integer, nullable=True))
    at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    received_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    detail: str = Field(sa_column=Column(Text, nullable=False))


class SuppressionRow(SQLModel, table=True):
    """An address a channel does not write to any more; its hash, so that it outlives the person."""

    __tablename__ = "suppression"

    channel: str = Field(sa_column=Column(String(32), primary_key=True))
    address_hash: str = Field(sa_column=Column(String(64), primary_key=True))
    why: str = Field(sa_column=id_column())
    since: datetime = Field(sa_column=Column(UtcTime, nullable=False))


class AllowanceRow(SQLModel, table=True):
    """How many messages went to a recipient, or to a prefix of numbers, on a day."""

    __tablename__ = "allowance"

    day: str = Field(sa_column=Column(String(10), primary_key=True))  #: UTC, ISO
    channel: str = Field(sa_column=Column(String(32), primary_key=True))
    whom: str = Field(sa_column=Column(String(64), primary_key=True))  #: a hash, or a prefix
    sent: int = Field(sa_column=Column(Integer, nullable=False))


class FeedRow(SQLModel, table=True):
    """A message that a store system fetches; positions have no gaps, and grow."""

    __tablename__ = "feed"
    __table_args__ = (Index("feed_message", "sink", "message_id", unique=True),)

    sink: str = Field(sa_column=id_column(primary=True))
    position: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    message_id: str = Field(sa_column=Column(String(64), nullable=False))
    stored_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class FeedPlaceRow(SQLModel, table=True):
    """The last position of a feed; who writes the next one holds this row."""

    __tablename__ = "feed_place"

    sink: str = Field(sa_column=id_column(primary=True))
    position: int = Field(sa_column=Column(BigInteger, nullable=False))
