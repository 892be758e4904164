"""Spark SQL, 4.0 or newer, in a session whose time zone is UTC, in ANSI mode (docs/adr/0036-spark.md)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import ClassVar

from sqlglot import exp

from kpidsl.semantic.types import DataType
from kpidsl.sql.dialects import shapes
from kpidsl.sql.dialects.base import Call, Dialect, Statement, Untranslatable
from kpidsl.sql.dialects.grid import grid
from kpidsl.sql.dialects.kinds import Kinds, kind_of, mark, marked
from kpidsl.sql.dialects.nested import aggregated_first
from kpidsl.sql.dialects.patterns import BLANKS, anchored, common

_CASES = 64
"""More bounds than these are looked up: of 1,500 halvings Spark's compiler makes nothing that runs fast."""
PLAIN_LETTERS = (
    "^[\\x{0}-\\x{DE}\\x{E0}-\\x{12F}\\x{131}-\\x{148}\\x{14A}-\\x{17F}\\x{400}-\\x{45F}"
    "\\x{2000}-\\x{206F}\\x{20A0}-\\x{20BF}\\x{3000}-\\x{9FFF}\\x{AC00}-\\x{D7A3}\\x{1F300}-\\x{1F6FF}]*\\z"
)
"""Texts whose letters each have one letter of the other case: for others Java and DuckDB differ."""


class Spark(Dialect):
    name = "spark"
    # Sums of BIGINT are BIGINT, and an overflow is an error: 2^35 rows of a limb, or 2^33 of three, add up.
    limb_bits = 28
    functions: ClassVar[frozenset[str]] = frozenset(
        {
            *Dialect.functions, "greatest", "least", "sqrt", "lag", "lead", "bit_or", "bit_count", "round", "btrim",
            "lower", "upper", "raise_error", "from_utc_timestamp", "to_utc_timestamp", "unix_micros",
            "timestamp_micros", "date_part", "datediff", "struct", "max_by", "min_by", "get", "split", "explode",
            "sequence", "sort_array",
        }
    )  # fmt: skip
    kept = frozenset({exp.RegexpLike, exp.Values, exp.Tuple, exp.ArrayAgg, exp.Array})

    def text(
        self, query: exp.Expr, tables: Mapping[str, str], kinds: Kinds | None = None, *, pretty: bool = False
    ) -> Statement:
        known = query.copy()
        marked(known, kinds or {})
        return super().text(known, tables, pretty=pretty)

    def calls(self) -> Mapping[str, Call]:
        return {
            "approx_count_distinct": lambda given: exp.Count(this=exp.Distinct(expressions=given)),
            "ceiling": lambda given: _toward(given[0], exp.GT, exp.Add),
            "date_diff": _date_diff,
            "date_part": _date_part,
            "epoch_us": lambda given: shapes.call("unix_micros", _as(given[0], "TIMESTAMP")),
            "floor": lambda given: _toward(given[0], exp.LT, exp.Sub),
            "isfinite": lambda given: exp.paren(
                exp.and_(
                    exp.GT(this=given[0].copy(), expression=_double("-Infinity")),
                    exp.LT(this=given[0].copy(), expression=_double("Infinity")),
                )
            ),
            "isinf": lambda given: exp.In(this=given[0], expressions=[_double("Infinity"), _double("-Infinity")]),
            "lower": lambda given: _in_case("lower", given[0]),
            "round": _rounded,
            "row": _row,
            "timezone": _in_zone,
            "trim": lambda given: shapes.call("btrim", given[0], exp.Literal.string(BLANKS)),
            "upper": lambda given: _in_case("upper", given[0]),
        }  # fmt: skip

    def _node(self, node: exp.Expr, calls: Mapping[str, Call]) -> exp.Expr:
        return mark(super()._node(node, calls), kind_of(node))

    def cast(self, node: exp.Cast) -> exp.Expr:
        if node.to.is_type(exp.DType.INT128):
            if isinstance(node.this, exp.Anonymous) and node.this.name.lower() == "trunc":
                return _as(node.this.expressions[0], "BIGINT")  # a limb, which Spark cuts at the point, too
            return _as(node.this, "DECIMAL(38, 0)")
        if node.to.is_type(exp.DType.TIMESTAMP):
            return _as(node.this, "TIMESTAMP_NTZ")
        return node

    def bucket(self, value: exp.Expr, bounds: Sequence[exp.Expr], numbers: Sequence[int]) -> exp.Expr:
        known = [bound for bound in bounds if not isinstance(bound, exp.Null)]
        found = grid(known) if len(bounds) > _CASES else None
        if found is None:
            return shapes.nested_cases(value, bounds, numbers)
        since = exp.paren(
            exp.Sub(this=shapes.call("unix_micros", _as(value.copy(), "TIMESTAMP")), expression=_int(found.start))
        )
        unit = _int(found.unit)
        cell = shapes.call("least", exp.IntDiv(this=since, expression=unit.copy()), _int(len(found.before) - 1))
        place = _at(found.before, cell)
        offset = exp.Sub(this=since.copy(), expression=exp.Mul(this=cell.copy(), expression=unit))
        for inside in found.inside:
            reached = exp.GTE(this=offset.copy(), expression=_at(inside, cell))
            step = exp.Case().when(reached, _int(1)).else_(_int(0))
            place = exp.Add(this=place, expression=step)
        number = _at(numbers[len(bounds) - len(known) :], exp.Sub(this=exp.paren(place), expression=_int(1)))
        there = exp.Case().when(exp.GTE(this=value.copy(), expression=known[0].copy()), number)
        if len(known) < len(bounds):
            there = there.when(exp.not_(exp.Is(this=value.copy(), expression=exp.null())), _int(numbers[0]))
        return there

    def listed(self, columns: Mapping[str, Sequence[exp.Expr]]) -> exp.Query:
        count = len(next(iter(columns.values())))
        numbers = {name: _whole_numbers(items) for name, items in columns.items()}
        if count > _CASES and all(items is not None for items in numbers.values()):
            places = shapes.call("explode", shapes.call("sequence", _int(0), _int(count - 1)))
            picked = [exp.alias_(_at(items or (), exp.column("i")), name) for name, items in numbers.items()]
            return exp.select(*picked).from_(exp.select(exp.alias_(places, "i")).subquery("v"))
        rows = [tuple(item.copy() for item in row) for row in zip(*columns.values(), strict=True)]
        return exp.select("*").from_(exp.values(rows, alias="v", columns=list(columns)))

    def picked(self, values: Sequence[exp.Expr], index: exp.Expr) -> exp.Expr:
        numbers = _whole_numbers(values)
        if numbers is None:
            raise Untranslatable("a list of what are no whole numbers")
        return _at(numbers, exp.Sub(this=exp.paren(index.copy()), expression=_int(1)))

    def ordered(self, value: exp.Expr, keep: exp.Expr, places: Sequence[exp.Expr]) -> list[exp.Expr]:
        values = shapes.call("sort_array", exp.ArrayAgg(this=exp.Case().when(keep.copy(), value)))
        one = exp.Literal.number(1)
        return [
            shapes.call("get", values.copy(), _as(exp.Sub(this=exp.paren(place.copy()), expression=one.copy()), "INT"))
            for place in places
        ]

    def at_edge(self, value: exp.Expr, keep: exp.Expr | None, by: Sequence[exp.Expr], *, newest: bool) -> exp.Expr:
        order: exp.Expr = _row([part.copy() for part in by])
        if keep is not None:
            order = exp.Case().when(keep.copy(), order)
        return shapes.call("max_by" if newest else "min_by", value.copy(), order)

    def matches(self, value: exp.Expr, pattern: str) -> exp.Expr:
        return exp.paren(exp.RegexpLike(this=value, expression=exp.Literal.string(anchored(common(pattern)))))

    def finished(self, query: exp.Expr) -> exp.Expr:
        for node in shapes.every(query, exp.Binary):
            moved = node.args["expression"]
            if isinstance(moved, exp.Anonymous) and moved.name.lower() == "to_microseconds":
                micros = shapes.call("unix_micros", _as(node.this, "TIMESTAMP"))
                later = type(node)(this=micros, expression=exp.paren(moved.expressions[0]))
                node.replace(_as(shapes.call("timestamp_micros", later), "TIMESTAMP"))
        for part in query.find_all(exp.CTE):
            part.set("materialized", None)
        for numbered in list(query.find_all(exp.Window)):
            if isinstance(numbered.this, exp.RowNumber) and numbered.args.get("order") is None:
                _number_steadily(numbered)
        for call in shapes.every(query, exp.Anonymous):
            if call.name.lower() == "trunc":
                call.replace(_whole(call.expressions[0]))
        return aggregated_first(query, exp.ArrayAgg)


def _row(given: list[exp.Expr]) -> exp.Expr:
    """Values to order by, NULL being the greatest: in a structure it is the least, so whether it is one comes first."""
    unknown = [exp.paren(exp.Is(this=one.copy(), expression=exp.null())) for one in given]
    return shapes.call("struct", *(part for pair in zip(unknown, given, strict=True) for part in pair))


def _number_steadily(window: exp.Window) -> None:
    """Numbers for rows that are the same whenever Spark computes them, which it does as often as they are used: the
    rows of one time and key are counted by all they have, those that are alike in any order.
    """
    select = window.find_ancestor(exp.Select)
    named = {one.alias: one.this for one in select.expressions if one.this is not window} if select is not None else {}
    keys = [value for name, value in named.items() if re.fullmatch(r"tick|k\d+", name)]
    if not keys:
        raise Untranslatable("rows that are numbered by nothing")
    order = [exp.Ordered(this=value.copy()) for value in named.values()]
    within = exp.Window(
        this=exp.RowNumber(),
        partition_by=[key.copy() for key in keys],
        order=exp.Order(expressions=order),
    )
    window.replace(shapes.call("struct", *(key.copy() for key in keys), within))


def _in_zone(given: list[exp.Expr]) -> exp.Expr:
    """An instant on a zone's clock, or what such a clock shows as an instant: Spark has a function for each."""
    zone, moment = given
    match kind_of(moment):
        case DataType.INSTANT:
            return _as(shapes.call("from_utc_timestamp", moment, zone), "TIMESTAMP_NTZ")
        case DataType.TIMESTAMP | DataType.DATE:
            return _as(shapes.call("to_utc_timestamp", _as(moment, "TIMESTAMP"), zone), "TIMESTAMP")
        case _:
            raise Untranslatable("a time of which is not known whether it has a zone")


def _rounded(given: list[exp.Expr]) -> exp.Expr:
    """Half away from zero. Of a floating-point number Spark rounds the shortest decimal, DuckDB a product."""
    if len(given) > 1 and kind_of(given[0]) not in (DataType.INTEGER, DataType.DECIMAL):
        raise Untranslatable("floating-point numbers are rounded to digits in another way by spark")
    return shapes.call("round", given[0], *(_as(digits, "INT") for digits in given[1:]))


def _as(value: exp.Expr, kind: str) -> exp.Expr:
    return exp.Cast(this=value, to=exp.DataType.build(kind, dialect="spark"))


def _int(number: int) -> exp.Expr:
    return exp.Literal.number(number) if number >= 0 else exp.paren(exp.Neg(this=exp.Literal.number(-number)))


def _whole_numbers(items: Sequence[exp.Expr]) -> list[int] | None:
    """What literals are, where they are whole numbers."""
    if not all(isinstance(item, exp.Literal) and not item.is_string and "." not in item.name for item in items):
        return None
    return [int(item.name) for item in items]


def _numbers(numbers: Sequence[int]) -> exp.Expr:
    """Whole numbers as a list, from one text: Spark takes seconds to read a thousand literals."""
    text = exp.Literal.string(",".join(map(str, numbers)))
    return _as(shapes.call("split", text, exp.Literal.string(",")), "ARRAY<BIGINT>")


def _at(numbers: Sequence[int], place: exp.Expr) -> exp.Expr:
    """The number at a place, from 0."""
    return shapes.call("get", _numbers(numbers), _as(place.copy(), "INT"))


def _double(text: str) -> exp.Expr:
    return _as(exp.Literal.string(text), "DOUBLE")


def _whole(value: exp.Expr) -> exp.Expr:
    """A number without its fraction, of its own type: `trunc` is for dates."""
    rest = exp.Mod(this=exp.paren(value.copy()), expression=exp.Literal.number(1))
    return exp.paren(exp.Sub(this=exp.paren(value.copy()), expression=exp.paren(rest)))


def _toward(value: exp.Expr, beyond: type[exp.Binary], step: type[exp.Binary]) -> exp.Expr:
    """`floor` and `ceil`, which in Spark give 8 bytes, whatever the number."""
    whole = _whole(value)
    is_beyond = beyond(this=exp.paren(value.copy()), expression=whole.copy())
    return exp.Case().when(is_beyond, step(this=whole.copy(), expression=exp.Literal.number(1))).else_(whole)


def _date_part(given: list[exp.Expr]) -> exp.Expr:
    name = "DAYOFWEEK_ISO" if given[0].name == "isodow" else given[0].name.upper()
    return _as(shapes.call("date_part", exp.Literal.string(name), given[1]), "BIGINT")


def _date_diff(given: list[exp.Expr]) -> exp.Expr:
    unit, start, end = given
    if unit.name == "day":
        return _as(shapes.call("datediff", end, start), "BIGINT")
    if unit.name != "month":
        raise Untranslatable(f"differences in {unit.name}s")

    def months(on: exp.Expr) -> exp.Expr:
        year, month = (_date_part([exp.Literal.string(part), on.copy()]) for part in ("year", "month"))
        return exp.paren(exp.Add(this=exp.Mul(this=year, expression=exp.Literal.number(12)), expression=month))

    return exp.paren(exp.Sub(this=months(end), expression=months(start)))


def _in_case(name: str, value: exp.Expr) -> exp.Expr:
    plain = exp.RegexpLike(this=value.copy(), expression=exp.Literal.string(PLAIN_LETTERS))
    told = exp.Literal.string(f"letters that `{name}` is not known of")
    none = exp.Is(this=value.copy(), expression=exp.null())
    return (
        exp.Case().when(exp.or_(none, plain), shapes.call(name, value.copy())).else_(shapes.call("raise_error", told))
    )
