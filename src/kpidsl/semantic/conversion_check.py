"""Conversions checked: two steps, the keys they are matched by, and the time there is to convert."""

from __future__ import annotations

from fractions import Fraction

from kpidsl.calendar import Grain
from kpidsl.semantic import rows as r
from kpidsl.semantic import values as v
from kpidsl.semantic.aggregate_check import AggregateChecker
from kpidsl.semantic.model import SourceModel
from kpidsl.semantic.row_check import RowChecker
from kpidsl.semantic.types import DataType
from kpidsl.semantic.units import NUMBER, PERCENT
from kpidsl.semantic.windows import Invalid, duration
from kpidsl.syntax import expr_nodes as x
from kpidsl.syntax.node import Name

_FIXED = frozenset({Grain.SECOND, Grain.MINUTE, Grain.HOUR, Grain.DAY, Grain.WEEK})
_ALIKE = (
    frozenset({DataType.INTEGER, DataType.DECIMAL, DataType.FLOAT}),
    frozenset({DataType.TEXT}),
    frozenset({DataType.BOOLEAN}),
    frozenset({DataType.DATE}),
    frozenset({DataType.TIMESTAMP}),
    frozenset({DataType.INSTANT}),
)


def conversion(checker: AggregateChecker, node: x.Conversion, filters: tuple[tuple[x.Expr, str], ...]) -> v.Aggregate:
    """`conversion_rate(…)` or `conversions(…)`. Filters around it are about the first event. Raises `Invalid`."""
    first, first_rows = _step(checker, node.first)
    then, then_rows = _step(checker, node.then)
    first_where, then_where = _own(node.first, first_rows), _own(node.then, then_rows)
    where = tuple(checker.filter(predicate, first.name, namespace) for predicate, namespace in reversed(filters))
    keys = [_keys(key, first_rows, then_rows) for key in node.per]
    is_rate = node.function == "conversion_rate"
    info = v.Info(PERCENT, "ratio") if is_rate else v.Info(NUMBER, "flow")
    assert first.time is not None and then.time is not None
    return v.Aggregate(
        info, node.function, None, first.name, first.time, where, None, tuple(mine for mine, _ in keys),
        None, None, None, " ".join(node.span.text.split()), node.span,
        v.Conversion(
            first_where, then.name, then.time, then_where, tuple(theirs for _, theirs in keys), _within(checker, node)
        ),
    )  # fmt: skip


def _step(checker: AggregateChecker, step: x.ConversionStep) -> tuple[SourceModel, RowChecker]:
    """The source of a step, whose rows must stand in time."""
    declared = checker.names.source(step.source, checker.namespace, checker.problems)
    if declared is None:
        raise Invalid
    source = checker.source(declared.name)
    if source.time is None:
        checker.problems.error(
            "K0320",
            f"`{step.source.text}` has no time column, so nothing can be said to come before or after its rows",
            step.source.span,
            also=[(source.span, "declared here")],
            hint="add `time COLUMN` to the source",
        )
        raise Invalid
    return source, checker.sources.rows(declared.name, checker.problems, checker.namespace)


def _own(step: x.ConversionStep, rows: RowChecker) -> tuple[r.Row, ...]:
    return (rows.condition(step.where),) if step.where is not None else ()


def _keys(key: Name, first: RowChecker, then: RowChecker) -> tuple[r.Row, r.Row]:
    """A key in both sources, which must be of one sort to be equal."""
    mine, theirs = (rows.scope.row(key.parts, key.span, rows.problems) for rows in (first, then))
    for row, rows in ((mine, first), (theirs, then)):
        if row.type in (DataType.OTHER, DataType.DURATION):
            rows.wrong(key.span, "`per` takes columns with plain values", rows.shown(row), None, row)
    sorts = [next((sort for sort in _ALIKE if row.type in sort), None) for row in (mine, theirs)]
    if None not in sorts and sorts[0] != sorts[1]:
        names = [row.type.value for row in (mine, theirs) if row.type is not None]
        first.wrong(
            key.span,
            f"`{key.text}` is {names[0]} in `{first.scope.local_name}` and {names[1]} in `{then.scope.local_name}`: "
            "it cannot be equal in both",
            "",
            f"declare it alike in both sources: `column {key.text}: text`",
            mine,
            theirs,
        )
    return mine, theirs


def _within(checker: AggregateChecker, node: x.Conversion) -> Fraction:
    """The time to convert in seconds: elapsed time, so of a fixed length."""
    count, unit = duration(node.within, checker.problems)
    if unit.grain not in _FIXED or unit.fiscal:
        days = round(count * unit.grain.nominal_seconds / 86_400)
        checker.stop(
            "K0330",
            f"the time to convert is elapsed time, and a {unit.singular} is not always equally long",
            node.within.span,
            f"count days or weeks: `within {days} days`",
        )
    return Fraction(count * unit.grain.nominal_seconds)
