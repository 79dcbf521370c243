"""The compose file names nothing that is not there: settings, commands, ports, paths, topics."""

import json
import re

import pytest
from typer.main import get_command

from connectors.registry import discover
from hub.cli.main import app
from hub.config import Settings
from tests.deploy.files import (
    COMPOSE,
    DOCKERFILE,
    EXAMPLE,
    OURS,
    PROMETHEUS,
    ROOT,
    SERVICES,
    environment,
    variables,
)

ROLES = {"web": 1, "worker": 2, "dispatcher": 2, "scheduler": 1}


def settings_in(text: str) -> set[str]:
    return {
        name.removeprefix("TILANNE_").split("__")[0].lower()
        for name in re.findall(r"\bTILANNE_[A-Z_]+", text)
    }


def test_the_hub_is_there_in_each_role_as_often_as_it_is_meant_to_be() -> None:
    copies = {name: one.get("deploy", {}).get("replicas", 1) for name, one in OURS.items()}

    assert copies == ROLES
    assert {name: [name] for name in ROLES} == {n: one["command"] for n, one in OURS.items()}


def test_every_command_is_one_of_the_hubs() -> None:
    known = get_command(app).commands
    said = [
        json.loads(one)
        for one in re.findall(r"^(?:ENTRYPOINT|CMD) (\[.*\])$", DOCKERFILE, re.MULTILINE)
    ]

    assert said[0] == ["tilanne"]
    assert {*said[1], *(word for one in OURS.values() for word in one["command"])} <= known.keys()


@pytest.mark.parametrize("file", ["docker-compose.yml", "Dockerfile", ".env.example"])
def test_every_setting_that_is_named_exists(file: str) -> None:
    assert set() == settings_in((ROOT / file).read_text()) - Settings.model_fields.keys()


@pytest.mark.parametrize("name", OURS)
def test_a_hub_can_be_built_from_what_its_service_gets(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    for variable, value in environment(OURS[name]).items():
        monkeypatch.setenv(variable, value)
    settings = Settings()

    assert ("postgresql", "0.0.0.0") == (settings.database_url[:10], settings.host)
    assert all(one.connector in discover() for one in settings.topics.values())


def test_every_topic_is_made_before_the_hub_starts() -> None:
    made = set(re.findall(r"make ([\w.]+) \d+", SERVICES["topics"]["command"][0]))
    named = json.loads(environment(OURS["worker"])["TILANNE_TOPICS"])

    assert {"hub.raw", "hub.changes", *named} == made
    for one in OURS.values():
        assert "service_completed_successfully" == one["depends_on"]["topics"]["condition"]


def test_every_service_that_is_waited_for_exists_and_can_say_that_it_is_well() -> None:
    odd = []
    for name, service in SERVICES.items():
        needs = service.get("depends_on", {})
        for need in needs:
            wanted = needs[need]["condition"] if isinstance(needs, dict) else "service_started"
            if need not in SERVICES:
                odd.append(f"{name}: {need} does not exist")
            elif wanted == "service_healthy" and "healthcheck" not in SERVICES[need]:
                odd.append(f"{name}: {need} cannot say that it is healthy")

    assert [] == odd
    assert "HEALTHCHECK" in DOCKERFILE


def test_every_service_comes_back_and_every_path_and_volume_is_there() -> None:
    missing = []
    for name, service in SERVICES.items():
        assert service["restart"] in {"unless-stopped", "on-failure"}, name
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            there = (
                (ROOT / source).exists() if source.startswith(".") else source in COMPOSE["volumes"]
            )
            missing += [] if there else [f"{name}: {source}"]

    assert [] == missing


def test_the_ports_are_those_that_are_listened_to_and_on_loopback_only() -> None:
    for name, one in OURS.items():
        port = environment(one)["TILANNE_PORT"]
        assert [f"127.0.0.1:{port}:{port}"] * (name == "web") == one.get("ports", [])
        assert f"EXPOSE {port}" in DOCKERFILE
    published = [port for one in SERVICES.values() for port in one.get("ports", [])]
    (scrape,) = PROMETHEUS["scrape_configs"][0]["dns_sd_configs"]

    assert [] == [port for port in published if not port.startswith("127.0.0.1:")]
    assert (str(scrape["port"]), set(OURS)) == (port, set(scrape["names"]))


def test_no_secret_is_written_down_and_each_that_is_needed_is_in_the_example() -> None:
    needed = {name for name, default in variables().items() if default is None}

    assert needed == {"POSTGRES_PASSWORD", "GRAFANA_PASSWORD"}
    assert [] == [name for name in variables() if f"#{name}=" not in EXAMPLE]
    assert [] == re.findall(r"^#?(?:POSTGRES|GRAFANA)_PASSWORD=.+$", EXAMPLE, re.MULTILINE)


def test_the_image_holds_what_is_locked_and_nobody_runs_as_root() -> None:
    installs = re.findall(r"pip install ([^\\&\n]+)", DOCKERFILE)
    last = DOCKERFILE.split("\nFROM ")[-1]

    assert [] == [one for one in installs if not re.search("--require-hashes|--no-index", one)]
    assert 2 == DOCKERFILE.count("\nFROM ")
    assert (
        last.index("COPY --from=build") < last.index("\nUSER tilanne\n") < last.index("ENTRYPOINT")
    )
