"""The statement that reads a table, as a sqlglot expression: names and values never become SQL as they are."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlglot import exp

from kpidsl.hookspecs import ScanRequest
from kpidsl.semantic.types import DataType

_NAMES = {DataType.DATE: "date", DataType.TIMESTAMP: "timestamp", DataType.INSTANT: "timestamptz"}


def everything(table: str, schema: str | None) -> str:
    """No rows, all columns."""
    return _text(exp.select("*").from_(_table(table, schema)).limit(0))


def rows(table: str, schema: str | None, request: ScanRequest, types: dict[str, DataType], timezone: str) -> str:
    """The requested columns of the rows that a window can want. A decimal comes as its text, for the driver has no
    exact number for it; a day or time that is infinite, which Arrow does not know, ends the query.
    """
    picked = [_picked(column.name, types[column.name]) for column in request.columns]
    query = exp.select(*picked or [exp.alias_(exp.Literal.number(1), "present")]).from_(_table(table, schema))
    condition = _in_time(request, types, timezone)
    return _text(query if condition is None else query.where(condition))


def _picked(name: str, kind: DataType) -> exp.Expr:
    column = _column(name)
    value: exp.Expr = column
    if kind in (DataType.DECIMAL, DataType.TEXT):
        value = exp.cast(column, "text")
    elif kind.is_time:
        told = exp.DPipe(this=exp.Literal.string(f"column {name} holds "), expression=exp.cast(column.copy(), "text"))
        finite = exp.If(this=exp.Anonymous(this="isfinite", expressions=[column.copy()]), true=column)
        value = exp.Case(ifs=[finite], default=exp.cast(exp.paren(told), _NAMES[kind], dialect="postgres"))
    return exp.alias_(value, exp.to_identifier(name, quoted=True))


def _in_time(request: ScanRequest, types: dict[str, DataType], timezone: str) -> exp.Expr | None:
    """The rows in the time range, and those without a time. A civil bound is a day wider than asked: the hour that
    occurs twice is for the engine, which looks again.
    """
    name = request.time_column
    kind = types.get(name) if name is not None else None
    wanted = next((column.as_type for column in request.columns if column.name == name), None)
    if name is None or kind is None or not kind.is_time or wanted not in (None, kind):
        return None
    parts: list[exp.Expr] = []
    if request.start is not None:
        parts.append(exp.GTE(this=_column(name), expression=_bound(request.start, -1, kind, timezone)))
    if request.end is not None:
        parts.append(exp.LT(this=_column(name), expression=_bound(request.end, 1, kind, timezone)))
    if not parts:
        return None
    return exp.or_(exp.and_(*parts), exp.Is(this=_column(name), expression=exp.null()))


def _bound(moment: datetime, wider: int, kind: DataType, timezone: str) -> exp.Expr:
    if kind is DataType.INSTANT:
        return exp.cast(exp.Literal.string(moment.isoformat()), "timestamptz", dialect="postgres")
    civil = moment.astimezone(ZoneInfo(timezone)).replace(tzinfo=None) + timedelta(days=wider)
    return exp.cast(exp.Literal.string(civil.isoformat()), "timestamp", dialect="postgres")


def _table(table: str, schema: str | None) -> exp.Table:
    return exp.Table(
        this=exp.to_identifier(table, quoted=True),
        db=exp.to_identifier(schema, quoted=True) if schema is not None else None,
    )


def _column(name: str) -> exp.Column:
    return exp.Column(this=exp.to_identifier(name, quoted=True))


def _text(query: exp.Expr) -> str:
    return query.sql(dialect="postgres")
