"""What is particular to one shop: its language, its clock, how it tells, and its looks."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from hub.brand import Brand


class Shop(BaseModel):
    """What is particular to one shop; the key is its source name."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str | None = None  #: as customers know it
    language: Literal["fi", "sv", "en"] = "fi"  #: for customers whose language is not known
    timezone: str = "Europe/Helsinki"  #: in which times are written to customers
    #: by which channels its customers are told unless they wish otherwise, best first; left out:
    #: by every one there is, e-mail first
    channels: tuple[str, ...] | None = None
    #: seconds the news that goods have left waits for more of the same order, to be one letter;
    #: less than the minute in which customers are to be told; 0: each parcel has its own
    merge_seconds: float = Field(default=0.0, ge=0, le=45)
    #: when the shop's own "shipped" counts as handed over: never, always, or (auto) only where no
    #: carrier feed covers the parcel
    trust_shop_shipped: Literal["auto", "always", "never"] = "auto"
    #: how its notices look, and whom a reader may turn to
    brand: Brand = Brand()
