"""What a stranger writes into a name or an address never becomes a header or a second recipient."""

from dataclasses import replace
from email import policy
from email.parser import BytesParser

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hub.notify.channels import DeliveryError, Message
from hub.notify.letter import HEADERS, _check, address, compose, message_id
from tests.hub.notify.world import NOW

FROM = "Villakauppa <tilaukset@villa.example>"


def message(**parts: str) -> Message:
    known = {
        "key": "0f" * 32,
        "recipient": "c1",
        "to": "maija@example.fi",
        "subject": "Tilauksesi #1001 on matkalla – äö",
        "short": "",
        "text": "Hei Maija!\n\n.\n\nFrom the beginning\n",
        "html": "<p>Hei</p>",
        "language": "fi",
    }
    return Message(**(known | parts), payload=b"")


def test_a_letter_says_from_whom_to_whom_and_what() -> None:
    written = compose(message(), mail_from=FROM, now=NOW)
    read = BytesParser(policy=policy.default).parsebytes(written)

    assert written.isascii()
    assert set(HEADERS) == set(read.keys())
    assert "Tilauksesi #1001 on matkalla – äö" == read["Subject"]
    assert ["maija@example.fi"] == [one.addr_spec for one in read["To"].addresses]
    assert "Mon, 23 Nov 2026 09:00:00 +0000" == str(read["Date"])
    plain, html = (read.get_body((kind,)).get_content() for kind in ("plain", "html"))
    assert "Hei Maija!\r\n\r\n.\r\n\r\nFrom the beginning\r\n" == plain
    assert "<p>Hei</p>\r\n" == html


def test_a_picture_travels_with_the_page_that_calls_it_and_the_mailbox_shows_it() -> None:
    from hub.web.letters import letter

    png = b"\x89PNG\r\n" + bytes(range(256))
    said = replace(message(html='<img src="cid:pickup-code@tilanne">'), images={"pickup-code": png})
    written = compose(said, mail_from=FROM, now=NOW)
    read = BytesParser(policy=policy.default).parsebytes(written)
    [picture] = [part for part in read.walk() if part.get_content_type() == "image/png"]
    row = type("Row", (), {"id": 1, "stored_at": NOW, "message": written})

    assert (png, "<pickup-code@tilanne>") == (picture.get_content(), picture["Content-ID"])
    assert "Hei Maija!" in read.get_body(("plain",)).get_content()
    assert 'src="data:image/png;base64,' in letter(row).html


def test_a_picture_is_not_called_what_could_end_a_header() -> None:
    with pytest.raises(DeliveryError):
        compose(replace(message(), images={"a>\r\nBcc: x": b""}), mail_from=FROM, now=NOW)


def test_a_letter_comes_from_the_shop_and_answers_go_where_it_wants() -> None:
    said = replace(message(), sender="Saunakauppa Löyly", reply_to="apua@sauna.example")
    written = compose(said, mail_from=FROM, now=NOW)
    read = BytesParser(policy=policy.default).parsebytes(written)

    assert "Saunakauppa Löyly <tilaukset@villa.example>" == str(read["From"])
    assert "apua@sauna.example" == read["Reply-To"]
    for smuggled in ("a\r\nBcc: eve@evil.example", "=?utf-8?q?a?="):
        with pytest.raises(DeliveryError):
            compose(replace(said, sender=smuggled), mail_from=FROM, now=NOW)
        with pytest.raises(DeliveryError):
            compose(replace(said, reply_to=smuggled), mail_from=FROM, now=NOW)


SAID = st.text(st.characters(codec="utf-8"), min_size=1, max_size=300)
ON_ONE_LINE = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Zl", "Zp")))


@example(subject="", text=f"---\n-----\n--=_{'0f' * 16}--\n", html=f"--=_{'0f' * 16}")
@given(subject=ON_ONE_LINE.filter(lambda text: "=?" not in text), text=SAID, html=SAID)
def test_whatever_a_letter_says_is_read_as_it_was_written(
    subject: str, text: str, html: str
) -> None:
    written = compose(message(subject=subject, text=text, html=html), mail_from=FROM, now=NOW)
    read = BytesParser(policy=policy.default).parsebytes(written)
    said = [read.get_body((kind,)).get_content() for kind in ("plain", "html")]

    assert written.isascii()
    assert max(len(line) for line in written.split(b"\r\n")) <= 998  # RFC 5322 §2.1.1
    assert "".join(subject.split()) == "".join(read["Subject"].split())
    assert [_lines(text), _lines(html)] == [_lines(one) for one in said]


def _lines(text: str) -> list[bytes]:
    return text.encode().rstrip(b"\r\n").splitlines()


def test_the_message_id_is_the_same_for_every_attempt() -> None:
    one, two = (BytesParser(policy=policy.default).parsebytes(raw) for raw in _twice())

    assert one["Message-ID"] == two["Message-ID"] == f"<{'0f' * 16}@villa.example>"
    assert message_id("a" * 64, "x@y.example") != message_id("b" * 64, "x@y.example")


def _twice() -> list[bytes]:
    return [compose(message(text=text), mail_from=FROM, now=NOW) for text in ("a", "b")]


SMUGGLED = [
    "x\r\nBcc: eve@evil.example",
    "x\nBcc: eve@evil.example",
    "x\rBcc: eve@evil.example",
    "x\x00y",
    "x\x0bBcc: eve@evil.example",
    "x\x7fy",
    "=?utf-8?q?a=0ABcc=3A_a=40b=2Ec?=",  # CVE-2024-6923
    "=?utf-8?b?YQpCY2M6IGFAYi5j?=",
    "tilaus =?iso-8859-1?q?=0D=0ABcc:_eve?= x",
]


@pytest.mark.parametrize("text", SMUGGLED)
def test_a_subject_cannot_smuggle_a_header(text: str) -> None:
    with pytest.raises(DeliveryError, match="a line end or an encoded word") as refused:
        compose(message(subject=text), mail_from=FROM, now=NOW)

    assert refused.value.permanent


@pytest.mark.parametrize(
    "written",
    [
        b"To: a@b.fi\r\nBcc: eve@evil.example\r\n\r\n",
        b"To: a@b.fi\r\nTo: eve@evil.example\r\n\r\n",
        b"To: a@b.fi, eve@evil.example\r\n\r\n",
        b"Subject: x\r\n\r\n",
    ],
)
def test_a_letter_that_reads_differently_than_it_was_written_is_not_sent(written: bytes) -> None:
    with pytest.raises(DeliveryError, match="not ours"):
        _check(written, to="a@b.fi", expected=frozenset({"To"}))


def test_not_even_the_operator_smuggles_a_header() -> None:
    sender = "=?utf-8?q?a=0ABcc=3A_eve=40evil=2Eexample?= <tilaukset@villa.example>"

    with pytest.raises(DeliveryError, match="header"):
        compose(message(), mail_from=sender, now=NOW)


ODD = [
    "",
    "maija",
    "@example.fi",
    "maija@",
    "maija@example..fi",
    "maija@-example.fi",
    "a@example.fi, b@example.fi",
    "a@example.fi b@example.fi",
    "Maija <maija@example.fi>",
    "<maija@example.fi>",
    '"a@b"@example.fi',
    '"maija"@example.fi',
    "maija@example.fi\r\nBcc: eve@evil.example",
    "maija(comment)@example.fi",
    "maija@[127.0.0.1]",
    ".maija@example.fi",
    "mai..ja@example.fi",
    "mäija@example.fi",
    f"{'m' * 65}@example.fi",
    f"m@{'e' * 64}.fi",
    f"m@{'example.' * 40}fi",
    "=?utf-8?q?x?=@example.fi",
    "maija@example.fi\n",
    "a@b;c@d",
    "a@b\x00.fi",
]


@pytest.mark.parametrize("text", ODD)
def test_what_is_not_one_plain_address_is_refused(text: str) -> None:
    with pytest.raises(DeliveryError) as refused:
        address(text)

    assert refused.value.permanent


@pytest.mark.parametrize(
    "text, plain",
    [
        ("maija@example.fi", "maija@example.fi"),
        (" maija+villa@example.fi ", "maija+villa@example.fi"),
        ("o'brien@example.fi", "o'brien@example.fi"),
        ("matti@äiti.fi", "matti@xn--iti-pla.fi"),
    ],
)
def test_a_plain_address_is_kept(text: str, plain: str) -> None:
    assert plain == address(text)


@pytest.mark.parametrize(
    "headers, why",
    [
        ({"List-Unsubscribe": "<https://villa.example/>\nBcc: x"}, "a line end"),
        ({"Bcc": "eve@evil.example"}, "not ours"),
        ({"List-X\nBcc": "eve@evil.example"}, "not ours"),
    ],
)
def test_a_header_of_the_message_cannot_name_a_second_recipient(
    headers: dict[str, str], why: str
) -> None:
    odd = Message(**_parts() | {"headers": headers})

    with pytest.raises(DeliveryError, match=why):
        compose(odd, mail_from=FROM, now=NOW)


def test_a_way_to_be_left_out_may_be_added() -> None:
    link = "<https://villa.example/off>"
    written = compose(
        Message(**_parts() | {"headers": {"List-Unsubscribe": link}}), mail_from=FROM, now=NOW
    )

    assert f"List-Unsubscribe: {link}\r\n".encode() in written


def _parts() -> dict[str, object]:
    known = message()
    return {name: getattr(known, name) for name in known.__slots__}
