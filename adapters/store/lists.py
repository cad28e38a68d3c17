"""A list of names as one parameter.

With IN and a parameter per name, every length of a list would be a statement of its own, prepared anew each time.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ARRAY, Boolean, ColumnElement, Dialect, Text, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.operators import OperatorType
from sqlalchemy.types import TypeDecorator, TypeEngine

from adapters.store.packing import to_json


class _Names(TypeDecorator[Iterable[str]]):
    """An array on PostgreSQL, JSON text on SQLite."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else ARRAY(Text()))

    def process_bind_param(self, value: Iterable[str] | None, dialect: Dialect) -> Any:
        names = list(value or ())
        return to_json(names) if dialect.name == "sqlite" else names


class _Among(FunctionElement[bool]):
    inherit_cache = True
    name = "among"
    type = Boolean()

    def self_group(self, against: OperatorType | None = None) -> "_Among":
        """A condition as it stands: SQLAlchemy would write ``(…) = 1`` for SQLite, which then finds no index."""
        return self


def among(column: ColumnElement[Any], parameter: str) -> ColumnElement[bool]:
    """A condition that a text column holds one of the names in the parameter of this name."""
    return _Among(column, bindparam(parameter, type_=_Names()))


@compiles(_Among)
def _array(element: _Among, compiler: SQLCompiler, **options: Any) -> str:
    column, names = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{column} = ANY ({names})"


@compiles(_Among, "sqlite")
def _json(element: _Among, compiler: SQLCompiler, **options: Any) -> str:
    column, names = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({names}))"  # noqa: S608 (compiled clauses)
