"""Providers' reports: proven or not believed, and read as the provider means them."""

import hashlib
import hmac
import json
from base64 import b64encode
from collections.abc import Callable, Mapping
from datetime import timedelta
from email.message import EmailMessage
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from typing import Any
from urllib.parse import urlencode

import pytest

from connectors.signatures import sign_standard_webhook
from hub.config import Settings
from hub.notify.receipts import Desk, NotProven, NotUnderstood, Report, names, open_desks
from tests.hub.notify.channels.cases import TWILIO, WHATSAPP
from tests.hub.notify.world import NOW, SECRET, World

PHONE, EMAIL, LETTER = "+358401234567", "maija@example.fi", f"<{'ab' * 16}@localhost>"
CALLBACK = "https://hub.example/in/receipts/twilio"
CHANNELS = {
    "sms": {**TWILIO, "callback": CALLBACK},
    "chatbot": {**WHATSAPP, "whatsapp_app_secret": "app", "whatsapp_verify_token": "word"},
}
SECRETS = {"mailgun": "key", "postmark": "pass", "dsn": "pass", "receipts": SECRET}
LATE = NOW + timedelta(hours=13)
Signed = tuple[bytes, Mapping[str, str]]


def desks(world: World, **settings: Any) -> dict[str, Desk | None]:
    known = {"channels": CHANNELS, "secrets": SECRETS, **settings}
    return open_desks(world.tools(Settings(**known)))


def twilio(status: str = "delivered", **more: str) -> Signed:
    form = {"MessageSid": "SM1", "MessageStatus": status, "To": PHONE, **more}
    signed = CALLBACK + "".join(name + value for name, value in sorted(form.items()))
    mac = hmac.new(b"hush-hush", signed.encode(), hashlib.sha1).digest()
    return urlencode(form).encode(), {"x-twilio-signature": b64encode(mac).decode()}


def whatsapp(status: str = "delivered", **more: Any) -> Signed:
    one = {"id": "wamid.1", "status": status, "timestamp": "1795424400", **more}
    one |= {"recipient_id": "358401234567", "biz_opaque_callback_data": "ab" * 32}
    changes = [{"field": "messages", "value": {"statuses": [one]}}]
    body = json.dumps({"entry": [{"changes": changes}]}).encode()
    mac = hmac.new(b"app", body, hashlib.sha256).hexdigest()
    return body, {"x-hub-signature-256": f"sha256={mac}"}


def mailgun(event: str = "delivered", **more: Any) -> Signed:
    stamp, token = str(int(NOW.timestamp())), "t" * 50
    mac = hmac.new(b"key", f"{stamp}{token}".encode(), hashlib.sha256).hexdigest()
    data = {"event": event, "id": "e1", "recipient": EMAIL, **more}
    data |= {"message": {"headers": {"message-id": LETTER.strip("<>")}}}
    proof = {"timestamp": stamp, "token": token, "signature": mac}
    return json.dumps({"signature": proof, "event-data": data}).encode(), {}


def postmark(record: str = "Delivery", **more: Any) -> Signed:
    said = {"RecordType": record, "MessageID": "m1", "Recipient": EMAIL, **more}
    proof = b64encode(b"postmark:pass").decode()
    body = json.dumps(said | {"Metadata": {"notice": "ab" * 16}}).encode()
    return body, {"authorization": f"Basic {proof}"}


def standard(what: str = "delivered", **more: Any) -> Signed:
    data = {"channel": "sms", "reference": "7", "what": what, "address": PHONE, **more}
    body = json.dumps({"type": "receipt", "data": data}).encode()
    signature = sign_standard_webhook(SECRET, "msg_1", int(NOW.timestamp()), body)
    headers = {"webhook-id": "msg_1", "webhook-timestamp": str(int(NOW.timestamp()))}
    return body, {**headers, "webhook-signature": signature}


def dsn(action: str = "failed", status: str = "5.1.1", *, whole: bool = True) -> Signed:
    report = MIMEMultipart("report", report_type="delivery-status")
    told = MIMEBase("message", "delivery-status")
    envelope, recipient = EmailMessage(), EmailMessage()
    envelope["Reporting-MTA"] = "dns; mx.example.fi"
    recipient["Final-Recipient"] = f"rfc822; {EMAIL}"
    recipient["Action"], recipient["Status"] = action, status
    told.set_payload([envelope, recipient])
    letter = EmailMessage()
    letter["Message-ID"] = LETTER
    if whole:
        back = MIMEBase("message", "rfc822")
        back.set_payload([letter])
    else:
        back = MIMENonMultipart("text", "rfc822-headers")
        back.set_payload(f"Message-ID: {LETTER}\r\n\r\n")
    for part in (told, back):
        report.attach(part)
    return report.as_bytes(), {"authorization": "Bearer pass"}


WELL: Mapping[str, Callable[[], Signed]] = {
    "twilio": twilio,
    "whatsapp": whatsapp,
    "mailgun": mailgun,
    "postmark": postmark,
    "standard": standard,
    "dsn": dsn,
}


def read(world: World, desk: str, signed: Signed) -> list[Any]:
    body, headers = signed
    opened = desks(world)[desk]
    assert opened is not None
    report = Report(headers=headers, query={}, body=body, received_at=NOW)
    opened.prove(report)
    return list(opened.read(report))


def test_twilio_may_be_the_second_provider_of_sms(world: World) -> None:
    first = {"url": "https://sms.example", "body": {"to": "{to}"}}
    sms = {**first, "standby": {**TWILIO, "callback": CALLBACK}}
    desk = desks(world, channels={"sms": sms})["twilio"]
    body, headers = twilio("delivered", AccountSid="AC1")
    report = Report(headers=headers, query={}, body=body, received_at=NOW)

    assert desk is not None
    desk.prove(report)
    assert ["standby:SM1"] == [receipt.reference for receipt in desk.read(report)]


def test_every_desk_of_the_folder_is_tried_here() -> None:
    assert set(names()) == set(WELL)


@pytest.mark.parametrize("desk", WELL)
def test_a_desk_without_a_secret_is_closed(world: World, desk: str) -> None:
    assert desks(world, secrets={}, channels={})[desk] is None


@pytest.mark.parametrize(
    "desk, spoil",
    [
        *((desk, spoil) for desk in WELL for spoil in ("no proof", "wrong proof", "odd proof")),
        *((desk, "another body") for desk in ("twilio", "whatsapp", "standard")),
    ],
)
def test_what_is_not_proven_is_not_believed(world: World, desk: str, spoil: str) -> None:
    body, headers = WELL[desk]()
    if spoil == "another body":
        body = body.replace(b"delivered", b"read")
    elif desk == "mailgun":
        body = body.replace(b'"signature": "', b'"signature": "0')
    headers = {
        "no proof": {},
        "another body": headers,
        "wrong proof": {name: text[:-4] + "AAAA" for name, text in headers.items()},
        "odd proof": dict.fromkeys(headers, "v1,\udcff å Basic ==="),
    }[spoil]

    opened = desks(world)[desk]
    assert opened is not None
    with pytest.raises(NotProven):
        opened.prove(Report(headers=headers, query={}, body=body, received_at=NOW))


@pytest.mark.parametrize(
    "desk, signed, what, reference, whom",
    [
        ("twilio", twilio("delivered"), "delivered", "SM1", PHONE),
        ("twilio", twilio("read"), "read", "SM1", PHONE),
        ("twilio", twilio("undelivered", ErrorCode="30003"), "failed", "SM1", PHONE),
        ("twilio", twilio("undelivered", ErrorCode="30005"), "bounced", "SM1", PHONE),
        ("twilio", twilio("failed", ErrorCode="21610"), "complained", "SM1", PHONE),
        ("whatsapp", whatsapp("read"), "read", "ab" * 32, f"whatsapp:{PHONE}"),
        (
            "whatsapp",
            whatsapp("failed", errors=[{"code": 131026}]),
            "bounced",
            "ab" * 32,
            f"whatsapp:{PHONE}",
        ),
        ("mailgun", mailgun("opened"), "read", LETTER, EMAIL),
        ("mailgun", mailgun("failed", severity="temporary"), "delayed", LETTER, EMAIL),
        ("mailgun", mailgun("failed", severity="permanent"), "bounced", LETTER, EMAIL),
        ("mailgun", mailgun("complained"), "complained", LETTER, EMAIL),
        ("postmark", postmark(), "delivered", LETTER, EMAIL),
        ("postmark", postmark("Bounce", Type="HardBounce", ID=42), "bounced", LETTER, EMAIL),
        ("postmark", postmark("Bounce", Type="Transient", ID=43), "delayed", LETTER, EMAIL),
        ("postmark", postmark("SpamComplaint", ID=44), "complained", LETTER, EMAIL),
        ("standard", standard("bounced"), "bounced", "7", PHONE),
        ("dsn", dsn(), "bounced", LETTER, EMAIL),
        ("dsn", dsn(whole=False), "bounced", LETTER, EMAIL),
        ("dsn", dsn("failed", "5.2.2"), "failed", LETTER, EMAIL),  # the mailbox is full
        ("dsn", dsn("delayed", "4.4.1"), "delayed", LETTER, EMAIL),
    ],
)
def test_a_report_is_read_as_its_provider_means_it(
    world: World, desk: str, signed: Signed, what: str, reference: str, whom: str
) -> None:
    (receipt,) = read(world, desk, signed)

    assert (what, reference) == (receipt.what, receipt.reference)
    assert whom in receipt.addresses
    assert whom not in receipt.detail
    assert [receipt.event] == [again.event for again in read(world, desk, signed)]


@pytest.mark.parametrize(
    "desk, signed",
    [
        ("twilio", twilio("queued")),
        ("whatsapp", whatsapp("sent")),
        ("mailgun", mailgun("clicked")),
        ("postmark", postmark("SubscriptionChange")),
        ("dsn", dsn("relayed", "2.0.0")),
    ],
)
def test_what_says_nothing_new_is_left_out(world: World, desk: str, signed: Signed) -> None:
    assert [] == read(world, desk, signed)


@pytest.mark.parametrize("wrong", [{"what": "eaten"}, {"reference": ""}, {"channel": "pigeon"}])
def test_a_report_in_our_own_words_has_to_be_right(world: World, wrong: dict[str, str]) -> None:
    with pytest.raises(NotUnderstood, match=r"data\."):
        read(world, "standard", standard(**{"what": "delivered", **wrong}))


def test_an_old_proof_of_a_relay_is_no_proof(world: World) -> None:
    body, headers = mailgun()
    desk = desks(world)["mailgun"]
    assert desk is not None
    with pytest.raises(NotProven):
        desk.prove(Report(headers=headers, query={}, body=body, received_at=LATE))


@pytest.mark.parametrize("word, answer", [("word", b"42"), ("other", None), ("", None)])
def test_whatsapp_gets_its_challenge_back_for_the_word(
    world: World, word: str, answer: bytes | None
) -> None:
    desk = desks(world)["whatsapp"]
    assert desk is not None
    query = {"hub.mode": "subscribe", "hub.verify_token": word, "hub.challenge": "42"}

    assert answer == desk.greet(Report(headers={}, query=query, body=b"", received_at=NOW))
