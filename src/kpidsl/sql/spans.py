"""Rows by where they stand in a Parquet file, so that what its statistics tell of time is not read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction
from typing import Final

from kpidsl.records import dataclass
from kpidsl.semantic.rows import Row
from kpidsl.sql import exp
from kpidsl.sql.panes import narrow, pane_case
from kpidsl.sql.row_sql import number
from kpidsl.sql.source_rows import RowsOf, column_of
from kpidsl.sql.times import cast, function

ROW: Final = "kpidsl row"
"""What a relation has beside the columns of its source: the place of a row in its file, from 0."""


@dataclass(frozen=True, slots=True)
class Span:
    """The rows of a file from `start` up to `end`; `pane` is the one that all are in."""

    start: int
    end: int
    pane: int | None = None

    @property
    def rows(self) -> int:
        return self.end - self.start


def in_spans(
    rows: RowsOf, time: Row, edges: tuple[datetime | None, ...], spans: Sequence[Span]
) -> tuple[exp.Select, exp.Expr]:
    """As `in_panes`: the rows of some spans, one after the other, of which the time is looked at where it must be."""
    before = list(rows.conditions)
    narrow(rows, time, edges)
    by_time = pane_case(edges, lambda edge: rows.sql.at_or_after(time, edge), 0, len(edges) - 1)
    pane = rows.column(by_time)
    parts = [
        rows.select([*rows.conditions, *_inside(span)])
        if span.pane is None
        else rows.select([*before, *_inside(span)], {by_time: number(Fraction(span.pane))})
        for span in spans
    ]
    return exp.select().from_(exp.union_all(parts).subquery("r", copy=False), copy=False), pane


def cardinalities(rows: RowsOf, wanted: Sequence[Row], spans: Sequence[Span]) -> exp.Select:
    """About how many distinct values each expression has in the rows of some spans: one row of counts."""
    counts = [function("approx_count_distinct", rows.member(row)) for row in wanted]
    inside = exp.or_(*(exp.paren(exp.and_(*_inside(span))) for span in spans))  # a scan for each takes twice the time
    here = rows.select([*rows.conditions, exp.paren(inside)])
    return exp.select(*counts, copy=False).from_(here.subquery("r", copy=False), copy=False)


def _inside(span: Span) -> list[exp.Expr]:
    """That a row is in a span."""
    row = column_of("t", ROW)
    start, end = (cast(exp.Literal.string(str(at)), "BIGINT") for at in (span.start, span.end))
    return [exp.GTE(this=row, expression=start), exp.LT(this=row, expression=end)]
