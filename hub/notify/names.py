"""Whose name is it: each is looked up beside the others, and a silent one holds up nobody else.

The threads an event loop has for this are few, and shared by all of a process: a sink whose name
server is silent would fill them, and no other provider could be found meanwhile.
"""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult

Found = Sequence[tuple[Any, ...]]  #: as ``socket.getaddrinfo`` returns it
Ask = Callable[..., Found]
HERE = socket.AI_ADDRCONFIG  #: only addresses of a family this machine has itself
NUMERIC = socket.NI_NUMERICHOST | socket.NI_NUMERICSERV


class Names(AbstractResolver):
    """Looks names up: a thread for each that is being asked for, however many wait for it."""

    def __init__(self, ask: Ask = socket.getaddrinfo) -> None:
        """``ask``: who knows, in the way of ``socket.getaddrinfo``."""
        self._ask = ask
        self._asked: dict[tuple[str, int, int], asyncio.Future[Found]] = {}

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return the addresses of a name; ``OSError`` if there are none."""
        key = (host, port, int(family))
        if key not in self._asked:
            self._asked[key] = asyncio.get_running_loop().create_future()
            threading.Thread(
                target=self._look_up, args=(key, self._asked[key]), daemon=True
            ).start()
        found = await asyncio.shield(self._asked[key])
        return list(_results(host, found))

    async def close(self) -> None:
        """Nothing is open; who is being asked may answer to nobody."""

    def _look_up(self, key: tuple[str, int, int], answer: "asyncio.Future[Found]") -> None:
        host, port, family = key
        found: Found | OSError
        try:
            found = self._ask(host, port, family=family, type=socket.SOCK_STREAM, flags=HERE)
        except (OSError, UnicodeError) as error:
            found = error if isinstance(error, OSError) else OSError(f"not a name: {error}")
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            answer.get_loop().call_soon_threadsafe(self._answered, key, answer, found)

    def _answered(
        self, key: tuple[str, int, int], answer: "asyncio.Future[Found]", found: Found | OSError
    ) -> None:
        del self._asked[key]
        if isinstance(found, OSError):
            answer.set_exception(found)
            answer.exception()  # whoever waited may have gone
        else:
            answer.set_result(found)


def _results(host: str, found: Found) -> Iterator[ResolveResult]:
    for family, _kind, protocol, _name, address in found:
        shown = str(address[0])
        if family == socket.AF_INET6 and address[3]:  # a link of this machine: it needs its zone
            shown = socket.getnameinfo(address, NUMERIC)[0]
        yield ResolveResult(
            hostname=host,
            host=shown,
            port=address[1],
            family=family,
            proto=protocol,
            flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
        )
