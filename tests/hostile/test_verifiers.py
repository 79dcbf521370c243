"""Whatever is put where a proof should be: a delivery of orders' news is proven, or it is not."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from connectors.contract import BadSignature, Raw
from tests.connectors.cases import CONNECTORS
from tests.hostile.corpus import BODIES, FORM, delivery
from tests.hostile.wire import SECRETS, now

#: every header that any of the vendors could read
NAMES = (
    "webhook-id", "webhook-timestamp", "webhook-signature", "x-shopify-hmac-sha256",
    "shopify-hmac-sha256", "x-wc-webhook-signature", "x-hmac-signature", "content-type",
)  # fmt: skip
#: as a server hands headers over: any byte as the sign with its number; and what none would
VALUES = (
    st.text(st.characters(max_codepoint=255)) | st.text() | st.text(" ,v1a=.:0aZ/+", max_size=90)
)


def genuine(connector: str, body: bytes) -> Raw:
    envelope = delivery(connector, body)
    return Raw(envelope.body, envelope.headers, now(), connector, connector)


def is_proven(connector: str, raw: Raw, secret: str) -> bool:
    """Nothing else may happen than these two."""
    try:
        CONNECTORS[connector].module.verify(raw, secret)
    except BadSignature as refusal:
        if not str(refusal):
            raise
        return False
    return True


@given(
    st.sampled_from(sorted(CONNECTORS)),
    st.dictionaries(st.sampled_from(NAMES), VALUES),
    st.binary() | st.sampled_from(sorted(body for body in BODIES.values() if len(body) < 10_000)),
    st.text(),
)
def test_what_a_stranger_makes_up_is_not_proven(
    connector: str, headers: Mapping[str, str], body: bytes, secret: str
) -> None:
    assert not is_proven(connector, Raw(body, headers, now(), connector, connector), secret)


@given(
    st.sampled_from(sorted(CONNECTORS)),
    st.binary(min_size=1, max_size=200),
    st.sampled_from(NAMES),
    st.integers(0, 10**6),
    VALUES,
)
@example("canonical", b"{}", "webhook-signature", 0, "v1, ")
def test_a_proof_that_is_changed_anywhere_still_proves_nothing_else(
    connector: str, body: bytes, name: str, place: int, value: str
) -> None:
    raw = genuine(connector, body)
    given_value = raw.headers.get(name, "")
    at = place % (len(given_value) + 1)
    changed = given_value[:at] + value + given_value[at + 1 :]
    raw = replace(raw, headers={**raw.headers, name: changed})

    is_proven(connector, raw, SECRETS[connector])  # or not, but it is answered
    assert not is_proven(connector, raw, "another secret")
    assert not is_proven(connector, replace(raw, body=raw.body + b"x"), SECRETS[connector])


@given(st.sampled_from(sorted(CONNECTORS)), st.binary(min_size=1, max_size=200), st.data())
def test_a_body_that_is_changed_by_one_bit_is_not_proven(
    connector: str, body: bytes, data: st.DataObject
) -> None:
    raw = genuine(connector, body)
    at = data.draw(st.integers(0, len(raw.body) - 1))
    bit = 1 << data.draw(st.integers(0, 7))
    changed = raw.body[:at] + bytes([raw.body[at] ^ bit]) + raw.body[at + 1 :]
    same = connector == FORM and is_same_form(raw.body, changed)

    assert same or not is_proven(connector, replace(raw, body=changed), SECRETS[connector])


def is_same_form(one: bytes, other: bytes) -> bool:
    """Hex digits in another case, here of an escape or of the hash, say the same."""
    return one.lower() == other.lower()


@pytest.mark.parametrize("connector", sorted(CONNECTORS))
def test_the_genuine_one_is_proven(connector: str) -> None:
    raw = genuine(connector, b"{}")

    assert is_proven(connector, raw, SECRETS[connector])
    late = replace(raw, received_at=raw.received_at + timedelta(seconds=301))
    assert (connector not in {"canonical", FORM}) == is_proven(connector, late, SECRETS[connector])
