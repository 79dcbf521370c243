"""Asks a provider over HTTP to tell a customer: guarded, bounded, and honest about the unknown."""

import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, Literal

import aiohttp
import orjson
from pydantic import SecretStr

from connectors.signatures import sign_standard_webhook
from hub import __version__
from hub.notify.channels import DeliveryError, Handing
from hub.notify.dialing import guarded_dial, networks
from hub.notify.names import Names

TOTAL = 20.0  #: seconds for the whole exchange; Standard Webhooks advises 15 to 30
CONNECT = 8.0  #: seconds of it to reach the server
READ = 20_000  #: bytes of an answer we look at
AGENT = {"user-agent": f"tilanne/{__version__}", "accept-encoding": "identity"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a provider answered, as far as we looked at it."""

    status: int
    reason: str
    headers: Mapping[str, str]  #: names in any case
    body: bytes

    @property
    def taken(self) -> bool:
        """Whether the status says that all is well."""
        return 200 <= self.status < 300

    def json(self) -> dict[str, Any]:
        """Read the body; an empty table if it is no JSON object."""
        with contextlib.suppress(orjson.JSONDecodeError):
            if isinstance(read := orjson.loads(self.body), dict):
                return read
        return {}

    def __str__(self) -> str:
        """Write it on one line for the log."""
        said = " ".join(self.body[:200].decode("utf-8", "replace").split())
        return f"{self.status} {self.reason}: {said}".strip(": ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Classes:
    """What a provider means by a status that is no 2xx; what stands nowhere may be tried again."""

    permanent: frozenset[int] = field(default_factory=frozenset)  #: not this message
    gone: frozenset[int] = field(default_factory=frozenset)  #: not this address, ever
    #: the message may have been taken all the same
    ambiguous: frozenset[int] = field(default_factory=frozenset)


#: an API of messages: what it refuses it will refuse again; 401 and 403 are the operator's to mend;
#: behind 500, 502 and 504 anything may have happened
API = Classes(
    permanent=frozenset({400, 404, 405, 413, 415, 422}), ambiguous=frozenset({500, 502, 504})
)


class Post:
    """The way to one provider; connections are kept, unless a stale one would leave us in doubt."""

    def __init__(
        self,
        allowed: Iterable[str],
        *,
        total: float = TOTAL,
        connections: Literal["kept", "new"] = "kept",
    ) -> None:
        """Note the networks inside that may be dialled; nothing is dialled yet."""
        self._dial = guarded_dial(networks(allowed))
        self._timeout = aiohttp.ClientTimeout(total=total, connect=CONNECT)
        self._kept = connections == "kept"
        self._session: aiohttp.ClientSession | None = None

    async def ask(
        self,
        url: str,
        body: bytes | None,
        headers: Mapping[str, str],
        handing: Handing | None = None,
        *,
        reference: str = "",
    ) -> Answer:
        """POST a body (None: GET) and return the answer, whatever its status; no redirect.

        ``handing`` is told ``reference`` before anything is sent. Raises ``DeliveryError``:
        ambiguous when the line broke and there is a ``handing``.
        """
        if handing is not None:
            await handing(reference)
        method = "GET" if body is None else "POST"
        try:
            async with self._http().request(
                method, url, data=body, headers={**AGENT, **headers}, allow_redirects=False
            ) as response:
                return await self._answer(response)
        except aiohttp.ClientConnectorError as error:
            raise DeliveryError(f"no connection: {error.os_error}") from error
        except aiohttp.ConnectionTimeoutError as error:
            raise DeliveryError("no connection: it took too long") from error
        except aiohttp.InvalidURL:  # the address may hold a secret: it is not repeated
            raise DeliveryError("not an address of the web", permanent=True) from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            broken = f"no answer: {type(error).__name__}"
            raise DeliveryError(broken, ambiguous=handing is not None) from error

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    def _http(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    socket_factory=self._dial,
                    resolver=Names(),
                    use_dns_cache=False,
                    limit=0,
                    force_close=not self._kept,
                ),
                timeout=self._timeout,
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,  # an answer is looked at, never unpacked
                trust_env=False,
            )
        return self._session

    async def _answer(self, response: aiohttp.ClientResponse) -> Answer:
        """Read the beginning of an answer; a status that came counts, whatever comes after it."""
        read = b""
        with contextlib.suppress(aiohttp.ClientError, OSError):
            while len(read) < READ and (piece := await response.content.read(READ - len(read))):
                read += piece
        if not response.content.at_eof():
            response.close()
        return Answer(response.status, response.reason or "", response.headers, read)


def refusal(answer: Answer, classes: Classes, now: datetime, said: str = "") -> DeliveryError:
    """Make the error of an answer that is no success; ``said``: the provider's words for it."""
    return DeliveryError(
        said or str(answer),
        permanent=answer.status in classes.permanent,
        gone=answer.status in classes.gone,
        ambiguous=answer.status in classes.ambiguous,
        retry_after=wait_of(answer.headers.get("retry-after"), now),
    )


def signed(secret: SecretStr, name: str, body: bytes, now: datetime) -> dict[str, str]:
    """Return the headers that say who sends a body (Standard Webhooks); ``name``: its id."""
    stamp = int(now.timestamp())
    try:
        proof = sign_standard_webhook(secret.get_secret_value(), name, stamp, body)
    except ValueError as error:
        raise DeliveryError(f"the secret cannot sign: {error}") from error
    return {"webhook-id": name, "webhook-timestamp": str(stamp), "webhook-signature": proof}


def garbled(answer: Answer) -> DeliveryError:
    """Make the error of a success that does not say what a success says: nobody knows."""
    return DeliveryError(f"the answer cannot be understood: {answer}", ambiguous=True)


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
