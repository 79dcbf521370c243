"""One order and its story: who may ask, what is answered, and what never is."""

from urllib.parse import quote

import orjson
import pytest

from tests.hub.serving import Served, assert_problem
from tests.hub.web.conftest import ADMIN, NOW, STRANGE, WRITE

ORDER = "/v1/orders/kauppa:1001"
ROUTES = [ORDER, f"{ORDER}/timeline", f"{ORDER}/notices", "/v1/orders?tracking=JJFI123"]
PERSON = ("Aino", "Virtanen", "aino@", "401234567")


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def test_a_snapshot_has_what_the_contract_names(hub: Served) -> None:
    order = hub.ask(ORDER, headers={"Accept-Language": "fi"}).json()

    assert {
        "id", "shop", "number", "version", "status", "label", "status_since", "as_of", "lines",
        "parcels", "returns", "promise", "customer_ref",
    } <= order.keys()  # fmt: skip
    assert {"id", "sku", "name", "quantity", "shipped", "delivered", "cancelled", "returned"} <= (
        order["lines"][0].keys()
    )
    assert {
        "id", "carrier", "tracking_number", "tracking_url", "stage", "stage_since", "problem",
        "promise", "pickup_point", "units",
    } <= order["parcels"][0].keys()  # fmt: skip
    assert {"id", "stage", "stage_since", "units", "refund", "next_step"} <= (
        order["returns"][0].keys()
    )


def test_a_snapshot_says_what_is_believed(hub: Served) -> None:
    order = hub.ask(ORDER).json()

    assert ("kauppa:1001", "kauppa", "#1001", 7) == tuple(
        order[name] for name in ("id", "shop", "number", "version")
    )
    assert ("return_started", "ready_for_pickup") == (
        order["status"],
        order["parcels"][0]["stage"],
    )
    assert [{"line": "l1", "quantity": 2}] == order["parcels"][0]["units"]
    assert {"what": "issue_label", "due": "2026-11-22T07:12:00Z"} == (
        order["returns"][0]["next_step"]
    )
    assert ("2026-11-21T12:00:00Z", "c_1") == (order["as_of"], order["customer_ref"])


def test_the_label_follows_the_language_of_the_reader(hub: Served) -> None:
    labels = {
        language: hub.ask(ORDER, headers={"Accept-Language": language}).json()["label"]
        for language in ("fi", "sv", "en", "sv;q=0.9, fi;q=0.1")
    }

    assert 3 == len(set(labels.values()))
    assert labels["sv"] == labels["sv;q=0.9, fi;q=0.1"]


def test_who_has_this_version_gets_304(hub: Served) -> None:
    first = hub.ask(ORDER, headers={"Accept-Language": "fi"})
    etag = first.headers["etag"]
    again = {
        sent: hub.ask(ORDER, headers={"Accept-Language": "fi", "If-None-Match": sent})
        for sent in (etag, f'"x", W/{etag}', "*", '"6-fi"', etag.replace("fi", "sv"))
    }

    assert '"7-fi"' == etag
    assert "Accept-Language" in first.headers["vary"]
    assert [304, 304, 304, 200, 200] == [reply.status for reply in again.values()]
    assert (b"", etag) == (again[etag].body, again[etag].headers["etag"])


@pytest.mark.parametrize("path", ROUTES)
def test_nobody_asks_without_a_key(hub: Served, path: str) -> None:
    for sent in ("", "Bearer", "Bearer wrong", f"Basic {'r' * 16}", f"Bearer {'r' * 17}", "ä"):
        reply = hub.ask(path, headers={"Authorization": sent})
        assert_problem(reply, 401, "key-missing")
        assert reply.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("path", ROUTES)
def test_a_key_without_the_scope_hears_which_one_it_lacks(hub: Served, path: str) -> None:
    reply = hub.ask(path, headers=bearer(WRITE))

    assert "`read`" in assert_problem(reply, 403, "scope-missing")["detail"]


def test_the_key_is_asked_for_before_anything_else(hub: Served) -> None:
    reply = hub.ask("/v1/orders?limit=0&cursor=x", headers={"Authorization": ""})

    assert_problem(reply, 401, "key-missing")


@pytest.mark.parametrize("part", ["", "/timeline", "/notices"])
@pytest.mark.parametrize("name", ["kauppa:1002", "%00", "", "a" * 5000, "%F0%9F%93%A6", "' OR 1=1"])
def test_an_order_that_is_none_is_not_found(hub: Served, name: str, part: str) -> None:
    reply = hub.ask(f"/v1/orders/{quote(name, safe='%')}{part}")

    assert_problem(reply, 404, "unknown-order")


def test_an_id_may_hold_any_sign(hub: Served) -> None:
    address = f"/v1/orders/{quote(STRANGE, safe='')}"

    assert STRANGE == hub.ask(address).json()["id"]
    assert STRANGE == hub.ask(f"{address}/timeline").json()["order"]
    assert STRANGE == hub.ask(f"{address}/notices").json()["order"]


def test_the_timeline_says_what_each_fact_did_and_why_not(hub: Served) -> None:
    told = hub.ask(f"{ORDER}/timeline").json()["facts"]

    assert ["placed", "sent", "locker", "late", "return"] == [
        one["id"].partition(":")[2] for one in told
    ]
    assert ["applied", "applied", "applied", "ignored", "applied"] == [o["effect"] for o in told]
    assert told[3]["why"]
    assert {"order.placed", "parcel.announced", "parcel.scanned", "return.moved"} == {
        one["kind"] for one in told
    }
    assert ("2026-11-20T12:00:00Z", "2026-11-21T12:00:00Z", "acme") == tuple(
        told[2][name] for name in ("occurred_at", "received_at", "source")
    )
    assert ("explicit", None) == (told[2]["clarity"], told[2]["claimed_at"])


def test_the_notices_say_what_was_told_and_why_not(hub: Served) -> None:
    first, second = hub.ask(f"{ORDER}/notices").json()["tellings"]

    assert ("shipped", "old news", []) == (first["milestone"], first["silent"], first["notices"])
    notice = second["notices"][0]
    assert ("email", "c_1", "sent") == (notice["channel"], notice["recipient"], notice["state"])
    assert [(1, "retry"), (2, "sent")] == [(o["n"], o["outcome"]) for o in notice["attempts"]]
    assert NOW.isoformat().replace("+00:00", "Z") == notice["settled_at"]


@pytest.mark.parametrize("path", ROUTES)
def test_no_answer_names_a_person_or_what_opens_a_locker(hub: Served, path: str) -> None:
    text = hub.ask(path).body.decode()

    assert [] == [word for word in (*PERSON, "4711", "pickup_code") if word in text]


def test_only_an_admin_sees_what_opens_a_locker(hub: Served) -> None:
    reply = hub.ask(ORDER, headers=bearer(ADMIN))

    assert "4711" == reply.json()["parcels"][0]["pickup_code"]
    assert reply.headers["etag"] != hub.ask(ORDER).headers["etag"]


def test_every_answer_fits_its_description(hub: Served) -> None:
    from hub.web.schemas import OrderOut, OrdersOut
    from hub.web.schemas_of_history import NoticesOut, TimelineOut

    for path, model in zip(ROUTES, (OrderOut, TimelineOut, NoticesOut, OrdersOut), strict=True):
        answer = hub.ask(path).json()
        again = model.model_validate(answer).model_dump(mode="json", exclude_unset=True)
        assert orjson.dumps(answer, option=orjson.OPT_SORT_KEYS) == orjson.dumps(
            again, option=orjson.OPT_SORT_KEYS
        )
