"""The one way in: whatever brings a raw (webhook, poll, topic), it becomes durable here."""

from collections.abc import Awaitable, Callable, Mapping
from functools import lru_cache

import orjson

from connectors.contract import Raw
from hub.crashpoints import crashpoint
from hub.store import log
from hub.store.session import Store

#: what a connector may need again when the raw is read or replayed: kind, topic, delivery id
KEPT = ("x-", "webhook-", "ce-")
#: what proves who sent it, or who stands behind it, is not kept
DROPPED = (
    "sign", "hmac", "auth", "token", "secret", "cookie", "pass", "credential", "apikey", "api-key",
    "forwarded", "-ip", "client", "user",
)  # fmt: skip


#: makes a verified raw durable; raises ``StoreUnavailable`` when it cannot be
Receive = Callable[[Raw], Awaitable[None]]


async def receive(store: Store, raw: Raw, *, arrived: Callable[[], None]) -> None:
    """Make a verified raw durable, then call ``arrived`` so that it is read soon.

    Returns only when the bytes are on disk; raises ``StoreUnavailable`` when they cannot be.
    """
    await store.append(
        log.append,
        {
            "connector": raw.connector,
            "source": raw.source,
            "received_at": raw.received_at,
            "headers": orjson.dumps(worth_keeping(raw.headers, raw.connector)).decode(),
            "body": raw.body,
        },
    )
    crashpoint("intake.durable")
    arrived()


def worth_keeping(headers: Mapping[str, str], connector: str) -> dict[str, str]:
    """Return the headers that say what a raw is; never those that prove or reveal someone.

    Nor those that only the hub itself may write: they say what a person decided.
    """
    return {name: value for name, value in headers.items() if _is_kept(name, connector)}


@lru_cache(maxsize=1024)  # a sender's headers have the same names every time
def _is_kept(name: str, connector: str) -> bool:
    if name == "content-type":
        return True
    dropped = (*DROPPED, log.OURS)
    return name.startswith((*KEPT, f"{connector}-")) and not any(word in name for word in dropped)
