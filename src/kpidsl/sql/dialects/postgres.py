"""PostgreSQL, 14 or newer (docs/adr/0032-queries-at-the-source.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from sqlglot import exp

from kpidsl.sql.dialects import shapes
from kpidsl.sql.dialects.base import Call, Dialect, Untranslatable
from kpidsl.sql.dialects.patterns import BLANKS, common

_CASES = 8
"""Up to so many bounds a CASE costs less than a search in an array."""
BEYOND_ASCII = "kpidsl:beyond-ascii"
"""What the server says of a text that only DuckDB can write in small or capital letters as DuckDB does."""


class Postgres(Dialect):
    name = "postgres"
    functions: ClassVar[frozenset[str]] = frozenset(
        {
            *Dialect.functions, "greatest", "least", "floor", "ceiling", "sqrt", "timezone", "lag", "lead", "bit_or",
            "trunc", "sign", "row", "array_agg", "width_bucket", "date_part", "bit_count", "btrim", "round",
            "lower", "upper", "octet_length", "length",
        }
    )  # fmt: skip
    kept = frozenset({exp.Array, exp.Bracket, exp.RegexpLike, exp.DPipe, exp.Extract, exp.Offset})

    def calls(self) -> Mapping[str, Call]:
        return {
            "approx_count_distinct": lambda given: exp.Count(this=exp.Distinct(expressions=given)),
            "bit_count": lambda given: shapes.call("bit_count", _as(given[0], "bit(64)")),
            "date_diff": _date_diff,
            "date_part": lambda given: _as(shapes.call("date_part", *given), "bigint"),
            "epoch_us": _micros,
            "isfinite": lambda given: exp.paren(
                exp.and_(
                    exp.GT(this=given[0].copy(), expression=_double("-Infinity")),
                    exp.LT(this=given[0].copy(), expression=_double("Infinity")),
                )
            ),
            "isinf": lambda given: exp.In(
                this=given[0], expressions=[_double("Infinity"), _double("-Infinity")]
            ),
            "lower": lambda given: _of_ascii("lower", given[0]),
            "upper": lambda given: _of_ascii("upper", given[0]),
            "round": _round,
            "to_microseconds": lambda given: exp.paren(
                exp.Mul(
                    this=exp.paren(given[0]), expression=exp.cast(exp.Literal.string("1 microsecond"), "INTERVAL")
                )
            ),
            "trim": lambda given: shapes.call("btrim", given[0], exp.Literal.string(BLANKS)),
            "try": lambda given: given[0],  # a numeric has room for any product
        }  # fmt: skip

    def cast(self, node: exp.Cast) -> exp.Expr:
        if node.to.is_type(exp.DType.INT128):
            # Limbs are less than 2^60; from a double to `numeric`, PostgreSQL would keep 15 digits.
            is_limb = isinstance(node.this, exp.Anonymous) and node.this.name.lower() == "trunc"
            return _as(node.this, "bigint" if is_limb else "numeric")
        if node.to.is_type(exp.DType.VARCHAR):
            return _as(node.this, "text")
        return node

    def bucket(self, value: exp.Expr, bounds: Sequence[exp.Expr], numbers: Sequence[int]) -> exp.Expr:
        if len(bounds) <= _CASES:
            return shapes.nested_cases(value, bounds, numbers)
        known = [bound for bound in bounds if not isinstance(bound, exp.Null)]
        kind = known[0].args["to"].copy()
        texts = exp.Array(expressions=[bound.this.copy() for bound in known])
        array = exp.Cast(this=texts, to=exp.DataType(this=exp.DType.ARRAY, expressions=[kind], nested=True))
        place = exp.Add(
            this=shapes.call("width_bucket", value.copy(), array),
            expression=exp.Literal.number(len(bounds) - len(known)),
        )
        found: exp.Expr = exp.Add(this=place, expression=exp.Literal.number(numbers[0] - 1))
        if list(numbers) != list(range(numbers[0], numbers[0] + len(numbers))):
            found = self.picked([exp.Literal.number(one) for one in numbers], place)
        there: exp.Expr = exp.not_(exp.Is(this=value.copy(), expression=exp.null()))
        if len(known) == len(bounds):
            there = exp.GTE(this=value.copy(), expression=known[0].copy())
        return exp.Case().when(there, found)

    def picked(self, values: Sequence[exp.Expr], index: exp.Expr) -> exp.Expr:
        array = _as(exp.Array(expressions=[value.copy() for value in values]), "bigint[]")
        return _element(array, index)

    def ordered(self, value: exp.Expr, keep: exp.Expr, places: Sequence[exp.Expr]) -> list[exp.Expr]:
        values = _aggregated(value, keep, [exp.Ordered(this=value.copy())])
        return [_element(values.copy(), place) for place in places]

    def at_edge(self, value: exp.Expr, keep: exp.Expr | None, by: Sequence[exp.Expr], *, newest: bool) -> exp.Expr:
        order = [exp.Ordered(this=one.copy(), desc=newest, nulls_first=newest) for one in by]
        return _element(_aggregated(value, keep, order), exp.Literal.number(1))

    def matches(self, value: exp.Expr, pattern: str) -> exp.Expr:
        # `(?:` keeps a pattern that begins with `***` from being read as a directive.
        return exp.paren(exp.RegexpLike(this=value, expression=exp.Literal.string(f"(?:{common(pattern)})")))

    def whole_quotient(self, top: exp.Expr, below: exp.Expr) -> exp.Expr:
        return exp.Div(this=top, expression=below, typed=True, safe=True)

    def finished(self, query: exp.Expr) -> exp.Expr:
        """Rows are computed once, in a subquery that stays one: otherwise each of a hundred aggregates would compute
        their filters and arguments anew. Where nothing is computed, an index may tell the least and the greatest.

        The 0 is in quotes, a constant of the right type from the start: a number that has yet to be converted would
        keep the server's workers from grouping the rows.
        """
        for inner in query.find_all(exp.Subquery):
            if inner.alias != "r" or not isinstance(inner.this, exp.Select) or inner.this.args.get("limit") is not None:
                continue
            if any(not isinstance(one.unalias(), exp.Column) for one in inner.this.expressions):
                inner.this.set("offset", exp.Offset(expression=exp.Literal.string("0")))
        return query


def _as(value: exp.Expr, kind: str) -> exp.Expr:
    return exp.Cast(this=value, to=exp.DataType.build(kind, dialect="postgres"))


def _double(text: str) -> exp.Expr:
    return _as(exp.Literal.string(text), "double precision")


def _element(array: exp.Expr, place: exp.Expr) -> exp.Expr:
    return exp.Bracket(this=exp.paren(array), expressions=[_as(exp.paren(place), "integer")], offset=1)


def _aggregated(value: exp.Expr, keep: exp.Expr | None, order: list[exp.Ordered]) -> exp.Expr:
    found = shapes.call("array_agg", exp.Order(this=value, expressions=order))
    return found if keep is None else exp.Filter(this=found, expression=exp.Where(this=keep.copy()))


def _micros(given: list[exp.Expr]) -> exp.Expr:
    """Microseconds since 1970: `extract` is exact, `date_part` is not."""
    seconds = exp.Extract(this=exp.var("EPOCH"), expression=given[0])
    product = exp.Mul(this=seconds, expression=exp.Literal.number(1_000_000))
    return _as(exp.paren(product), "bigint")


def _date_diff(given: list[exp.Expr]) -> exp.Expr:
    unit, start, end = given
    if unit.name == "day":
        return _as(exp.paren(exp.Sub(this=end, expression=start)), "bigint")
    if unit.name != "month":
        raise Untranslatable(f"differences in {unit.name}s")

    def months(on: exp.Expr) -> exp.Expr:
        year = _as(shapes.call("date_part", exp.Literal.string("year"), on.copy()), "bigint")
        month = _as(shapes.call("date_part", exp.Literal.string("month"), on.copy()), "bigint")
        return exp.paren(exp.Add(this=exp.Mul(this=year, expression=exp.Literal.number(12)), expression=month))

    return exp.paren(exp.Sub(this=months(end), expression=months(start)))


def _of_ascii(name: str, text: exp.Expr) -> exp.Expr:
    """A function of letters, where there are none but those of ASCII. Others change case by rules that differ from
    server to server, so that such a text ends the query with `BEYOND_ASCII`, and the rows are read.
    """
    plain = exp.EQ(this=shapes.call("octet_length", text.copy()), expression=shapes.call("length", text.copy()))
    told = exp.DPipe(this=exp.Literal.string(f"{BEYOND_ASCII} "), expression=text.copy(), safe=True)
    return exp.Case().when(plain, shapes.call(name, text)).else_(_as(_as(exp.paren(told), "integer"), "text"))


def _round(given: list[exp.Expr]) -> exp.Expr:
    """Half away from zero: PostgreSQL takes doubles to the even number, and none to digits."""
    if len(given) > 1:
        raise Untranslatable("a number rounded to some digits")
    whole = shapes.call("trunc", given[0].copy())
    rest = shapes.call("abs", exp.paren(exp.Sub(this=given[0].copy(), expression=whole.copy())))
    half = exp.GTE(this=rest, expression=_as(exp.Literal.string("0.5"), "numeric"))
    step = exp.Case().when(half, shapes.call("sign", given[0])).else_(exp.Literal.number(0))
    return exp.paren(exp.Add(this=whole, expression=step))
