"""Print docs/reference/ from the code: what is said where it is declared is not said twice.

``print_reference.py`` writes the pages; ``--check`` writes nothing, names the pages that differ
from the code and ends with 1 if there is one.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import fields
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import get_args

from tables import first_sentence, notes, rows, settings_table, table, type_name

from hub import brand, config, topics
from hub.catalogues import Catalogues
from hub.notify import channels, receipts
from hub.notify.tools import Own
from hub.stream import asyncapi
from state_machine import (
    diagram,
    events,
    lifecycle,
    milestones,
    order,
    problems,
    returns,
    statuses,
)

PAGES = Path(__file__).parent / "reference"
PARTS = (events.ParcelRef, events.Units, events.OrderedLine, events.PickupPoint)
HEAD = "<!-- Printed from the code by `make docs`. Change the code, not this page. -->\n"


def main(arguments: list[str]) -> int:
    """Write the pages, or with ``--check`` compare them; the answer is the exit code."""
    pages = {
        "lifecycle.md": lifecycle_page(),
        "facts.md": facts_page(),
        "connectors.md": connectors_page(),
        "settings.md": settings_page(),
        "channels.md": channels_page(),
        "metrics.md": metrics_page(),
    }
    printed = {PAGES / name: HEAD + text for name, text in pages.items()}
    printed[PAGES / "asyncapi.json"] = json.dumps(asyncapi.document(), indent=1) + "\n"
    if "--check" in arguments:
        stale = [*stale_pages(printed)]
        for path in stale:
            print(f"stale: docs/reference/{path.name} (run: make docs)")
        return 1 if stale else 0
    PAGES.mkdir(exist_ok=True)
    for path, text in printed.items():
        path.write_text(text, encoding="utf-8")
    return 0


def stale_pages(printed: dict[Path, str]) -> Iterator[Path]:
    """Name the pages that do not say what the code says, and those that no code prints."""
    for path, text in printed.items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            yield path
    yield from (path for path in sorted(PAGES.glob("*")) if path not in printed)


def lifecycle_page() -> str:
    """Everything that is a table in state_machine/: stages, problems, statuses, milestones."""
    return "\n".join(
        [
            "# Stages, problems, statuses and milestones\n",
            "## Parcel stages\n",
            f"```mermaid\n{diagram.mermaid_parcels()}```\n",
            "Longer roads are compiled from these: a missing scan in between holds nothing back.\n",
            rows(lifecycle, lifecycle.Stage, "step"),
            "Ways of being delivered: " + ", ".join(f"`{how}`" for how in lifecycle.How) + ".\n",
            "## Return stages\n",
            f"```mermaid\n{diagram.mermaid_returns()}```\n",
            rows(returns, returns.ReturnStage, "step"),
            "## Problems\n",
            rows(problems, problems.Reason, "blame", "action_required"),
            "## Order statuses\n",
            statuses_table(),
            "## Milestones\n",
            rows(milestones, milestones.Told, "urgency", "family", "rung"),
            "## Urgency of a notice\n",
            rows(milestones, milestones.Urgency),
            "## What becomes of a fact\n",
            rows(order, order.Outcome),
        ]
    )


def statuses_table() -> str:
    """Every status in the words of the catalogues."""
    catalogues = Catalogues.load()
    languages = sorted(catalogues.languages)
    lines = [
        (
            f"`{status}`",
            *(catalogues.label("status", status, language) for language in languages),
            f"`{status.schema_org}`",
        )
        for status in statuses.Status
    ]
    return table(("code", *languages, "schema.org"), lines)


def facts_page() -> str:
    """Every kind of fact with its fields, as the canonical connector takes them."""
    parts = ["# Facts\n", f"{first_sentence(events.Event)}\n", fields_table(events.Event)]
    for fact in get_args(events.What):
        kind = next(field.default for field in fields(fact) if field.name == "kind")
        parts += [f"## {kind}\n", f"{first_sentence(fact)}\n", fields_table(fact)]
    parts.append("# What facts are made of\n")
    for part in (*get_args(events.Key), *PARTS):
        parts += [f"## {part.__name__}\n", f"{first_sentence(part)}\n", fields_table(part)]
    parts += ["## Clarity\n", rows(events, events.Clarity)]
    return "\n".join(part for part in parts if part)


def fields_table(fact: type) -> str:
    """Make a table of a fact's fields; the kind is its heading."""
    meaning = notes(events, fact.__name__)
    lines = [
        (f"`{field.name}`", f"`{type_name(field.type)}`", meaning.get(field.name, ""))
        for field in fields(fact)
        if field.name != "kind"
    ]
    return table(("field", "type", "meaning"), lines) if lines else ""


def connectors_page() -> str:
    """Every connector the registry finds."""
    if find_spec("connectors.registry") is None:
        return "# Connectors\n\nNone yet.\n"
    found = import_module("connectors.registry").discover()
    lines = [
        (
            f"`{name}`",
            one.module.TITLE,
            one.kind,
            f"`POST /in/{name}`",
            f"`TILANNE_SECRETS__{name.upper()}`",
            ", ".join(sorted(one.covers)),
        )
        for name, one in sorted(found.items())
    ]
    head = ("name", "system", "kind", "door", "secret", "brings the scans of")
    return "# Connectors\n\n" + table(head, lines)


def settings_page() -> str:
    """Every environment variable and every nested name in one of them."""
    parts = ["# Settings\n", settings_table(config.Settings, "TILANNE_")]
    own = (config.ApiKey, config.Sink, config.Shop, config.Links, topics.Topic)
    for nested in (*own, brand.Brand, brand.Offer):
        parts += [f"## {nested.__name__}\n", f"{first_sentence(nested)}\n", settings_table(nested)]
    return "\n".join(parts)


def channels_page() -> str:
    """Every channel of the folder, and the settings that live with it."""
    parts = ["# Channels\n"]
    for name in channels.names():
        module = import_module(f"{channels.__name__}.{name}")
        parts += [f"## {name}\n", f"{first_sentence(module)}\n"]
        for own in vars(module).values():
            if isinstance(own, type) and own.__module__ == module.__name__ and issubclass(own, Own):
                prefix = f"TILANNE_CHANNELS__{name.upper()}__" * own.__name__.endswith("Settings")
                parts += [f"{first_sentence(own)}\n", settings_table(own, prefix)]
    parts.append("# Receipts\n")
    for name in receipts.names():
        desk = import_module(f"{receipts.__name__}.{name}")
        parts += [f"## {name}\n", f"`POST /in/receipts/{name}`: {first_sentence(desk)}\n"]
    return "\n".join(parts)


def metrics_page() -> str:
    """Every figure the hub counts about itself, from the families of its registry."""
    telemetry = import_module("hub.telemetry")
    import_module("hub.stream.figures")  # counts into the same registry
    import_module("hub.notify.own_words")  # its own figure
    lines = [
        (
            f"`{metric.name}{'_total' * (metric.type == 'counter')}`",
            metric.type,
            metric.documentation,
        )
        for metric in telemetry.REGISTRY.collect()
    ]
    lines += [(f"`{name}`", "gauge", meaning) for name, meaning in telemetry.GAUGES.items()]
    return "# Metrics\n\n" + table(("name", "type", "meaning"), sorted(lines))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
