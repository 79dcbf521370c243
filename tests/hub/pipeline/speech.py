"""A vendor for tests: its messages say plainly what is to be found in them, or what goes wrong."""

import os
import signal
from collections.abc import Iterator
from typing import Any

import orjson

from connectors.contract import Contact, Finding, Raw, Registered, Unmapped, Unreadable
from hub.store.facts import decode, encode
from state_machine.events import Event, OrderKey
from tests.builders import hours

NAME = "speech"


class Speech:
    """The connector. ``taught``: the codes it knows; one without a code is always understood.

    ``wiser``: it has been mended, and reads what it misread before.
    """

    TITLE = "Speech"

    def __init__(self) -> None:
        self.taught: set[str] = set()
        self.wiser = False

    def verify(self, raw: Raw, secret: str) -> None:
        """Everybody is believed."""

    def delivery_key(self, raw: Raw) -> str:
        message = orjson.loads(raw.body) if raw.body.startswith(b"{") else {}
        return str(message.get("id") or hash(raw.body))

    def parse(self, raw: Raw) -> Iterator[Finding]:
        if not raw.body.startswith(b"{"):
            raise Unreadable("/: must be an object")
        for item in orjson.loads(raw.body)["items"]:
            yield from self._find(item | item.get("better", {}) if self.wiser else item)

    def _find(self, item: dict[str, Any]) -> Iterator[Finding]:
        if item.get("bug") not in {None, *self.taught}:
            raise RuntimeError(item["bug"])
        if "death" in item:
            os.kill(os.getpid(), signal.SIGKILL)
        if item.get("code") and item["code"] not in self.taught:
            if not item.get("shy"):
                yield Unmapped(item["code"], about="1001")
        elif "refused" in item:
            raise Unreadable("/items: cannot be read any more")
        elif "contact" in item:
            yield Contact(
                about=OrderKey(item["shop"], item["order"]),
                stated_at=hours(item["hour"]),
                **item["contact"],
            )
        elif item["fact"] is not None:
            yield decode(item["fact"])


def registered(speech: Speech) -> Registered:
    return Registered(name=NAME, kind="shops", module=speech)


def says(*told: Event | dict[str, Any], id: str | None = None) -> bytes:  # noqa: A002 - it is one
    """A message with these facts; a dict is anything else the vendor may say."""
    items = [{"fact": encode(one)} if isinstance(one, Event) else one for one in told]
    return orjson.dumps({"id": id, "items": items})


def customer(
    hour: float, order: str = "1001", shop: str = "kauppa", **fields: str | None
) -> dict[str, Any]:
    """What the shop states of a customer at an hour."""
    return {"hour": hour, "shop": shop, "order": order, "contact": {"customer": "7", **fields}}


def coded(code: str, fact: Event, *, shy: bool = False) -> dict[str, Any]:
    """A fact under a code that has to be taught; a shy one is passed over until then."""
    return {"code": code, "fact": encode(fact), "shy": shy}


def misread(was: Event, now: Event | None, **otherwise: Any) -> dict[str, Any]:
    """A fact that a wiser connector reads as another one, or as none, or that it trips over."""
    better = {"fact": encode(now) if now else None, **otherwise}
    return {"fact": encode(was), "better": better}
