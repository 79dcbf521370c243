"""A name nobody answers for holds up nobody else, however many ask for it."""

import asyncio
import socket
import threading
from typing import Any

import pytest

from hub.notify.names import Names
from tests.hub.notify.world import until

MANY = 200  #: more than any pool of threads would have


class Directory:
    """Name servers: that of one name is silent until it is let go."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.let_go = threading.Event()

    def __call__(self, host: str, port: int, **how: Any) -> Any:
        self.asked.append(host)
        if host == "stuck.example":
            self.let_go.wait(30)
        if host == "nobody.example":
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.1", port))]


def test_whoever_is_asked_for_in_vain_takes_one_thread_and_holds_up_nobody() -> None:
    directory = Directory()

    async def story() -> tuple[str, int, set[str]]:
        names = Names(directory)
        stuck = [asyncio.create_task(names.resolve("stuck.example", 443)) for _ in range(MANY)]
        well = await asyncio.wait_for(names.resolve("well.example", 443), 10)
        open_ = sum(not one.done() for one in stuck)
        directory.let_go.set()
        found = await asyncio.gather(*stuck)
        return well[0]["host"], open_, {one["host"] for (one,) in found}

    assert ("192.0.2.1", MANY, {"192.0.2.1"}) == asyncio.run(story())
    assert ["stuck.example", "well.example"] == sorted(directory.asked)


def test_a_name_that_is_none_is_an_error_for_everyone_who_asked_and_is_asked_for_again() -> None:
    directory = Directory()

    async def story() -> None:
        names = Names(directory)
        for _ in range(2):
            with pytest.raises(OSError, match="unknown"):
                await names.resolve("nobody.example", 443)

    asyncio.run(story())
    assert ["nobody.example"] * 2 == directory.asked


def test_a_real_name_is_found() -> None:
    found = asyncio.run(Names().resolve("localhost", 80, socket.AF_INET))

    assert {("127.0.0.1", 80)} == {(one["host"], one["port"]) for one in found}


def test_who_gives_up_leaves_the_others_waiting() -> None:
    directory = Directory()

    async def story() -> str:
        names = Names(directory)
        first, second = (asyncio.create_task(names.resolve("stuck.example")) for _ in range(2))
        await until(lambda: directory.asked)
        first.cancel()
        await asyncio.wait([first])
        directory.let_go.set()
        return (await second)[0]["host"]

    assert "192.0.2.1" == asyncio.run(story())
