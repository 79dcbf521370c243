"""Brings the day's deliveries to the hub's door, at a speed that can be watched."""

from collections.abc import Callable, Sequence
from itertools import groupby

import aiohttp

from hub.clock import Clock
from hub.demo.message import Envelope, seal
from hub.demo.post import Delivery
from hub.demo.settings import secret_of
from hub.demo.settled import pause, settled

HOUR_ENDS = 15.0  #: seconds the hub has to deal with what an hour brought, before the next begins
TRIES = 20  #: for one delivery, when the hub says that it cannot take it now

Watch = Callable[[Delivery], None]


class NotTaken(Exception):
    """The door did not take a delivery; the message says which and why."""


def silence(delivery: Delivery) -> None:
    """Show nothing."""


async def play(
    base_url: str,
    day: Sequence[Delivery],
    *,
    seed: int,
    pace: float,
    clock: Clock,
    watch: Watch = silence,
) -> None:
    """Post every delivery, ``pace`` seconds apart; each is signed when it leaves.

    The hours of the day are kept apart: the next begins when the hub has dealt with the last, so
    that what customers are told does not hang on how fast the machine is. Raises ``NotTaken``.
    """
    async with aiohttp.ClientSession() as session:
        for _, hour in groupby(day, key=lambda delivery: delivery.hour):
            for delivery in hour:
                watch(delivery)
                secret = secret_of(seed, delivery.message.connector)
                envelope = seal(
                    delivery.message, secret=secret, sent_at=clock(), delivery_id=delivery.id
                )
                await _post(session, base_url, envelope, delivery)
                await pause(pace)
            await settled(session, base_url, within=HOUR_ENDS)


async def _post(
    session: aiohttp.ClientSession, base_url: str, envelope: Envelope, delivery: Delivery
) -> None:
    url = base_url + envelope.path
    for _ in range(TRIES):
        async with session.post(url, data=envelope.body, headers=envelope.headers) as response:
            if response.status == 503:
                await pause(float(response.headers.get("retry-after", "1")))
                continue
            if response.ok:
                return
            answer = await response.text()
        what = f"{delivery.message.connector}: {delivery.story}, {delivery.words}"
        raise NotTaken(f"{what}: {response.status} {answer[:300]}")
    raise NotTaken(f"{delivery.story}: the hub could not take it {TRIES} times")
