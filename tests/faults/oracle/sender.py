"""Shops and carriers that tell of orders: each delivery is sent again until it is answered 2xx."""

import asyncio
from collections.abc import Coroutine
from datetime import UTC, datetime
from typing import Any

import aiohttp
from standardwebhooks import Webhook

from tests.faults.oracle.clock import now, pause
from tests.faults.oracle.ledger import Ledger
from tests.faults.oracle.stories import Life

SECRET = "whsec_dGVzdGtleS10ZXN0a2V5LXRlc3RrZXktdGVzdGtleQ=="
AGAIN = 0.02  #: seconds until a sender without a 2xx tries again
NOBODY, CUT_OFF = -1, 0  #: in place of a status: no connection; no answer on it


class Senders:
    """Everyone who sends, of one run."""

    def __init__(self, url: str, ledger: Ledger, *, connections: int = 0) -> None:
        self.hub, self._url, self._ledger = url, f"{url}/in/canonical", ledger
        self._tasks: set[asyncio.Task[None]] = set()
        self._webhook = Webhook(SECRET)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=connections),
            timeout=aiohttp.ClientTimeout(total=10),
        )
        self.refused = 0  #: answers that were neither 2xx nor "come again"

    def tell(self, life: Life) -> None:
        """Begin to send what there is to say of one order, one delivery after the other."""
        self.begin(self._tell(life))

    def begin(self, telling: Coroutine[Any, Any, None]) -> None:
        """Begin to tell something; it is waited for with the rest."""
        task = asyncio.create_task(telling)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def all_answered(self, seconds: float) -> bool:
        """Wait until every delivery has its 2xx; False when some have none in time."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)
        return not self._tasks

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._session.close()

    async def _tell(self, life: Life) -> None:
        names = [f"msg_{life.order.replace(':', '_')}_{n}" for n in range(len(life.deliveries))]
        lines = await self._ledger.plan(life.order, zip(names, life.deliveries, strict=True))
        for number in life.sent:
            while not await self.send(lines[number], names[number], life.deliveries[number]):
                await pause(AGAIN)

    async def send(self, line: int, name: str, body: bytes) -> bool:
        """Send one delivery once; return whether it was answered 2xx."""
        at = int(now())
        headers = {
            "webhook-id": name,
            "webhook-timestamp": str(at),
            "webhook-signature": self._signature(name, at, body),
            "content-type": "application/cloudevents+json",
        }
        sending, status = await self._ledger.begin(line), CUT_OFF
        try:
            async with self._session.post(self._url, data=body, headers=headers) as answer:
                status = answer.status
        except aiohttp.ClientConnectorError:
            status = NOBODY
        except (aiohttp.ClientError, OSError, TimeoutError):
            status = CUT_OFF
        finally:
            await self._ledger.end(sending, status)
        self.refused += status >= 300 and status != 503
        return 200 <= status < 300

    def _signature(self, name: str, at: int, body: bytes) -> str:
        return str(self._webhook.sign(name, datetime.fromtimestamp(at, UTC), body.decode()))
