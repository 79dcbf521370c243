"""Notices of a day as the dispatcher would have written them, for whoever counts them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hub.store.session import Store
from hub.store.tables import table
from hub.store.tables_of_notices import AttemptRow, NoticeRow, OutboxRow

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
EVENING = NOON + timedelta(hours=8)
DAY = NOON.date()


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


class Ledger:
    """Notices as the dispatcher would have written them."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._last = 0

    def _put(self, kind: Any, **row: Any) -> None:
        self._store.write_now(lambda c: c.execute(table(kind).insert(), row))

    def tell(
        self,
        *tries: tuple[float, str],
        state: str,
        milestone: str = "shipped",
        channel: str = "email",
        planned: float = 0.1,
        **more: Any,
    ) -> int:
        """One notice, received at noon, with its tries: (seconds after noon, how it ended)."""
        self._last += 1
        number = self._last
        news = {
            "order_id": f"kauppa:{number}",
            "subject": "order",
            "milestone": milestone,
            "revision": "",
            "received_at": more.pop("received_at", NOON),
        }
        self._put(
            OutboxRow, id=number, version=1, occurred_at=NOON, change="{}",
            planned_at=after(planned), **news,
        )  # fmt: skip
        ended = after(tries[-1][0] + 0.2) if tries and state == "sent" else None
        self._put(
            NoticeRow, id=number, outbox_id=number, channel=channel, recipient="c_1",
            language="fi", state=state, attempts=len(tries), next_at=NOON, settled_at=ended,
            **news, **more,
        )  # fmt: skip
        for n, (seconds, outcome) in enumerate(tries, 1):
            self._put(
                AttemptRow, notice_id=number, n=n, started_at=after(seconds), outcome=outcome,
                detail="451 later",
            )  # fmt: skip
        return number
