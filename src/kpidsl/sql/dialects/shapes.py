"""Shapes in the engine's queries that have no like in other dialects, found and taken apart: lists of literals as rows,
sorted joins, samples.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from sqlglot import exp

from kpidsl.sql.dialects.statement import Untranslatable
from kpidsl.sql.row_sql import PLACES, ROOM

SAMPLED = 20_000
"""Rows that are looked at where DuckDB would look at a part of a table."""
Bucket = Callable[[exp.Expr, Sequence[exp.Expr], Sequence[int]], exp.Expr]
"""Of a value, bounds in order and as many numbers: the number of the last bound that the value is not below."""


def call(name: str, *given: exp.Expr) -> exp.Expr:
    """A call of a function, with what it is given as it is: nothing is copied."""
    return exp.Anonymous(this=name, expressions=list(given))


def items(listed: exp.Expr) -> list[exp.Expr] | None:
    """The literals of a list; None where it is no list of literals. A bound before all time is NULL."""
    if isinstance(listed, exp.Array):
        return [item.copy() for item in listed.expressions]
    if not isinstance(listed, exp.Cast) or not listed.to.is_type(exp.DType.ARRAY):
        return None
    if not isinstance(listed.this, exp.Literal):
        return None
    of = listed.to.expressions[0]
    parts = [part for part in str(listed.this.this).strip("[]").split(", ") if part]
    if of.is_type(exp.DType.INT, exp.DType.BIGINT):
        return [exp.Literal.number(part) for part in parts]
    return [
        exp.null() if part == "-infinity" else exp.cast(exp.Literal.string(part), of.copy())
        for part in parts
    ]  # fmt: skip


def rows_of_lists(select: exp.Expr) -> dict[str, list[exp.Expr]] | None:
    """The columns of a SELECT that only turns lists of literals into rows; None for any other."""
    if not isinstance(select, exp.Select) or select.args.get("from_") is not None or not select.expressions:
        return None
    found: dict[str, list[exp.Expr]] = {}
    for one in select.expressions:
        call = one.this if isinstance(one, exp.Alias) else None
        if not isinstance(call, exp.Anonymous) or call.name.lower() != "unnest":
            return None
        listed = items(call.expressions[0])
        if listed is None:
            return None
        found[one.alias] = listed
    return found


def every(query: exp.Expr, kind: type[exp.Expr]) -> list[exp.Expr]:
    """All nodes of a class, the inner ones before those around them."""
    return list(query.find_all(kind, bfs=True))[::-1]


# ---------------------------------------------------------------- sorted joins
def without_sorted_joins(query: exp.Expr, bucket: Bucket) -> None:
    """Put numbers of buckets into the place of joins with the nearest of some literals, and windows into that of joins
    with the latest of some rows.
    """
    for select in every(query, exp.Select):
        assert isinstance(select, exp.Select)
        for join in list(select.args.get("joins") or ()):
            if str(join.args.get("method") or "").upper() != "ASOF":
                continue
            lists = rows_of_lists(join.this.this) if isinstance(join.this, exp.Subquery) else None
            if lists is not None:
                _bucketed(select, join, lists, bucket)
            else:
                _latest_before(select, join)


def _bucketed(select: exp.Select, join: exp.Join, lists: Mapping[str, list[exp.Expr]], bucket: Bucket) -> None:
    """The number that the join would find becomes a column of the subquery that is joined."""
    (edge, edges), (place, places) = lists.items()
    on, inner = join.args["on"], select.args["from_"].this
    value = on.this if isinstance(on, exp.GTE) else None
    if not isinstance(value, exp.Column) or on.expression.name != edge or not isinstance(inner, exp.Subquery):
        raise Untranslatable("a join with the nearest of some times")
    source = next(one for one in inner.this.expressions if one.alias == value.name)
    alias = join.this.alias
    name = f"{alias}_{place}"
    number = bucket(source.this, edges, [int(one.name) for one in places])
    inner.this.select(exp.alias_(number, name), copy=False)
    select.args["joins"].remove(join)
    for column in list(select.find_all(exp.Column)):
        if column.table == alias and column.name == place:
            column.replace(exp.column(name, table=inner.alias))
    if not join.side:
        there = exp.not_(exp.Is(this=exp.column(name, table=inner.alias), expression=exp.null()))
        select.where(there, copy=False)


def _latest_before(select: exp.Expr, join: exp.Expr) -> None:
    """`s ASOF JOIN f ON s.k = f.k AND s.at >= f.at`: both put in one order, each row of `s` sees the greatest `at` of
    `f` so far.
    """
    mine, theirs = select.args["from_"].this, join.this
    pairs = [(one.this.name, one.expression.name) for one in join.args["on"].find_all(exp.EQ)]
    at = join.args["on"].find(exp.GTE)
    if not isinstance(mine, exp.Table) or not isinstance(theirs, exp.Table) or at is None:
        raise Untranslatable("a join with the latest of some rows")
    seen = sorted({one.name for one in select.find_all(exp.Column) if one.table == mine.alias})
    wanted = [name for name in seen if name != at.this.name and name not in {left for left, _ in pairs}]
    keys = [f"by{place}" for place in range(len(pairs))]

    def half(table: str, names: Sequence[str], tick: str, later: int, others: Sequence[exp.Expr]) -> exp.Select:
        known = [exp.not_(exp.Is(this=exp.column(name), expression=exp.null())) for name in names]
        columns = [exp.alias_(exp.column(name), key) for name, key in zip(names, keys, strict=True)]
        columns += [exp.alias_(exp.column(tick), "at"), exp.alias_(exp.Literal.number(later), "later")]
        named = [exp.alias_(other, f"of{place}") for place, other in enumerate(others)]
        found = exp.select(*columns, *named).from_(exp.to_table(table))
        return found.where(*known) if known else found

    firsts = half(theirs.name, [right for _, right in pairs], at.expression.name, 0, [exp.null() for _ in wanted])
    seconds = half(mine.name, [left for left, _ in pairs], at.this.name, 1, [exp.column(name) for name in wanted])
    both = exp.union(seconds, firsts, distinct=False).subquery("u")
    is_first = exp.EQ(this=exp.column("later"), expression=exp.Literal.number(0))
    since = exp.Window(
        this=exp.Anonymous(this="max", expressions=[exp.Case().when(is_first, exp.column("at"))]),
        partition_by=[exp.column(key) for key in keys],
        order=exp.Order(expressions=[exp.Ordered(this=exp.column(name)) for name in ("at", "later")]),
        spec=exp.WindowSpec(
            kind="ROWS", start="UNBOUNDED", start_side="PRECEDING", end="CURRENT ROW"
        ),
    )  # fmt: skip
    named = [exp.column(f"of{place}") for place in range(len(wanted))]
    ordered = exp.select(*keys, "at", "later", *named, exp.alias_(since, "since")).from_(both).subquery("o")
    columns = [exp.alias_(exp.column(key), left) for key, (left, _) in zip(keys, pairs, strict=True)]
    columns.append(exp.alias_(exp.column("at"), at.this.name))
    columns += [exp.alias_(one, name) for one, name in zip(named, wanted, strict=True)]
    is_second = exp.EQ(this=exp.column("later"), expression=exp.Literal.number(1))
    matched = exp.select(*columns, "since").from_(ordered).where(is_second)
    select.set("from_", exp.From(this=matched.subquery(mine.alias)))
    equal = [
        exp.EQ(this=exp.column(left, table=mine.alias), expression=exp.column(right, table=theirs.alias))
        for left, right in pairs
    ]
    moment = exp.EQ(
        this=exp.column("since", table=mine.alias), expression=exp.column(at.expression.name, table=theirs.alias)
    )
    join.set("method", None)
    join.set("on", exp.and_(*equal, moment))


def nested_cases(value: exp.Expr, bounds: Sequence[exp.Expr], numbers: Sequence[int]) -> exp.Expr:
    """A bucket by halves: as many comparisons as the bounds can be halved. NULL below the first bound."""

    def between(low: int, high: int) -> exp.Expr:
        if high - low == 1:
            return exp.Literal.number(numbers[low])
        middle = (low + high) // 2
        later = exp.GTE(this=value.copy(), expression=bounds[middle].copy())
        return exp.Case().when(later, between(middle, high)).else_(between(low, middle))

    found = between(0, len(bounds))
    if isinstance(bounds[0], exp.Null):
        known = exp.not_(exp.Is(this=value.copy(), expression=exp.null()))
        return exp.Case().when(known, found)
    return exp.Case().when(exp.GTE(this=value.copy(), expression=bounds[0].copy()), found)


# ---------------------------------------------------------------- samples, lists of columns
def without_samples(query: exp.Expr) -> None:
    """Look at the first rows where DuckDB looks at a part of them, which only guesses a size."""
    for sampled in every(query, exp.Subquery):
        if sampled.args.get("sample") is not None:
            sampled.set("sample", None)
            sampled.this.limit(SAMPLED, copy=False)


def _is_of(node: exp.Expr, kind: str) -> bool:
    return isinstance(node, exp.Cast) and bool(node.to.is_type(kind))


def without_room(query: exp.Expr) -> None:
    """Decimals as they are, where DuckDB is given some with room for all digits of a product."""
    for product in every(query, exp.Mul):
        if _is_of(product.expression, ROOM):
            product.replace(product.this)
    for total in every(query, exp.Add):
        zero = total.expression
        if isinstance(zero, exp.Anonymous) and zero.name.lower() == "coalesce" and _is_of(zero.expressions[-1], PLACES):
            total.replace(total.this)


def in_columns(query: exp.Expr) -> tuple[int, ...]:
    """Give every element of a list a column of its own. For each column that was asked for, how many it became; 0 for
    one that is no list.
    """
    widths: tuple[int, ...] = ()
    spread: dict[int, dict[str, int]] = {}
    for select in every(query, exp.Select):
        inner: dict[str, int] = {}
        for below in select.find_all(exp.Subquery):
            if below.find_ancestor(exp.Select) is select:
                inner.update({name: n for name, n in spread.get(id(below.this), {}).items() if name not in inner})
        columns: list[exp.Expr] = []
        counts: list[int] = []
        mine: dict[str, int] = {}
        for one in select.expressions:
            value, alias = (one.this, one.alias) if isinstance(one, exp.Alias) else (one, "")
            parts: list[exp.Expr] | None = None
            if isinstance(value, exp.Anonymous) and value.name.lower() == "list_value":
                parts = list(value.expressions)
            elif isinstance(value, exp.Column) and value.name in inner:
                named = range(inner[value.name])
                parts = [exp.column(f"{value.name}_{place}", table=value.table or None) for place in named]
            if parts is None:
                columns.append(one)
                counts.append(0)
                continue
            if alias:
                mine[alias] = len(parts)
                parts = [exp.alias_(part, f"{alias}_{place}") for place, part in enumerate(parts)]
            columns.extend(parts)
            counts.append(len(parts))
        select.set("expressions", columns)
        spread[id(select)] = mine
        widths = tuple(counts)
    return widths
