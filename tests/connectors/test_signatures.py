"""Signatures as their inventors publish them: golden vectors, and what must not pass for one."""

import unicodedata
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook

from connectors.carriers import easypost
from connectors.contract import BadSignature, Raw
from connectors.shops import woocommerce
from connectors.signatures import (
    sign_body_base64,
    sign_body_hex,
    sign_form_values,
    sign_standard_webhook,
    verify_body_base64,
    verify_body_hex,
    verify_form_values,
    verify_standard_webhook,
)
from tests.connectors.cases import SHARED

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
MESSAGE, STAMP, BODY = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
GOLDEN = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
SENT = datetime.fromtimestamp(STAMP, UTC)

EASYPOST_SECRET = "s\u00e9cret"
EASYPOST_GOLDEN = "38f3f53c103713df81616a0a186d77141957323ec21d5fe9363db93840f527db"


def standard(signature: str = GOLDEN, *, body: bytes = BODY, late: int = 0, **headers: str) -> Raw:
    names = {
        "webhook-id": MESSAGE,
        "webhook-timestamp": str(STAMP),
        "webhook-signature": signature,
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    return Raw(body, names, SENT + timedelta(seconds=late), "house")


def test_the_vector_of_standard_webhooks_is_reproduced() -> None:
    assert GOLDEN == sign_standard_webhook(SECRET, MESSAGE, STAMP, BODY)

    verify_standard_webhook(standard(), SECRET)
    verify_standard_webhook(standard(), SECRET.removeprefix("whsec_"))


def test_the_standards_own_library_signs_as_we_do() -> None:
    body = '{"type": "fi.tilanne.order.packed", "name": "Äijä"}'
    theirs = Webhook(SECRET).sign("msg_1", SENT, body)

    assert theirs == sign_standard_webhook(SECRET, "msg_1", STAMP, body.encode())


@pytest.mark.parametrize("late", [-300, 0, 300])
def test_one_good_signature_of_several_is_enough_within_five_minutes(late: int) -> None:
    verify_standard_webhook(standard(f"v1,AAAA v1a,ed25519 {GOLDEN}", late=late), SECRET)


@pytest.mark.parametrize(
    "raw",
    [
        standard(late=301),
        standard(late=-301),
        standard(body=BODY + b"\n"),
        standard(webhook_id="msg_other"),
        standard(webhook_timestamp=str(STAMP + 1)),
        standard(webhook_timestamp="now"),
        standard(webhook_timestamp="-1"),
        standard(webhook_timestamp="9" * 400),
        standard(webhook_timestamp="٣"),
        standard(GOLDEN.replace("v1,", "v2,")),
        standard(GOLDEN.removeprefix("v1,")),
        standard(" ".join(["v1,AAAA"] * 30 + [GOLDEN])),
        standard("ä\udcff"),
        standard(""),
    ],
    ids=lambda raw: repr((dict(raw.headers), raw.received_at.timestamp() - STAMP))[:90],
)
def test_what_only_resembles_the_vector_is_refused(raw: Raw) -> None:
    with pytest.raises(BadSignature, match="webhook-"):
        verify_standard_webhook(raw, SECRET)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_not base64!", "whsec_é"])
def test_a_secret_that_cannot_be_one_fails_closed(secret: str) -> None:
    with pytest.raises(BadSignature, match="secret"):
        verify_standard_webhook(standard(), secret)


@pytest.fixture
def captured() -> Raw:
    path = SHARED / "easypost" / "event-tracker-updated-production.json"
    if not path.exists():
        pytest.skip(f"the captured event is not at {path}")
    body = path.read_bytes().removesuffix(b"\n")
    headers = {"x-hmac-signature": f"hmac-sha256-hex={EASYPOST_GOLDEN}"}
    return Raw(body, headers, SENT, "easypost")


def test_the_captured_event_of_easypost_is_let_in(captured: Raw) -> None:
    assert 3550 == len(captured.body)

    easypost.verify(captured, EASYPOST_SECRET)
    easypost.verify(captured, unicodedata.normalize("NFKD", EASYPOST_SECRET))


def test_a_newline_or_a_composed_key_makes_the_captured_event_a_forgery(captured: Raw) -> None:
    with pytest.raises(BadSignature):
        easypost.verify(Raw(captured.body + b"\n", captured.headers, SENT, "x"), EASYPOST_SECRET)

    composed = sign_body_hex(unicodedata.normalize("NFC", EASYPOST_SECRET), captured.body)
    headers = {"x-hmac-signature": f"hmac-sha256-hex={composed}"}
    with pytest.raises(BadSignature):
        easypost.verify(Raw(captured.body, headers, SENT, "x"), EASYPOST_SECRET)


def test_the_prefix_belongs_to_the_signature() -> None:
    bare = Raw(b"{}", {"x-hmac-signature": sign_body_hex("s", b"{}")}, SENT, "x")

    with pytest.raises(BadSignature, match="hmac-sha256-hex="):
        easypost.verify(bare, "s")


def test_hex_over_a_body_is_as_published() -> None:
    published = "1eed4b3d41f4653ac64fd56f1bf1cbfd349e4482cbc11dff7134bd93e5da4b0a"

    assert published == sign_body_hex("secretkey", b'{"key": "value"}')


def test_form_values_are_signed_in_the_order_of_their_names() -> None:
    values = {"name": "Some name", "date": "2016-02-01", "char": "C"}

    # char, date, name: the order of the values would be 2016-02-01, C, Some name
    assert sign_body_hex("a1b2c3d4e5f6", b"C&2016-02-01&Some name") == sign_form_values(
        "a1b2c3d4e5f6", values
    )


def test_two_spellings_of_one_header_must_agree() -> None:
    good, other = sign_body_base64("s", b"{}"), sign_body_base64("t", b"{}")
    both = {"x-shopify-hmac-sha256": good, "shopify-hmac-sha256": good}
    names = ("X-Shopify-Hmac-Sha256", "Shopify-Hmac-Sha256")

    verify_body_base64(Raw(b"{}", both, SENT, "x"), "s", *names)
    verify_body_base64(Raw(b"{}", {"shopify-hmac-sha256": good}, SENT, "x"), "s", *names)
    with pytest.raises(BadSignature, match="contradict"):
        verify_body_base64(
            Raw(b"{}", both | {"shopify-hmac-sha256": other}, SENT, "x"), "s", *names
        )


@pytest.mark.parametrize(
    "stored, key",
    [
        ("a & b", "a & b"),
        ("a &amp; b", "a & b"),
        ("&amp;quot;", "&quot;"),
        ("&lt;&gt;&quot;&#039;&#39;&#x27;&#X0027;&#x22;&#034;&#060;&#62;&#38;", "<>\"''''\"\"<>&"),
        ("&apos;&eacute;&#65;", "&apos;&eacute;&#65;"),
    ],
)
def test_a_secret_is_decoded_as_wordpress_does_it(stored: str, key: str) -> None:
    signed = {"x-wc-webhook-signature": sign_body_base64(key, b"{}")}

    woocommerce.verify(Raw(b"{}", signed, SENT, "x"), stored)


@pytest.mark.parametrize("wrong", ["{0}, {0}", "{0} {0}", "x{0}", "{0}\n", "sha256={0}"])
def test_a_signature_over_the_body_stands_alone_in_its_header(wrong: str) -> None:
    good = sign_body_base64("s", b"{}")

    with pytest.raises(BadSignature, match="X-Acme must be base64 of 32 bytes"):
        verify_body_base64(Raw(b"{}", {"x-acme": wrong.format(good)}, SENT, "x"), "s", "X-Acme")


def test_no_secret_lets_nobody_in_not_even_who_signs_with_none() -> None:
    headers = {"x-acme": sign_body_base64("", b"{}"), "x-acme-hex": sign_body_hex("", b"{}")}
    form = {"a": "1", "hash": sign_form_values("", {"a": "1"})}

    for verify in (
        lambda: verify_body_base64(Raw(b"{}", headers, SENT, "x"), "", "X-Acme"),
        lambda: verify_body_hex(Raw(b"{}", headers, SENT, "x"), "", "X-Acme-Hex"),
        lambda: verify_form_values(form, "", field="hash"),
    ):
        with pytest.raises(BadSignature, match="no secret is configured here"):
            verify()
