"""Rows of some orders, notices or raws, however many: for PostgreSQL the keys are one parameter.

A list of many makes every statement one of a kind: the client splits its text, the server plans it
anew. As one array they cost a third of the client's time and three quarters of the server's.
"""

from typing import Any

from sqlalchemy import ARRAY, BindParameter, Boolean, ColumnElement, any_, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.visitors import InternalTraversal


class among(ColumnElement[bool]):  # noqa: N801 - reads like the operators it stands beside
    """Whether a column is one of the values that are given as a list when the statement runs."""

    _traverse_internals = [  # noqa: RUF012 - SQLAlchemy's own form
        ("column", InternalTraversal.dp_clauseelement),
        ("name", InternalTraversal.dp_string),
    ]
    type = Boolean()
    _is_implicitly_boolean = True  # a comparison: SQLite finds no index for ``… IN (…) = 1``

    def __init__(self, column: ColumnElement[Any], name: str) -> None:
        """``name``: of the parameter that the list is given as."""
        self.column, self.name = column, name


@compiles(among)
def _as_list(element: among, compiler: SQLCompiler, **options: Any) -> str:
    values: BindParameter[Any] = bindparam(element.name, expanding=True)
    return compiler.process(element.column.in_(values), **options)


@compiles(among, "postgresql")
def _as_array(element: among, compiler: SQLCompiler, **options: Any) -> str:
    values: BindParameter[Any] = bindparam(element.name, type_=ARRAY(element.column.type))
    return compiler.process(element.column == any_(values), **options)
