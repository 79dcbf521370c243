"""Where people can be reached: what their shops know, and what they have told us themselves."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from hub.notify.channels import Channel, names
from hub.store import customers, suppressions

#: kinds of address that anybody could name as theirs; those of an app or a chat come from it alone
NEED_PROOF = frozenset({"email", "phone"})
CLOSED = "the address is closed"
UNPROVEN = "the address is not verified"


class Reach:
    """The addresses of the people in some rows, asked for once. The one place that knows them."""

    def __init__(self, connection: Connection, rows: Iterable[Any]) -> None:
        """Look up what the people of these rows (with the columns ``PERSON``) have told us."""
        rows = list(rows)
        self._own: Mapping[str, list[Any]] = defaultdict(list)
        who = {row.customer_id for row in rows if row.customer_id}
        for one in customers.addresses(connection, who):
            self._own[one.customer_id].append(one)
        known = {one.address for own in self._own.values() for one in own}
        known |= {at for row in rows for at in (row.email, row.phone) if at}
        self._closed = suppressions.closed(connection, names(), known)

    def address(self, row: Any, channel: Channel) -> str | None:
        """Return where a channel reaches the person of a row; None: nowhere.

        What the order's own shop knows comes first: it is the newest about this order. An address
        that was disabled (it bounced, the app is gone) is passed over.
        """
        own = self._of(row, channel)
        dead = {one.address for one in own if one.disabled_at is not None}
        good = [getattr(row, channel.ADDRESS, None), *(one.address for one in own if _proven(one))]
        open_ = (one for one in good if one and (channel.NAME, one) not in self._closed)
        return next((one for one in open_ if one not in dead), None)

    def missing(self, row: Any, channel: Channel) -> str:
        """Say why a channel reaches the person nowhere."""
        stated = getattr(row, channel.ADDRESS, None)
        if (why := self._closed.get((channel.NAME, stated or ""))) is not None:
            return f"{CLOSED}: {why}"
        unproven = [one for one in self._of(row, channel) if not _proven(one)]
        return UNPROVEN if unproven else channel.MISSING

    def _of(self, row: Any, channel: Channel) -> Sequence[Any]:
        mine = self._own.get(row.customer_id, ()) if row.customer_id else ()
        return [one for one in mine if one.kind == channel.ADDRESS]


def _proven(one: Any) -> bool:
    return one.verified_at is not None or one.kind not in NEED_PROOF
