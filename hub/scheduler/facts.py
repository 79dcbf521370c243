"""The passing of time as a source of facts: a connector of the house, with no door to it."""

import sys
from collections.abc import Iterator

import orjson

from connectors.contract import BadSignature, Finding, Raw, Registered, Unreadable
from hub.store.facts import decode

NAME = "time"
TITLE = "The hub's own clock"


def verify(raw: Raw, secret: str) -> None:
    """Refuse: nobody outside speaks for the clock."""
    raise BadSignature("the clock takes no deliveries")


def parse(raw: Raw) -> Iterator[Finding]:
    """Read the facts the scheduler wrote: a JSON list of facts."""
    try:
        facts = [decode(orjson.dumps(fact).decode()) for fact in orjson.loads(raw.body)]
    except (ValueError, KeyError, TypeError) as error:
        raise Unreadable("not a list of facts") from error
    yield from facts


def registered() -> Registered:
    """Return the clock as the pipeline knows connectors."""
    return Registered(NAME, "hub", sys.modules[__name__])
