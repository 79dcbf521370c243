"""How a fact looks as JSON: a strict schema, made from the frozen dataclass that it is with us.

One rule per type, no list of facts: whatever ``state_machine/events.py`` holds can be read, checked
and described here. Unknown fields, texts that are too long and numbers in the wrong spelling are
refused with the place where they stand.
"""

from collections.abc import Iterable
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import datetime
from functools import cache
from types import UnionType
from typing import (
    Annotated,
    Any,
    ClassVar,
    TypeVar,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
)

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    StringConstraints,
    ValidationError,
    create_model,
)
from pydantic import Field as Limit

from connectors.reading import MAX_QUANTITY, Json
from connectors.timestamps import with_offset
from state_machine.events import MAX_ID

MAX_LIST = 1000  #: entries of one list
#: characters of a text, where it is longer than an id may be
LONG = {"name": 500, "address": 500, "opening_hours": 500, "street": 500, "reason": 500}
LONG |= {"place": 500, "url": 2000, "email": 320}
#: and where a column of ours is narrower
SHORT = {"country": 2, "language": 35, "phone": 32, "postal_code": 32, "currency": 3}
_PRINTABLE = r"^[^\x00-\x1f\x7f]*$"

T = TypeVar("T")


class Mirror(BaseModel):
    """The strict JSON form of one dataclass."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    of: ClassVar[type]
    nested: ClassVar[tuple[str, ...]]  #: the fields in which mirrors or lists may be


def build(kind: type[T], value: Json) -> T:
    """Make a ``kind`` out of a JSON object; ``Unreadable`` with the place of the first mistake."""
    return kind(**build_fields(kind, value))


def build_fields(kind: type, value: Json, without: Iterable[str] = ()) -> dict[str, Any]:
    """Read the fields of a ``kind``, but those in ``without``, out of a JSON object."""
    try:
        read = mirror(kind, frozenset(without)).model_validate(value.value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        names = (str(name).replace("~", "~0").replace("/", "~1") for name in first["loc"])
        place = "/".join([value.place, *names])
        raise Json(None, place[:300]).wrong(first["msg"].removeprefix("Value error, ")) from None
    return _parts(read)


@cache
def mirror(kind: type, without: frozenset[str] = frozenset()) -> type[Mirror]:
    """Return the strict JSON form of a dataclass; its ``model_json_schema()`` describes it."""
    hints = get_type_hints(kind)
    parts: dict[str, Any] = {
        field.name: (_strict(hints[field.name], field), _default(field))
        for field in fields(kind)
        if field.name not in without
    }
    made = create_model(kind.__name__, __base__=Mirror, __doc__=kind.__doc__, **parts)
    made.of = kind
    made.nested = tuple(name for name in parts if not _flat(hints[name]))
    return made


def _flat(hint: Any) -> bool:
    """Whether a value of this type is the same in the mirror and in the dataclass."""
    if get_origin(hint) is tuple or is_dataclass(hint):
        return False
    return all(map(_flat, get_args(hint)))


def _default(field: Field[Any]) -> Any:
    return ... if field.default is MISSING else field.default


def _strict(hint: Any, field: Field[Any]) -> Any:
    """Return the type that accepts exactly what JSON should say for ``hint``."""
    if hint is str:
        longest = LONG.get(field.name) or SHORT.get(field.name) or MAX_ID
        shortest = 0 if field.default == "" else 1
        return Annotated[
            str,
            StringConstraints(
                strict=True, min_length=shortest, max_length=longest, pattern=_PRINTABLE
            ),
        ]
    if hint is int:
        least, most = (1, MAX_QUANTITY) if field.name == "quantity" else (-(10**9), 10**9)
        return Annotated[int, Limit(strict=True, ge=least, le=most)]
    if hint is bool:
        return Annotated[bool, Limit(strict=True)]
    if hint is datetime:
        return Annotated[datetime, BeforeValidator(_time)]
    if get_origin(hint) is tuple:
        entry = _strict(get_args(hint)[0], field)
        return Annotated[tuple[entry, ...], Limit(max_length=MAX_LIST)]  # type: ignore[valid-type]
    if get_origin(hint) in {UnionType, Union}:
        return Union[tuple(_strict(part, field) for part in get_args(hint))]  # noqa: UP007
    return mirror(cast(type, hint)) if is_dataclass(hint) else hint


def _time(value: object) -> datetime:
    if not isinstance(value, str):
        # not TypeError: pydantic gathers ValueErrors
        raise ValueError("must be a time such as 2026-11-03T09:30:00Z")  # noqa: TRY004
    return with_offset(value).at


def _parts(read: Mirror) -> dict[str, Any]:
    parts = dict(read.__dict__)
    for name in read.nested:
        parts[name] = _plain(parts[name])
    return parts


def _plain(value: Any) -> Any:
    if isinstance(value, Mirror):
        return value.of(**_parts(value))
    return tuple(map(_plain, value)) if isinstance(value, tuple) else value
