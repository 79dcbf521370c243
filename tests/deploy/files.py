"""The files by which a hub is put into service, read as the programs they are for read them."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: one for name, one in SERVICES.items() if one["image"] == "tilanne"}
DOCKERFILE = (ROOT / "Dockerfile").read_text()
EXAMPLE = (ROOT / ".env.example").read_text()
PROMETHEUS = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text())
RULES = yaml.safe_load((ROOT / "deploy/prometheus/alerts.yml").read_text())
DASHBOARD = json.loads((ROOT / "deploy/grafana/dashboards/tilanne.json").read_text())
SOURCES = yaml.safe_load(
    (ROOT / "deploy/grafana/provisioning/datasources/prometheus.yml").read_text()
)

_VARIABLE = re.compile(r"\$\{(\w+)(?::([-?])([^}]*))?\}")


def variables() -> dict[str, str | None]:
    """Every variable the compose file asks for; with its default, None if it must be set."""
    found = _VARIABLE.findall((ROOT / "docker-compose.yml").read_text())
    return {name: default if sign == "-" else None for name, sign, default in found}


def environment(service: dict[str, Any]) -> dict[str, str]:
    """What a service gets, as if every variable that must be set were ``secret``."""
    return {
        name: _VARIABLE.sub(lambda one: one[3] if one[2] == "-" else "secret", value)
        for name, value in service.get("environment", {}).items()
    }


def panels() -> Iterator[dict[str, Any]]:
    """Every panel that shows something."""
    yield from (one for one in DASHBOARD["panels"] if one["type"] != "row")


def questions() -> Iterator[tuple[str, str]]:
    """Every PromQL expression of the dashboard and of the alert rules, and whose it is."""
    for panel in panels():
        yield from ((f"panel {panel['title']}", one["expr"]) for one in panel["targets"])
    for group in RULES["groups"]:
        yield from ((f"alert {rule['alert']}", rule["expr"]) for rule in group["rules"])
