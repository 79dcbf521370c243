"""Health and figures: what an operator's machines read, without a key and without an order's id."""

import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from hub import telemetry
from hub.store.session import StoreUnavailable
from hub.store.tables import CursorRow, InboxRow, RawRow
from hub.store.tables_of_notices import NoticeRow
from tests.hub.serving import Reply, Served, assert_problem, serving, stored
from tests.hub.web.conftest import NOW, app_on, put


def figures(hub: Served) -> dict[tuple[str, ...], float]:
    """Every sample of a scrape: (name, label values…) -> value."""
    reply = hub.ask("/metrics", headers={"Authorization": ""})
    assert (200, True) == (reply.status, reply.headers["content-type"].startswith("text/plain"))
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(reply.body.decode())
        for sample in family.samples
    }


def test_live_asks_nothing_of_the_database(own_hub: Served) -> None:
    own_hub.store.close()

    assert (200, b"ok\n") == ((reply := own_hub.ask("/health/live")).status, reply.body)


def test_ready_tells_how_much_waits_and_since_when(own_hub: Served) -> None:
    empty = own_hub.ask("/health/ready", headers={"Authorization": ""})
    raws(own_hub, 3)

    def told(reply: Reply) -> tuple[bool, int, float]:
        answer = reply.json()
        return answer["ready"], answer["backlog"], answer["backlog_age_seconds"]

    assert (True, 0, 0.0) == told(empty)
    assert (True, 2, 80.0) == told(own_hub.ask("/health/ready"))


def raws(hub: Served, count: int) -> None:
    """Raws that came 90, 80, 70 … seconds ago; the first has been read."""
    for n in range(count):
        put(hub.store, RawRow(id=n + 1, connector="acme", source="acme", headers="{}", body=b"x",
                              received_at=NOW - timedelta(seconds=90 - 10 * n)))  # fmt: skip
    put(hub.store, CursorRow(reader="pipeline", position=1))


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_hub_that_can_read_but_not_write_any_more_is_not_ready(own_hub: Served) -> None:
    def broken(_connection: object) -> None:
        raise SystemExit

    with pytest.raises(StoreUnavailable):
        own_hub.store.write_now(broken)

    assert_problem(own_hub.ask("/health/ready"), 503, "not-ready")


def test_without_its_database_the_hub_is_not_ready_until_it_is_back(tmp_path: Path) -> None:
    with stored(tmp_path) as store, serving(app_on(store), store) as hub:
        other = sqlite3.connect(str(store.url.database))
        other.execute("ALTER TABLE raw RENAME TO elsewhere")
        reply = hub.ask("/health/ready")
        scrape = hub.ask("/metrics")
        other.execute("ALTER TABLE elsewhere RENAME TO raw")
        other.close()

        assert_problem(reply, 503, "not-ready")
        assert reply.headers["retry-after"].isdecimal()
        assert (200, True) == (scrape.status, b"tilanne_raws_refused" in scrape.body)
        assert 200 == hub.ask("/health/ready").status


def test_the_figures_add_up(own_hub: Served) -> None:
    raws(own_hub, 3)
    inbox = {"connector": "acme", "source": "acme", "body_sha256": "", "received_at": NOW}
    put(own_hub.store, InboxRow(raw_id=1, delivery_key="1", outcome="applied", facts=1, **inbox))
    put(own_hub.store, InboxRow(raw_id=9, delivery_key="9", outcome="parked", facts=1, **inbox))
    said = {"outbox_id": 1, "order_id": "o", "subject": "order", "milestone": "shipped",
            "channel": "email", "language": "fi", "received_at": NOW}  # fmt: skip
    for n, state in enumerate(["due", "due", "sent"]):
        due = NOW + timedelta(seconds=30 * n - 30)
        put(own_hub.store, NoticeRow(id=n + 1, revision=f"{n}", recipient="c_1", state=state,
                                     next_at=due, **said))  # fmt: skip
    now = figures(own_hub)

    assert (1, 1) == (now["tilanne_raws", "applied"], now["tilanne_raws", "parked"])
    assert (2, 80) == (now["tilanne_backlog",], now["tilanne_backlog_age_seconds",])
    assert (2, 1) == (
        now["tilanne_notices", "email", "due"],
        now["tilanne_notices", "email", "sent"],
    )
    assert (2, 30) == (now["tilanne_notices_due",], now["tilanne_notices_due_age_seconds",])


def test_what_the_process_counts_is_in_the_scrape(own_hub: Served) -> None:
    before = figures(own_hub)
    telemetry.ATTEMPTS.labels("email", "sent").inc()
    telemetry.TO_ATTEMPT.labels("email").observe(59)
    telemetry.REFUSED.labels("not-authentic").inc()
    now = figures(own_hub)

    def grown(*name: str) -> float:
        return now[name] - before.get(name, 0)

    assert 1 == grown("tilanne_attempts_total", "email", "sent")
    assert 1 == grown("tilanne_raws_refused_total", "not-authentic")
    assert 1 == grown("tilanne_accept_to_attempt_seconds_bucket", "email", "60.0")
    assert 0 == grown("tilanne_accept_to_attempt_seconds_bucket", "email", "45.0")


def test_no_figure_names_an_order_or_a_person(hub: Served) -> None:
    text = hub.ask("/metrics").body.decode()

    names = ('"1001"', "#1001", "kauppa:", "JJFI", "aino", "c_1")
    assert [] == [name for name in names if name in text]
