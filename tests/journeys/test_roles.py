"""A hub in several processes, each with one role: the same journey, and each ends as it should."""

import http.client
import json
import os
import signal
import socket
import time
from pathlib import Path

import pytest

from tests.faults.facts import STEPS, fact
from tests.faults.hub_process import KEY, HubProcess, wait_for
from tests.journeys.parts import Parts, partner_system

ROLES = ("web", "worker", "dispatcher", "scheduler")
AT_ONCE_S = 2.0  #: seconds; much less than any grace


def test_a_fact_goes_its_way_through_one_process_for_each_role(parts: Parts) -> None:
    processes = {role: parts.start(role) for role in ROLES}
    web = processes["web"]
    for step in STEPS:
        assert 200 <= web.deliver(fact(1, step)) < 300

    wait_for(
        lambda: parts.one("SELECT count(*) FROM notice WHERE state = 'sent'") == 2, "the letters"
    )
    assert "out_for_delivery" == json.loads(web.ask("/v1/orders/kauppa:1")[1])["status"]
    for role, process in processes.items():
        assert (200, b"ok\n") == process.ask("/health/live")
        assert 200 == process.ask("/health/ready")[0]
        assert b"tilanne_backlog 0.0" in process.ask("/metrics")[1]
        assert (200 if role == "web" else 404) == process.ask("/v1/orders/kauppa:1")[0]
        assert (401 if role == "web" else 404) == process._request("POST", "/in/shopify", b"1", {})[
            0
        ]
    assert dict.fromkeys(ROLES, 0) == {role: one.stop() for role, one in processes.items()}


@pytest.mark.parametrize("role", ROLES)
def test_a_role_of_its_own_is_refused_on_sqlite_with_the_remedy(tmp_path: Path, role: str) -> None:
    hub = HubProcess(tmp_path, role)
    hub.launch()

    assert 1 == hub.ends_by_itself()
    assert "TILANNE_DATABASE_URL=postgresql://" in (said := hub.log.read_text())
    assert "tilanne up" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("command", ["up", "worker", "audit"])
def test_a_database_that_is_away_at_the_start_is_said_in_one_sentence(
    tmp_path: Path, command: str
) -> None:
    nowhere = "postgresql://hub:hush-hush@127.0.0.1:9/hub"
    hub = HubProcess(tmp_path, command, TILANNE_DATABASE_URL=nowhere)
    hub.launch()

    assert 1 == hub.ends_by_itself()
    assert "Traceback" not in (said := hub.log.read_text())
    assert "connection failed" in said
    assert "hush-hush" not in said


def test_a_dispatcher_that_is_stopped_ends_the_sending_it_has_begun(parts: Parts) -> None:
    with partner_system() as partner:
        web, worker = parts.start("web"), parts.start("worker", **partner.settings)
        dispatcher = parts.start("dispatcher", **partner.settings)
        web.deliver(fact(1, "order.placed"))
        assert partner.asked.wait(30)
        os.kill(dispatcher.pid, signal.SIGTERM)
        wait_for(lambda: not listens(dispatcher), "the dispatcher to close its door")
        still = parts.one("SELECT state FROM notice WHERE recipient = 'partner'")
        partner.may_answer.set()

        assert ("leased", 0) == (still, dispatcher.ends_by_itself())
        assert "sent" == parts.one("SELECT state FROM notice WHERE recipient = 'partner'")
        assert (0, 0) == (web.stop(), worker.stop())


def test_a_worker_that_is_stopped_in_the_middle_leaves_the_rest_to_the_next(parts: Parts) -> None:
    web, orders = parts.start("web"), 150
    for number in range(orders):
        web.deliver(fact(number, "order.placed"))
    first = parts.start("worker")
    wait_for(lambda: parts.one("SELECT count(*) FROM belief"), "the first orders")
    first_ended = first.stop()
    left = orders - parts.one("SELECT count(*) FROM inbox")
    second = parts.start("worker")
    wait_for(lambda: parts.one("SELECT count(*) FROM belief") == orders, "all orders")

    assert (0, True) == (first_ended, "Traceback" not in first.log.read_text())
    assert left >= 0
    assert (0, 0) == (second.stop(), web.run("audit")[0])
    assert 0 == web.stop()


def test_who_asks_a_second_time_is_not_kept_waiting(parts: Parts) -> None:
    with partner_system() as partner:
        hub = parts.start("all", **partner.settings)
        hub.deliver(fact(1, "order.placed"))
        assert partner.asked.wait(30)
        os.kill(hub.pid, signal.SIGTERM)
        wait_for(lambda: not listens(hub), "the hub to close its door")
        before = time.monotonic()
        os.kill(hub.pid, signal.SIGTERM)

        assert 128 + signal.SIGTERM == hub.ends_by_itself()
        assert AT_ONCE_S > time.monotonic() - before


def test_a_door_that_is_stopped_answers_the_delivery_it_is_reading(parts: Parts) -> None:
    web = parts.start("web")
    line = http.client.HTTPConnection("127.0.0.1", web.port, timeout=10)
    line.putrequest("POST", "/in/canonical")
    line.putheader("content-length", "4")
    line.putheader("authorization", f"Bearer {KEY}")
    line.endheaders(b"12")
    assert 200 == web.ask("/health/live")[0]  # by now it has read the head of the other line
    os.kill(web.pid, signal.SIGTERM)
    wait_for(lambda: not listens(web), "the door to close")
    web.stays_alive(0.5)  # longer than the server needs where nobody is waited for
    line.send(b"34")

    assert 401 == line.getresponse().status
    line.close()
    assert 0 == web.ends_by_itself()


def listens(process: HubProcess) -> bool:
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", process.port)) == 0
