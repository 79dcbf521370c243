"""Who is not who it says: refused in the same words, whatever was wrong; and replays do nothing."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from http.client import HTTPConnection
from typing import Any

import orjson
import pytest

from connectors.signatures import sign_standard_webhook
from hub.demo.message import Envelope, Message, seal
from tests.faults.hub_process import SECRET, HubProcess, wait_for
from tests.hostile.corpus import BODIES, FORM, delivery
from tests.hostile.wire import (
    SECRETS,
    now,
    order_placed,
    post,
    say,
    sealed,
    written,
)
from tests.hub.serving import Reply, assert_problem

OTHER = "whsec_b3RoZXIta2V5LW90aGVyLWtleS1vdGhlci1rZXktb3RoZXI="
REPLAYS = 1_000
#: headers in which the vendors prove themselves; one proves itself inside its form
PROOF = {
    "canonical": "webhook-signature",
    "shopify": "x-shopify-hmac-sha256",
    "woocommerce": "x-wc-webhook-signature",
    "easypost": "x-hmac-signature",
}
BEHIND = "a good proof behind a bad one"


def body_of(connector: str) -> bytes:
    return orjson.dumps({"object": "{}", "event": "1"}) if connector == FORM else b'{"id":1}'


def signed(connector: str, secret: str, seconds: float = 0.0) -> Envelope:
    message = Message(connector, connector, body_of(connector))
    at = now() + timedelta(seconds=seconds)
    return seal(message, secret=secret, sent_at=at, delivery_id="msg_1")


def without(envelope: Envelope, *names: str, **instead: str) -> Envelope:
    kept = {name: value for name, value in envelope.headers.items() if name not in names}
    return Envelope(envelope.path, {**kept, **instead}, envelope.body)


def twists(connector: str) -> dict[str, tuple[Envelope, tuple[str, ...]]]:
    """Ways to be not quite who one says; each with headers that are sent besides."""
    good = sealed(connector, body_of(connector))
    found: dict[str, tuple[Envelope, tuple[str, ...]]] = {
        "another secret": (signed(connector, OTHER), ()),
        "the body with a space behind it": (
            Envelope(good.path, good.headers, good.body + b" "),
            (),
        ),
        "another body": (Envelope(good.path, good.headers, b'{"id":2}'), ()),
        "the secret": (without(good, **{PROOF.get(connector, "x-hash"): SECRETS[connector]}), ()),
    }
    return found | (in_a_form(good) if connector == FORM else in_a_header(connector, good))


def in_a_form(good: Envelope) -> dict[str, tuple[Envelope, tuple[str, ...]]]:
    """Twists of a proof that is a field of the body."""
    fields = good.body
    return {
        what: (Envelope(good.path, good.headers, body), ())
        for what, body in {
            "no proof": fields.split(b"&hash=")[0],
            "the proof twice": fields + b"&hash=" + fields.split(b"&hash=")[1],
            "a field too many": fields + b"&more=1",
            "values moved to other names": fields.replace(b"event=", b"even=", 1),
        }.items()
    }


def in_a_header(connector: str, good: Envelope) -> dict[str, tuple[Envelope, tuple[str, ...]]]:
    """Twists of a proof that is a header."""
    name, proof = PROOF[connector], good.headers[PROOF[connector]]
    found: dict[str, tuple[Envelope, tuple[str, ...]]] = {
        "no proof": (without(good, name), ()),
        "two proofs": (good, (f"{name}: {proof}",)),
        BEHIND: (
            without(good, **{name: f"{proof[:-3]}abc"}), (f"{name}: {proof}",),
        ),
    }  # fmt: skip
    for what, value in {
        "an empty proof": "",
        "half a proof": proof[: len(proof) // 2],
        "a proof cut short": proof[:-1],
        "a proof with more behind it": f"{proof}A",
        "a hundred proofs": " ".join([proof] * 100),
        "a proof in other letters": proof.swapcase(),
        "a proof outside ASCII": "\xe4" + proof,
        "a long proof": proof * 300,
        "a proof of nothing": "0" * 64,
    }.items():
        found[what] = (without(good, **{name: value}), ())
    return found


CASES = [
    (connector, what)
    for connector in SECRETS
    for what in twists(connector)
    # upper-case hex is the same number, and Standard Webhooks sends a list of which one is enough
    if (connector, what) != ("easypost", "a proof in other letters")
    and (connector, what) not in {("canonical", "two proofs"), ("canonical", BEHIND)}
]


def refused(port: int, envelope: Envelope, *more: str) -> Reply:
    [reply] = say(port, written(envelope, *more))
    assert_problem(reply, 401, "not-authentic")
    return reply


@pytest.mark.parametrize("connector, what", CASES)
def test_whatever_is_wrong_with_a_proof_the_answer_is_the_same(
    hub: HubProcess, connector: str, what: str
) -> None:
    envelope, more = twists(connector)[what]
    stranger = Envelope(envelope.path, {}, b"x")

    assert refused(hub.port, stranger).body == refused(hub.port, envelope, *more).body


@pytest.mark.parametrize("seconds", [-301, 310, -(10**6), 10**8])
@pytest.mark.parametrize("connector", ["canonical", FORM])
def test_what_was_signed_at_another_time_is_refused(
    hub: HubProcess, connector: str, seconds: int
) -> None:
    envelope = signed(connector, SECRETS[connector], seconds)

    stranger = refused(hub.port, Envelope(envelope.path, {}, b"x"))
    assert stranger.body == refused(hub.port, envelope).body


@pytest.mark.parametrize("stamp", ["", "-1", "1e9", "0x10", "1" * 400, "\xb2", " ", "1.5", "NaN"])
def test_a_time_that_is_none_is_refused(hub: HubProcess, stamp: str) -> None:
    good = sealed("canonical", b"{}")

    refused(hub.port, without(good, **{"webhook-timestamp": stamp}))


@pytest.mark.parametrize(
    "scheme, status",
    [("v1,", 202), ("v1a,", 401), ("v2,", 401), ("V1,", 401), ("", 401), ("v1", 401)],
)
def test_only_the_scheme_that_is_spoken_here_counts(
    hub: HubProcess, scheme: str, status: int
) -> None:
    good = order_placed(f"scheme-{len(scheme)}")
    proof = good.headers["webhook-signature"].removeprefix("v1,")
    said = without(good, **{"webhook-signature": f"v1a,abc {scheme}{proof} v2,def"})

    assert [status] == [reply.status for reply in say(hub.port, written(said))]


def test_a_secret_that_is_being_replaced_still_holds(hub: HubProcess) -> None:
    placed = order_placed("rotated")
    stamp = int(placed.headers["webhook-timestamp"])
    old = sign_standard_webhook(OTHER, placed.headers["webhook-id"], stamp, placed.body)
    both = without(placed, **{"webhook-signature": f"{old} {placed.headers['webhook-signature']}"})

    assert [202] == [reply.status for reply in say(hub.port, written(both))]
    assert SECRET in SECRETS.values()


def rows(hub: HubProcess, query: str) -> list[tuple[Any, ...]]:
    path = hub.environment["TILANNE_DATABASE_URL"].removeprefix("sqlite:///")
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        return connection.execute(query).fetchall()


def test_a_genuine_delivery_that_is_replayed_a_thousand_times_has_one_effect(
    hub: HubProcess,
) -> None:
    placed = order_placed("replayed")
    digests = "SELECT outcome, count(*) FROM inbox JOIN raw ON raw.id = raw_id WHERE body = x'{}'"
    query = digests.format(placed.body.hex()) + " GROUP BY outcome ORDER BY outcome"
    line = HTTPConnection("127.0.0.1", hub.port, timeout=20)
    statuses = [post(line, placed) for _ in range(REPLAYS)]
    line.close()
    wait_for(lambda: sum(n for _, n in rows(hub, query)) == REPLAYS, "all of it to be read")

    assert [202] * REPLAYS == statuses
    assert [("applied", 1), ("duplicate", REPLAYS - 1)] == rows(hub, query)
    assert [(1,)] == rows(hub, "SELECT count(*) FROM timeline WHERE order_id = 'kauppa:replayed'")
    assert [(1,)] == rows(hub, "SELECT count(*) FROM outbox WHERE order_id = 'kauppa:replayed'")


def test_headers_say_nothing_that_only_the_hub_may_say(hub: HubProcess) -> None:
    placed = order_placed("decided")
    more = (
        'tilanne-decided: {"JJFI1": ["kauppa", "1"]}',
        "TILANNE-Decided: x",
        "X-Tilanne-Decided: x",
        "Tilanne_Decided: x",
        "Content-Type: text/html",
        "X-Name: \xe4\xff",
        "X-Signed: by somebody",
        "X-Forwarded-For: 192.0.2.1",
        "Cookie: a=b",
        "Authorization: Bearer x",
    )

    assert [202] == [reply.status for reply in say(hub.port, written(placed, *more))]
    [(kept,)] = rows(hub, f"SELECT headers FROM raw WHERE body = x'{placed.body.hex()}'")
    named = orjson.loads(kept)
    assert {"content-type", "webhook-id", "webhook-timestamp", "x-name"} == named.keys()
    assert "\xe4\xff" == named["x-name"]
    assert "application/cloudevents+json, text/html" == named["content-type"]


@pytest.mark.parametrize("connector", PROOF)
def test_what_nobody_signed_is_not_even_read(hub: HubProcess, connector: str) -> None:
    expected = refused(hub.port, Envelope(f"/in/{connector}?source={connector}", {}, b"x")).body
    for body in BODIES.values():
        unsigned = without(delivery(connector, body), PROOF[connector])
        assert expected == refused(hub.port, unsigned).body
