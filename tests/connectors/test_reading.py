"""A message that is not as documented is refused with the place where it stands."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.contract import Unreadable
from connectors.reading import MAX_BODY, Json, form, read
from connectors.timestamps import with_offset


@pytest.mark.parametrize(
    "body, complaint",
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b'{"a": NaN}', "not JSON"),
        (b'{"a": Infinity}', "not JSON"),
        (b'{"a": "\\ud800"}', "not JSON"),
        (b'\xef\xbb\xbf{"a": 1}', "not JSON"),
        ('{"a": "ä"}'.encode("latin-1"), "not JSON"),
        ('{"a": 1}'.encode("utf-16"), "not JSON"),
        (b"[" * 100_000 + b"]" * 100_000, "not JSON"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "not JSON"),
        (b'{"a": ["x", {"b": "y\\u0000"}]}', "^/a/1/b: holds a NUL"),
        (b'{"a": {"b\\u0000": 1}}', "^/a: holds a NUL character in a field name"),
        (b'"\\u0000"', "^/: holds a NUL"),
        (b'"' + b"x" * MAX_BODY + b'"', "more than 5000000 bytes"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_json_is_read_strictly(body: bytes, complaint: str) -> None:
    with pytest.raises(Unreadable, match=complaint):
        read(body)


def test_a_backslash_before_u0000_is_no_nul() -> None:
    assert {"a": "\\u0000"} == read(b'{"a": "\\\\u0000"}').value


@pytest.mark.parametrize(
    "body, complaint",
    [
        (b"a=1&a=2", "twice"),
        (b"a=1&b=%00", "NUL"),
        (b"a", "URL-encoded"),
        (b"a=%ff", "URL-encoded"),
        ("a=ä".encode(), "URL-encoded"),
        (b"&".join(b"a%d=1" % n for n in range(60)), "URL-encoded"),
        (b"{}", "URL-encoded"),
    ],
)
def test_a_form_is_read_strictly(body: bytes, complaint: str) -> None:
    with pytest.raises(Unreadable, match=complaint):
        form(body)


def test_a_form_keeps_what_is_empty_and_what_is_escaped() -> None:
    assert {"a": "", "b": "ä & +"} == form(b"a=&b=%C3%A4+%26+%2B")


MESSAGE = {
    "id": 820982911946154508,
    "big": 2**64,
    "flag": True,
    "list": [{"amount": "12,50"}],
    "text": "  Muki  ",
    "empty": "",
    "null": None,
    "long": "x" * 600,
    "time": "2026-11-03",
}


@pytest.mark.parametrize(
    "ask, complaint",
    [
        (lambda m: m["big"].id(), "^/big: is a number too large"),
        (lambda m: m["flag"].id(), "^/flag: must be an id"),
        (lambda m: m["missing"].id(), "^/missing: must be an id"),
        (lambda m: m["empty"].id(), "^/empty: must be an id of 1 to 64"),
        (lambda m: m["long"].id(), "^/long: must be an id of 1 to 64"),
        (lambda m: m["id"]["deeper"], "^/id: must be an object"),
        (lambda m: [*m["id"]], "^/id: must be a list"),
        (lambda m: m["id"].text(), "^/id: must be a text"),
        (lambda m: next(iter(m["list"]))["amount"].money(), "^/list/0/amount: must be an amount"),
        (lambda m: m["flag"].whole(), "^/flag: must be a whole number"),
        (lambda m: m["id"].quantity(), "^/id: must be a whole number"),
        (lambda m: m["time"].moment(with_offset), "^/time: '2026-11-03' is not a time"),
        (lambda m: m["null"].moment(with_offset), "^/null: must be a time"),
        (lambda m: m["flag"].tracking_number(), "^/flag: must be a tracking number"),
    ],
)
def test_a_complaint_names_the_place(ask, complaint: str) -> None:
    with pytest.raises(Unreadable, match=complaint):
        ask(Json(orjson.loads(orjson.dumps(MESSAGE | {"big": None})) | {"big": float(2**64)}))


def test_what_is_there_is_read_and_what_is_not_is_none() -> None:
    message = Json(MESSAGE)

    assert "820982911946154508" == message["id"].id()
    assert "Muki" == message["text"].text()
    assert (None, None, None) == (
        message["empty"].text(),
        message["null"]["at"]["any"]["depth"].text(),
        message["null"].time(with_offset),
    )
    assert 500 == len(message["long"].text() or "")
    assert [] == [*message["null"]]


@pytest.mark.parametrize(
    "written, number",
    [
        ("jjfi 6400-0000", "JJFI64000000"),
        (123456789, "123456789"),
        ("#☠1☢\n---\n4321\n", None),
        ("N/A", None),
        ("https://carrier.example/123456", None),
        ("https://carrier.example/track?code=JJFI64000000&lang=fi", "JJFI64000000"),
        ("\x1dJJFI\t64\x0000\u200b0000\x7f", "JJFI64000000"),
        ("JJFI64000000\rJJFI64000001", None),
        ("", None),
        (None, None),
        ("é" * 10, None),
    ],
)
def test_only_what_can_be_a_key_is_a_tracking_number(written, number) -> None:
    assert number == Json(written).tracking_number()


@pytest.mark.parametrize(
    "written, shown",
    [
        ("https://x.example/1", "https://x.example/1"),
        ("HTTP://x.example/ä", "HTTP://x.example/ä"),
        ("javascript:alert(1)", None),
        ("//x.example", None),
        ('https://x.example/"onclick=', None),
        ("https://x.example/\n", "https://x.example/"),
        ("https://x.example/a b", None),
        (None, None),
    ],
)
def test_only_a_link_is_shown_as_a_link(written, shown) -> None:
    assert shown == Json(written).url()


@given(st.binary())
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    for reader in (read, form):
        try:
            reader(body)
        except Unreadable as refusal:
            if not str(refusal):
                raise
