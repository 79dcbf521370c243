"""What customers and shops say of being told, and what the API answers, as models.

Nothing here is an address or a name, but what a shop states with ``AddressIn``.
"""

from datetime import datetime, time
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from hub.notify.preferences import Preferences
from hub.notify.quiet_hours import Hours
from hub.store.consents import EVERY
from state_machine.milestones import Urgency


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("is no time zone; write one like Europe/Helsinki") from None
    return name


def _clock(text: str) -> str:
    time.fromisoformat(text)
    return text


Zone = Annotated[str, Field(max_length=64), AfterValidator(_zone)]
Clock = Annotated[str, Field(pattern=r"^\d\d:\d\d$"), AfterValidator(_clock)]
Names = Annotated[list[Annotated[str, Field(max_length=32)]], Field(max_length=32)]
EXACT = ConfigDict(extra="forbid")


class QuietHours(BaseModel):
    """When nothing but what cannot wait is told, by the customer's clock; may go over midnight."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    since: Clock = Field(alias="from", examples=["21:00"])
    until: Clock = Field(alias="to", examples=["08:00"])

    @model_validator(mode="after")
    def _some_time(self) -> "QuietHours":
        if self.since == self.until:
            raise ValueError("from and to are the same time")
        return self


class ClassIn(BaseModel):
    """One message class."""

    model_config = EXACT

    channels: Names = Field(default=[], description="Best first; empty: as for all classes.")
    muted: Names = Field(
        default=[],
        description='Channels it is switched off on; "*" (informative only): all of them.',
    )


class TextIn(BaseModel):
    """The text that somebody read before they agreed."""

    model_config = EXACT

    text_id: str = Field(min_length=1, max_length=255, description="How the shop finds it again.")
    text_hash: str | None = Field(None, pattern=r"^[0-9a-f]{64}$", description="SHA-256 of it.")


class PreferencesIn(BaseModel):
    """How a customer wants to be told. What is left out is as the shop does it."""

    model_config = EXACT

    language: str | None = Field(None, description="One the hub speaks.", examples=["sv"])
    timezone: Zone | None = Field(None, examples=["Europe/Stockholm"])
    quiet_hours: QuietHours | None = None
    channels: Names = Field(default=[], description="Best first, for all message classes.")
    classes: dict[Urgency, ClassIn] = Field(default_factory=dict)
    offers: bool | None = Field(
        None, description="Whether they have agreed to see offers; left out: as it was."
    )
    offers_text: TextIn | None = Field(
        None, description="With a new yes to offers: what they read."
    )

    def wanted(self) -> Preferences:
        """Return them as the hub keeps them."""
        quiet = self.quiet_hours
        ordered = {str(one): said.channels for one, said in self.classes.items()}
        return Preferences(
            language=self.language,
            timezone=self.timezone,
            quiet=Hours.read(f"{quiet.since}-{quiet.until}") if quiet else None,
            channels={EVERY: self.channels, **ordered},
            muted={one: said.muted for one, said in self.classes.items()},
            offers=self.offers,
        )


class ClassOut(ClassIn):
    """One message class."""

    agreed: Names = Field(default=[], description="Channels the customer has agreed to.")


class PreferencesOut(PreferencesIn):
    """How a customer wants to be told."""

    customer: str
    version: int = Field(description="The ETag; 0 while nothing has been said.")
    classes: dict[Urgency, ClassOut] = Field(default_factory=dict)  # type: ignore[assignment]


def written(customer: str, version: int, known: Preferences) -> dict[str, Any]:
    """Make the public view of preferences."""
    quiet = known.quiet
    return {
        "customer": customer,
        "version": version,
        "language": known.language,
        "timezone": known.timezone,
        "quiet_hours": quiet and {"from": f"{quiet.since:%H:%M}", "to": f"{quiet.until:%H:%M}"},
        "channels": [*known.channels.get(EVERY, ())],
        "offers": known.offers,
        "classes": {
            str(one): {
                "channels": [*known.channels.get(one, ())],
                "muted": [*known.muted.get(one, ())],
                "agreed": [*known.agreed.get(one, ())],
            }
            for one in Urgency
        },
    }


class AddressIn(BaseModel):
    """An address of a customer, and whether they have proved that it is theirs."""

    model_config = EXACT

    kind: str = Field(pattern=r"^[a-z][a-z0-9_]{0,31}$", examples=["email", "phone"])
    address: str = Field(min_length=1, max_length=2048)
    verified: bool = Field(
        False, description="They have shown it: by a code or a link sent there. Joins customers."
    )


class CustomerAddressOut(BaseModel):
    """That there is an address, not which."""

    kind: str
    verified_at: datetime | None
    disabled_at: datetime | None


class CustomerOut(BaseModel):
    """A customer, by ids alone."""

    model_config = ConfigDict(title="Customer")

    id: str
    contacts: list[str] = Field(description="What orders name as `customer_ref`.")
    addresses: list[CustomerAddressOut] = Field(description="Besides those the shops know.")


class LinkOut(BaseModel):
    """A page where a customer says how they want to be told."""

    url: str
