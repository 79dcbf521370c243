"""Apprise dials in many ways, and in none of them to the inside of the network."""

import asyncio
import socket
import subprocess
import sys
from typing import Any

import pytest
from aiohttp import web

from hub.notify.apprised import guard
from hub.notify.channels import Accepted, DeliveryError
from hub.notify.channels.apprise import Apprise, AppriseSettings
from tests.hub.notify.channels.cases import LOOPBACK, PHONE, message, says
from tests.hub.notify.channels.far_ends import FarEnd, Trouble, far_end, mail_end

ONLY_ONE = ("127.0.0.1/32",)


def send(url: str, allowed: Any = (), *, key: str = "phone", times: int = 1) -> Any:
    """Send to a service; return what became of the last message."""

    async def story() -> Any:
        channel = Apprise(AppriseSettings(url=url, address=key), allowed, total=5.0)
        try:
            for _ in range(times):
                ended = await _one(channel, PHONE if key == "phone" else "maija@example.fi")
            return ended
        finally:
            await channel.close()

    return story()


async def _one(channel: Apprise, to: str = PHONE) -> Accepted | DeliveryError:
    try:
        return await channel.send(message(to), nothing)
    except DeliveryError as error:
        return error


async def nothing(reference: str = "") -> None:
    return None


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_however_an_address_inside_is_written_it_is_not_dialled(host: str) -> None:
    async def story() -> tuple[FarEnd, DeliveryError]:
        async with far_end(says({})) as end:
            port = end.url.rpartition(":")[2]
            return end, await send(f"json://{host}:{port}/{{to}}")

    end, error = asyncio.run(story())
    assert [] == end.asked
    assert "inside the network" in str(error)
    assert (False, False) == (error.ambiguous, error.permanent)


def test_a_mail_server_inside_is_not_dialled_either() -> None:
    async def story() -> tuple[FarEnd, DeliveryError]:
        async with mail_end() as end:
            there = end.url.removeprefix("smtp://")
            url = f"mailto://{there}/?to={{to}}&from=a@b.fi&mode=insecure"
            return end, await send(url, key="email")

    end, error = asyncio.run(story())
    assert [] == end.open
    assert "inside the network" in str(error)


def test_a_datagram_does_not_get_inside_either() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as inside:
        inside.bind(("127.0.0.1", 0))
        inside.setblocking(False)
        error = asyncio.run(send(f"rsyslog://127.0.0.1:{inside.getsockname()[1]}/user?x={{to}}"))

        assert "inside the network" in str(error)
        with pytest.raises(BlockingIOError):
            inside.recv(1)


def test_who_is_sent_on_to_the_inside_does_not_get_there() -> None:
    async def story() -> tuple[list[Any], DeliveryError]:
        inner: list[Any] = []

        async def handle(request: web.Request) -> web.Response:
            inner.append(request.path)
            return web.Response()

        app = web.Application()
        app.router.add_route("*", "/{path:.*}", handle)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.2", 0)
        await site.start()
        sends_on = web.Response(status=307, headers={"location": f"{site.name}/inside"})
        async with far_end(lambda asked: sends_on) as end:
            url = end.url.replace("http://", "json://")
            error = await send(f"{url}/{{to}}", ONLY_ONE)
        await runner.cleanup()
        return inner, error

    inner, error = asyncio.run(story())
    assert [] == inner
    assert error.ambiguous  # somebody was dialled, and Apprise does not say what he answered


def test_no_proxy_dials_in_its_stead(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> tuple[FarEnd, FarEnd, Any]:
        async with far_end(says({})) as end, far_end(says({})) as proxy:
            for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
                monkeypatch.setenv(name, proxy.url)
            url = end.url.replace("http://", "json://")
            return end, proxy, await send(f"{url}/{{to}}", LOOPBACK)

    end, proxy, ended = asyncio.run(story())
    assert Accepted(said="sent through Apprise") == ended
    assert (1, []) == (len(end.asked), proxy.asked)


def test_a_process_that_ended_leaves_a_doubt_and_the_next_message_starts_another() -> None:
    async def story() -> tuple[DeliveryError, Any, int]:
        async with far_end(says({}), Trouble.SILENT) as end:
            url = end.url.replace("http://", "json://")
            channel = Apprise(AppriseSettings(url=f"{url}/{{to}}"), LOOPBACK, total=5.0)
            sending = asyncio.create_task(_one(channel))
            while not end.asked:
                await asyncio.to_thread(lambda: None)
            process = channel._beside._process
            assert process is not None
            process.kill()
            first, end.trouble = await sending, None
            second = await _one(channel)
            await channel.close()
            return first, second, len(end.asked)

    first, second, asked = asyncio.run(story())
    assert ("the process for Apprise ended", True) == (str(first), first.ambiguous)
    assert (Accepted(said="sent through Apprise"), 2) == (second, asked)


def test_it_ends_with_the_hub() -> None:
    program = (sys.executable, "-m", "hub.notify.apprised")
    ran = subprocess.run(
        program, check=False, input=b'{"allowed": []}\n', timeout=30, capture_output=True
    )

    assert (0, b"") == (ran.returncode, ran.stdout)


@pytest.mark.parametrize(
    "event", ["subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork"]
)
def test_no_program_is_started_past_the_guard(event: str) -> None:
    with pytest.raises(PermissionError):
        guard(())(event, ("true", [], None, None))


def test_a_socket_of_this_machine_is_inside() -> None:
    with pytest.raises(OSError, match="a socket of this machine is inside"):
        guard(())("socket.connect", (None, "/run/dbus/system_bus_socket"))
