"""Tables and meanings for the reference pages, read out of the source that declares them."""

import ast
import inspect
import sys
from collections.abc import Iterable
from enum import StrEnum
from types import ModuleType
from typing import Any

from pydantic import BaseModel
from pydantic_core import PydanticUndefined


def rows(module: ModuleType, kind: type[StrEnum], *columns: str) -> str:
    """Make a table of an enum: the code, the named columns, the ``#:`` meaning of each row."""
    meaning = notes(module, kind.__name__)
    lines = [
        (f"`{row}`", *(said(getattr(row, name)) for name in columns), meaning.get(row.name, ""))
        for row in kind
    ]
    return table(("code", *columns, "meaning"), lines)


def settings_table(model: type[BaseModel], prefix: str = "") -> str:
    """Make a table of a settings class: name, default and what changes with it."""
    parts = [part for part in reversed(model.__mro__) if part.__module__.startswith("hub.")]
    meaning = {
        name: note
        for part in parts
        for name, note in notes(sys.modules[part.__module__], part.__name__).items()
    }
    lines = []
    for name, field in model.model_fields.items():
        default = field.get_default(call_default_factory=True, validated_data={})
        lines.append(
            (
                f"`{prefix}{name.upper() if prefix else name}`",
                "required" if default is PydanticUndefined else said(default),
                meaning.get(name, ""),
            )
        )
    return table(("name", "default", "meaning"), lines)


def said(value: Any) -> str:
    """Write a value as a reader of the table expects it."""
    if value is None:
        return "unset"
    if isinstance(value, BaseModel):
        return "below"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (tuple, frozenset, dict)):
        return ", ".join(f"`{one}`" for one in sorted(value)) or "empty"
    if type(value) is int:
        return str(value)
    return f"`{value}`"


def table(head: Iterable[str], lines: Iterable[Iterable[str]]) -> str:
    """Make a Markdown table, its columns dropped where no row has anything to say."""
    head, body = list(head), [list(line) for line in lines]
    kept = [i for i in range(len(head)) if any(line[i] for line in body)]
    escaped = [[line[i].replace("|", "\\|") for i in kept] for line in body]
    grid = [[head[i] for i in kept], ["---"] * len(kept), *escaped]
    return "".join(f"| {' | '.join(line)} |\n" for line in grid)


def type_name(annotation: Any) -> str:
    """Write a type the way the source does."""
    text = annotation.__name__ if isinstance(annotation, type) else str(annotation)
    for prefix in ("state_machine.", "events.", "lifecycle.", "problems.", "returns.", "typing."):
        text = text.replace(prefix, "")
    return text.replace("datetime.datetime", "datetime")


def first_sentence(thing: Any) -> str:
    """Return the docstring's first paragraph as one line."""
    return " ".join((inspect.getdoc(thing) or "").split("\n\n")[0].split()).replace("``", "`")


def notes(module: ModuleType, name: str) -> dict[str, str]:
    """Collect the ``#:`` comments of a class: beside a name, or in the lines above it."""
    source = inspect.getsource(module)
    lines = source.splitlines()
    declared = next(
        node
        for node in ast.parse(source).body
        if isinstance(node, ast.ClassDef) and node.name == name
    )
    found = {}
    for node in declared.body:
        target = getattr(node, "target", None) or next(iter(getattr(node, "targets", [])), None)
        if isinstance(target, ast.Name):
            found[target.id] = note_at(lines, node.lineno - 1, node.end_lineno or node.lineno)
    return found


def note_at(lines: list[str], first: int, last: int) -> str:
    """Return the ``#:`` comment on the lines ``first`` to ``last`` (from 0), or right above."""
    for line in lines[first:last]:
        if "#:" in line:
            return line.split("#:", 1)[1].strip().replace("``", "`")
    above: list[str] = []
    while lines[first - 1 - len(above)].strip().startswith("#:"):
        above.insert(0, lines[first - 1 - len(above)].strip()[2:].strip())
    return " ".join(above).replace("``", "`")
