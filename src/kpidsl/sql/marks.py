"""Distinct counts by marks: each value remembers as bits the counts that a row of it is in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from kpidsl.records import dataclass
from kpidsl.semantic.rows import Row
from kpidsl.sql import exp
from kpidsl.sql.classes import WORD, bigints, counts_of_bits
from kpidsl.sql.panes import in_panes
from kpidsl.sql.queries import Edges
from kpidsl.sql.source_rows import RowsOf
from kpidsl.sql.times import day, function


@dataclass(frozen=True, slots=True)
class Bits:
    """Which counts keep a row for the sake of a leaf: of each count whether it does, for NULL and for each member."""

    leaf: Row
    of_null: tuple[bool, ...]
    members: tuple[object, ...]
    kept: tuple[tuple[bool, ...], ...]


def marked(
    rows: RowsOf, time: Row, edges: Edges, keys: Sequence[Row], argument: Row, bits: Sequence[Bits],
    in_pane: Sequence[Sequence[bool]],
) -> exp.Select:  # fmt: skip
    """By members, the distinct values in each count; `in_pane` tells of each pane which counts it is in."""
    rows.conditions.append(exp.not_(exp.Is(this=rows.sql.sql(argument), expression=exp.null())))
    value, by = rows.argument(argument), [rows.member(row) for row in keys]
    # Computed beside the columns themselves, where a text is still a number in a dictionary: a look-up a member.
    places = [rows.column(_place(rows.sql.sql(one.leaf), one.members)) for one in bits]
    query, pane = in_panes(rows, time, edges)
    one = exp.Literal.number(1)
    looked_up: list[tuple[exp.Expr, Sequence[Sequence[bool]]]] = [(exp.Add(this=pane, expression=one), in_pane)]
    looked_up += [(place, (one.of_null, *one.kept)) for place, one in zip(places, bits, strict=True)]
    words = [
        _both([function("list_extract", bigints([_word(each, start) for each in kept]), at) for at, kept in looked_up])
        for start in range(0, len(in_pane[0]), WORD)
    ]
    return counts_of_bits(query, by, value, words, len(in_pane[0]))


def _word(kept: Sequence[bool], start: int) -> int:
    return sum(1 << place for place, one in enumerate(kept[start : start + WORD]) if one)


def _both(words: Sequence[exp.Expr]) -> exp.Expr:
    found, *rest = words
    for one in rest:
        found = exp.BitwiseAnd(this=found, expression=one)
    return found


def _place(value: exp.Expr, members: Sequence[object]) -> exp.Expr:
    """The place of a member in a list that begins with NULL, counted from 1."""
    if not members:
        return exp.Literal.number(1)
    found = function("list_position", exp.Array(expressions=list(map(_literal, members))), value)
    return exp.Add(
        this=function("coalesce", found, exp.Literal.number(0)), expression=exp.Literal.number(1)
    )  # fmt: skip


def _literal(member: object) -> exp.Expr:
    match member:
        case bool():
            return exp.true() if member else exp.false()
        case int():
            return exp.Literal.number(member)
        case date():
            return day(member)
        case str():
            return exp.Literal.string(member)
        case _:
            raise TypeError(f"no leaf has members that are {type(member).__name__}")
