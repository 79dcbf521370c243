"""A broker that is there and does not let us in says why, and we say what helps.

Who is refused for a password is shown by a real broker: tests/cluster/secured.py.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from deploy.kafka.secured import chain
from hub.config import Settings
from hub.readiness import Amiss
from hub.stream.brokers import BrokerAway, Brokers
from hub.stream.checks import checks
from hub.stream.denied import denied
from hub.stream.probe import Probe


@pytest.fixture
def authority(tmp_path: Path) -> Path:
    (tmp_path / "broker.pem").write_bytes(chain(tmp_path / "ca.pem"))
    return tmp_path / "ca.pem"


@asynccontextmanager
async def listening(keystore: Path | None) -> AsyncIterator[int]:
    """What listens at a port and is no broker to us; with a ``keystore``: over TLS."""
    context = None
    if keystore is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(keystore)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1]


def settings(port: int, ca: Path | None, host: str = "127.0.0.1") -> Settings:
    url = f"kafka+ssl://{host}:{port}"
    return Settings(stream_url=url, stream_ca=str(ca) if ca else None)


async def said(chosen: Settings) -> str:
    probe = Probe(Brokers.of(chosen))
    with pytest.raises(BrokerAway) as caught:
        await probe.topics()
    await probe.close()
    return str(caught.value)


def test_a_certificate_of_an_unknown_authority_is_named_with_the_setting_that_helps(
    authority: Path,
) -> None:
    async def ask() -> tuple[str, Amiss, int]:
        async with listening(authority.with_name("broker.pem")) as port:
            text = await said(settings(port, None))
            (check,) = checks(settings(port, None))
            with pytest.raises(Amiss) as caught:
                await check.look()
            return text, caught.value, port

    text, amiss, port = asyncio.run(ask())
    assert text.startswith(f"127.0.0.1:{port}: the broker's certificate is not trusted: ")
    assert "TILANNE_STREAM_CA" in text
    assert str(amiss).startswith("the broker's certificate is not trusted: ")
    assert "127.0.0.1" not in str(amiss)
    assert amiss.remedy is not None
    assert "TILANNE_STREAM_CA" in amiss.remedy


def test_a_certificate_of_another_host_is_named(authority: Path) -> None:
    async def ask() -> str:
        async with listening(authority.with_name("broker.pem")) as port:
            return await said(settings(port, authority, "127.1"))

    assert "certificate is for another host; call the broker" in asyncio.run(ask())


def test_a_port_without_tls_is_named(authority: Path) -> None:
    async def ask() -> str:
        async with listening(None) as port:
            return await said(settings(port, authority))

    assert "speaks no TLS at that port; set TILANNE_STREAM_URL" in asyncio.run(ask())


def test_a_broker_that_is_away_denies_nothing(authority: Path) -> None:
    async def ask() -> object:
        async with listening(None) as port:
            pass
        return await denied(Brokers.of(settings(port, authority)))

    assert asyncio.run(ask()) is None
