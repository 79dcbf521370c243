"""How a fact looks as JSON: a strict schema, made from the frozen dataclass that it is with us.

One rule per type, no list of facts: whatever ``state_machine/events.py`` holds can be read, checked
and described here. Unknown fields, texts that are too long and numbers in the wrong spelling are
refused with the place where they stand.
"""

from collections.abc import Iterable, Iterator
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import datetime
from functools import cache
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from pydantic import (
    BeforeValidator,
    GetCoreSchemaHandler,
    StringConstraints,
    TypeAdapter,
    ValidationError,
)
from pydantic import Field as Limit
from pydantic_core import CoreSchema, core_schema

from connectors.reading import MAX_QUANTITY, Json
from connectors.timestamps import with_offset
from state_machine.events import MAX_ID

MAX_LIST = 1000  #: entries of one list
MAX_OWN_ID = 128  #: characters of an id; ours are built of several, and have to fit into an index
#: characters of a text, where it is longer than an id may be
LONG = {"name": 500, "address": 500, "opening_hours": 500, "street": 500, "reason": 500}
LONG |= {"place": 500, "url": 2000, "email": 320, "fact": MAX_ID}
#: and where it is shorter
SHORT = {"country": 2, "language": 35, "phone": 32, "postal_code": 32, "currency": 3, "shop": 63}
_PRINTABLE = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*$"
#: without the colon behind it in an order's id: "a:b" and "1" must not be "a" and "b:1"
_SHOP = _PRINTABLE.replace("]", ":]")
#: what the library says in the words of Python, in the words of JSON
_PLAINLY = {
    "unexpected_keyword_argument": "Extra inputs are not permitted",
    "dataclass_type": "Input should be an object",
}

T = TypeVar("T")


class Strictly:
    """Says to the library that a dataclass is read strictly, and by which rules."""

    def __get_pydantic_core_schema__(self, kind: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Describe the JSON form of ``kind``; the library makes the dataclass out of it itself."""
        parts = [
            core_schema.dataclass_field(field.name, part, kw_only=True)
            for field, part in _parts(kind, handler)
        ]
        names = [field.name for field in fields(kind)]
        arguments = core_schema.dataclass_args_schema(kind.__name__, parts, extra_behavior="forbid")
        return core_schema.dataclass_schema(
            kind,
            arguments,
            names,
            slots=True,
            post_init=hasattr(kind, "__post_init__"),
            metadata={"pydantic_js_updates": {"additionalProperties": False}},
        )


class StrictlyFields:
    """The same for those fields of a dataclass that JSON may give; they are read into a dict."""

    def __init__(self, kind: type, without: frozenset[str]) -> None:
        """``without``: the fields that are known from elsewhere."""
        self.kind, self.without = kind, without

    def __get_pydantic_core_schema__(self, _: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Describe the object that holds the fields."""
        parts = {
            field.name: core_schema.typed_dict_field(part)
            for field, part in _parts(self.kind, handler)
            if field.name not in self.without
        }
        return core_schema.typed_dict_schema(parts, extra_behavior="forbid")


def build(kind: type[T], given: Any, here: Json) -> T:
    """Make a ``kind`` out of the JSON object ``given``.

    Raises ``Unreadable`` with the place of the first mistake; the object stands ``here``.
    """
    return cast(T, _read(schema(cast(Any, kind)), given, here))


def build_fields(kind: type, given: Any, here: Json, without: Iterable[str] = ()) -> dict[str, Any]:
    """Read the fields of a ``kind``, but those in ``without``, as ``build`` does."""
    return cast(dict[str, Any], _read(_schema_without(kind, frozenset(without)), given, here))


def _read(adapter: TypeAdapter[Any], given: Any, here: Json) -> Any:
    try:
        return adapter.validator.validate_python(given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        names = (str(name).replace("~", "~0").replace("/", "~1") for name in first["loc"])
        place = "/".join([here.place, *names])
        why = _PLAINLY.get(first["type"]) or first["msg"].removeprefix("Value error, ")
        raise Json(None, place[:300]).wrong(why) from None


@cache
def schema(kind: Any) -> TypeAdapter[Any]:
    """Return the strict JSON form of a dataclass; its ``json_schema()`` describes it."""
    form: Any = Annotated[kind, Strictly()]
    return TypeAdapter(form)


@cache
def _schema_without(kind: type, without: frozenset[str]) -> TypeAdapter[Any]:
    return TypeAdapter(Annotated[dict[str, Any], StrictlyFields(kind, without)])


def _parts(kind: type, handler: GetCoreSchemaHandler) -> Iterator[tuple[Field[Any], CoreSchema]]:
    hints = get_type_hints(kind)
    for field in fields(kind):
        part = handler.generate_schema(_strict(hints[field.name], field))
        if field.default is not MISSING:
            part = core_schema.with_default_schema(part, default=field.default)
        yield field, part


def _strict(hint: Any, field: Field[Any]) -> Any:
    """Return the type that accepts exactly what JSON should say for ``hint``."""
    if hint is str:
        longest = LONG.get(field.name) or SHORT.get(field.name) or MAX_OWN_ID
        pattern = _SHOP if field.name == "shop" else _PRINTABLE
        shortest = 0 if field.default == "" else 1
        return Annotated[
            str,
            StringConstraints(
                strict=True, min_length=shortest, max_length=longest, pattern=pattern
            ),
        ]
    if hint is int:
        least, most = (1, MAX_QUANTITY) if field.name == "quantity" else (-(10**9), 10**9)
        return Annotated[int, Limit(strict=True, ge=least, le=most)]
    if hint is float:
        most_degrees = 90 if field.name == "latitude" else 180
        return Annotated[float, Limit(strict=True, ge=-most_degrees, le=most_degrees)]
    if hint is bool:
        return Annotated[bool, Limit(strict=True)]
    if hint is datetime:
        return Annotated[datetime, BeforeValidator(_time)]
    if get_origin(hint) is tuple:
        entry = _strict(get_args(hint)[0], field)
        return Annotated[tuple[entry, ...], Limit(max_length=MAX_LIST)]  # type: ignore[valid-type]
    if get_origin(hint) in {UnionType, Union}:
        return Union[tuple(_strict(part, field) for part in get_args(hint))]  # noqa: UP007
    return Annotated[hint, Strictly()] if is_dataclass(hint) else hint


def _time(value: object) -> datetime:
    if not isinstance(value, str):
        # not TypeError: pydantic gathers ValueErrors
        raise ValueError("must be a time such as 2026-11-03T09:30:00Z")  # noqa: TRY004
    return with_offset(value).at
