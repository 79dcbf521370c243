"""The tables of people: who a customer is across shops, how to reach them, what they agreed to.

A row in ``customer`` exists only once a person has said something to us (a wish, a consent, a
verified address). Until then a shop's contact is a customer of its own, without any row here.
"""

from datetime import datetime

from sqlalchemy import Boolean, Column, Index, Integer, String, Text
from sqlmodel import Field, SQLModel

from hub.store.columns import KEY, UtcTime, known, row_number


class CustomerRow(SQLModel, table=True):
    """One person, and how they want to be told."""

    __tablename__ = "customer"

    id: str = Field(sa_column=Column(String(KEY), primary_key=True))
    #: the customer this one turned out to be: they have verified the same address
    joined_into: str | None = Field(default=None, sa_column=Column(String(KEY), index=True))
    language: str | None = Field(default=None, sa_column=Column(String(35), nullable=True))
    timezone: str | None = Field(default=None, sa_column=Column(String(64), nullable=True))
    quiet: str | None = Field(
        default=None, sa_column=Column(String(11), nullable=True)
    )  #: 21:00-08:00
    channels: str = Field(
        sa_column=Column(Text, nullable=False)
    )  #: JSON: message class or "*" -> names in order
    consents: str = Field(
        sa_column=Column(Text, nullable=False)
    )  #: JSON: the ledger's sum, "channel/class" -> given
    version: int = Field(
        sa_column=Column(Integer, nullable=False)
    )  #: +1 with every change of the above
    changed_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))


class CustomerAddressRow(SQLModel, table=True):
    """An address that a customer has besides those their shops know: of an app, a chat, a mailbox.

    A verified one belongs to one customer only: by it two shops' customers are known as one.
    """

    __tablename__ = "customer_address"
    __table_args__ = (
        Index(
            "customer_address_verified",
            "kind",
            "address",
            unique=True,
            **known("verified_at"),
        ),
    )

    customer_id: str = Field(sa_column=Column(String(KEY), primary_key=True))
    kind: str = Field(
        sa_column=Column(String(32), primary_key=True)
    )  #: what a channel calls its ADDRESS
    address: str = Field(sa_column=Column(String(2048), primary_key=True))
    stated_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    verified_at: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))
    disabled_at: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))
    disabled_because: str | None = Field(default=None, sa_column=Column(Text, nullable=True))


class ConsentRow(SQLModel, table=True):
    """The ledger of consents: what was agreed to or withdrawn, when, where, on which text.

    Only ever added to. It refers to a customer by id and names nobody.
    """

    __tablename__ = "consent"
    __table_args__ = (Index("consent_customer", "customer_id", "id"),)

    id: int | None = Field(default=None, sa_column=row_number())
    customer_id: str = Field(sa_column=Column(String(KEY), nullable=False))
    channel: str = Field(sa_column=Column(String(32), nullable=False))  #: "*": every channel
    message_class: str = Field(sa_column=Column(String(16), nullable=False))
    given: bool = Field(sa_column=Column(Boolean, nullable=False))
    at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    source: str = Field(
        sa_column=Column(String(KEY), nullable=False)
    )  #: page, one-click, complaint, api:<key>
    shop: str | None = Field(default=None, sa_column=Column(String(KEY), nullable=True))
    text_id: str | None = Field(
        default=None, sa_column=Column(String(KEY), nullable=True)
    )  #: of what was read
    text_hash: str | None = Field(
        default=None, sa_column=Column(String(64), nullable=True)
    )  #: SHA-256, hex
