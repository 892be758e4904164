"""MariaDB, 10.6 or newer (docs/adr/0035-sqlalchemy.md). Its session is in UTC, so that a moment is a DATETIME like any
other; which of them are moments is known by their kind.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import ClassVar

from sqlglot import exp

from kpidsl.semantic.types import DataType
from kpidsl.sql.dialects import shapes, zones
from kpidsl.sql.dialects.base import Call, Dialect, Statement, Untranslatable
from kpidsl.sql.dialects.kinds import Kinds, kind_of, mark, marked
from kpidsl.sql.dialects.nested import aggregated_first, numbered_alike
from kpidsl.sql.dialects.patterns import BLANKS, anchored, common

_CASES = 8
"""Up to so many bounds a CASE costs less than a search among constants."""
_UNIONS = 16
"""Up to so many rows of literals are written as SELECTs."""
_ALL = 2**63
"""A limit that no table reaches."""
_COLLATION = "utf8mb4_nopad_bin"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PARTS = {"year": "YEAR", "quarter": "QUARTER", "month": "MONTH", "day": "DAYOFMONTH", "hour": "HOUR"}


class MySql(Dialect):
    name = "mysql"
    functions: ClassVar[frozenset[str]] = frozenset({
        *Dialect.functions, "greatest", "least", "floor", "ceiling", "sqrt", "lag", "lead", "bit_or", "sign",
        "truncate", "bit_count", "interval", "elt", "weekday", "datediff", "regexp_instr", "regexp_replace", "round",
        "year", "quarter", "month", "dayofmonth", "hour", "substring_index", "dense_rank", "concat", "group_concat",
    })  # fmt: skip
    kept = frozenset({
        exp.DateAdd, exp.TimestampDiff, exp.GroupConcat, exp.Collate, exp.JSONTable, exp.JSONSchema, exp.JSONColumnDef,
    })  # fmt: skip

    def text(
        self, query: exp.Expr, tables: Mapping[str, str], kinds: Kinds | None = None, *, pretty: bool = False
    ) -> Statement:
        known = query.copy()
        assert isinstance(known, exp.Query)
        marked(known, kinds or {})
        numbered_alike(known)
        found = super().text(known, tables, pretty=pretty)
        return Statement(found.sql, found.widths, tuple(kind_of(one) for one in known.selects))

    def calls(self) -> Mapping[str, Call]:
        return {
            "approx_count_distinct": lambda given: exp.Count(this=exp.Distinct(expressions=given)),
            "date_diff": _date_diff,
            "date_part": _date_part,
            "epoch_us": lambda given: _micros(given[0]),
            # There are neither infinite numbers nor NaN.
            "isfinite": lambda given: exp.paren(exp.EQ(this=given[0].copy(), expression=given[0].copy())),
            "isinf": lambda given: exp.paren(exp.NEQ(this=given[0].copy(), expression=given[0].copy())),
            "trim": lambda given: shapes.call(
                "regexp_replace", given[0], exp.Literal.string(f"^[{BLANKS}]+|[{BLANKS}]+\\z"), exp.Literal.string("")
            ),
            "trunc": lambda given: shapes.call("truncate", given[0], exp.Literal.number(0)),
        }

    def _node(self, node: exp.Expr, calls: Mapping[str, Call]) -> exp.Expr:
        kind = kind_of(node)
        match node:
            case exp.Add() | exp.Sub() if kind in (DataType.DATE, DataType.TIMESTAMP, DataType.INSTANT):
                found = _later(node)
            case exp.Anonymous() if node.name.lower() == "round":
                found = _round(node)
            case _:
                found = super()._node(node, calls)
        return mark(found, kind)

    def cast(self, node: exp.Cast) -> exp.Expr:
        value, to = node.this, node.to
        if to.is_type(exp.DType.INT, exp.DType.BIGINT, exp.DType.INT128) and isinstance(value, exp.Literal):
            number = value.name.lstrip("-")
            return (
                exp.Literal.number(number)
                if number == value.name
                else exp.paren(exp.Neg(this=exp.Literal.number(number)))
            )
        if to.is_type(exp.DType.INT128):
            # A double becomes a decimal by the shortest text that means it: limbs, which are less than 2^60, do not.
            is_limb = isinstance(value, exp.Anonymous) and value.name.lower() == "truncate"
            return _as(value, "SIGNED" if is_limb else "DECIMAL(65, 0)")
        if to.is_type(exp.DType.INT, exp.DType.BIGINT):
            return _as(value, "SIGNED")
        if to.is_type(exp.DType.TIMESTAMP, exp.DType.TIMESTAMPTZ):
            if isinstance(value, exp.Literal):
                value = exp.Literal.string(value.name.removesuffix("+00:00"))
            return _as(value, "DATETIME(6)")
        if to.is_type(exp.DType.VARCHAR):
            return _text(value)
        return node

    def bucket(self, value: exp.Expr, bounds: Sequence[exp.Expr], numbers: Sequence[int]) -> exp.Expr:
        if len(bounds) <= _CASES:
            return shapes.nested_cases(value, bounds, numbers)
        known = [bound for bound in bounds if not isinstance(bound, exp.Null)]
        times = [exp.Literal.number(_micros_of(bound)) for bound in known]
        place = shapes.call("interval", exp.Anonymous(this="epoch_us", expressions=[value.copy()]), *times)
        if len(known) < len(bounds):
            place = exp.paren(exp.Add(this=place, expression=exp.Literal.number(1)))
        return self.picked([exp.Literal.number(number) for number in numbers], place)

    def listed(self, columns: Mapping[str, Sequence[exp.Expr]]) -> exp.Query:
        rows = list(zip(*columns.values(), strict=True))
        if len(rows) <= _UNIONS or not all(isinstance(one, exp.Literal) for row in rows for one in row):
            return super().listed(columns)
        texts = {name for name, values in columns.items() if values[0].is_string}
        values = [[one.name if one.is_string else int(one.name) for one in row] for row in rows]
        defined = [
            exp.JSONColumnDef(
                this=exp.to_identifier(name),
                kind=exp.DataType.build("LONGTEXT" if name in texts else "BIGINT", dialect="mysql"),
                path=exp.Literal.string(f"$[{place}]"),
            )
            for place, name in enumerate(columns)
        ]
        table = exp.JSONTable(
            this=exp.Literal.string(json.dumps(values, ensure_ascii=False, separators=(",", ":"))),
            schema=exp.JSONSchema(expressions=defined),
            path=exp.Literal.string("$[*]"),
        )
        picked = [
            exp.alias_(_collated(exp.column(name)) if name in texts else exp.column(name), name) for name in columns
        ]
        # With a limit it is a table of its own, which is searched by a key.
        return exp.select(*picked).from_(exp.alias_(exp.Table(this=table), "j", table=True)).limit(len(rows))

    def picked(self, values: Sequence[exp.Expr], index: exp.Expr) -> exp.Expr:
        texts = [exp.Literal.string(value.sql()) for value in values]
        return _as(shapes.call("elt", index, *texts), "SIGNED")

    def ordered(self, value: exp.Expr, keep: exp.Expr, places: Sequence[exp.Expr]) -> list[exp.Expr]:
        kind = kind_of(value)
        kept = exp.Case().when(keep.copy(), value.copy())
        values = exp.GroupConcat(
            this=exp.Order(this=kept, expressions=[exp.Ordered(this=value.copy())]), separator=exp.Literal.string(",")
        )
        count = exp.Count(this=exp.Case().when(keep.copy(), exp.Literal.number(1)))

        def at(place: exp.Expr) -> exp.Expr:
            upto = shapes.call("substring_index", values.copy(), exp.Literal.string(","), place.copy())
            last = shapes.call("substring_index", upto, exp.Literal.string(","), exp.Literal.number(-1))
            there = exp.LTE(this=exp.paren(place.copy()), expression=count.copy())
            return exp.Case().when(there, _read(last, kind))

        return [at(place) for place in places]

    def at_edge(self, value: exp.Expr, keep: exp.Expr | None, by: Sequence[exp.Expr], *, newest: bool) -> exp.Expr:
        order: list[exp.Expr] = []
        for one in by:
            order.append(exp.Ordered(this=exp.Is(this=one.copy(), expression=exp.null()), desc=newest))
            order.append(exp.Ordered(this=one.copy(), desc=newest))
        kept = value.copy() if keep is None else exp.Case().when(keep.copy(), value.copy())
        first = exp.Limit(this=exp.Order(this=kept, expressions=order), expression=exp.Literal.number(1))
        # sqlglot would write a separator behind the limit, where the server does not read it.
        return _read(shapes.call("group_concat", first), kind_of(value))

    def matches(self, value: exp.Expr, pattern: str) -> exp.Expr:
        found = shapes.call("regexp_instr", value, exp.Literal.string(anchored(common(pattern))))
        return exp.paren(exp.GT(this=found, expression=exp.Literal.number(0)))

    def finished(self, query: exp.Expr) -> exp.Expr:
        if query.find(exp.Filter) is not None:
            raise Untranslatable("numbers so far apart that their sum takes all of them")
        found = aggregated_first(query, exp.GroupConcat)
        # Tables of zones are long: they are written once everything else is in its place.
        for call in shapes.every(found, exp.Anonymous):
            if call.name.lower() == "timezone":
                zone, value = call.expressions
                call.replace(_timezone(zone.name, value, to_civil=kind_of(call) is DataType.TIMESTAMP))
        for select in found.find_all(exp.Select):
            if select.args.get("having") is not None:
                # Groups as many as rows: sorted, not looked up one by one.
                select.set("operation_modifiers", [exp.var("SQL_BIG_RESULT")])
        for join in found.find_all(exp.Join):
            _keyed(join)
        for name in found.find_all(exp.Identifier):
            name.set("quoted", True)
        for one in found.find_all(exp.Ordered):
            # As the server does by itself: where it matters, an order says first whether a value is NULL.
            one.set("nulls_first", not one.args.get("desc"))
        return found


def _as(value: exp.Expr, kind: str) -> exp.Expr:
    return exp.Cast(this=value, to=exp.DataType.build(kind, dialect="mysql"))


def _collated(value: exp.Expr) -> exp.Expr:
    of = exp.Cast(this=value, to=exp.DataType.build("CHAR CHARACTER SET utf8mb4", dialect="mysql"))
    return exp.Collate(this=of, expression=exp.var(_COLLATION))


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
            whole = _as(_as(value, "DATETIME(6)"), "CHAR")
            short = shapes.call("regexp_replace", whole, exp.Literal.string("\\.?0+\\z"), exp.Literal.string(""))
            return shapes.call("concat", short, exp.Literal.string("+00")) if kind is DataType.INSTANT else short
        case DataType.FLOAT:
            raise Untranslatable("floating-point numbers as texts")
        case _:
            return _as(value, "CHAR")


def _read(text: exp.Expr, kind: DataType | None) -> exp.Expr:
    """The value that a text of the server's own stands for."""
    match kind:
        case DataType.INTEGER | DataType.BOOLEAN:
            return _as(text, "DECIMAL(65, 0)")
        case DataType.DECIMAL:
            return _as(text, "DECIMAL(65, 38)")
        case DataType.FLOAT:
            return _as(text, "DOUBLE")
        case DataType.DATE:
            return _as(text, "DATE")
        case DataType.TEXT:
            return text
        case _:
            raise Untranslatable("a value in order whose kind is not known")


def _keyed(join: exp.Join) -> None:
    """Have a source that is joined by a text in a table of its own, which gets a key. Where its text is but an
    expression – the column in another collation –, every row would be compared with all of it.
    """
    table, on = join.this, join.args.get("on")
    if (
        isinstance(table, exp.Table)
        and on is not None
        and any(kind_of(one.this) is DataType.TEXT for one in on.find_all(exp.EQ))
    ):
        inner = exp.alias_(exp.Table(this=table.this.copy()), "x", table=True)
        join.set("this", exp.select(exp.Star()).from_(inner).limit(_ALL).subquery(table.alias))


# ---------------------------------------------------------------- times
def _micros(value: exp.Expr) -> exp.Expr:
    epoch = _as(exp.Literal.string("1970-01-01"), "DATETIME(6)")
    return exp.TimestampDiff(this=value, expression=epoch, unit=exp.var("MICROSECOND"))


def _micros_of(bound: exp.Expr) -> int:
    """Microseconds since 1970 of a literal time; of a day its midnight, of a civil time as if it were UTC."""
    text = bound.this.name
    found = (
        datetime.fromisoformat(text)
        if len(text) > 10
        else datetime.combine(date.fromisoformat(text), datetime.min.time())
    )
    return (found.replace(tzinfo=found.tzinfo or UTC) - _EPOCH) // (datetime.resolution)


def _later(node: exp.Expr) -> exp.Expr:
    """A time and a length: days to a day, microseconds to a time."""
    length, unit = node.expression, "DAY"
    if isinstance(length, exp.Anonymous) and length.name.lower() == "to_microseconds":
        length, unit = length.expressions[0], "MICROSECOND"
    elif kind_of(node.this) is not DataType.DATE:
        raise Untranslatable("a time and a length whose unit is not known")
    if isinstance(node, exp.Sub):
        length = exp.Neg(this=exp.paren(length))
    return exp.DateAdd(this=node.this, expression=exp.paren(length), unit=exp.var(unit))


def _timezone(zone: str, value: exp.Expr, *, to_civil: bool) -> exp.Expr:
    """A moment on a zone's clock, or the moment of a civil time there. Outside the years whose changes are known the
    offset is a text that is no number, of which the server warns.
    """
    times, offsets = zones.changes(zone, civil=not to_civil)
    bounds = [exp.Literal.number(at * 1_000_000) for at in (*times, zones.LAST)]
    sign = 1 if to_civil else -1
    texts = [exp.Literal.string(text) for text in ("unknown", *(str(sign * one) for one in offsets), "unknown")]
    place = exp.Add(this=shapes.call("interval", _micros(value.copy()), *bounds), expression=exp.Literal.number(1))
    seconds = _as(shapes.call("elt", place, *texts), "SIGNED")
    return exp.DateAdd(this=value, expression=seconds, unit=exp.var("SECOND"))


def _date_part(given: list[exp.Expr]) -> exp.Expr:
    part, value = given[0].name, given[1]
    if part == "isodow":
        return exp.paren(exp.Add(this=shapes.call("weekday", value), expression=exp.Literal.number(1)))
    if part not in _PARTS:
        raise Untranslatable(f"the {part} of a time")
    return shapes.call(_PARTS[part], value)


def _date_diff(given: list[exp.Expr]) -> exp.Expr:
    unit, start, end = given
    if unit.name == "day":
        return shapes.call("datediff", end, start)
    if unit.name != "month":
        raise Untranslatable(f"differences in {unit.name}s")

    def months(on: exp.Expr) -> exp.Expr:
        years = exp.Mul(this=shapes.call("year", on.copy()), expression=exp.Literal.number(12))
        return exp.paren(exp.Add(this=years, expression=shapes.call("month", on.copy())))

    return exp.paren(exp.Sub(this=months(end), expression=months(start)))


def _round(node: exp.Anonymous) -> exp.Expr:
    """Half away from zero; of doubles the server takes the even number."""
    value: exp.Expr = node.expressions[0]
    digits = node.expressions[1:]
    if kind_of(value) is DataType.DECIMAL:
        return shapes.call("round", value, *(digits or [exp.Literal.number(0)]))
    if kind_of(value) is DataType.INTEGER and not digits:
        return value
    if kind_of(value) is not DataType.FLOAT or digits:
        raise Untranslatable("a number that is not decimal rounded to some digits")
    whole = shapes.call("truncate", value.copy(), exp.Literal.number(0))
    rest = shapes.call("abs", exp.paren(exp.Sub(this=value.copy(), expression=whole.copy())))
    half = exp.GTE(this=rest, expression=_as(exp.Literal.string("0.5"), "DOUBLE"))
    step = exp.Case().when(half, shapes.call("sign", value)).else_(exp.Literal.number(0))
    return exp.paren(exp.Add(this=whole, expression=step))
