"""A webhook goes out of the network, never into it, however its address is written."""

import asyncio
import socket

import pytest

from hub.config import Sink
from hub.notify.channels import DeliveryError, Message
from hub.notify.channels.webhook import Webhook
from hub.notify.dialing import Forbidden, guarded_dial, may_dial, networks
from tests.hub.notify.world import NOW, SECRET

INSIDE = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.8",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.7",
    "203.0.113.9",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "::7f00:1",
    "::ffff:0:7f00:1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "2002:a00:1::",
    "2001::1",
    "2001:db8::1",
    "2001:10::1",
    "2001:20::1",
    "3fff::1",
    "100::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "5f00::1",
    "localhost",
    "2130706433",
    "0x7f000001",
    "017700000001",
    "127.1",
]
OUTSIDE = [
    "1.1.1.1",
    "8.8.8.8",
    "93.184.216.34",
    "100.63.255.255",
    "100.128.0.1",
    "172.15.0.1",
    "172.32.0.1",
    "192.0.1.1",
    "198.20.0.1",
    "223.255.255.255",
    "2606:4700:4700::1111",
    "2a00:1450::1",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
]


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_inside_is_not_dialled(address: str) -> None:
    assert not may_dial(address, ())


@pytest.mark.parametrize("address", OUTSIDE)
def test_an_address_outside_is_dialled(address: str) -> None:
    assert may_dial(address, ())


def test_a_network_that_is_allowed_is_dialled_in_both_spellings_and_no_other_is() -> None:
    allowed = networks(["127.0.0.0/8", "fd00::/8"])

    assert may_dial("127.0.0.1", allowed)
    assert may_dial("::ffff:127.0.0.1", allowed)
    assert may_dial("fd12::1", allowed)
    assert not may_dial("10.0.0.1", allowed)
    assert not may_dial("::1", allowed)


def test_a_network_that_is_none_stops_the_start() -> None:
    with pytest.raises(ValueError, match=r"10\.0\.0\.1/8"):
        networks(["10.0.0.1/8"])


def test_the_socket_for_a_forbidden_address_is_not_made() -> None:
    info = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("169.254.169.254", 80))

    with pytest.raises(Forbidden, match="TILANNE_SINK_NETWORKS"):
        guarded_dial(())(info)


URLS = [
    "http://127.0.0.1:{port}/",
    "http://localhost:{port}/",
    "http://[::ffff:127.0.0.1]:{port}/",
    "http://2130706433:{port}/",
    "http://0x7f000001:{port}/",
    "http://0177.0.0.1:{port}/",
    "http://127.1:{port}/",
    "http://0.0.0.0:{port}/",
    "http://user:word@127.0.0.1:{port}/",
    "http://example.com@127.0.0.1:{port}/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:{port}/",
]


@pytest.mark.parametrize("url", URLS)
def test_not_one_packet_reaches_a_canary_inside(url: str) -> None:
    knocks = []

    async def story() -> None:
        canary = await asyncio.start_server(lambda r, w: knocks.append(w), "127.0.0.1", 0)
        port = canary.sockets[0].getsockname()[1]
        sink = Sink(name="kassa", url="http://kassa.example/", secret=SECRET)
        channel = Webhook(sinks=[sink], allowed=(), clock=lambda: NOW)
        try:
            with pytest.raises(DeliveryError):
                await channel.send(_to(url.format(port=port)), _nothing)
        finally:
            await channel.close()
            canary.close()
            await canary.wait_closed()

    asyncio.run(story())

    assert [] == knocks


async def _nothing(reference: str = "") -> None:
    return None


def _to(url: str) -> Message:
    words = dict.fromkeys(("subject", "short", "text", "html"), "")
    return Message(key="0" * 64, recipient="kassa", to=url, payload=b"{}", language="en", **words)
