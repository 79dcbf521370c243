"""What is particular to one shop: its language, its clock, how it tells, and its looks."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

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
    #: when the shop's own "shipped" counts as handed over: never, always, or (auto) only where no
    #: carrier feed covers the parcel
    trust_shop_shipped: Literal["auto", "always", "never"] = "auto"
    #: how its notices look, and whom a reader may turn to
    brand: Brand = Brand()
