"""One attempt: put it into words, hand it over, write down how it ended."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace

import structlog
from jinja2 import TemplateError

from hub.clock import Clock
from hub.config import Settings
from hub.crashpoints import crashpoint
from hub.notify import gone
from hub.notify.channels import Audience, Channel, DeliveryError, Form, Message
from hub.notify.counting import Counts, note_told
from hub.notify.endings import dead, failed
from hub.notify.hearing import shut
from hub.notify.keys import key_of, topic_of
from hub.notify.lanes import Health
from hub.notify.leaving import headers
from hub.notify.merging import together
from hub.notify.news import News
from hub.notify.payload import payload
from hub.notify.render import Rendered, Renderer
from hub.notify.speaking import spoken
from hub.notify.staleness import urgent
from hub.notify.taking import Taken
from hub.store import doubt, settling
from hub.store.columns import KEY
from hub.store.session import Store, StoreUnavailable
from hub.store.settling import Ended, Handed, Settlement
from hub.telemetry import ATTEMPTS, TO_ATTEMPT

log = structlog.get_logger()
#: seconds an outcome may wait to be written down with others, where a repetition is not shown
LINGER = 0.05
NO_WORDS = Rendered("", "", "")  #: for those who read data


class Fenced(Exception):
    """Somebody else holds the notice by now; this attempt does not count any more."""


class Sender:
    """Makes attempts. The tries to write down an outcome are its own; the rest is the caller's."""

    def __init__(
        self, store: Store, settings: Settings, clock: Clock, renderer: Renderer, counts: Counts
    ) -> None:
        """Note the parts."""
        self._store = store
        self._settings = settings
        self._clock = clock
        self._renderer = renderer
        self.counts = counts

    async def attempt(
        self,
        taken: Taken,
        channel: Channel,
        answered: Callable[[Health], object],
    ) -> Settlement | None:
        """Make the attempt; return how it ended, None when it does not count any more.

        ``answered`` is called as soon as the far end has answered. Raises nothing but
        ``StoreUnavailable`` and cancellation.
        """
        row, now = taken.row, self._clock()
        if taken.n == 1:
            # what was kept back on purpose was not late
            waited = (now - max(row.received_at, row.not_before or row.received_at)).total_seconds()
            TO_ATTEMPT.labels(row.channel).observe(max(waited, 0.0))
        health = Health.UNSAID
        try:
            end, health = await self._end(taken, channel)
        except Fenced:
            self.counts.fenced += 1
            log.warning("notify.fenced", notice=row.id, attempt=taken.n)
            return None
        finally:
            answered(health)
        return end

    async def write_down(self, taken: Taken, channel: Channel, end: Settlement) -> None:
        """Settle an attempt of ours; an address that is no more is not written to again."""
        row = taken.row
        if end.gone and channel.AUDIENCE is Audience.SINK:
            await gone.close(self._store, row.channel, row.recipient, taken.to, end)
        elif end.gone:
            why, kind = f"gone: {end.detail}", channel.ADDRESS
            await self._store.write(
                lambda c: shut(c, row.channel, kind, taken.to, why=why, now=end.at)
            )
        linger = LINGER if channel.deduplicates else 0.0
        await self.settle(row.id, taken.n, row.channel, end, linger)
        note_told(row, end)

    async def settle(
        self, notice: int, n: int, channel: str, end: Settlement, linger: float = 0.0
    ) -> None:
        """Write down how an attempt ended, unless it does not count any more."""
        counted = await self._store.append(settling.settle, Ended(notice, n, end), linger)
        if not counted:
            self.counts.fenced += 1
            log.warning("notify.fenced", notice=notice, attempt=n, outcome=end.outcome)
            return
        crashpoint("notify.settled")
        ATTEMPTS.labels(channel, end.outcome).inc()
        self.counts.sent += end.state == "sent"
        self.counts.dead += end.state == "dead"
        self.counts.held += end.state == "held"
        self.counts.retried += end.state == "due"
        self.counts.ambiguous += end.outcome == "ambiguous"
        log.info("notify.settled", notice=notice, channel=channel, attempt=n, outcome=end.outcome)

    async def _end(self, taken: Taken, channel: Channel) -> tuple[Settlement, Health]:
        noted: str | None = None

        async def handing(reference: str = "") -> None:
            nonlocal noted
            if not channel.deduplicates:
                await self._mark(taken, reference)
            noted = reference
            crashpoint("notify.handing")

        try:
            message = await self._message(taken, channel)
            if taken.n > 1 and channel.on_ambiguous == "look_up":
                message = replace(message, doubts=await self._doubts(taken))
        except (TemplateError, ValueError, LookupError, TypeError) as error:
            why = f"cannot be put into words: {type(error).__name__}: {error}"
            return dead(why, self._clock()), Health.UNSAID
        try:
            async with asyncio.timeout(channel.DEADLINE):
                answer = await channel.send(message, handing)
                crashpoint("notify.answered")
        except DeliveryError as error:
            return failed(taken, channel, error, self._clock(), noted), _health(error)
        except (Fenced, asyncio.CancelledError):
            raise
        except Exception as error:
            # A channel that breaks its promise must not decide for us that nothing was sent.
            if not isinstance(error, TimeoutError | StoreUnavailable):
                log.exception("notify.channel_failed", channel=channel.NAME)
            broken = DeliveryError(f"{type(error).__name__}: {error}", ambiguous=noted is not None)
            ours = isinstance(error, StoreUnavailable)
            end = failed(taken, channel, broken, self._clock(), noted)
            return end, Health.UNSAID if ours else Health.ILL
        said, reference = (answer.said or answer.reference)[:500], answer.reference[:KEY]
        end = Settlement(
            outcome="sent", state="sent", detail=said, at=self._clock(), reference=reference
        )
        return end, Health.WELL

    async def _mark(self, taken: Taken, reference: str) -> None:
        """Write down that the provider is about to have it, or find that it is not ours any more.

        Needless where a repetition is not shown: there every attempt without an end is taken for
        one that was handed over.
        """
        handed = Handed(taken.row.id, taken.n, self._clock(), reference[:KEY])
        if not await self._store.append(settling.mark_handing, handed):
            raise Fenced

    async def _doubts(self, taken: Taken) -> Sequence[str]:
        return await self._store.read(lambda c: doubt.noted(c, taken.row.id))

    async def _message(self, taken: Taken, channel: Channel) -> Message:
        row, now = taken.row, self._clock()
        news, words = together(News.read(row), taken.also), NO_WORDS
        if channel.FORM is not Form.DATA:
            words = await spoken(
                self._renderer, row, news, channel.FORM, settings=self._settings, now=now
            )
        return Message(
            key=key_of(taken, getattr(channel, "REPEATS", row.channel)),
            recipient=row.recipient,
            to=taken.to,
            subject=words.subject,
            short=words.short,
            text=words.text,
            html=words.html,
            payload=payload(news),
            language=row.language,
            headers=headers(row, channel, self._settings.links, now),
            sender=words.sender,
            reply_to=words.reply_to,
            link=words.link,
            images=words.images,
            topic=topic_of(taken),
            urgent=urgent(row.milestone),
        )


def _health(error: DeliveryError) -> Health:
    """Say what a failure tells of the far end; refusing this one message it is well."""
    if error.gone:
        return Health.GONE
    return Health.WELL if error.permanent else Health.ILL
