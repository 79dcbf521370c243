"""A few words about an order, by SMS, push or chat: who read what, and what was read twice."""

import zlib
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from tests.faults.oracle.ledger import Ledger
from tests.faults.oracle.told import Notice

#: carrier -> the hub's channel it belongs to
CHANNELS = {
    "sms": "sms", "keyed": "sms", "twilio": "sms", "push": "push", "fcm": "push",
    "telegram": "chatbot", "whatsapp": "chatbot", "bot": "chatbot", "apprise": "apprise",
}  # fmt: skip
#: carriers that show a repetition once, by its key, its id or its tag
TELL_APART = frozenset({"keyed", "push", "fcm", "bot"})


@dataclass(frozen=True, slots=True)
class Words:
    """One message as it came to a carrier."""

    carrier: str
    whom: str
    mark: str  #: what the carrier, or the reader's device, knows a repetition by; empty: nothing
    text: str


def whom(channel: str, order: str) -> str:
    """Return where the customer of an order is reached by a channel."""
    number = zlib.crc32(order.encode()) % 10**7
    return f"+35840{number:07}" if channel in ("sms", "apprise") else f"{number}"


def read(ledger: Ledger) -> list[Words]:
    """Read the log."""
    rows = ledger.rows("SELECT carrier, whom, mark, text FROM message ORDER BY n")
    return [Words(*row) for row in rows]


def seconds(words: Sequence[Words]) -> Counter[str]:
    """Count, by carrier, what was to be seen beyond the first time."""
    seen: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for one in words:
        marks = seen[one.carrier, one.whom, one.text]
        if not one.mark or one.mark not in marks:
            marks.append(one.mark)
    found: Counter[str] = Counter()
    for (carrier, _, _), marks in seen.items():
        found[carrier] += len(marks) - 1
    return found


def unheard(words: Sequence[Words], notices: Sequence[Notice]) -> Counter[str]:
    """Count, by channel, the notices that count as sent, less the messages that came."""
    came = {(CHANNELS[one.carrier], one.whom, one.text) for one in words}
    sent = Counter(one.channel for one in notices if one.state == "sent")
    there = Counter(channel for channel, _, _ in came)
    return Counter({one: sent[one] for one in set(CHANNELS.values())}) - there


def strangers(words: Sequence[Words], orders: Collection[str]) -> Iterator[str]:
    """Yield messages to somebody who has ordered nothing."""
    for one in words:
        channel = CHANNELS[one.carrier]
        if one.whom not in {whom(channel, order) for order in orders}:
            yield f"{one.carrier} carried a message to {one.whom}, who has ordered nothing"
