"""A till behind a shop's router: it cannot be told of orders, so it comes and asks."""

import json
from collections.abc import Mapping
from typing import Any

import aiohttp

from tests.faults.oracle.ledger import Ledger

KEY = "till-key-0123456789-{sink}"


def sinks(known: Mapping[str, frozenset[str] | None]) -> list[dict[str, Any]]:
    """Say what the hub has to be told of the tills."""
    return [
        {"name": name, "key": KEY.format(sink=name), "shops": shops and sorted(shops)}
        for name, shops in known.items()
    ]


class Till:
    """Remembers how far it has read; notes each message as often as it is given."""

    def begin(self, hub: str) -> None:
        """Ask another hub, from the beginning."""
        self._hub, self._after = hub, dict[str, str]()

    async def fetch(self, sink: str, ledger: Ledger) -> None:
        """Fetch what is new for a sink, page after page."""
        headers, more = {"Authorization": f"Bearer {KEY.format(sink=sink)}"}, True
        async with aiohttp.ClientSession(self._hub, headers=headers) as session:
            while more:
                asked = {"after": self._after.get(sink, "0"), "limit": "2"}
                async with session.get(f"/v1/sinks/{sink}/feed", params=asked) as answer:
                    assert answer.status == 200, f"the feed of {sink} says {answer.status}"
                    page = await answer.json()
                for one in page["messages"]:
                    body = json.dumps(one["body"]).encode()
                    await ledger.post(sink, one["id"], body, genuine=True)
                self._after[sink], more = page["next"], page["more"]
