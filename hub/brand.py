"""How a shop's notices look and whom a reader may turn to: the shop's own part of every message."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, AnyHttpUrl, BaseModel, ConfigDict, Field

Language = Literal["fi", "sv", "en"]


def _on_one_line(text: str) -> str:
    if not text.isprintable() or "=?" in text:
        raise ValueError("must be one line of plain text")
    return text


Text = Annotated[str, Field(max_length=300), AfterValidator(_on_one_line)]


def _secure(url: AnyHttpUrl) -> AnyHttpUrl:
    if url.scheme != "https":
        raise ValueError("must begin with https://, or mail programmes will not show it")
    return url


class Offer(BaseModel):
    """Something a shop offers to whoever has agreed to hear of offers."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: dict[Language, Text]
    url: AnyHttpUrl | None = None


class Brand(BaseModel):
    """What a shop's notices show of the shop; all of it may be left out."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    #: of the bar on top, the buttons and the links, ``#rrggbb``; letters on it are black or white,
    #: whichever can be read
    colour: str = Field(default="#1f3d36", pattern=r"^#[0-9a-fA-F]{6}$")
    #: a picture on top of e-mails, shown 40 pixels high; unset: the shop's name in letters
    logo: Annotated[AnyHttpUrl, AfterValidator(_secure)] | None = None
    #: where answers to e-mails go; unset: to the sender
    reply_to: Text | None = None
    #: the shop's front door
    website: AnyHttpUrl | None = None
    #: how customers reach the shop: an e-mail address, a telephone number or a page
    customer_service: Text | None = None
    #: postal address under every e-mail
    address: Text | None = None
    #: a line under every e-mail, by language
    footer: dict[Language, Text] = Field(default_factory=dict)
    #: further links under every e-mail: words and address
    links: dict[Text, AnyHttpUrl] = Field(default_factory=dict)
    #: an offer for those who have agreed to hear of offers; unset: none
    offer: Offer | None = None
    #: folder with the shop's own words, ``<milestone>.jinja``; unset: ours
    templates: Path | None = None
