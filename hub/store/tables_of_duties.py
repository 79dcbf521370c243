"""Tables by which several processes agree who does what."""

from datetime import datetime

from sqlalchemy import Column, String
from sqlmodel import Field, SQLModel

from hub.store.columns import KEY, UtcTime


class DutyRow(SQLModel, table=True):
    """Work that one process does at a time, and until when it is the one."""

    __tablename__ = "duty"

    name: str = Field(sa_column=Column(String(KEY), primary_key=True))
    holder: str = Field(sa_column=Column(String(64), nullable=False))
    until: datetime = Field(sa_column=Column(UtcTime, nullable=False))
