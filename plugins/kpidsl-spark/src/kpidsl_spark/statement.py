"""The statement that reads a table or files, as a sqlglot expression: names and values never become SQL as they are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlglot import exp

from kpidsl.hookspecs import ScanRequest
from kpidsl.semantic.types import DataType

_CAST = {"byte": "bigint", "short": "bigint", "integer": "bigint", "long": "bigint", "float": "double"}
_NAMES = {DataType.DATE: "date", DataType.TIMESTAMP: "timestamp_ntz", DataType.INSTANT: "timestamp_ltz"}


def of_table(table: str, schema: str, catalog: str) -> exp.Table:
    """A table by its three names. With two Spark would also take a kind of file and a path: parquet.`/etc`."""
    return exp.Table(this=_name(table), db=_name(schema), catalog=_name(catalog))


def of_view(name: str) -> exp.Table:
    """A view of the session, which has one name only."""
    return exp.Table(this=_name(name))


def everything(table: exp.Table) -> str:
    return _text(exp.select("*").from_(table))


def asked(table: exp.Table, fields: Sequence[Any]) -> str:
    """A table as a subquery of some columns, each cast to the type it has: the dialect wants to know. Texts that are
    compared in another way than by their code points are told to be texts as any.
    """
    picked = [exp.alias_(_cast(field), _name(field.name)) for field in fields]
    query = exp.select(*picked or [exp.alias_(exp.Literal.number(1), "present")]).from_(table)
    return f"({_text(query)})"


def _cast(field: Any) -> exp.Expr:
    kind = field.dataType.typeName()
    if kind in ("string", "char", "varchar"):
        is_plain = field.dataType.simpleString() in ("string", "string collate UTF8_BINARY")
        column = _column(field.name)
        value = column if is_plain else exp.Collate(this=column, expression=exp.var("UTF8_BINARY"))
        return exp.cast(value, exp.DataType.build("string", dialect="spark"))
    named = field.dataType.simpleString() if kind == "decimal" else _CAST.get(kind, kind)
    return exp.cast(_column(field.name), exp.DataType.build(named, dialect="spark"))


def rows(table: exp.Table, request: ScanRequest, types: dict[str, DataType], timezone: str) -> str:
    """The requested columns of the rows that a window can want."""
    picked = [exp.alias_(_column(column.name), _name(column.name)) for column in request.columns]
    query = exp.select(*picked or [exp.alias_(exp.Literal.number(1), "present")]).from_(table)
    condition = _in_time(request, types, timezone)
    return _text(query if condition is None else query.where(condition))


def _in_time(request: ScanRequest, types: dict[str, DataType], timezone: str) -> exp.Expr | None:
    """The rows in the time range, and those without a time. A civil bound is a day wider than asked: the hour that
    occurs twice is for the engine, which looks again.
    """
    name = request.time_column
    kind = types.get(name) if name is not None else None
    wanted = next((column.as_type for column in request.columns if column.name == name), None)
    if name is None or kind not in _NAMES or wanted not in (None, kind):
        return None
    parts: list[exp.Expr] = []
    if request.start is not None:
        parts.append(exp.GTE(this=_column(name), expression=_bound(request.start, -1, kind, timezone)))
    if request.end is not None:
        parts.append(exp.LT(this=_column(name), expression=_bound(request.end, 2, kind, timezone)))
    if not parts:
        return None
    return exp.or_(exp.and_(*parts), exp.Is(this=_column(name), expression=exp.null()))


def _bound(moment: datetime, wider: int, kind: DataType, timezone: str) -> exp.Expr:
    if kind is DataType.INSTANT:
        text = moment.isoformat()
    else:
        civil = moment.astimezone(ZoneInfo(timezone)).replace(tzinfo=None) + timedelta(days=wider)
        text = civil.date().isoformat()  # files and partitions are left out by a day as it stands, not by a time
    return exp.cast(exp.Literal.string(text), exp.DataType.build(_NAMES[kind], dialect="spark"))


def _name(text: str) -> exp.Identifier:
    return exp.to_identifier(text, quoted=True)


def _column(name: str) -> exp.Column:
    return exp.Column(this=_name(name))


def _text(query: exp.Expr) -> str:
    return query.sql(dialect="spark")
