"""The table of the streams: how far each partition has been read, kept with what was read."""

from sqlalchemy import Column, Integer, String
from sqlmodel import Field, SQLModel

from hub.store.columns import BIG, KEY


class StreamOffsetRow(SQLModel, table=True):
    """How far a partition was read; moves in the transaction of what was read from it.

    The broker is told, too, but it is not asked: what it knows may be ahead of what was kept.
    """

    __tablename__ = "stream_offset"

    topic: str = Field(sa_column=Column(String(KEY), primary_key=True))
    partition: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    next_offset: int = Field(sa_column=Column(BIG, nullable=False))
