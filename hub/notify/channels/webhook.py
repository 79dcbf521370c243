"""Store and partner systems: a signed POST (Standard Webhooks 1.0.0) of every milestone.

Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md.
2xx is success; 410 means never again; 429 and 503 may name a wait; a redirect is a failure.
"""

from collections.abc import Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime

import aiohttp

from connectors.signatures import sign_standard_webhook
from hub import __version__
from hub.clock import Clock
from hub.config import Sink
from hub.notify import retry
from hub.notify.channels import Audience, Channel, DeliveryError, Form, Handing, Message, Tools
from hub.notify.dialing import guarded_dial, networks

TOTAL = 20.0  #: seconds for the whole exchange; the spec advises 15 to 30
CONNECT = 8.0  #: seconds of it to reach the server
READ = 20_000  #: bytes of an answer we look at


def open_channel(tools: Tools) -> Channel:
    """Open the channel to the configured sinks."""
    return Webhook(
        sinks=tools.settings.sinks, allowed=tools.settings.sink_networks, clock=tools.clock
    )


class Webhook:
    """The channel to store and partner systems."""

    NAME = "webhook"
    AUDIENCE = Audience.SINK
    FORM = Form.DATA
    ADDRESS = ""
    MISSING = "this sink is not configured any more"
    SCHEDULE: Sequence[float] = retry.WEBHOOK
    DEADLINE = TOTAL + 5
    AT_ONCE = 16
    deduplicates = True  #: the receiver knows a repetition by its ``webhook-id``

    def __init__(
        self, *, sinks: Sequence[Sink], allowed: Sequence[str], clock: Clock, total: float = TOTAL
    ) -> None:
        """Note the sinks and the networks they may be in; nothing is dialled yet."""
        self._sinks = {sink.name: sink for sink in sinks}
        self._dial = guarded_dial(networks(allowed))
        self._clock = clock
        self._timeout = aiohttp.ClientTimeout(total=total, connect=CONNECT)
        self._session: aiohttp.ClientSession | None = None

    async def send(self, message: Message, handing: Handing) -> str:
        """POST the payload; return the status line's code. Raises ``DeliveryError``."""
        sink = self._sinks.get(message.recipient)
        if sink is None:
            raise DeliveryError(self.MISSING, permanent=True)
        headers = self._headers(message, sink.secret.get_secret_value())
        await handing()
        try:
            async with self._http().post(
                message.to, data=message.payload, headers=headers, allow_redirects=False
            ) as response:
                if 200 <= response.status < 300:
                    return str(response.status)
                answer = await self._answer(response)
                raise self._refused(response, answer)
        except aiohttp.ClientConnectorError as error:
            raise DeliveryError(f"no connection: {error.os_error}") from error
        except aiohttp.ConnectionTimeoutError as error:
            raise DeliveryError(f"no connection: {error}") from error
        except aiohttp.InvalidURL as error:
            raise DeliveryError(f"not an address: {error}", permanent=True) from error
        except (aiohttp.ClientError, OSError) as error:
            what = str(error) or type(error).__name__
            raise DeliveryError(f"no answer: {what}", ambiguous=True) from error

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    def _headers(self, message: Message, secret: str) -> dict[str, str]:
        name, stamp = f"msg_{message.key[:32]}", int(self._clock().timestamp())
        try:
            signature = sign_standard_webhook(secret, name, stamp, message.payload)
        except ValueError as error:
            raise DeliveryError(f"the sink's secret cannot sign: {error}") from error
        return {
            **message.headers,
            "content-type": "application/json",
            "user-agent": f"tilanne/{__version__}",
            "webhook-id": name,
            "webhook-timestamp": str(stamp),
            "webhook-signature": signature,
        }

    def _http(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    socket_factory=self._dial, use_dns_cache=False, limit=0
                ),
                timeout=self._timeout,
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,  # an answer is looked at, never unpacked
                trust_env=False,
            )
        return self._session

    async def _answer(self, response: aiohttp.ClientResponse) -> str:
        """Read the beginning of an answer for the log; the rest is not waited for."""
        read = b""
        while len(read) < READ and (piece := await response.content.read(READ - len(read))):
            read += piece
        response.close()
        return " ".join(read[:200].decode("utf-8", "replace").split())

    def _refused(self, response: aiohttp.ClientResponse, answer: str) -> DeliveryError:
        status = response.status
        return DeliveryError(
            f"{status} {response.reason or ''}: {answer}".strip(": "),
            permanent=status == 410,
            retry_after=wait_of(response.headers.get("retry-after"), self._clock()),
        )


def wait_of(text: str | None, now: datetime) -> float | None:
    """Read a Retry-After header: seconds or a date (RFC 9110 §10.2.3); None if it says nothing."""
    if text is None:
        return None
    if text.isascii() and text.isdigit():
        return float(text[:12])
    try:
        then = parsedate_to_datetime(text)
        return max((then - now).total_seconds(), 0.0)
    except (TypeError, ValueError):
        return None  # no date, or one without a time zone
