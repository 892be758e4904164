"""Filters sorted into classes of rows, and distinct counts of many windows and classes in one scan."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TypeAlias

from kpidsl.plan.columns import conditions_of
from kpidsl.records import dataclass
from kpidsl.semantic.rows import Comparison, Constant, Row
from kpidsl.semantic.types import DataType
from kpidsl.sql import exp
from kpidsl.sql.panes import in_panes, integers
from kpidsl.sql.source_rows import RowsOf
from kpidsl.sql.times import cast, function

WORD = 62
"""Windows that one BIGINT remembers for a value, a bit each."""
Edges: TypeAlias = tuple[datetime | None, ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """What filters have in common that differ in texts alone: what is compared with them, and all that is asked beside.

    Two filters of one shape keep different rows, so a row belongs to one of them at most.
    """

    compared: tuple[Row, ...]
    beside: tuple[Row, ...]


def shape_of(where: tuple[Row, ...]) -> tuple[Shape, tuple[str, ...]]:
    """The shape of a filter, and its texts."""
    compared: list[Row] = []
    texts: list[str] = []
    beside: list[Row] = []
    for row in conditions_of(where):
        match row:
            case Comparison(operator="==", left=one, right=Constant(value=str() as text)) if _is_text(one):
                compared.append(one)
                texts.append(text)
            case _:
                beside.append(row)
    return Shape(tuple(compared), tuple(beside)), tuple(texts)


def _is_text(row: Row) -> bool:
    return row.type is DataType.TEXT and not isinstance(row, Constant)


@dataclass(frozen=True, slots=True)
class Classes:
    """The rows of each filter of a shape, numbered as `texts` are."""

    shape: Shape
    texts: tuple[tuple[str, ...], ...]

    def narrow(self, rows: RowsOf) -> list[exp.Expr]:
        """Leave out the rows of no class; the columns that tell the classes apart, where there are several."""
        rows.conditions.extend(rows.sql.sql(row) for row in self.shape.beside)
        columns = [rows.sql.sql(row) for row in self.shape.compared]
        if len(self.texts) == 1:
            rows.conditions.extend(
                exp.EQ(this=column, expression=exp.Literal.string(text))
                for column, text in zip(columns, self.texts[0], strict=True)
            )
            return []
        for column, texts in zip(columns, zip(*self.texts, strict=True), strict=True):
            rows.conditions.append(exp.In(this=column, expressions=list(map(exp.Literal.string, dict.fromkeys(texts)))))
        return [rows.column(column) for column in columns]

    def numbered(self, query: exp.Select, columns: Sequence[exp.Expr]) -> tuple[exp.Select, exp.Expr]:
        """The query joined with the number of each row's class."""
        if not columns:
            return query, exp.Literal.number(0)
        lists = [exp.alias_(function("unnest", integers(range(len(self.texts)))), "class")]
        for place, texts in enumerate(zip(*self.texts, strict=True)):
            listed = exp.Array(expressions=list(map(exp.Literal.string, texts)))
            lists.append(exp.alias_(function("unnest", listed), f"v{place}"))
        on = [
            exp.EQ(this=exp.column(f"v{place}", table="k"), expression=column.copy())
            for place, column in enumerate(columns)
        ]
        joined = query.join(exp.select(*lists).subquery("k"), on=exp.and_(*on))
        return joined, exp.column("class", table="k")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Windows of a source as the panes they are made of, between `edges`; and for each class the windows asked for."""

    edges: Edges
    windows: tuple[range, ...]
    of_class: tuple[frozenset[int], ...]

    def words(self) -> int:
        return -(-len(self.windows) // WORD)

    def of_pane(self, word: int) -> list[int]:
        """The windows of each pane, as the bits of one word."""
        return [
            sum(1 << place % WORD for place, inside in self._places(word) if pane in inside)
            for pane in range(len(self.edges) - 1)
        ]

    def asked(self, word: int) -> list[int]:
        """The windows of each class, as the bits of one word."""
        return [sum(1 << place % WORD for place, _ in self._places(word) if place in mine) for mine in self.of_class]

    def _places(self, word: int) -> list[tuple[int, range]]:
        first = word * WORD
        return list(enumerate(self.windows[first : first + WORD], first))


def class_counts(
    rows: RowsOf, time: Row, wanted: Wanted, classes: Classes, members: Sequence[Row], argument: Row, *,
    distinct: bool,
) -> exp.Select:  # fmt: skip
    """For each class, pane and member: how many values there are, how many `distinct` ones if that is wanted, and how
    many rows.
    """
    columns = classes.narrow(rows)
    value, keys = rows.argument(argument), [rows.member(row) for row in members]
    query, pane = in_panes(rows, time, wanted.edges)
    query, class_ = classes.numbered(query, columns)
    found = [exp.alias_(key, name) for key, name in zip((class_, pane, *keys), _names(keys), strict=True)]
    counts = [exp.Count(this=value.copy()), exp.Count(this=exp.Star())]
    if distinct:
        counts.insert(1, exp.Count(this=exp.Distinct(expressions=[value.copy()])))
    query = query.select(*found, *counts)
    return query.group_by(*(exp.Literal.number(place) for place in range(1, len(found) + 1)))


def _names(keys: Sequence[exp.Expr]) -> list[str]:
    return ["class", "pane", *(f"k{place}" for place in range(len(keys)))]


def distinct_counts(
    rows: RowsOf, time: Row, wanted: Wanted, classes: Classes, members: Sequence[Row], argument: Row
) -> exp.Select:
    """For each class and member, the distinct values in each window.

    Rows are grouped by value once. A group remembers the windows that the value occurs in as bits, so each window
    counts the groups that have its bit.
    """
    columns = classes.narrow(rows)
    rows.conditions.append(exp.not_(exp.Is(this=rows.sql.sql(argument), expression=exp.null())))
    value, keys = rows.argument(argument), [rows.member(row) for row in members]
    query, pane = in_panes(rows, time, wanted.edges)
    query, class_ = classes.numbered(query, columns)
    one = exp.Literal.number(1)
    words: list[exp.Expr] = []
    for word in range(wanted.words()):
        bits = function("list_extract", bigints(wanted.of_pane(word)), exp.Add(this=pane.copy(), expression=one))
        if columns:
            number = exp.Add(this=class_.copy(), expression=one)
            mine = function("list_extract", bigints(wanted.asked(word)), number)
            bits = exp.BitwiseAnd(this=bits, expression=mine)
        words.append(bits)
    return counts_of_bits(query, keys, value, words, len(wanted.windows), class_)


def counts_of_bits(
    query: exp.Select, keys: Sequence[exp.Expr], value: exp.Expr, words: Sequence[exp.Expr], bits: int,
    class_: exp.Expr | None = None,
) -> exp.Select:  # fmt: skip
    """By class (where there is one) and members, how many values of a query's rows have each of so many bits."""
    names = [f"w{word}" for word in range(len(words))]
    grouped = [*((class_,) if class_ is not None else ()), *keys]
    by = [*(("class",) if class_ is not None else ()), *(f"k{place}" for place in range(len(keys)))]
    marked = query.select(
        *(exp.alias_(key, name) for key, name in zip(grouped, by, strict=True)),
        exp.alias_(value, "x"),
        *(exp.alias_(word, name) for word, name in zip(words, names, strict=True)),
    ).subquery("m")
    one, zero = exp.Literal.number(1), exp.Literal.number(0)
    some = exp.or_(*(exp.NEQ(this=exp.column(name), expression=zero) for name in names))
    # A value that is no number (NaN) is NULL only after it is computed.
    there = exp.not_(exp.Is(this=exp.column("x"), expression=exp.null()))
    values = (
        exp.select(*by, *(exp.alias_(function("bit_or", exp.column(name)), name) for name in names))
        .from_(marked)
        .where(some, there)
        .group_by(*by, "x")
        .subquery("d")
    )
    counts = []
    for place in range(bits):
        bit = exp.Literal.number(1 << place % WORD)
        has = exp.paren(exp.BitwiseAnd(this=exp.column(names[place // WORD]), expression=bit))
        counts.append(exp.Count(this=exp.Case().when(exp.NEQ(this=has, expression=zero), one)))
    return exp.select(*by, *counts).from_(values).group_by(*by)


def bigints(values: Sequence[int]) -> exp.Expr:
    return cast(exp.Literal.string(f"[{', '.join(map(str, values))}]"), "BIGINT[]")
