"""What makes a notice the same one for a provider, and what makes two be about the same thing."""

from hashlib import sha256

from hub.notify.taking import Taken


def key_of(taken: Taken, channel: str) -> str:
    """Return what makes a notice the same one for every provider, at every attempt.

    ``channel``: by which it is told, or the one whose messages that one repeats.
    """
    row = taken.row
    parts = (row.order_id, row.subject, row.milestone, row.revision, channel, row.recipient)
    return sha256("\x1f".join(parts).encode()).hexdigest()


def topic_of(taken: Taken) -> str:
    """Return what is the same for all that one recipient is told of one subject, on any channel."""
    parts = (taken.row.order_id, taken.row.subject, taken.row.recipient)
    return sha256("\x1f".join(parts).encode()).hexdigest()[:32]
