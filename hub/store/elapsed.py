"""Seconds between two moments of an order, reckoned by the database that holds them."""

from typing import Any

from sqlalchemy import ColumnElement, Float, func
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from hub.store.tables import table
from hub.store.tables_of_notices import NoticeRow

_NOTICE = table(NoticeRow)


#: when the promise of a notice begins: what waits for the end of the reader's night, with its end
BEGUN = func.coalesce(_NOTICE.c.not_before, _NOTICE.c.received_at, type_=_NOTICE.c.received_at.type)


class seconds_between(FunctionElement[float]):  # noqa: N801 - it is called like a SQL function
    """``seconds_between(earlier, later)``: negative when they are the other way round."""

    type = Float()
    inherit_cache = True

    def __init__(self, earlier: ColumnElement[Any], later: ColumnElement[Any]) -> None:
        """Take two columns of times."""
        super().__init__(earlier, later)


@compiles(seconds_between, "sqlite")
def _on_sqlite(element: seconds_between, compiler: Any, **how: Any) -> str:
    earlier, later = (compiler.process(one, **how) for one in element.clauses)
    return f"((julianday({later}) - julianday({earlier})) * 86400.0)"


@compiles(seconds_between, "postgresql")
def _on_postgresql(element: seconds_between, compiler: Any, **how: Any) -> str:
    earlier, later = (compiler.process(one, **how) for one in element.clauses)
    return f"CAST(EXTRACT(EPOCH FROM ({later} - {earlier})) AS double precision)"
