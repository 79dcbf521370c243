"""Which vendors we understand: every module in the folders of connectors, and nothing else.

There is no list to keep. A folder under ``connectors`` is a kind, a file in it is a connector, the
file's name is its name. A module that breaks the contract stops the start with its name.
"""

import importlib
import inspect
import pkgutil
import re
from types import ModuleType
from typing import Any, cast

from connectors.contract import Answer, Connector, Registered

NAME = re.compile(r"[a-z][a-z0-9_]*")

_REQUIRED = {"verify": ("raw", "secret"), "parse": ("raw",)}
_OPTIONAL = {"hello": ("raw",), "delivery_key": ("raw",)}


class BrokenConnector(Exception):
    """A module in a connector folder does not keep the contract; the message names both."""


def discover(root: str = "connectors") -> dict[str, Registered]:
    """Import every connector below the package ``root``; return them by name.

    Raises ``BrokenConnector`` for the first module that breaks the contract.
    """
    found: dict[str, Registered] = {}
    for kind in _inside(root):
        if not kind.ispkg:
            continue
        for entry in _inside(f"{root}.{kind.name}"):
            path = f"{root}.{kind.name}.{entry.name}"
            if entry.ispkg or not NAME.fullmatch(entry.name):
                raise BrokenConnector(f"{path}: a connector is one file named like acme.py")
            if entry.name in found:
                raise BrokenConnector(f"{path}: the name is taken by {found[entry.name].kind}")
            found[entry.name] = _register(entry.name, kind.name, _import(path))
    return found


def _inside(package: str) -> list[pkgutil.ModuleInfo]:
    paths = importlib.import_module(package).__path__
    return sorted(pkgutil.iter_modules(paths), key=lambda entry: entry.name)


def _import(path: str) -> ModuleType:
    try:
        return importlib.import_module(path)
    except Exception as problem:  # whatever a broken module does, its name must be told
        raise BrokenConnector(f"{path}: cannot be imported: {problem!r}") from problem


def _register(name: str, kind: str, module: ModuleType) -> Registered:
    missing = [
        *_wrong_title(module),
        *(why for part in _REQUIRED for why in _wrong_function(module, part, _REQUIRED[part])),
        *(
            why
            for part in _OPTIONAL
            if hasattr(module, part)
            for why in _wrong_function(module, part, _OPTIONAL[part])
        ),
    ]
    answer = getattr(module, "ANSWER", Answer())
    if not isinstance(answer, Answer):
        missing.append("ANSWER must be an Answer")
    covers: Any = getattr(module, "COVERS", frozenset())
    if not isinstance(covers, frozenset) or any(c != str(c).lower() for c in covers):
        missing.append("COVERS must be a frozenset of carriers in lower case")
    if missing:
        raise BrokenConnector(f"{module.__name__}: {'; '.join(missing)}")
    return Registered(name, kind, cast(Connector, module), answer, covers)


def _wrong_title(module: ModuleType) -> list[str]:
    title = getattr(module, "TITLE", None)
    return [] if isinstance(title, str) and title.strip() else ["TITLE must be the vendor's name"]


def _wrong_function(module: ModuleType, part: str, wanted: tuple[str, ...]) -> list[str]:
    function = getattr(module, part, None)
    if not inspect.isfunction(function):
        return [f"{part}({', '.join(wanted)}) is missing"]
    if tuple(inspect.signature(function).parameters) != wanted:
        return [f"{part} must take ({', '.join(wanted)})"]
    return []
