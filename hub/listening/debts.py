"""What a sender of orders' news owes us on its line, and since when."""

from dataclasses import dataclass
from enum import Enum, auto


class Debt(Enum):
    """What is owed."""

    REQUEST = auto()  #: its first, or its next
    HEAD = auto()  #: the rest of what it wants
    BODY = auto()  #: the rest of what it tells
    READING = auto()  #: that it reads our answer
    LEAVING = auto()  #: that it goes, as it was told to


@dataclass(frozen=True, slots=True)
class Patience:
    """How many lines there are, how many bytes a body may have, and how long a debt may last."""

    lines: int
    size: int
    head: float
    body: float
    idle: float

    def seconds(self, debt: Debt) -> float:
        """Return how long a peer may owe us something."""
        if debt is Debt.BODY:
            # The door has its own deadline for the body, and answers then. This one is for the
            # addresses that answer without reading it.
            return 2 * self.body
        return self.head if debt in {Debt.HEAD, Debt.LEAVING} else self.idle


class Debts:
    """What one peer owes: one thing that it has to send, and perhaps to read an answer."""

    def __init__(self, patience: Patience) -> None:
        """Begin without debts."""
        self._patience = patience
        self.sending: Debt | None = None
        self._since = 0.0
        self._unread_since: float | None = None

    def owes(self, sending: Debt | None, now: float) -> None:
        """Note what the peer has to send next; None: it is our turn."""
        self.sending, self._since = sending, now

    def unread(self, now: float | None) -> None:
        """Note that an answer waits to be read; None: that it is read."""
        self._unread_since = now

    def since(self) -> float | None:
        """Return since when the peer keeps us waiting; None when it does not."""
        since = None if self.sending is None else self._since
        if self._unread_since is None or since is None:
            return self._unread_since if since is None else since
        return min(self._unread_since, since)

    def overdue(self, now: float) -> Debt | None:
        """Return what has been owed for too long."""
        unread, seconds = self._unread_since, self._patience.seconds
        if unread is not None and now - unread > seconds(Debt.READING):
            return Debt.READING
        if self.sending is not None and now - self._since > seconds(self.sending):
            return self.sending
        return None
