"""Spark SQL, 4.0 or newer, in a session whose time zone is UTC, in ANSI mode (docs/adr/0036-spark.md).

Spark has a function for each direction between an instant and a civil time, where DuckDB has one name for both: what
kind a value is follows from the casts in the subquery that stands for the table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from sqlglot import exp, parse_one

from kpidsl.sql.dialects import shapes
from kpidsl.sql.dialects.base import Call, Dialect, Statement, Untranslatable
from kpidsl.sql.dialects.patterns import common

_BLANKS = "".join(map(chr, (0x20, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000)))
"""What DuckDB's `trim` takes away: Unicode's space separators."""
_PLAIN_LETTERS = "^[\\x{0}-\\x{DE}\\x{E0}-\\x{12F}\\x{131}-\\x{148}\\x{14A}-\\x{17F}\\x{400}-\\x{45F}]*\\z"
"""Texts whose letters each have one letter of the other case: for others Java and DuckDB differ."""
_OF_FIRST = frozenset(
    {"min", "max", "coalesce", "greatest", "least", "lag", "lead", "nullif", "abs", "max_by", "min_by"}
)
_EXACT = (exp.DType.INT, exp.DType.BIGINT, exp.DType.DECIMAL)
_SORTED = "sort_array"


class Spark(Dialect):
    name = "spark"
    # Sums of BIGINT are BIGINT, and an overflow is an error: 2^35 rows of a limb, or 2^33 of three, add up.
    limb_bits = 28
    functions: ClassVar[frozenset[str]] = frozenset(
        {
            *Dialect.functions, "greatest", "least", "sqrt", "lag", "lead", "bit_or", "bit_count", "round", "btrim",
            "lower", "upper", "raise_error", "from_utc_timestamp", "to_utc_timestamp", "unix_micros",
            "timestamp_micros", "date_part", "datediff", "struct", "max_by", "min_by", "array", "element_at", "get",
            "collect_list", _SORTED,
        }
    )  # fmt: skip
    kept = frozenset({exp.RegexpLike, exp.Values, exp.Tuple})

    def __init__(self) -> None:
        self._types: dict[str, dict[str, exp.DataType]] = {}

    def text(self, query: exp.Expr, tables: Mapping[str, str], *, pretty: bool = False) -> Statement:
        one = Spark()
        one._types = {name: _types(sql) for name, sql in tables.items()}
        return Dialect.text(one, query, tables, pretty=pretty)

    def calls(self) -> Mapping[str, Call]:
        return {
            "approx_count_distinct": lambda given: exp.Count(this=exp.Distinct(expressions=given)),
            "ceiling": lambda given: _toward(given[0], exp.GT, exp.Add),
            "date_diff": _date_diff,
            "date_part": _date_part,
            "epoch_us": lambda given: _call("unix_micros", _as(given[0], "TIMESTAMP")),
            "floor": lambda given: _toward(given[0], exp.LT, exp.Sub),
            "isfinite": lambda given: exp.paren(
                exp.and_(
                    exp.GT(this=given[0].copy(), expression=_double("-Infinity")),
                    exp.LT(this=given[0].copy(), expression=_double("Infinity")),
                )
            ),
            "isinf": lambda given: exp.In(this=given[0], expressions=[_double("Infinity"), _double("-Infinity")]),
            "lower": lambda given: _in_case("lower", given[0]),
            "round": self._rounded,
            "timezone": self._in_zone,
            "trim": lambda given: _call("btrim", given[0], exp.Literal.string(_BLANKS)),
            "upper": lambda given: _in_case("upper", given[0]),
        }  # fmt: skip

    def cast(self, node: exp.Cast) -> exp.Expr:
        if node.to.is_type(exp.DType.INT128):
            if isinstance(node.this, exp.Anonymous) and node.this.name.lower() == "trunc":
                return _as(node.this.expressions[0], "BIGINT")  # a limb, which Spark cuts at the point, too
            return _as(node.this, "DECIMAL(38, 0)")
        if node.to.is_type(exp.DType.TIMESTAMP):
            return _as(node.this, "TIMESTAMP_NTZ")
        return node

    def listed(self, columns: Mapping[str, Sequence[exp.Expr]]) -> exp.Query:
        rows = [tuple(item.copy() for item in row) for row in zip(*columns.values(), strict=True)]
        return exp.select("*").from_(exp.values(rows, alias="v", columns=list(columns)))

    def picked(self, values: Sequence[exp.Expr], index: exp.Expr) -> exp.Expr:
        listed = _call("array", *(value.copy() for value in values))
        return _as(_call("element_at", listed, _as(index, "INT")), "BIGINT")

    def ordered(self, value: exp.Expr, keep: exp.Expr, places: Sequence[exp.Expr]) -> list[exp.Expr]:
        kept = exp.Filter(this=_call("collect_list", value), expression=exp.Where(this=keep.copy()))
        values = _call(_SORTED, kept)
        one = exp.Literal.number(1)
        return [
            _call("get", values.copy(), _as(exp.Sub(this=exp.paren(place.copy()), expression=one.copy()), "INT"))
            for place in places
        ]

    def at_edge(self, value: exp.Expr, keep: exp.Expr | None, by: Sequence[exp.Expr], *, newest: bool) -> exp.Expr:
        # NULL is the least in a structure: whether it is one comes first.
        parts = [part for one in by for part in (exp.Is(this=one.copy(), expression=exp.null()), one.copy())]
        order = _call("struct", *(exp.paren(part) if isinstance(part, exp.Is) else part for part in parts))
        if keep is not None:
            order = exp.Case().when(keep.copy(), order)
        return _call("max_by" if newest else "min_by", value.copy(), order)

    def matches(self, value: exp.Expr, pattern: str) -> exp.Expr:
        return exp.paren(exp.RegexpLike(this=value, expression=exp.Literal.string(_java(common(pattern)))))

    def finished(self, query: exp.Expr) -> exp.Expr:
        for node in list(query.find_all(exp.Add, exp.Sub)):
            moved = node.expression
            if isinstance(moved, exp.Anonymous) and moved.name.lower() == "to_microseconds":
                micros = _call("unix_micros", _as(node.this, "TIMESTAMP"))
                found = type(node)(this=micros, expression=exp.paren(moved.expressions[0]))
                node.replace(_as(_call("timestamp_micros", found), "TIMESTAMP"))
        for node in list(query.find_all(exp.Anonymous)):
            if node.name.lower() == "trunc":
                node.replace(_whole(node.expressions[0]))
        for select in shapes.every(query, exp.Select):
            if any(isinstance(one, exp.Anonymous) and one.name == _SORTED for one in _of(select)):
                outer = _arrays_once(select)
                if select is query:
                    query = outer
                else:
                    select.replace(outer)
        return query

    # ------------------------------------------------------------ kinds
    def _kind(self, node: exp.Expr | None) -> exp.DataType | None:
        """The type of a value, where it is said; that of a column where the column comes from."""
        match node:
            case exp.Cast():
                return node.to
            case exp.Column():
                return self._of_column(node)
            case exp.Case():
                return self._kind(node.args["ifs"][0].args["true"]) or self._kind(node.args.get("default"))
            case exp.Anonymous() if node.name.lower() in _OF_FIRST:
                return self._kind(node.expressions[0])
            case exp.Paren() | exp.Window() | exp.Filter() | exp.Neg() | exp.Alias():
                return self._kind(node.this)
            case exp.Add() | exp.Sub() | exp.Mul():
                return self._kind(node.this)
            case _:
                return None

    def _of_column(self, column: exp.Column) -> exp.DataType | None:
        select = column.find_ancestor(exp.Select)
        if select is None:
            return None
        sources = [part.this for part in (select.args.get("from_"), *(select.args.get("joins") or ())) if part]
        for source in sources:
            if column.table and source.alias_or_name != column.table:
                continue
            if isinstance(source, exp.Table):
                return self._types.get(source.name, {}).get(column.name)
            inner = source.this
            while isinstance(inner, exp.Union):
                inner = inner.this
            for one in inner.expressions if isinstance(inner, exp.Select) else ():
                if one.alias_or_name == column.name:
                    return self._kind(one)
        return None

    def _in_zone(self, given: list[exp.Expr]) -> exp.Expr:
        """An instant on a zone's clock, or what such a clock shows as an instant."""
        zone, moment = given
        kind = self._kind(moment)
        if kind is not None and kind.is_type(exp.DType.TIMESTAMPTZ):
            return _as(_call("from_utc_timestamp", moment, zone), "TIMESTAMP_NTZ")
        if kind is not None and kind.is_type(exp.DType.TIMESTAMPNTZ, exp.DType.DATE):
            return _as(_call("to_utc_timestamp", _as(moment, "TIMESTAMP"), zone), "TIMESTAMP")
        raise Untranslatable("a time of which is not known whether it has a zone")

    def _rounded(self, given: list[exp.Expr]) -> exp.Expr:
        """Half away from zero; Spark rounds the shortest decimal of a floating-point number, DuckDB a product."""
        kind = self._kind(given[0])
        if len(given) > 1 and (kind is None or not kind.is_type(*_EXACT)):
            raise Untranslatable("floating-point numbers are rounded to digits in another way by spark")
        return _call("round", given[0], *(_as(digits, "INT") for digits in given[1:]))


def _types(sql: str) -> dict[str, exp.DataType]:
    """The types of a subquery's columns, as it casts them."""
    found = parse_one(sql, dialect="spark")
    inner = found.this if isinstance(found, exp.Subquery) else found
    return {
        one.alias: one.this.to
        for one in (inner.expressions if isinstance(inner, exp.Select) else ())
        if isinstance(one, exp.Alias) and isinstance(one.this, exp.Cast)
    }


def _call(name: str, *given: exp.Expr) -> exp.Expr:
    return exp.Anonymous(this=name, expressions=list(given))


def _as(value: exp.Expr, kind: str) -> exp.Expr:
    return exp.Cast(this=value, to=exp.DataType.build(kind, dialect="spark"))


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
    return _as(_call("date_part", exp.Literal.string(name), given[1]), "BIGINT")


def _date_diff(given: list[exp.Expr]) -> exp.Expr:
    unit, start, end = given
    if unit.name == "day":
        return _as(_call("datediff", end, start), "BIGINT")
    if unit.name != "month":
        raise Untranslatable(f"differences in {unit.name}s")

    def months(on: exp.Expr) -> exp.Expr:
        year, month = (_date_part([exp.Literal.string(part), on.copy()]) for part in ("year", "month"))
        return exp.paren(exp.Add(this=exp.Mul(this=year, expression=exp.Literal.number(12)), expression=month))

    return exp.paren(exp.Sub(this=months(end), expression=months(start)))


def _in_case(name: str, value: exp.Expr) -> exp.Expr:
    plain = exp.RegexpLike(this=value.copy(), expression=exp.Literal.string(_PLAIN_LETTERS))
    told = exp.Literal.string(f"letters that `{name}` is not known of")
    none = exp.Is(this=value.copy(), expression=exp.null())
    return exp.Case().when(exp.or_(none, plain), _call(name, value.copy())).else_(_call("raise_error", told))


def _java(pattern: str) -> str:
    """A pattern for Java, to which `$` is also before a line end that is the text's last."""
    found: list[str] = []
    in_class = False
    at = 0
    while at < len(pattern):
        char = pattern[at]
        if char == "\\":
            found.append(pattern[at : at + 2])
            at += 2
            continue
        if char in "[]":
            in_class = char == "["
        found.append("\\z" if char == "$" and not in_class else char)
        at += 1
    return "".join(found)


# ---------------------------------------------------------------- sorted values
_AGGREGATES = frozenset({"min", "max", "sum", "bit_or", "max_by", "min_by", "collect_list"})


def _of(select: exp.Expr) -> list[exp.Expr]:
    """What a SELECT computes itself, without what its subqueries do."""
    return [
        node for one in select.expressions for node in one.walk(prune=lambda inner: isinstance(inner, exp.Subquery))
    ]


def _is_aggregate(node: exp.Expr) -> bool:
    if isinstance(node, exp.Filter):
        return True
    return isinstance(node, exp.Count) or (isinstance(node, exp.Anonymous) and node.name.lower() in _AGGREGATES)


def _arrays_once(select: exp.Expr) -> exp.Select:
    """What is aggregated, in a subquery: to Spark two lists of the same values are two, and both would be kept."""
    inner: dict[str, tuple[str, exp.Expr]] = {}

    def named(node: exp.Expr) -> exp.Expr:
        name, _ = inner.setdefault(node.sql("spark"), (f"a{len(inner)}", node.copy()))
        return exp.column(name, table="a")

    def outside(node: exp.Expr) -> exp.Expr:
        return named(node) if _is_aggregate(node) or _is_sorted(node) else node

    columns: list[exp.Expr] = []
    for one in select.expressions:
        value, alias = (one.this, one.alias) if isinstance(one, exp.Alias) else (one, "")
        has_sorted = any(_is_sorted(node) for node in value.walk())
        found = value.copy().transform(outside) if has_sorted else named(value)
        columns.append(exp.alias_(found, alias) if alias else found)
    below = select.copy()
    below.set("expressions", [exp.alias_(node, name) for name, node in inner.values()])
    return exp.select(*columns).from_(below.subquery("a"))


def _is_sorted(node: exp.Expr) -> bool:
    return isinstance(node, exp.Anonymous) and node.name == _SORTED
