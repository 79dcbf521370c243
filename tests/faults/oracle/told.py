"""What really reached customers and partner systems about orders, read from the oracle's log."""

import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import default
from hashlib import sha256
from typing import Any

from tests.faults.oracle.database import Database
from tests.faults.oracle.ledger import Ledger

#: channels whose messages carry an id that stands for the notice; others carry words alone
BY_ID = frozenset({"email", "webhook", "feed"})
Reader = tuple[str, str]  #: channel, and the sink's name or the e-mail address


@dataclass(frozen=True, slots=True)
class Telling:
    """One message as it arrived first."""

    reader: Reader
    id: str  #: Message-ID or webhook-id: what a receiver could know a repetition by
    order: str
    milestone: str
    what: tuple[str, ...]  #: makes it the same news for the one who reads it
    version: int = 0
    at: float = 0.0  #: when it arrived


@dataclass(slots=True)
class Told:
    """Everything that was told, in the order of its first arrival."""

    tellings: list[Telling] = field(default_factory=list)
    copies: Counter[tuple[Reader, str]] = field(default_factory=Counter)
    forged: int = 0  #: posts whose signature was wrong
    unplanned: list[str] = field(default_factory=list)  #: messages no notice stands for

    def seen(self, reader: Reader, order: str) -> list[str]:
        """Return the milestones a reader has of an order, as they came."""
        return [
            one.milestone for one in self.tellings if (one.reader, one.order) == (reader, order)
        ]

    def more_than_once(self, channel: str) -> int:
        """Return how many copies there were beyond the first, before anyone looks at the ids."""
        return sum(n - 1 for (reader, _), n in self.copies.items() if reader[0] == channel)

    def by_order(self) -> dict[tuple[Reader, str], list[Telling]]:
        found: dict[tuple[Reader, str], list[Telling]] = defaultdict(list)
        for one in self.tellings:
            found[one.reader, one.order].append(one)
        return found


@dataclass(frozen=True, slots=True)
class Notice:
    """One row of the hub's notices."""

    order: str
    milestone: str
    channel: str
    recipient: str
    state: str
    reason: str | None
    id: str


def notices(database: Database) -> list[Notice]:
    """Read the notices, each with the id its messages must carry: a hash of what makes it one."""
    rows = database.rows(
        "SELECT order_id, subject, milestone, revision, channel, recipient, state, reason"
        " FROM notice ORDER BY id"
    )
    found = []
    for order, subject, milestone, revision, channel, recipient, state, reason in rows:
        to_systems = channel in {"webhook", "feed"}  # the same message, posted or fetched
        way = "webhook" if to_systems else channel
        parts = (order, subject, milestone, revision, way, recipient)
        key = sha256("\x1f".join(parts).encode()).hexdigest()[:32]
        name = f"msg_{key}" if to_systems else f"<{key}@localhost>"
        found.append(Notice(order, milestone, channel, recipient, state, reason, name))
    return found


def read(ledger: Ledger, database: Database, planned: list[Notice]) -> Told:
    """Read the log, and the local mailbox of a hub that has no mail server."""
    told, known = Told(), {one.id: one for one in planned}
    for sink, name, genuine, body, at in ledger.rows(
        "SELECT sink, id, genuine, body, at FROM post ORDER BY n"
    ):
        told.forged += not genuine
        data = json.loads(body)["data"]
        what = tuple(str(data[part]) for part in ("order_id", "milestone", "subject", "revision"))
        reader = ("webhook", sink)
        _take(told, Telling(reader, name, what[0], what[1], what, data["version"], at), known)
    letters = ledger.rows("SELECT recipient, content, at FROM letter ORDER BY n")
    letters += [(None, content, 0.0) for (content,) in database.rows("SELECT message FROM mail")]
    for recipient, content, at in letters:
        letter: Any = message_from_bytes(bytes(content), policy=default)
        name, to = str(letter["Message-ID"]), recipient or str(letter["To"])
        notice = known.get(name)
        order, milestone = (notice.order, notice.milestone) if notice else ("?", "?")
        what = (str(letter["Subject"]),)
        _take(told, Telling(("email", to), name, order, milestone, what, at=at), known)
    return told


def _take(told: Told, one: Telling, known: dict[str, Notice]) -> None:
    told.copies[one.reader, one.id] += 1
    if told.copies[one.reader, one.id] == 1:
        told.tellings.append(one)
    if one.id not in known:
        told.unplanned.append(f"{one.reader} {one.id}")
