"""What every way out promises, whatever its provider does: taken, or an honest reason why not."""

import asyncio
import time
from typing import Any

import pytest

from hub.notify.channels import Accepted, DeliveryError, names
from tests.hub.notify.channels.cases import CASES, LOOPBACK, SECRETS, Case, message
from tests.hub.notify.channels.far_ends import WAIT, FarEnd, Trouble

each = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
UNSURE = {Trouble.SILENT, Trouble.CUT}
#: the status came and was a yes: what follows may be enough to know, or not
YES = {Trouble.HALF, Trouble.GARBAGE, Trouble.HUGE, Trouble.BOMB}


class Handed:
    """Notes how often, and after how many requests, we said that we hand over."""

    def __init__(self, far_end: FarEnd) -> None:
        self._far_end = far_end
        self.moments: list[int] = []

    async def __call__(self, reference: str = "") -> None:
        self.moments.append(len(self._far_end.asked))


def send(
    case: Case, trouble: Trouble | None = None, allowed: Any = LOOPBACK, total: float = 5.0
) -> tuple[FarEnd, Accepted | DeliveryError, list[int]]:
    """Send one message; return the far end, what became of it and when we said we hand over."""

    async def story() -> tuple[FarEnd, Accepted | DeliveryError, list[int]]:
        async with case.far_end(trouble) as end:
            handed = Handed(end)
            channel = case.open(end.url, allowed, total)
            try:
                return end, await channel.send(message(case.to(end.url)), handed), handed.moments
            except DeliveryError as error:
                return end, error, handed.moments
            finally:
                await channel.close()

    return asyncio.run(asyncio.wait_for(story(), 10))


@each
def test_a_message_is_taken_once_and_after_we_said_so(case: Case) -> None:
    end, answer, handed = send(case)

    assert isinstance(answer, Accepted)
    assert case.reference == answer.reference
    assert [len(end.asked) - 1] * case.asked == handed


@each
@pytest.mark.parametrize("trouble", Trouble)
def test_whatever_a_provider_does_there_is_an_honest_end(case: Case, trouble: Trouble) -> None:
    short = trouble in {Trouble.SILENT, Trouble.HUGE}
    began = time.monotonic()
    _, end, _ = send(case, trouble, total=1.0 if short else 5.0)

    assert 10 > time.monotonic() - began
    if trouble in UNSURE:
        assert isinstance(end, DeliveryError)
        assert (True, False) == (end.ambiguous, end.permanent)
    elif trouble in YES:
        assert isinstance(end, Accepted) or not end.permanent
    else:
        assert isinstance(end, DeliveryError)
        assert not end.ambiguous or case.name == "apprise"  # it follows, and says nothing of it
        never = {Trouble.NEVER, Trouble.ELSEWHERE} if case.well is None else {Trouble.NEVER}
        assert (trouble in never and case.refuses) == end.permanent


@pytest.mark.parametrize(
    "case",
    [one for one in CASES if one.well and one.name != "apprise"],  # it follows by itself
    ids=lambda case: case.name,
)
def test_nobody_is_followed_elsewhere(case: Case) -> None:
    end, error, _ = send(case, Trouble.ELSEWHERE)

    assert isinstance(error, DeliveryError)
    assert "/elsewhere" not in [asked.path for asked in end.asked]


@each
def test_a_provider_may_ask_for_a_wait(case: Case) -> None:
    _, error, _ = send(case, Trouble.WAIT)

    assert isinstance(error, DeliveryError)
    # a mail server cannot ask for one, and Apprise does not pass it on
    silent = case.well is None or case.name == "apprise"
    assert error.retry_after == (None if silent else float(WAIT))


@each
@pytest.mark.parametrize("trouble", Trouble)
def test_no_reason_repeats_a_secret_or_an_address(case: Case, trouble: Trouble) -> None:
    _, error, _ = send(case, trouble, total=0.4)

    assert [] == [secret for secret in SECRETS if secret in str(error)]


@each
def test_a_provider_nobody_can_reach_has_not_got_it(case: Case) -> None:
    async def story() -> DeliveryError:
        url = "smtp://127.0.0.1:1" if case.well is None else "http://127.0.0.1:1"
        channel = case.open(url)
        try:
            with pytest.raises(DeliveryError) as failed:
                await channel.send(message(case.to(url)), _nothing)
            return failed.value
        finally:
            await channel.close()

    error = asyncio.run(story())
    # Apprise does not say how far it came
    assert (case.name == "apprise", False) == (error.ambiguous, error.permanent)
    assert [] == [secret for secret in SECRETS if secret in str(error)]


@pytest.mark.parametrize("case", [one for one in CASES if one.well], ids=lambda case: case.name)
def test_a_provider_inside_the_network_is_not_dialled_unless_allowed(case: Case) -> None:
    end, error, _ = send(case, allowed=())

    assert isinstance(error, DeliveryError)
    assert "inside the network" in str(error)
    assert [] == end.asked


@each
@pytest.mark.parametrize("to", ["", "nobody", "a@b, c@d", "http://[", "\x00", "+", "fcm", "{}"])
def test_an_address_that_is_none_is_refused(case: Case, to: str) -> None:
    async def story() -> int:
        async with case.far_end() as end:
            channel = case.open(end.url)
            try:
                with pytest.raises(DeliveryError):
                    await channel.send(message(to), _nothing)
            finally:
                await channel.close()
            return len(end.asked)

    assert 0 == asyncio.run(story())


def test_no_channel_is_left_out() -> None:
    async def story() -> set[str]:
        return {case.open("smtp://x" if case.well is None else "http://x").NAME for case in CASES}

    # a feed and a topic have no far end of this kind: tests/hub/web/test_feeds.py, hub/stream
    assert set(names()) - {"feed", "topic"} == asyncio.run(story())


async def _nothing(reference: str = "") -> None:
    return None
