"""What every shop tells of an order, put the same way: its facts, its lines, its customer."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from connectors.contract import Contact, Unmapped
from connectors.reading import Json
from state_machine.events import Event, Ordered, OrderedLine, OrderKey, What


@dataclass(frozen=True, slots=True)
class Story:
    """The facts of one order: they share what they are about and how their ids begin."""

    key: OrderKey
    prefix: str  #: such as ``shop:order:1001``

    def fact(self, name: str, what: What, *, at: datetime) -> Event:
        """Make the fact ``<prefix>:<name>``; without a name, ``<prefix>`` itself."""
        own = f"{self.prefix}:{name}" if name else self.prefix
        return Event(id=own, occurred_at=at, about=self.key, what=what)

    def ordered(self, what: Ordered, *, at: datetime) -> Event:
        """Make the fact of the lines; the same lines stated again are the same fact."""
        return self.fact(f"lines:{fingerprint(what.lines)}", what, at=at)

    def about(self, prefix: str) -> "Story":
        """Tell of something else that belongs to the same order."""
        return Story(self.key, prefix)


def fingerprint(lines: Iterable[OrderedLine]) -> str:
    """Return 16 hex digits that change when a line is added, removed or gets another quantity.

    Names are left out: a shop that corrects a typing error has not changed the order.
    """
    text = repr([(line.id, line.sku, line.quantity) for line in lines])
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def contact(
    about: OrderKey,
    stated_at: datetime,
    address: Json,
    *,
    spelling: Mapping[str, str],
    known: Mapping[str, str | None],
) -> Contact:
    """Make a contact out of a postal address and of what is ``known`` besides.

    ``spelling`` says how the vendor spells street, more, postal_code, city, country.
    """
    country = address[spelling["country"]].code()
    street = (address[spelling[part]].text() for part in ("street", "more"))
    names = (address[part].text() for part in ("first_name", "last_name"))
    return Contact(
        about=about,
        stated_at=stated_at,
        customer=known["customer"],
        name=" ".join(filter(None, names)) or known["name"],
        email=known["email"],
        phone=known["phone"],
        language=known["language"],
        country=country if country and len(country) == 2 else None,
        street=", ".join(filter(None, street)) or None,
        postal_code=address[spelling["postal_code"]].text(32),
        city=address[spelling["city"]].text(),
    )


def untaught(topic: str | None, message: Json) -> Unmapped:
    """Set a message aside whose topic, or whose content without a topic, nobody has taught us."""
    detail = "no such topic is taught yet"
    if topic is None and isinstance(message.value, dict):
        detail = f"an object with {', '.join(sorted(message.value)[:12])}"
    # the topic came in a header that nobody signed
    word = "".join(sign if sign.isprintable() else "?" for sign in topic or "unknown")
    return Unmapped(f"topic={word[:100]}", detail=detail[:200])
