"""SQLite, 3.37 or newer with its mathematical functions and those of `sqlite_functions.py`
(docs/adr/0035-sqlalchemy.md).

Days are texts; times are whole numbers, microseconds since 1970, of a civil time as if it were UTC.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import ClassVar

from sqlglot import exp

from kpidsl.semantic.types import DataType
from kpidsl.sql.dialects import shapes
from kpidsl.sql.dialects.base import Call, Dialect, Statement, Untranslatable
from kpidsl.sql.dialects.kinds import Kinds, kind_of, mark, marked
from kpidsl.sql.dialects.nested import numbered_alike
from kpidsl.sql.dialects.patterns import BLANKS

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = 86_400_000_000
_LARGEST = "1.7976931348623157e308"
_PARTS = {"year": "%Y", "month": "%m", "day": "%d", "hour": "%H"}
_CASES = 8
"""Up to so many numbers are picked by a CASE."""
_TIMES = (DataType.TIMESTAMP, DataType.INSTANT)


class Sqlite(Dialect):
    name = "sqlite"
    limb_bits = 30
    functions: ClassVar[frozenset[str]] = frozenset({
        *Dialect.functions, "floor", "ceiling", "sqrt", "lag", "lead", "sign", "trunc", "trim", "strftime", "julianday",
        "date", "dense_rank", "kpidsl_real", "kpidsl_offset", "kpidsl_at", "kpidsl_bit_count",
        "kpidsl_bit_or", "kpidsl_written", "kpidsl_sorted", "kpidsl_edge",
    })  # fmt: skip
    kept = frozenset({exp.Values, exp.Tuple, exp.DPipe})

    def text(
        self, query: exp.Expr, tables: Mapping[str, str], kinds: Kinds | None = None, *, pretty: bool = False
    ) -> Statement:
        known = query.copy()
        assert isinstance(known, exp.Query)
        marked(known, kinds or {})
        numbered_alike(known)
        if any(kind_of(one) is DataType.DECIMAL for one in known.find_all(exp.Column, exp.Add, exp.Sub, exp.Mul)):
            raise Untranslatable("decimals are floating-point numbers in SQLite")
        found = super().text(known, tables, pretty=pretty)
        return Statement(found.sql, found.widths, tuple(kind_of(one) for one in known.selects))

    def calls(self) -> Mapping[str, Call]:
        return {
            "approx_count_distinct": lambda given: exp.Count(this=exp.Distinct(expressions=given)),
            "bit_count": lambda given: shapes.call("kpidsl_bit_count", *given),
            "bit_or": lambda given: shapes.call("kpidsl_bit_or", *given),
            "date_diff": _date_diff,
            "greatest": lambda given: shapes.call("max", *given),
            "least": lambda given: shapes.call("min", *given),
            "isfinite": lambda given: exp.paren(exp.LTE(this=shapes.call("abs", given[0]), expression=_real(_LARGEST))),
            "isinf": lambda given: exp.paren(exp.GT(this=shapes.call("abs", given[0]), expression=_real(_LARGEST))),
            "to_microseconds": lambda given: exp.paren(given[0]),
            "trim": lambda given: shapes.call("trim", given[0], exp.Literal.string(BLANKS)),
        }

    def _node(self, node: exp.Expr, calls: Mapping[str, Call]) -> exp.Expr:
        kind = kind_of(node)
        match node:
            case exp.Add() | exp.Sub() if kind is DataType.DATE:
                sign = "-" if isinstance(node, exp.Sub) else ""
                days = exp.DPipe(
                    this=exp.paren(exp.Mul(this=exp.paren(node.expression), expression=_number(-1 if sign else 1))),
                    expression=exp.Literal.string(" day"),
                )
                found: exp.Expr = shapes.call("date", node.this, exp.paren(days))
            case exp.NullSafeEQ():
                found = exp.Is(this=node.this, expression=node.expression)
            case exp.Anonymous() if node.name.lower() in ("timezone", "epoch_us", "date_part", "round"):
                found = _of_kind(node)
            case _:
                found = super()._node(node, calls)
        return mark(found, kind)

    def cast(self, node: exp.Cast) -> exp.Expr:
        value: exp.Expr = node.this
        to = node.to
        text = value.name if isinstance(value, exp.Literal) else None
        if to.is_type(exp.DType.INT, exp.DType.BIGINT, exp.DType.INT128):
            return _number(int(text)) if text is not None else _as(value, "INTEGER")
        if to.is_type(exp.DType.DOUBLE, exp.DType.DECIMAL):
            return _real(text) if text is not None else _as(value, "REAL")
        if to.is_type(exp.DType.DATE):
            if text is not None or kind_of(value) is DataType.DATE:
                return value
            return shapes.call("date", _seconds(value), exp.Literal.string("unixepoch"))
        if to.is_type(exp.DType.TIMESTAMP, exp.DType.TIMESTAMPTZ):
            if text is not None:
                return _number(_micros_of(text))
            return _midnight(value) if kind_of(value) is DataType.DATE else value
        if to.is_type(exp.DType.VARCHAR):
            return _text(value)
        return node

    def listed(self, columns: Mapping[str, Sequence[exp.Expr]]) -> exp.Query:
        rows = [exp.Tuple(expressions=[one.copy() for one in row]) for row in zip(*columns.values(), strict=True)]
        names = [exp.alias_(exp.column(f"column{place}"), name) for place, name in enumerate(columns, 1)]
        return exp.select(*names).from_(exp.Subquery(this=exp.Values(expressions=rows)))

    def picked(self, values: Sequence[exp.Expr], index: exp.Expr) -> exp.Expr:
        if len(values) <= _CASES:
            return super().picked(values, index)
        places = [_number(place) for place in range(1, len(values) + 1)]
        return shapes.nested_cases(exp.paren(index), places, [int(value.sql()) for value in values])

    def ordered(self, value: exp.Expr, keep: exp.Expr, places: Sequence[exp.Expr]) -> list[exp.Expr]:
        if kind_of(value) not in (DataType.INTEGER, DataType.FLOAT):
            raise Untranslatable("an order of what is no number")
        values = shapes.call("kpidsl_sorted", exp.Case().when(keep.copy(), value.copy()))
        return [shapes.call("kpidsl_at", values.copy(), place) for place in places]

    def at_edge(self, value: exp.Expr, keep: exp.Expr | None, by: Sequence[exp.Expr], *, newest: bool) -> exp.Expr:
        kept = value.copy() if keep is None else exp.Case().when(keep.copy(), value.copy())
        return shapes.call("kpidsl_edge", kept, _number(int(newest)), *(one.copy() for one in by))

    def whole_quotient(self, top: exp.Expr, below: exp.Expr) -> exp.Expr:
        return exp.Div(this=top, expression=below, typed=True, safe=True)

    def finished(self, query: exp.Expr) -> exp.Expr:
        if query.find(exp.Filter) is not None:
            raise Untranslatable("numbers so far apart that their sum takes all of them")
        for name in query.find_all(exp.Identifier):
            name.set("quoted", True)
        for one in query.find_all(exp.Ordered):
            # As SQLite does by itself: where it matters, an order says first whether a value is NULL.
            one.set("nulls_first", not one.args.get("desc"))
        return query


def _as(value: exp.Expr, kind: str) -> exp.Expr:
    return exp.Cast(this=value, to=exp.DataType.build(kind, dialect="sqlite"))


def _number(value: int) -> exp.Expr:
    literal = exp.Literal.number(abs(value))
    return literal if value >= 0 else exp.paren(exp.Neg(this=literal))


def _real(text: str) -> exp.Expr:
    """A floating-point number, to the last bit: SQLite reads a text less exactly."""
    return shapes.call("kpidsl_real", exp.Literal.string(text))


def _micros_of(text: str) -> int:
    found = (
        datetime.fromisoformat(text)
        if len(text) > 10
        else datetime.combine(date.fromisoformat(text), datetime.min.time())
    )
    return (found.replace(tzinfo=found.tzinfo or UTC) - _EPOCH) // timedelta(microseconds=1)


def _midnight(day: exp.Expr) -> exp.Expr:
    seconds = _as(shapes.call("strftime", exp.Literal.string("%s"), day), "INTEGER")
    return exp.paren(exp.Mul(this=seconds, expression=_number(1_000_000)))


def _seconds(micros: exp.Expr) -> exp.Expr:
    """Whole seconds of microseconds, downwards: before 1970, too."""
    rest = exp.Mod(
        this=exp.paren(
            exp.Add(this=exp.paren(exp.Mod(this=micros.copy(), expression=_number(_DAY))), expression=_number(_DAY))
        ),
        expression=_number(1_000_000),
    )
    floor = exp.paren(exp.Sub(this=micros, expression=exp.paren(rest)))
    return exp.paren(exp.Div(this=floor, expression=_number(1_000_000), typed=True, safe=True))


def _text(value: exp.Expr) -> exp.Expr:
    """A value as DuckDB writes it."""
    match kind_of(value):
        case DataType.BOOLEAN:
            return (
                exp.Case()
                .when(value.copy(), exp.Literal.string("true"))
                .when(exp.not_(exp.paren(value.copy())), exp.Literal.string("false"))
            )
        case DataType.TIMESTAMP | DataType.INSTANT as kind:
            return shapes.call("kpidsl_written", value, exp.Literal.string("+00" if kind is DataType.INSTANT else ""))
        case DataType.INTEGER | DataType.TEXT | DataType.DATE:
            return _as(value, "TEXT")
        case _:
            raise Untranslatable("floating-point numbers as texts")


def _of_kind(node: exp.Anonymous) -> exp.Expr:
    """A call whose meaning follows from what it is given."""
    given = node.expressions
    match node.name.lower():
        case "timezone":
            to_civil = kind_of(node) is DataType.TIMESTAMP
            moved = shapes.call("kpidsl_offset", given[1].copy(), given[0], _number(int(not to_civil)))
            found = exp.Add if to_civil else exp.Sub
            return exp.paren(found(this=given[1], expression=moved))
        case "epoch_us":
            return given[0] if kind_of(given[0]) in _TIMES else _midnight(given[0])
        case "date_part":
            return _date_part(given[0].name, given[1])
        case _:
            return _round(given)


def _date_part(part: str, value: exp.Expr) -> exp.Expr:
    def read(code: str) -> exp.Expr:
        at = [_seconds(value.copy()), exp.Literal.string("unixepoch")] if kind_of(value) in _TIMES else [value.copy()]
        return _as(shapes.call("strftime", exp.Literal.string(code), *at), "INTEGER")

    if part == "isodow":
        monday = exp.Mod(this=exp.paren(exp.Add(this=read("%w"), expression=_number(6))), expression=_number(7))
        return exp.paren(exp.Add(this=exp.paren(monday), expression=_number(1)))
    if part == "quarter":
        months = exp.paren(exp.Add(this=read("%m"), expression=_number(2)))
        return exp.paren(exp.Div(this=months, expression=_number(3), typed=True, safe=True))
    if part not in _PARTS:
        raise Untranslatable(f"the {part} of a time")
    return read(_PARTS[part])


def _date_diff(given: list[exp.Expr]) -> exp.Expr:
    unit, start, end = given
    if unit.name == "day":
        # Both begin at midnight, so that the difference is a whole number.
        return _as(
            exp.paren(exp.Sub(this=shapes.call("julianday", end), expression=shapes.call("julianday", start))),
            "INTEGER",
        )
    if unit.name != "month":
        raise Untranslatable(f"differences in {unit.name}s")

    def months(on: exp.Expr) -> exp.Expr:
        year, month = (
            _as(shapes.call("strftime", exp.Literal.string(one), on.copy()), "INTEGER") for one in ("%Y", "%m")
        )
        return exp.paren(exp.Add(this=exp.Mul(this=year, expression=_number(12)), expression=month))

    return exp.paren(exp.Sub(this=months(end), expression=months(start)))


def _round(given: list[exp.Expr]) -> exp.Expr:
    """Half away from zero."""
    value = given[0]
    if kind_of(value) is DataType.INTEGER and len(given) == 1:
        return value
    if kind_of(value) is not DataType.FLOAT or len(given) > 1:
        raise Untranslatable("a number rounded to some digits")
    whole = shapes.call("trunc", value.copy())
    rest = shapes.call("abs", exp.paren(exp.Sub(this=value.copy(), expression=whole.copy())))
    step = exp.Case().when(exp.GTE(this=rest, expression=_real("0.5")), shapes.call("sign", value)).else_(_number(0))
    return exp.paren(exp.Add(this=whole, expression=step))
