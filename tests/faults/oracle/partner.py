"""Partner systems that are told of orders: each post is checked, noted, and only then answered."""

from collections.abc import Callable
from contextlib import suppress

from aiohttp import web
from standardwebhooks import Webhook, WebhookVerificationError

from tests.faults.oracle.ledger import Ledger
from tests.faults.oracle.traps import Traps

SECRET = "whsec_b3JhY2xlLW9yYWNsZS1vcmFjbGUtb3JhY2xl"


class Partner:
    """Any number of sinks, told apart by their path."""

    def __init__(self, ledger: Callable[[], Ledger], traps: Traps) -> None:
        self._ledger, self._traps = ledger, traps
        self._webhook = Webhook(SECRET)

    async def receive(self, request: web.Request) -> web.Response:
        body = await request.read()
        headers = {name.lower(): text for name, text in request.headers.items()}
        genuine = False
        with suppress(WebhookVerificationError, ValueError):
            self._webhook.verify(body, headers)
            genuine = True
        sink, name = request.match_info["sink"], headers.get("webhook-id", "")
        await self._ledger().post(sink, name, body, genuine=genuine)
        self._traps.reached("http.request")
        await self._traps.patience()
        return web.Response(status=204 if genuine else 401)


async def serve(partner: Partner) -> int:
    """Open the partner systems; return their port."""
    app = web.Application()
    app.router.add_post("/{sink}", partner.receive)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    return int(runner.addresses[0][1])
