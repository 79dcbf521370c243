"""The tables of notices: the changes worth telling, who is told of them, each try to do so."""

from datetime import datetime

from sqlalchemy import Column, Index, Integer, LargeBinary, String, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from hub.store.columns import BIG, KEY, UtcTime, id_column, index_of_some, known, row_number, those


class OutboxRow(SQLModel, table=True):
    """A change worth telling, written with the belief that changed; the dispatcher fans it out.

    The UNIQUE key is the ledger of milestones: one row per happening for the order's whole life.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        UniqueConstraint("order_id", "subject", "milestone", "revision", name="outbox_milestone"),
        Index("outbox_to_plan", "id", **those("planned_at IS NULL")),
        Index(
            "outbox_unplanned", "planned_at", "id"
        ),  # what the version before this one goes along
    )

    id: int | None = Field(default=None, sa_column=row_number())
    order_id: str = Field(sa_column=id_column())
    subject: str = Field(sa_column=id_column())
    milestone: str = Field(sa_column=Column(String(32), nullable=False))
    revision: str = Field(sa_column=id_column())
    version: int = Field(sa_column=Column(Integer, nullable=False))
    occurred_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    received_at: datetime = Field(
        sa_column=Column(UtcTime, nullable=False)
    )  #: SLA clock starts here
    silent: str | None = Field(
        default=None, sa_column=id_column(null=True)
    )  #: why it must not be told
    change: str = Field(
        sa_column=Column(Text, nullable=False)
    )  #: what to tell of, JSON; no personal data
    planned_at: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))


class NoticeRow(SQLModel, table=True):
    """One telling: one milestone, one channel, one recipient. Written once, by the UNIQUE key."""

    __tablename__ = "notice"
    __table_args__ = (
        UniqueConstraint(
            "order_id",
            "subject",
            "milestone",
            "revision",
            "channel",
            "recipient",
            name="notice_once",
        ),
        Index("notice_due", "state", "next_at"),
        # the order in which what is due goes out: by a way to all customers, or to one system
        Index("notice_by_channel", "channel", "next_at", "id", **those("state = 'due'")),
        Index(
            "notice_by_system", "channel", "recipient", "next_at", "id", **those("state = 'due'")
        ),
        Index("notice_outbox", "outbox_id"),
        index_of_some("notice_merged_into", "merged_into"),
        Index("notice_merged_lately", "settled_at", **known("merged_into")),
        Index("notice_received", "received_at"),  # a day's report
    )

    id: int | None = Field(default=None, sa_column=row_number())
    outbox_id: int = Field(sa_column=Column(BIG, nullable=False))
    order_id: str = Field(sa_column=id_column())
    subject: str = Field(sa_column=id_column())
    milestone: str = Field(sa_column=Column(String(32), nullable=False))
    revision: str = Field(sa_column=id_column())
    channel: str = Field(sa_column=Column(String(32), nullable=False))
    recipient: str = Field(sa_column=id_column())  #: contact id or sink name; never an address
    language: str = Field(sa_column=Column(String(35), nullable=False))
    state: str = Field(
        sa_column=Column(String(16), nullable=False)
    )  #: due leased sent suppressed held dead
    reason: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    attempts: int = Field(default=0, sa_column=Column(Integer, nullable=False))  #: fencing token
    next_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    #: until when it was kept back on purpose (quiet hours): no delay of ours
    not_before: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))
    #: the notice that says this one with it; what becomes of that one becomes of this
    merged_into: int | None = Field(default=None, sa_column=Column(BIG, nullable=True))
    lease_until: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))
    received_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    settled_at: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))


class AttemptRow(SQLModel, table=True):
    """One try to hand a notice to a provider; written before the socket is opened."""

    __tablename__ = "attempt"
    __table_args__ = (Index("attempt_reference", "provider_ref", **known("provider_ref")),)

    notice_id: int = Field(sa_column=Column(BIG, primary_key=True, autoincrement=False))
    n: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    started_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    #: set right before the last byte that lets the provider accept; after it a crash is ambiguous
    handing_at: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))
    ended_at: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))
    outcome: str | None = Field(
        default=None, sa_column=Column(String(16), nullable=True)
    )  #: sent retry dead ambiguous
    detail: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    #: what the provider calls the message in its receipts
    provider_ref: str | None = Field(default=None, sa_column=id_column(null=True))


class MailRow(SQLModel, table=True):
    """The local mailbox: where e-mail goes when no SMTP server is configured."""

    __tablename__ = "mail"

    id: int | None = Field(default=None, sa_column=row_number())
    message_id: str = Field(sa_column=Column(String(KEY), nullable=False, unique=True))
    stored_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    message: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
