"""Where people can be reached: what their shops know, what they told us; and where systems are."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from hub.config import Sink
from hub.notify.channels import Audience, Channel, names
from hub.store import customers, suppressions

#: kinds of address that anybody could name as theirs; those of an app or a chat come from it alone
NEED_PROOF = frozenset({"email", "phone"})
CLOSED = "the address is closed"
UNPROVEN = "the address is not verified"


class Reach:
    """The addresses of the people in some rows, asked for once. The one place that knows them."""

    def __init__(
        self, connection: Connection, rows: Iterable[Any], sinks: Sequence[Sink] = ()
    ) -> None:
        """Look up what the people of these rows (with the columns ``PERSON``) have told us.

        ``sinks``: the systems that may be among the recipients.
        """
        rows = list(rows)
        self._own: Mapping[str, list[Any]] = defaultdict(list)
        who = {row.customer_id for row in rows if row.customer_id}
        for one in customers.addresses(connection, who):
            self._own[one.customer_id].append(one)
        known = {one.address for own in self._own.values() for one in own}
        known |= {at for row in rows for at in (row.email, row.phone) if at}
        self._sinks = {one.name: one for one in sinks}
        known |= {str(one.url) for one in sinks if one.url is not None}
        self._closed = suppressions.closed(connection, names(), known)

    def address(self, row: Any, channel: Channel) -> str | None:
        """Return where a channel reaches the person, or the system, of a row; None: nowhere.

        What the order's own shop knows comes first: it is the newest about this order. An address
        that was disabled (it bounced, the app is gone) is passed over.
        """
        if channel.AUDIENCE is Audience.SINK:
            stated = self._stated(row, channel)
            return None if (channel.NAME, stated or "") in self._closed else stated
        own = self._of(row, channel)
        dead = {one.address for one in own if one.disabled_at is not None}
        good = [self._stated(row, channel), *(one.address for one in own if _proven(one))]
        open_ = (one for one in good if one and (channel.NAME, one) not in self._closed)
        return next((one for one in open_ if one not in dead), None)

    def missing(self, row: Any, channel: Channel) -> str:
        """Say why a channel reaches the person, or the system, nowhere."""
        stated = self._stated(row, channel)
        if (closed := self._closed.get((channel.NAME, stated or ""))) is not None:
            return f"{CLOSED}: {closed.why}"
        unproven = [one for one in self._of(row, channel) if not _proven(one)]
        return UNPROVEN if unproven else channel.MISSING

    def _stated(self, row: Any, channel: Channel) -> str | None:
        """Return the address that the order's shop knows, or that the settings name."""
        who = self._sinks.get(row.recipient) if channel.AUDIENCE is Audience.SINK else row
        found = getattr(who, channel.ADDRESS, None)
        return None if found is None else str(found)

    def _of(self, row: Any, channel: Channel) -> Sequence[Any]:
        mine = self._own.get(row.customer_id, ()) if row.customer_id else ()
        return [one for one in mine if one.kind == channel.ADDRESS]


def _proven(one: Any) -> bool:
    return one.verified_at is not None or one.kind not in NEED_PROOF
