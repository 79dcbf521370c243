"""However a tracking number is written, its parcel is known by one; none is ever guessed."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from state_machine.events import normalise_number
from state_machine.tracking import MAX_NUMBER

JJFI = "JJFI65432100000000001"
IMPB = "9400111899223197428490"  #: 22 digits, as USPS prints them

many = settings(max_examples=max(500, settings.default.max_examples))
#: texts in which the signs that mean something here are frequent
written = st.text(
    st.one_of(st.characters(), st.sampled_from("0123456789aJ:/?#&=%. -42")), max_size=80
)
labels = st.builds(
    "420{}{}{}".format,
    st.from_regex(r"[0-9]{5}([0-9]{4})?", fullmatch=True),
    st.sampled_from(["91", "92", "93", "94", "95"]),
    st.from_regex(r"[0-9]{18,20}", fullmatch=True),
)


@pytest.mark.parametrize(
    "text",
    [
        "jjfi 6543-2100 0000 00001",
        "JJFI.65432100000000001\r\n",
        "\x1dJJFI6543\x002100\u200b000\u00ad000001\x7f",
        "ＪＪＦＩ６５４３２１００００００００００１",
        f"https://carrier.example/track?code={JJFI}&lang=fi",
        f"https://carrier.example/fi/seuranta#/lahetys/{JJFI.lower()}",
        f"HTTPS://carrier.example/track/{JJFI}?code={JJFI}",
        f"www.carrier.example/{JJFI}",
        f"Seuraa: https://user:pass12345678@carrier.example:8080/{JJFI}/",
        f"https://shop.example/go?to=https%3A%2F%2Fcarrier.example%2Ft%3Fid%3D{JJFI}",
    ],
)
def test_one_number_is_known_by_one_spelling(text: str) -> None:
    assert JJFI == normalise_number(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "☠ — ☢",
        "https://carrier.example/",
        "https://carrier.example/track?lang=fi&when=2026-11-21",
        "https://carrier.example/track/550e8400-e29b-41d4-a716-446655440000",
        "https://carrier123456789.example/track",
        f"https://carrier.example/track?codes={JJFI},JJFI65432100000000002",
        f"https://carrier.example/track?codes={JJFI}%2CJJFI65432100000000002",
        f"https://shop.example/orders/1000012345?parcel={JJFI}",
        "carrier.example/track?code=",
        f"{JJFI} " * 200,
    ],
)
def test_a_link_without_exactly_one_number_is_not_usable(text: str) -> None:
    assert "" == normalise_number(text)


@pytest.mark.parametrize(
    "text, number",
    [
        (f"42094103{IMPB}", IMPB),
        (f"420941031234{IMPB}", IMPB),
        (f"420 94103 {IMPB[:4]} {IMPB[4:]}", IMPB),
        (f"42094103{IMPB[:20]}", IMPB[:20]),
        (f"https://carrier.example/t?tLabels=42094103{IMPB}", IMPB),
        (f"42094103{IMPB[:19]}", f"42094103{IMPB[:19]}"),
        (f"4209410{IMPB}", f"4209410{IMPB}"),
        (f"42094103{'96' + IMPB[2:]}", f"42094103{'96' + IMPB[2:]}"),
        ("420941031Z999AA10123456784", "420941031Z999AA10123456784"),
    ],
)
def test_the_zip_code_before_a_number_of_usps_is_no_part_of_it(text: str, number: str) -> None:
    assert number == normalise_number(text)


@many
@given(written)
def test_what_is_normal_stays_as_it_is(text: str) -> None:
    number = normalise_number(text)

    assert number == normalise_number(number)
    assert len(number) <= MAX_NUMBER
    assert not number or (number.isascii() and number.isalnum() and number == number.upper())


@many
@given(labels, st.data())
def test_spaces_hyphens_and_case_never_make_another_number(label: str, data: st.DataObject) -> None:
    spaces = data.draw(st.lists(st.sampled_from(["", " ", "-", "\t", "\xa0"]), min_size=len(label)))
    spelt = "".join(sign + space for sign, space in zip(label, spaces, strict=False))

    assert normalise_number(label) == normalise_number(spelt.lower())
    assert label.endswith(normalise_number(label))
    assert 20 <= len(normalise_number(label)) <= 22
