"""How much of a delivery is read, and for how long: never past the limit or the deadline."""

import asyncio

from starlette.requests import ClientDisconnect, Request

from hub.crashpoints import crashpoint
from hub.refusals import Refused

#: after an answer that leaves a body unread, only the end of the connection stops the sender
HANG_UP = {"Connection": "close"}


async def read_body(request: Request, *, limit: int, seconds: float) -> bytes:
    """Return the whole body.

    In: the most bytes it may have, and the seconds its delivery may take. Raises ``Refused``
    (body-too-large, body-too-slow, body-cut-off); no more than ``limit`` bytes are ever held.
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
