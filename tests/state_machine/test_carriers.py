"""One carrier under many names is one, two known ones are two, and an unknown name is anybody's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from state_machine.carriers import HANDED_ON, SPELLINGS, can_be_one, code_of

NUMBER = "JJFI65432100000000001"
names = st.one_of(
    st.none(), st.text(max_size=20), st.sampled_from([*SPELLINGS, "Posti Oy", "whoever"])
)


@pytest.mark.parametrize(
    "code, written",
    [
        ("posti", ["posti", "Posti Oy", "POSTI", "Posti (Finland)", "itella", "SmartPosti"]),
        ("postnord", ["PostNord", "postnord se", "Post Nord", "PostNord Finland Oy"]),
        ("dhl", ["DHL", "dhl express", "DHL Express (US)", "DHLExpress", "Deutsche Post DHL"]),
        ("royal_mail", ["Royal Mail", "royal-mail", "RoyalMail", "Royal_Mail Tracked 24"]),
        ("colis_prive", ["Colis Privé", "colisprive"]),
        ("austrian_post", ["Österreichische Post", "Austrian Post"]),
        ("ups", ["UPS", "ups ground", "UPSDAP", "U.P.S"]),
        ("usps", ["USPS", "United States Postal Service", "usps priority mail"]),
        ("schenker", ["DB Schenker", "Schenker", "dbschenker"]),
        ("hermes", ["Hermes", "Evri", "myHermes"]),
        (
            "",
            ["", "☠", "Kuriiri", "post", "Posten", "UPS Mail Innovations", "dhl-ecommerce", "upsy"],
        ),
    ],
)
def test_many_names_mean_one_carrier(code: str, written: list[str]) -> None:
    assert dict.fromkeys(written, code) == {name: code_of(name) for name in written}


@pytest.mark.parametrize(
    "one, other, can",
    [
        ("Posti", "posti oy", True),
        ("Posti", "GLS", False),
        ("UPS", "usps", False),
        ("UPS", "USPS Ground", False),
        ("UPS Mail Innovations", "USPS", True),
        ("Posti", None, True),
        ("Posti", "", True),
        ("Posti", "Kuriiri", True),
        ("Kuriiri", "Lähetti", True),
    ],
)
def test_only_two_known_carriers_are_told_apart(one: str, other: str | None, can: bool) -> None:
    assert (can, can) == (can_be_one(one, other, NUMBER), can_be_one(other, one, NUMBER))


def test_a_number_that_crosses_borders_changes_hands() -> None:
    assert can_be_one("PostNord SE", "Posti", "RR123456785FI")
    assert not can_be_one("PostNord SE", "Posti", "RR12345678FI")


@given(names, names)
def test_who_is_meant_does_not_depend_on_who_spoke_first(
    one: str | None, other: str | None
) -> None:
    assert can_be_one(one, other, NUMBER) == can_be_one(other, one, NUMBER)
    assert can_be_one(one, one, NUMBER)


def test_every_name_stands_in_the_table_once_as_it_is_looked_up() -> None:
    rows = [name for row in SPELLINGS.values() for name in row]

    assert sorted({*rows, *HANDED_ON}) == sorted([*rows, *HANDED_ON])
    assert {code: code for code in SPELLINGS} == {code: code_of(code) for code in SPELLINGS}
