"""Holds the script against what the hub says when the day is over."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp

from hub.demo.day import Story
from hub.demo.script import PARKED, QUARANTINED
from hub.demo.settled import figures, settled
from hub.demo.store_system import Kept
from state_machine.milestones import Told

EMAIL = "email"


@dataclass(frozen=True, slots=True)
class Row:
    """One order: what the script says, and what is."""

    story: Story
    status: str
    told: tuple[Told, ...]  #: by e-mail, oldest first
    twice: tuple[str, ...]  #: what somebody was told twice
    version: int | None  #: of the newest milestone; what changes without one, sinks do not hear
    store: Kept | None  #: what the store system knows

    @property
    def faults(self) -> list[str]:
        """What is not as it should be."""
        wrong = f"is {self.status}, not {self.story.ends}"
        return [
            *([wrong] if self.status != self.story.ends else []),
            *_differences(self.story.told, self.told),
            *(f"told twice: {what}" for what in self.twice),
            *self._store_faults(),
        ]

    def _store_faults(self) -> Iterator[str]:
        if self.store is None:
            yield "the store system was never told"
        elif self.store.version != self.version:
            yield f"the store system has version {self.store.version}, not {self.version}"
        elif self.store.status != self.status:
            yield f"the store system shows {self.store.status}, not {self.status}"


@dataclass(frozen=True, slots=True)
class Report:
    """How the day ended."""

    rows: tuple[Row, ...]
    settled: bool  #: whether the hub came to rest
    parked: int
    quarantined: int

    @property
    def faults(self) -> list[str]:
        """Everything that is not as the script says; empty: all is well."""
        return [
            *([] if self.settled else ["the hub did not come to rest"]),
            *([f"{self.parked} parked"] if self.parked != PARKED else []),
            *([f"{self.quarantined} quarantined"] if self.quarantined != QUARANTINED else []),
            *(f"{row.story.title}: {fault}" for row in self.rows for fault in row.faults),
        ]


async def verify(
    base_url: str,
    stories: Sequence[Story],
    *,
    key: str,
    store: Mapping[str, Kept],
    within: float = 60,
) -> Report:
    """Wait until the hub is at rest, ask it about every order of the script, and compare.

    In: the API key, what the store system knows by order, and how many seconds to wait.
    """
    headers = {"authorization": f"Bearer {key}"}
    async with aiohttp.ClientSession(headers=headers) as session:
        rests = await settled(session, base_url, within=within)
        rows = [await _row(session, base_url, story, store) for story in stories if story.purchase]
        now = await figures(session, base_url)
    return Report(tuple(rows), rests, int(now["tilanne_parked"]), int(now["tilanne_quarantine"]))


async def _row(
    session: aiohttp.ClientSession, base_url: str, story: Story, store: Mapping[str, Kept]
) -> Row:
    assert story.purchase is not None
    own = story.purchase.order_id
    order = await _ask(session, f"{base_url}/v1/orders/{own}")
    notices = await _ask(session, f"{base_url}/v1/orders/{own}/notices")
    tellings = notices.get("tellings", [])
    loud = [one["version"] for one in tellings if not one["silent"]]
    return Row(
        story=story,
        status=order.get("status", "unknown"),
        told=tuple(_told(tellings)),
        twice=tuple(_twice(tellings)),
        version=max(loud, default=None),
        store=store.get(own),
    )


async def _ask(session: aiohttp.ClientSession, url: str) -> dict[str, Any]:
    async with session.get(url) as response:
        found: dict[str, Any] = await response.json(content_type=None)
        return found


def _sent(tellings: Iterable[Mapping[str, Any]]) -> Iterator[tuple[Mapping[str, Any], Any]]:
    for telling in tellings:
        for notice in telling["notices"]:
            yield from ((telling, notice) for one in notice["attempts"] if one["outcome"] == "sent")


def _told(tellings: Iterable[Mapping[str, Any]]) -> list[Told]:
    mails = [pair for pair in _sent(tellings) if pair[1]["channel"] == EMAIL]
    mails.sort(key=lambda pair: (pair[1]["settled_at"], pair[0]["occurred_at"]))
    return [Told(telling["milestone"]) for telling, _ in mails]


def _twice(tellings: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Name what one recipient was sent more than once on one channel."""
    times = Counter(
        (place, telling["milestone"], notice["channel"], notice["recipient"])
        for place, telling in enumerate(tellings)
        for one, notice in _sent([telling])
    )
    yield from (f"{what} by {channel}" for (_, what, channel, _), n in times.items() if n > 1)


def _differences(wanted: Iterable[Told], found: Iterable[Told]) -> Iterator[str]:
    missing, extra = Counter(wanted), Counter(found)
    yield from (f"not told: {code}" for code in (missing - extra).elements())
    yield from (f"told, but not in the script: {code}" for code in (extra - missing).elements())


def letter_faults(stories: Iterable[Story], letters: Sequence[tuple[str, str]]) -> list[str]:
    """Compare the letters of the mailbox with the script: who got how many.

    In: recipient and Message-ID of each letter.
    """
    got = Counter(to for to, _ in letters)
    ids = Counter(name for _, name in letters)
    due: Counter[str] = Counter()
    for story in stories:
        if story.purchase:
            due[story.purchase.customer.email] += len(story.told)
    wrong = sorted(to for to in got | due if got[to] != due[to])
    return [
        *(f"{to} has {got[to]} letters, not {due[to]}" for to in wrong),
        *(f"letter {name} is there {n} times" for name, n in ids.items() if n > 1),
    ]
