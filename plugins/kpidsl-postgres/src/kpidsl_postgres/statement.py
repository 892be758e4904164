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


def asked(table: str, schema: str | None, request: ScanRequest, types: dict[str, DataType]) -> str:
    """The table in parentheses, to stand behind FROM, with the requested columns: texts compared by their code points,
    floating-point numbers in 8 bytes, and what Arrow or a decimal cannot hold ends the query. The column of the time is
    itself, so that an index serves.
    """
    picked = [_asked(column.name, types[column.name], column.name == request.time_column) for column in request.columns]
    query = exp.select(*picked or [exp.alias_(exp.Literal.number(1), "present")]).from_(_table(table, schema))
    return _text(query.subquery())


def _asked(name: str, kind: DataType, is_time: bool) -> exp.Expr:
    column = _column(name)
    value: exp.Expr = column
    if kind is DataType.TEXT:
        value = exp.Collate(this=exp.cast(column, "text"), expression=exp.to_identifier("C", quoted=True))
    elif kind is DataType.FLOAT:
        value = exp.cast(column, "double precision", dialect="postgres")
    elif kind is DataType.DECIMAL:
        # NaN and Infinity have no scale.
        number = exp.not_(exp.Is(this=exp.Anonymous(this="scale", expressions=[column.copy()]), expression=exp.null()))
        unknown = exp.Is(this=column.copy(), expression=exp.null())
        value = exp.Case().when(exp.or_(unknown, number), column).else_(_ending(name, "numeric"))
    elif kind.is_time and not is_time:
        return _picked(name, kind)
    return exp.alias_(value, exp.to_identifier(name, quoted=True))


def _ending(name: str, kind: str) -> exp.Expr:
    """What cannot be computed, and says why."""
    told = exp.DPipe(this=exp.Literal.string(f"column {name} holds "), expression=exp.cast(_column(name), "text"))
    return exp.cast(exp.paren(told), kind, dialect="postgres")


def _picked(name: str, kind: DataType) -> exp.Expr:
    column = _column(name)
    value: exp.Expr = column
    if kind in (DataType.DECIMAL, DataType.TEXT):
        value = exp.cast(column, "text")
    elif kind.is_time:
        finite = exp.If(this=exp.Anonymous(this="isfinite", expressions=[column.copy()]), true=column)
        value = exp.Case(ifs=[finite], default=_ending(name, _NAMES[kind]))
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
