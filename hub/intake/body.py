"""How much of a delivery is read, and for how long: never past the limits or the deadline."""

import asyncio
from collections.abc import Mapping
from types import TracebackType
from typing import Self

from starlette.requests import ClientDisconnect, Request

from hub.crashpoints import crashpoint
from hub.refusals import HANG_UP, LATER, Refused


class Room:
    """How many bytes of deliveries the whole door may still hold."""

    def __init__(self, size: int) -> None:
        """Begin empty, with room for ``size`` bytes."""
        self.left = size


class Claim:
    """What one delivery takes of the room, from its first byte until it is durable or refused."""

    __slots__ = ("_room", "_size")

    def __init__(self, room: Room) -> None:
        """Claim nothing yet."""
        self._room, self._size = room, 0

    def more(self, size: int) -> None:
        """Claim ``size`` bytes more; ``Refused`` (door-full) if there is no room for them."""
        if size > self._room.left:
            detail = "Too many bytes of deliveries wait to be read or written to disk."
            raise Refused("door-full", detail, headers={**LATER, **HANG_UP})
        self._room.left -= size
        self._size += size

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._room.left += self._size


def refuse_encoded(headers: Mapping[str, str]) -> None:
    """Raise ``Refused`` (encoded-body) unless the bytes that come are the bytes that are meant.

    Nothing is ever unpacked: it is the sent bytes that are signed and kept, and a few of them
    could become very many.
    """
    content = headers.get("content-encoding", "identity").strip().lower()
    transfer = headers.get("transfer-encoding", "chunked").strip().lower()
    if content != "identity" or transfer != "chunked":
        detail = "A delivery is taken as it is; it is not decompressed or decoded."
        raise Refused("encoded-body", detail, headers={**HANG_UP, "Accept-Encoding": "identity"})


async def read_body(request: Request, claim: Claim, *, limit: int, seconds: float) -> bytes:
    """Return the whole body.

    In: where its bytes are claimed, the most it may have, and the seconds its delivery may take.
    Raises ``Refused`` (body-too-large, body-too-slow, body-cut-off, door-full).
    """
    declared = request.headers.get("content-length", "0")
    if declared.isdecimal() and int(declared) > limit:
        raise _too_large(limit)
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(seconds):
            async for part in request.stream():
                size += len(part)
                if size > limit:  # a length that was not declared, or not kept
                    raise _too_large(limit)
                claim.more(len(part))
                parts.append(part)
    except TimeoutError as error:
        detail = f"The body was not complete after {seconds:g} seconds."
        raise Refused("body-too-slow", detail, headers=HANG_UP) from error
    except ClientDisconnect as error:
        raise Refused("body-cut-off", "The sender hung up before the end.") from error
    crashpoint("intake.read")
    return b"".join(parts)


def _too_large(limit: int) -> Refused:
    detail = f"A delivery may have {limit} bytes at most."
    return Refused("body-too-large", detail, headers=HANG_UP)
