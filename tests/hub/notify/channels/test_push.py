"""Push: sealed for one browser, proven to its service, one per subject, gone when it is gone."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import http_ece
import jwt
import orjson
import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec

from hub.notify.channels import Accepted, DeliveryError
from hub.notify.channels.push import Push, PushSettings
from hub.notify.push_keys import Vapid, _bytes
from tests.hub.notify.channels.cases import (
    AUTH,
    BROWSER,
    LOOPBACK,
    RSA,
    VAPID,
    firebase,
    key_file,
    message,
    subscription,
)
from tests.hub.notify.channels.far_ends import Answer, Asked, FarEnd, far_end
from tests.hub.notify.world import NOW

WEB = {"vapid_key": VAPID, "contact": "mailto:ops@hub.example"}
LINK = "https://villa.example/t/8f3k2"


def send(
    well: Answer,
    own: Callable[[str], dict[str, str]],
    to: Callable[[str], str] = subscription,
    times: int = 1,
    **words: Any,
) -> tuple[FarEnd, Accepted | DeliveryError]:
    async def story() -> tuple[FarEnd, Accepted | DeliveryError]:
        async with far_end(well) as end:
            channel = Push(PushSettings(**own(end.url)), LOOPBACK, lambda: NOW)
            try:
                for _ in range(times):
                    answer = await channel.send(message(to(end.url), **words), nothing)
                return end, answer
            except DeliveryError as error:
                return end, error
            finally:
                await channel.close()

    return asyncio.run(story())


async def nothing(reference: str = "") -> None:
    return None


def web_push(status: int = 201, **words: Any) -> tuple[FarEnd, Accepted | DeliveryError]:
    well = lambda asked: web.Response(status=status, headers={"location": "/m/1"})  # noqa: E731
    return send(well, lambda url: WEB, **words)


def apps(url: str) -> dict[str, str]:
    return {"service_account": key_file(url), "firebase": url}


def app_push(well: Answer = firebase, **words: Any) -> tuple[FarEnd, Accepted | DeliveryError]:
    return send(well, apps, lambda url: "fcm:a-device", **words)


def opened(asked: Asked) -> Any:
    """Read a push as the browser does whose keys it was sealed with."""
    return orjson.loads(
        http_ece.decrypt(asked.body, private_key=BROWSER, auth_secret=AUTH, version="aes128gcm")
    )


def test_only_the_browser_can_read_it() -> None:
    end, answer = web_push(link=LINK)
    asked = end.asked[0]

    assert Accepted("/m/1", "201") == answer
    assert b"matkalla" not in asked.body
    assert {
        "title": "Hei",
        "body": "Tilauksesi on matkalla",
        "tag": "t" * 32,
        "url": LINK,
        "lang": "fi",
    } == opened(asked)


@pytest.mark.parametrize("urgent, urgency", [(True, "high"), (False, "normal")])
def test_the_service_is_told_how_long_how_urgent_and_instead_of_what(
    urgent: bool, urgency: str
) -> None:
    asked = web_push(urgent=urgent)[0].asked[0]

    known = ("content-encoding", "ttl", "urgency", "topic")
    assert ["aes128gcm", "86400", urgency, "t" * 32] == [asked.headers[one] for one in known]


def test_we_prove_to_the_service_who_we_are() -> None:
    end, _ = web_push()
    kind, _, rest = end.asked[0].headers["authorization"].partition(" ")
    token, key = (part.split("=", 1)[1] for part in rest.split(", "))
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), _bytes(key))
    until = {"verify_exp": False}
    claims = jwt.decode(token, public, algorithms=["ES256"], audience=end.url, options=until)

    assert "vapid" == kind
    assert "mailto:ops@hub.example" == claims["sub"]
    assert 0 < claims["exp"] - NOW.timestamp() <= 24 * 3600


def test_a_proof_is_made_once_for_a_service_until_it_is_old() -> None:
    vapid = Vapid(PushSettings(**WEB).vapid_key, "mailto:a@b.fi")  # type: ignore[arg-type]
    first = vapid.proof("https://push.example/1", NOW)

    assert first == vapid.proof("https://push.example/2", NOW + timedelta(hours=1))
    assert first != vapid.proof("https://other.example/1", NOW)
    assert first != vapid.proof("https://push.example/1", NOW + timedelta(hours=12))


@pytest.mark.parametrize(
    "status, gone, permanent",
    [
        (404, True, True),
        (410, True, True),
        (400, False, True),
        (413, False, True),
        (403, False, False),
        (429, False, False),
        (500, False, False),
    ],
)
def test_a_subscription_that_is_over_is_gone(status: int, gone: bool, permanent: bool) -> None:
    _, error = web_push(status)

    assert isinstance(error, DeliveryError)
    assert (gone, permanent) == (error.gone, error.permanent)


@pytest.mark.parametrize(
    "wrong",
    [
        {"endpoint": "http://push.example/abc"},  # not encrypted on its way
        {"endpoint": "file:///etc/passwd"},
        {"keys": {"p256dh": "A" * 87, "auth": "A" * 22}},  # no point of the curve
        {"keys": {}},
        {"keys": None},
        {"endpoint": 7},
    ],
)
def test_a_subscription_that_is_none_is_gone_and_nothing_is_sent(wrong: dict[str, Any]) -> None:
    def broken(url: str) -> str:
        return orjson.dumps({**orjson.loads(subscription(url)), **wrong}).decode()

    end, error = send(firebase, lambda url: WEB, broken)

    assert isinstance(error, DeliveryError)
    assert error.gone
    assert [] == end.asked


def test_a_service_account_signs_for_a_token_and_uses_it_for_an_hour() -> None:
    end, answer = app_push(times=3)
    form = parse_qs(end.asked[0].body.decode())
    claims = jwt.decode(
        form["assertion"][0],
        RSA.public_key(),
        algorithms=["RS256"],
        audience=f"{end.url}/token",
        options={"verify_exp": False, "verify_iat": False},
    )

    assert ["urn:ietf:params:oauth:grant-type:jwt-bearer"] == form["grant_type"]
    assert "hub@shop-1" == claims["iss"]
    assert "https://www.googleapis.com/auth/firebase.messaging" == claims["scope"]
    assert ["/token", *3 * ["/v1/projects/shop-1/messages:send"]] == [a.path for a in end.asked]
    assert "Bearer hush-hush" == end.asked[1].headers["authorization"]
    assert Accepted("projects/shop-1/messages/0:1", "200") == answer


def test_a_newer_push_takes_the_place_of_the_older_on_every_kind_of_phone() -> None:
    said = orjson.loads(app_push(urgent=True, link=LINK)[0].asked[1].body)["message"]

    assert ("a-device", "t" * 32, LINK) == (said["token"], said["data"]["tag"], said["data"]["url"])
    assert {"title": "Hei", "body": "Tilauksesi on matkalla"} == said["notification"]
    assert ("t" * 32, {"tag": "t" * 32}) == (
        said["android"]["collapse_key"],
        said["android"]["notification"],
    )
    assert "t" * 32 == said["apns"]["headers"]["apns-collapse-id"]


def refused(status: int, code: str) -> Answer:
    detail = {"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": code}

    def answer(asked: Asked) -> web.Response:
        if asked.path == "/token":
            return firebase(asked)
        error = {"code": status, "status": "NOT_FOUND", "details": [detail]}
        return web.json_response({"error": error}, status=status)

    return answer


@pytest.mark.parametrize(
    "status, code, gone, permanent",
    [
        (404, "UNREGISTERED", True, True),
        (403, "SENDER_ID_MISMATCH", True, True),
        (400, "INVALID_ARGUMENT", False, True),
        (401, "THIRD_PARTY_AUTH_ERROR", False, False),
        (429, "QUOTA_EXCEEDED", False, False),
        (503, "UNAVAILABLE", False, False),
    ],
)
def test_firebase_says_by_code_what_is_over(
    status: int, code: str, gone: bool, permanent: bool
) -> None:
    _, error = app_push(refused(status, code))

    assert isinstance(error, DeliveryError)
    assert (gone, permanent) == (error.gone, error.permanent)
    assert f"{status} {code}" == str(error)


@pytest.mark.parametrize("answer", [{}, {"access_token": 7}, {"access_token": "x"}, []])
def test_without_a_token_nothing_is_sent(answer: Any) -> None:
    end, error = app_push(lambda asked: web.json_response(answer))

    assert isinstance(error, DeliveryError)
    assert (False, False) == (error.permanent, error.ambiguous)
    assert ["/token"] == [asked.path for asked in end.asked]
