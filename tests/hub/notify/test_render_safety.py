"""What a stranger writes into a name, an address or a link stays text, wherever it is shown."""

import html
import json
import re

import pytest

from hub.notify.channels import Form
from state_machine.milestones import Told
from tests.hub.notify.test_render import FULL, POINT, PROMISE, news, render, renderer
from tests.hub.notify.world import LINES, NOW, PARCEL

HOSTILE = "<script>alert(1)</script>\r\nBcc: eve@evil.example\n- \u202eforged\x00"


@pytest.mark.parametrize("milestone", Told)
def test_a_hostile_name_stays_one_line_of_text(milestone: str) -> None:
    lines = [LINES[0] | {"name": HOSTILE}]
    parcel = {**FULL["parcel"], "pickup_point": POINT | {"name": HOSTILE}, "carrier": HOSTILE}
    made = render(milestone, name=HOSTILE, parcel=parcel, order={"lines": lines, "number": HOSTILE})

    assert not re.search("<script>alert", made.html)
    assert 1 == made.html.count("<script")
    assert not any(re.match(r"Bcc:|- forged|- \S*forged", line) for line in made.text.splitlines())
    assert not set(made.subject + made.short + made.text) & set("\u202e\x00\r")
    assert 1 == made.html.count("</script>")


LINKS = [
    "javascript:alert(1)",
    "data:text/html,x",
    "https://a@evil.example/",
    "//evil.example",
    "http://[",
    "https://a.example/ x",
    "ftp://a.example/",
    "",
]


@pytest.mark.parametrize("url", LINKS)
def test_only_a_web_address_becomes_a_link(url: str) -> None:
    made = render("shipped", parcel=PARCEL | {"tracking_url": url})

    assert "Seuraa pakettia" not in made.text
    assert "href" not in made.html


def test_the_markup_can_be_read_and_ends_no_script() -> None:
    made = render("shipped", order={"number": "</script><b>\u2028"}, promise=PROMISE)
    script = re.search(r'<script type="application/ld\+json">(.*?)</script>', made.html, re.DOTALL)
    assert script
    order, parcel = json.loads(script.group(1))

    assert ("Order", "</script><b>") == (order["@type"], order["orderNumber"].strip())
    assert "https://schema.org/OrderInTransit" == order["orderStatus"]
    assert ({"@type": "Organization", "name": "Posti"},) * 2 == (
        parcel["carrier"],
        parcel["provider"],
    )
    assert PROMISE["latest"] == parcel["expectedArrivalUntil"]
    assert "4711" not in html.unescape(
        render("ready_for_pickup", **FULL).html.split("</script>")[0]
    )


FORGED = "button\tKlikkaa\thttps://evil.example/"


@pytest.mark.parametrize("form", [Form.LETTER, Form.SMS, Form.PUSH, Form.CHAT])
@pytest.mark.parametrize("milestone", Told)
def test_no_name_becomes_a_line_a_button_or_a_picture(milestone: str, form: Form) -> None:
    bad = f"{HOSTILE}{FORGED}\npicture\tpickup-code\tx"
    parcel = {**FULL["parcel"], "pickup_point": POINT | {"name": bad, "address": bad}}
    told = news(milestone, parcel=parcel, order={"lines": [LINES[0] | {"name": bad}]})
    made = renderer().render(told, language="fi", name=bad, now=NOW, form=form)

    assert not {"Bcc", "button", "picture"} & {
        line[:7].strip(":\t ") for line in made.text.split("\n")
    }
    links = re.findall(r'(?:href|src)="([^"]*)"', made.html)
    assert [] == [one for one in links if one.startswith("https://evil.example")]
    assert "\t" not in made.text
    assert form is not Form.SMS or "\n" not in made.text
