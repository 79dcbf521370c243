"""Every table of the hub, one screenful each: what was received, what we believe, what we told.

Declared with SQLModel; the hot path uses their Core tables (``table``) with SQLAlchemy Core. Times
are aware UTC in Python and ISO text with a fixed width in SQLite, so that text order is time order.
JSON columns hold the text that orjson made; nothing in the database looks inside.
"""

from datetime import datetime

from sqlalchemy import (
    Column,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlmodel import Field, SQLModel

from hub.store.columns import BIG, UtcTime, id_column, index_of_some, known, row_number, those

ORIGIN = 300  #: characters of a place in a stream; a topic's name has up to 249


class RawRow(SQLModel, table=True):
    """Bytes as they came. Those without an origin are the embedded log, in the order they came."""

    __tablename__ = "raw"
    __table_args__ = (
        Index("raw_origin", "origin", unique=True, **known("origin")),
        # what the log's reader goes along, however many came by stream in between
        Index("raw_embedded", "id", **those("origin IS NULL")),
        # Without it SQLite gives the number of a deleted last row to the next one, which would then
        # lie before the pipeline's cursor and never be read.
        {"sqlite_autoincrement": True},
    )

    id: int | None = Field(default=None, sa_column=row_number())
    connector: str = Field(sa_column=id_column())
    source: str = Field(sa_column=id_column())
    received_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    headers: str = Field(sa_column=Column(Text, nullable=False))  #: JSON; no secrets in it
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    #: where in a stream it was read: topic/partition@offset; the log's reader passes it by
    origin: str | None = Field(default=None, sa_column=Column(String(ORIGIN), nullable=True))


class CursorRow(SQLModel, table=True):
    """How far a reader of the log has come; moves in the transaction of what it read."""

    __tablename__ = "cursor"

    reader: str = Field(sa_column=id_column(primary=True))
    position: int = Field(sa_column=Column(BIG, nullable=False))


class AcceptedRow(SQLModel, table=True):
    """How many deliveries of a source became durable; counted where they are written.

    What became of them is counted elsewhere, so the sums of the audit have two sides.
    """

    __tablename__ = "accepted"

    connector: str = Field(sa_column=id_column(primary=True))
    source: str = Field(sa_column=id_column(primary=True))
    raws: int = Field(sa_column=Column(BIG, nullable=False))


class InboxRow(SQLModel, table=True):
    """One row per delivery: the mark that it was taken in, and what became of it.

    The UNIQUE key is the de-duplication of deliveries; it outlives the raw's bytes.
    """

    __tablename__ = "inbox"
    __table_args__ = (
        UniqueConstraint("connector", "source", "delivery_key", name="inbox_delivery"),
        Index("inbox_outcome", "outcome"),
    )

    raw_id: int = Field(sa_column=Column(BIG, primary_key=True, autoincrement=False))
    connector: str = Field(sa_column=id_column())
    source: str = Field(sa_column=id_column())
    #: the connector's key of the delivery; with "#<raw_id>" behind it when it is a duplicate
    delivery_key: str = Field(sa_column=id_column())
    body_sha256: str = Field(sa_column=Column(String(64), nullable=False))
    received_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    outcome: str = Field(sa_column=Column(String(16), nullable=False))
    facts: int = Field(sa_column=Column(Integer, nullable=False))  #: facts found in it


class TimelineRow(SQLModel, table=True):
    """An order's facts, append-only. The primary key is the de-duplication of facts."""

    __tablename__ = "timeline"
    __table_args__ = (Index("timeline_raw", "raw_id"),)

    order_id: str = Field(sa_column=id_column(primary=True))
    fact_id: str = Field(sa_column=id_column(primary=True))
    raw_id: int = Field(sa_column=Column(BIG, nullable=False))
    source: str = Field(sa_column=id_column())
    occurred_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    received_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    fact: str = Field(sa_column=Column(Text, nullable=False))  #: the Event as JSON


class BeliefRow(SQLModel, table=True):
    """What we believe about an order now; written only by pipeline/apply."""

    __tablename__ = "belief"
    __table_args__ = (
        UniqueConstraint("shop", "external_id", name="belief_order"),
        Index("belief_number", "number", "shop"),
        Index("belief_contact", "contact_id"),
        Index("belief_updated", "as_of", "order_id"),
        Index("belief_due", "due_at"),
    )

    order_id: str = Field(sa_column=id_column(primary=True))
    shop: str = Field(sa_column=id_column())
    external_id: str = Field(sa_column=id_column())
    number: str = Field(sa_column=id_column())
    contact_id: str | None = Field(default=None, sa_column=id_column(null=True))
    version: int = Field(sa_column=Column(Integer, nullable=False))
    status: str = Field(sa_column=Column(String(32), nullable=False))
    as_of: datetime = Field(sa_column=Column(UtcTime, nullable=False))  #: the newest fact reached us
    #: when time alone will next make something true of it (a promise breaks)
    due_at: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))
    snapshot: str = Field(sa_column=Column(Text, nullable=False))  #: the Order as JSON
    milestones: str = Field(sa_column=Column(Text, nullable=False))  #: the milestones reached, JSON


class ParcelRow(SQLModel, table=True):
    """Which order a tracking number belongs to, from when on; numbers are recycled."""

    __tablename__ = "parcel"
    __table_args__ = (Index("parcel_order", "order_id"),)

    number: str = Field(sa_column=id_column(primary=True))
    order_id: str = Field(sa_column=id_column(primary=True))
    carrier: str | None = Field(default=None, sa_column=id_column(null=True))
    since: datetime = Field(sa_column=Column(UtcTime, nullable=False))


class OpenLineRow(SQLModel, table=True):
    """Which orders still wait for goods of a SKU; how inventory facts reach orders."""

    __tablename__ = "open_line"
    __table_args__ = (Index("open_line_order", "order_id"),)

    sku: str = Field(sa_column=id_column(primary=True))
    order_id: str = Field(sa_column=id_column(primary=True))
    shop: str = Field(sa_column=id_column())


class StockRow(SQLModel, table=True):
    """The latest fact about a SKU in a location; orders that come later start from it."""

    __tablename__ = "stock"

    sku: str = Field(sa_column=id_column(primary=True))
    location: str = Field(sa_column=id_column(primary=True))  #: "" for all
    shop: str = Field(sa_column=id_column(primary=True))  #: "" for all
    kind: str = Field(sa_column=id_column(primary=True))  #: level or shortage: two registers
    occurred_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    fact_id: str = Field(sa_column=id_column())
    raw_id: int = Field(sa_column=Column(BIG, nullable=False))
    source: str = Field(sa_column=id_column())
    received_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    fact: str = Field(sa_column=Column(Text, nullable=False))


class ParkedRow(SQLModel, table=True):
    """A fact whose order is not known yet; applied the moment the order names the key."""

    __tablename__ = "parked"
    __table_args__ = (
        Index("parked_raw", "raw_id"),
        Index("parked_received", "expired_at", "received_at"),
    )

    key: str = Field(sa_column=id_column(primary=True))  #: "order:<shop>:<id>" or "parcel:<number>"
    fact_id: str = Field(sa_column=id_column(primary=True))
    raw_id: int = Field(sa_column=Column(BIG, nullable=False))
    source: str = Field(sa_column=id_column())
    received_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    fact: str = Field(sa_column=Column(Text, nullable=False))
    contact: bool = False  #: the row holds a Contact, not an Event
    #: when it had waited too long and was put on the list a person reads; it still comes home
    expired_at: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))


class QuarantineRow(SQLModel, table=True):
    """What is authentic but not understood; waits for a person, is released after a fix."""

    __tablename__ = "quarantine"
    __table_args__ = (Index("quarantine_open", "released_at", "connector", "code"),)

    id: int | None = Field(default=None, sa_column=row_number())
    raw_id: int = Field(sa_column=Column(BIG, nullable=False, index=True))
    connector: str = Field(sa_column=id_column())
    source: str = Field(sa_column=id_column())
    kind: str = Field(sa_column=Column(String(16), nullable=False))  #: unreadable, unmapped, conflict, ambiguous, error, unclaimed
    code: str = Field(sa_column=id_column())  #: groups the inbox
    detail: str = Field(sa_column=Column(Text, nullable=False))
    about: str = Field(sa_column=id_column())
    received_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    #: when it was decided: put back into the log, or (with the reason) discarded
    released_at: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))
    discarded_because: str | None = Field(default=None, sa_column=Column(Text, nullable=True))


class ContactRow(SQLModel, table=True):
    """The one place of personal data; everything else refers to its id."""

    __tablename__ = "contact"
    __table_args__ = (
        UniqueConstraint("shop", "customer", name="contact_customer"),
        Index("contact_email", "email"),
        Index("contact_phone", "phone"),
        index_of_some("contact_customer_id", "customer_id"),
    )

    id: str = Field(sa_column=id_column(primary=True))  #: random; says nothing about the person
    shop: str = Field(sa_column=id_column())
    #: the shop's id of the customer, or "order:<id>" for a guest
    customer: str = Field(sa_column=id_column())
    stated_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    name: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    email: str | None = Field(default=None, sa_column=Column(String(320), nullable=True))  #: lower case
    phone: str | None = Field(default=None, sa_column=Column(String(32), nullable=True))  #: E.164
    language: str | None = Field(default=None, sa_column=Column(String(35), nullable=True))
    country: str | None = Field(default=None, sa_column=Column(String(2), nullable=True))
    street: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    postal_code: str | None = Field(default=None, sa_column=Column(String(32), nullable=True))
    city: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    #: whose contact it is, once that person has said anything to us (``tables_of_customers``)
    customer_id: str | None = Field(default=None, sa_column=id_column(null=True))


class JobRow(SQLModel, table=True):
    """How far a long operation has come, so that it goes on where it was interrupted."""

    __tablename__ = "job"

    name: str = Field(sa_column=id_column(primary=True))
    place: str = Field(sa_column=id_column())  #: the last thing that is done
    sums: str = Field(sa_column=Column(Text, nullable=False))  #: JSON
    begun_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))


def table(row: type[SQLModel]) -> Table:
    """Return the Core table of a row class."""
    found: Table = row.__table__  # type: ignore[attr-defined]
    return found
