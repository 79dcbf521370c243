"""The door: what is taken in is on disk before the answer, and every no says what to do."""

import sqlite3
from typing import Any

import orjson
import pytest
from sqlalchemy import Connection

from hub import telemetry
from hub.intake.inbox import worth_keeping
from tests.hub.intake.conftest import Door, sign
from tests.hub.serving import assert_problem


def rows(door: Door) -> list[Any]:
    """What a stranger to the hub's own connections reads from the file."""
    other = sqlite3.connect(str(door.served.store.url.database))
    try:
        found = other.execute("SELECT connector, source, headers, body FROM raw ORDER BY id")
        return found.fetchall()
    finally:
        other.close()


def pragma(door: Door, text: str) -> None:
    """Set the connection that writes; there is exactly one."""

    def work(connection: Connection) -> None:
        connection.exec_driver_sql(f"PRAGMA {text}")

    door.served.store.write_now(work)


def test_a_delivery_is_on_disk_when_the_vendor_hears_its_own_answer(door: Door) -> None:
    reply = door.deliver(b"hello")

    assert [("acme", "acme", b"hello")] == [(r[0], r[1], r[3]) for r in rows(door)]
    assert (202, b'{"ok":true}') == (reply.status, reply.body)
    assert "application/json" == reply.headers["content-type"]


def test_the_pipeline_is_called_once_the_row_can_be_read(door: Door) -> None:
    door.deliver(b"one")
    door.deliver(b"two")

    assert [1, 2] == door.rang.rows


def test_the_body_is_kept_byte_for_byte(door: Door) -> None:
    body = bytes(range(256)) + "ä\r\n ".encode()
    door.deliver(body)

    assert body == rows(door)[0][3]


def test_a_named_source_is_kept(door: Door) -> None:
    door.deliver(b"x", path="/in/acme?source=kauppa-2_b")

    assert "kauppa-2_b" == rows(door)[0][1]


def test_only_headers_that_say_what_a_raw_is_are_kept(door: Door) -> None:
    door.deliver(
        b"x",
        Content_Type="application/json",
        X_Acme_Topic="orders/create",
        Webhook_Id="msg_1",
        Ce_Type="t",
        Acme_Event="e",
        Authorization="Bearer s3cret",
        Cookie="a=b",
        Webhook_Signature="v1,abc",
        X_Forwarded_For="192.0.2.1",
        X_Api_Key="s3cret",
        User_Agent="curl",
    )

    assert {
        "content-type": "application/json",
        "x-acme-topic": "orders/create",
        "webhook-id": "msg_1",
        "ce-type": "t",
        "acme-event": "e",
    } == orjson.loads(rows(door)[0][2])


def test_nobody_outside_can_write_a_decision_into_a_raw() -> None:
    # "tilanne" as the connector: its own headers would be kept
    sent = {"tilanne-topic": "x", "tilanne-decided": "{}", "x-tilanne-decided": "{}", "ce-id": "7"}

    assert {"ce-id": "7"} == worth_keeping(sent, "tilanne")


def test_a_greeting_is_answered_and_not_stored(door: Door) -> None:
    reply = door.deliver(b"ping", signature="")

    assert (200, b"pong", []) == (reply.status, reply.body, rows(door))


def test_a_greeting_that_cannot_be_read_is_a_delivery(door: Door) -> None:
    assert 202 == door.deliver(b"broken hello").status
    assert_problem(door.deliver(b"broken hello", signature="no"), 401, "not-authentic")


def test_while_a_secret_is_rotated_the_old_and_the_new_hold(door: Door) -> None:
    for secret, status in (("old", 202), ("new", 202), ("one", 401)):
        assert status == door.deliver(secret.encode(), path="/in/rotating", secret=secret).status

    assert [b"old", b"new"] == [row[3] for row in rows(door)]


@pytest.mark.parametrize("signature", ["", "0" * 64, sign(b"x\n", "one"), sign(b"x", "One"), "é"])
def test_what_is_not_signed_with_the_secret_is_not_taken_in(door: Door, signature: str) -> None:
    reply = door.deliver(b"x", signature=signature)

    document = assert_problem(reply, 401, "not-authentic")
    assert "TILANNE_SECRETS__ACME" in document["detail"]
    assert "www-authenticate" in reply.headers
    assert [] == rows(door)


def test_without_a_secret_nothing_is_taken_in_and_the_answer_does_not_tell(door: Door) -> None:
    unset = door.deliver(b"x", path="/in/unset", secret="")
    wrong = door.deliver(b"x", signature="0")

    assert_problem(unset, 401, "not-authentic")
    assert wrong.body.replace(b"acme", b"unset").replace(b"ACME", b"UNSET") == unset.body
    assert [] == rows(door)


def test_a_verification_that_breaks_is_a_no(door: Door) -> None:
    assert_problem(door.deliver(b"boom"), 401, "not-authentic")
    assert [] == rows(door)


def test_an_unknown_connector_is_not_found(door: Door) -> None:
    for path in ("/in/nobody", "/in/Acme", "/in/acme%00", "/in/%C3%A4", "/in/" + "a" * 5000):
        assert_problem(door.deliver(b"x", path=path), 404, "unknown-connector")


@pytest.mark.parametrize(
    "source", ["", "A", "-a", "a" * 64, "a%20b", "a%0A", "..%2Fa", "a%00", "%C3%A4", "a&source=b"]
)
def test_a_source_name_that_is_none_is_refused(door: Door, source: str) -> None:
    assert_problem(door.deliver(b"x", path=f"/in/acme?source={source}"), 400, "bad-source")
    assert [] == rows(door)


def test_an_empty_body_is_refused_even_when_it_is_signed(door: Door) -> None:
    assert_problem(door.deliver(b""), 400, "empty-body")


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_the_door_takes_post_only(door: Door, method: str) -> None:
    reply = door.served.ask("/in/acme", method=method)

    assert_problem(reply, 405, "method-not-allowed")
    assert "POST" == reply.headers["allow"]


def test_head_hears_405_without_a_body(door: Door) -> None:
    reply = door.served.ask("/in/acme", method="HEAD")

    assert (405, b"") == (reply.status, reply.body)


def test_while_the_database_is_locked_the_sender_is_told_to_come_back(door: Door) -> None:
    pragma(door, "busy_timeout=50")
    other = sqlite3.connect(str(door.served.store.url.database), isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    reply = door.deliver(b"first")
    other.execute("ROLLBACK")
    other.close()

    assert_problem(reply, 503, "storage-unavailable")
    assert 0 < int(reply.headers["retry-after"]) < 60
    assert [] == rows(door)
    assert [] == door.rang.rows
    assert 202 == door.deliver(b"again").status
    assert [b"again"] == [row[3] for row in rows(door)]


def test_while_the_disk_is_full_nothing_is_promised_and_afterwards_it_goes_on(door: Door) -> None:
    pragma(door, "max_page_count=1")  # SQLite lowers it to the size the file has now
    replies = [door.deliver(bytes([65 + n]) * 2000) for n in range(6)]
    taken = [bytes([65 + n]) * 2000 for n, reply in enumerate(replies) if reply.status == 202]

    assert {202, 503} >= {reply.status for reply in replies}
    assert_problem(replies[-1], 503, "storage-unavailable")
    assert taken == [row[3] for row in rows(door)]

    pragma(door, "max_page_count=100000")
    assert 202 == door.deliver(b"again").status
    assert b"again" == rows(door)[-1][3]


def test_what_is_accepted_and_refused_is_counted(door: Door) -> None:
    def counted() -> tuple[float, float]:
        return (
            telemetry.ACCEPTED.labels("acme")._value.get(),
            telemetry.REFUSED.labels("not-authentic")._value.get(),
        )

    accepted, refused = counted()
    door.deliver(b"x")
    door.deliver(b"x", signature="0")

    assert (accepted + 1, refused + 1) == counted()
