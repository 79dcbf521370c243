"""Every figure the dashboard and the alert rules ask for is one that a hub at work gives."""

import json
import re

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.deploy.files import DASHBOARD, PROMETHEUS, RULES, SERVICES, SOURCES, panels, questions
from tests.faults.facts import fact
from tests.faults.hub_process import HubProcess, wait_for

NAME = re.compile(r"\btilanne_[a-z_]+")
CHOSEN = re.compile(r"[{,]\s*(\w+)\s*(?:=|!=|=~|!~)\s*\"")
GROUPED = re.compile(r"\bby \(([^)]*)\)")
OF_PROMETHEUS = {"job", "role", "instance"}
SUFFIXES = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}


SINK = {"name": "x", "url": "http://127.0.0.1:9/", "secret": f"whsec_{'b3JhY2xl' * 4}"}


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """The names of all samples a hub may give, each with the labels it has been seen with."""
    hub = HubProcess(
        tmp_path_factory.mktemp("hub"),
        TILANNE_SINKS=json.dumps([SINK]),
        TILANNE_SINK_NETWORKS='["127.0.0.0/8"]',
        TILANNE_STREAM_URL="kafka://127.0.0.1:9",  # nobody is there: what it counts is
    )
    hub.start()
    hub.deliver(fact(1, "order.placed"))
    hub.deliver(b"")
    wait_for(lambda: b'outcome="sent"' in hub.ask("/metrics")[1], "a letter")
    text = hub.ask("/metrics")[1].decode()
    hub.stop()
    found: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(text):
        for suffix in SUFFIXES.get(family.type, ("",)):
            found[family.name + suffix] = set()
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found


def test_every_metric_that_is_asked_for_exists(figures: dict[str, set[str]]) -> None:
    unknown = [
        f"{whose}: {name}"
        for whose, question in questions()
        for name in NAME.findall(question)
        if name not in figures
    ]

    assert [] == unknown


def test_every_label_that_is_asked_for_exists(figures: dict[str, set[str]]) -> None:
    unknown = []
    for whose, question in questions():
        names = set(NAME.findall(question))
        if all(figures[name] for name in names):  # a counter that never counted has no labels yet
            known = OF_PROMETHEUS.union(*(figures[name] for name in names))
            asked = [label for group in GROUPED.findall(question) for label in group.split(", ")]
            asked += CHOSEN.findall(question)
            unknown += [f"{whose}: {label}" for label in asked if label not in known]

    assert [] == unknown


def test_what_must_be_seen_at_a_glance_is_on_the_dashboard() -> None:
    asked = " ".join(question for _, question in questions())
    needed = ("raws_accepted_total", "ack_seconds_bucket", "backlog", "backlog_age_seconds",
              "outbox_unplanned_age_seconds", "attempts_total", "accept_to_attempt_seconds_bucket",
              "quarantine", "alerts_total")  # fmt: skip

    assert [] == [name for name in needed if f"tilanne_{name}" not in asked]


def test_every_panel_has_a_place_of_its_own_and_a_source_that_is_provisioned() -> None:
    ids = [one["id"] for one in DASHBOARD["panels"]]
    taken = [
        (x, y)
        for one in DASHBOARD["panels"]
        for x in range(one["gridPos"]["x"], one["gridPos"]["x"] + one["gridPos"]["w"])
        for y in range(one["gridPos"]["y"], one["gridPos"]["y"] + one["gridPos"]["h"])
    ]

    assert (len(ids), len(taken)) == (len(set(ids)), len(set(taken)))
    assert {one["uid"] for one in SOURCES["datasources"]} == {
        one["datasource"]["uid"] for panel in panels() for one in (panel, *panel["targets"])
    }
    assert all(one["description"] for one in panels())
    assert "http://prometheus:9090" == SOURCES["datasources"][0]["url"]
    assert "prometheus" in SERVICES


def test_the_rules_are_found_and_each_says_how_urgent_it_is_and_what_is_wrong() -> None:
    rules = [rule for group in RULES["groups"] for rule in group["rules"]]

    assert ["alerts.yml"] == PROMETHEUS["rule_files"]
    assert {"page", "ticket"} == {rule["labels"]["severity"] for rule in rules}
    assert all(rule["annotations"]["summary"] for rule in rules)
    assert len(rules) == len({rule["alert"] for rule in rules})
