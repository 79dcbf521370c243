"""Who a customer is across shops: known as one by what they have verified, and by nothing else."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.contract import Contact
from hub.store import consents, contacts, customers
from hub.store.consents import Entry
from hub.store.migrate import migrate
from hub.store.session import Store
from state_machine.events import OrderKey
from tests.faults.postgres import new_database

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
MAIL = {"kind": "email", "address": "aino@example.fi"}


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    url = f"sqlite:///{tmp_path}/hub.db"
    if request.param == "postgresql":
        server = request.getfixturevalue("postgresql")
        url = new_database(server, f"customers_{tmp_path.name}".lower()[:60])
    opened = Store(url)
    migrate(opened)
    yield opened
    opened.close()


def stated(store: Store, shop: str, order: str, **who: Any) -> str:
    """Let a shop state who ordered; return the contact's id."""
    contact = Contact(about=OrderKey(shop, order), stated_at=NOW, email="aino@example.fi", **who)
    store.write_now(lambda c: contacts.save(c, [contact]))
    return contacts.contact_id(contact)


def settled(store: Store, contact: str) -> str:
    def settle(connection: Any) -> str:
        found = customers.find(connection, contact)
        assert found is not None
        return customers.settle(connection, found, NOW)

    return store.write_now(settle)


def verify(store: Store, customer: str, *, verified: bool = True) -> str:
    return store.write_now(
        lambda c: customers.state_address(c, customer, verified=verified, now=NOW, **MAIL)
    )


def say(store: Store, customer: str, channel: str, *, given: bool, minute: int = 0) -> None:
    entry = Entry(
        channel=channel,
        message_class="informative",
        given=given,
        at=NOW + timedelta(minutes=minute),
        source="page",
    )
    store.write_now(lambda c: customers.change(c, customer, {}, [entry], NOW))


def found(store: Store, ref: str) -> customers.Customer:
    one = store.read_now(lambda c: customers.find(c, ref))
    assert one is not None
    return one


def test_the_same_unverified_address_in_two_shops_is_two_customers(store: Store) -> None:
    one, other = stated(store, "villa", "1", customer="7"), stated(store, "sauna", "1")
    first, second = settled(store, one), settled(store, other)
    verify(store, first)
    verify(store, second, verified=False)

    assert first != second
    assert [[one], [other]] == [
        [row.id for row in found(store, ref).contacts] for ref in (one, other)
    ]


def test_the_same_verified_address_in_two_shops_is_one_customer(store: Store) -> None:
    one, other = stated(store, "villa", "1", customer="7"), stated(store, "sauna", "1")
    first, second = settled(store, one), settled(store, other)
    say(store, second, "email", given=False)
    verify(store, first)

    assert first == verify(store, second)
    assert {first} == {found(store, ref).id for ref in (one, other, first, second)}
    row = found(store, other).row
    assert row is not None
    assert {"email/informative": False} == orjson.loads(row.consents)


def test_a_guest_stays_their_own_customer_order_by_order(store: Store) -> None:
    one, other = stated(store, "villa", "1"), stated(store, "villa", "2")

    assert one != other
    assert (None, None) == (found(store, one).row, found(store, other).row)
    assert settled(store, one) != settled(store, other)


def test_settling_twice_is_settling_once(store: Store) -> None:
    contact = stated(store, "villa", "1")

    assert settled(store, contact) == settled(store, contact)


def test_a_later_statement_of_the_shop_leaves_the_customer_who_they_are(store: Store) -> None:
    contact = stated(store, "villa", "1")
    customer = settled(store, contact)
    stated(store, "villa", "1", name="Aino")

    assert (customer, "Aino") == (found(store, contact).id, found(store, contact).contacts[0].name)


def test_nobody_is_known_by_a_name_nobody_has(store: Store) -> None:
    assert store.read_now(lambda c: customers.find(c, "u_0")) is None
    assert store.read_now(lambda c: customers.of_order(c, "villa:0")) is None


def test_every_change_counts_and_the_ledger_keeps_every_word(store: Store) -> None:
    customer = settled(store, stated(store, "villa", "1"))
    say(store, customer, "email", given=False)
    say(store, customer, "email", given=True, minute=1)

    assert 2 == found(store, customer).version
    lines = store.read_now(lambda c: consents.ledger(c, [customer]))
    assert [False, True] == [line.given for line in lines]


said = st.tuples(st.sampled_from(["*", "email", "sms"]), st.sampled_from("ab"), st.booleans())


@given(st.lists(said))
def test_the_latest_word_that_covers_a_channel_holds(words: list[tuple[str, str, bool]]) -> None:
    entries = [
        Entry(channel=channel, message_class=one, given=given_, at=NOW, source="page")
        for channel, one, given_ in words
    ]
    state = consents.standing(entries)

    for channel in ("email", "sms"):
        for one in "ab":
            covering = [g for ch, cl, g in words if cl == one and ch in ("*", channel)]
            expected = covering[-1] if covering else None
            assert expected == consents.agreed(state, channel, one)


def test_nothing_in_the_hub_takes_a_line_out_of_the_ledger_or_rewrites_it() -> None:
    hub = Path(customers.__file__).parents[1]
    touch = re.compile(
        r"(?:update|delete)\(CONSENT|CONSENT\.(?:update|delete)|upsert\(\w+, CONSENT"
    )

    assert [] == [str(path) for path in hub.rglob("*.py") if touch.search(path.read_text())]
