"""A burst of letters shares its connections to the mail server; a stale one costs no letter."""

import asyncio
from dataclasses import replace

import pytest

from hub.notify.channels import Accepted, DeliveryError
from hub.notify.channels.email import EmailSettings, Smtp
from hub.notify.mail_lines import LETTERS
from tests.hub.notify.channels.cases import message, now
from tests.hub.notify.channels.far_ends import FarEnd, mail_end

FROM = "Tilanne <t@tilanne.example>"


async def nothing(reference: str = "") -> None:
    return None


async def send(channel: Smtp, senders: int, letters: int) -> list[Accepted]:
    """Let some senders send some letters each, one after the other."""

    async def one(sender: int) -> list[Accepted]:
        return [
            await channel.send(
                replace(message("maija@example.fi"), key=f"{sender * 1000 + n:032x}" * 2), nothing
            )
            for n in range(letters)
        ]

    found = await asyncio.gather(*(one(sender) for sender in range(senders)))
    await channel.close()
    return [answer for answers in found for answer in answers]


def burst(
    senders: int, letters: int, *, hangs_up_after: int | None = None, politely: bool = False
) -> FarEnd:
    async def story() -> FarEnd:
        async with mail_end(letters=hangs_up_after, politely=politely) as end:
            answers = await send(Smtp(end.url, mail_from=FROM, clock=now), senders, letters)
            assert {"250 taken as 42"} == {answer.said for answer in answers}
            return end

    return asyncio.run(asyncio.wait_for(story(), 20))


def test_a_burst_shares_its_connections() -> None:
    connections = len(burst(4, 12).open)

    # four at once; more only where for a moment nothing was under way
    assert 16 >= connections


def test_nothing_stays_open_when_nothing_is_under_way() -> None:
    async def story() -> None:
        async with mail_end() as end:
            channel = Smtp(end.url, mail_from=FROM, clock=now)
            await channel.send(message("maija@example.fi"), nothing)
            async with asyncio.timeout(5):
                await asyncio.gather(*end.open)  # the server has seen us go

    asyncio.run(story())


@pytest.mark.parametrize("politely", [True, False])
def test_a_line_the_server_has_hung_up_costs_no_letter_and_no_second_one(politely: bool) -> None:
    end = burst(3, 6, hangs_up_after=2, politely=politely)

    assert 18 == len(end.asked)
    assert 18 == len({asked.body.partition(b"Message-ID: ")[2][:40] for asked in end.asked})
    assert 9 <= len(end.open)


def test_a_letter_that_was_refused_leaves_no_trace_for_the_next_one() -> None:
    async def one(channel: Smtp, sender: int) -> list[str]:
        said = []
        for n in range(6):
            to = "gone@example.fi" if (n + sender) % 2 else "maija@example.fi"
            try:
                said.append((await channel.send(message(to), nothing)).said)
            except DeliveryError as error:
                said.append("gone" if error.gone and error.permanent else str(error))
        return said

    async def story() -> list[list[str]]:
        async with mail_end() as end:
            channel = Smtp(end.url, mail_from=FROM, clock=now)
            return await asyncio.gather(*(one(channel, sender) for sender in range(3)))

    said = asyncio.run(story())
    taken = ["250 taken as 42", "gone"]
    assert [taken * 3, [*reversed(taken)] * 3, taken * 3] == said


def test_a_line_is_not_used_for_ever() -> None:
    end = burst(1, LETTERS + 1)

    # one sender lets go of its line between two letters, so each has its own
    assert LETTERS + 1 == len(end.asked)


def test_a_relay_gets_the_headers_it_asks_for_and_reports_where_we_say() -> None:
    async def story() -> bytes:
        own = EmailSettings(
            return_path="bounces@hub.example", headers={"X-PM-Metadata-notice": "{key}"}
        )
        async with mail_end() as end:
            channel = Smtp(end.url, mail_from=FROM, clock=now, own=own)
            await channel.send(message("maija@example.fi"), nothing)
            assert ["<bounces@hub.example>"] == end.senders
            return end.asked[0].body

    letter = asyncio.run(story())
    assert b"\r\nX-PM-Metadata-notice: " + b"ab" * 16 + b"\r\n" in letter
