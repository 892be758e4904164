"""The columns that a spec knows of its sources: what it declares, and what its expressions read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass

from kpidsl.plan.columns import columns_in
from kpidsl.semantic import model as m
from kpidsl.semantic import rows as r
from kpidsl.semantic import values as v
from kpidsl.semantic.types import DataType
from kpidsl.semantic.units import NUMBER, SECONDS
from kpidsl.source_text import Span

Known = dict[str, dict[str, DataType | None]]
_NUMBERS = ("sum", "avg", "stddev", "variance", "median", "percentile", "nps", "top_box", "ces_net")
_OF = {
    **dict.fromkeys(_NUMBERS, DataType.DECIMAL),
    **dict.fromkeys(("share", "prevalence"), DataType.BOOLEAN),
}
"""What the argument of an aggregation is, where there is one thing it can be."""
_EXTREMES = ("min", "max", "first", "last")
_TIME_FUNCTIONS = frozenset(
    {"year", "quarter", "month", "day", "hour", "weekday", "date", "days_between", "business_days_between"}
)
_TEXT_FUNCTIONS = frozenset({"lower", "upper", "trim"})
_NUMBER_FUNCTIONS = frozenset({"abs", "round", "floor", "ceil"})


def known_columns(model: m.Model) -> Known:
    """The columns of every source by name, with the type their use implies; None where nothing tells one.

    `model` is the spec as it is checked without its data.
    """
    found: Known = {name: {} for name in model.sources}
    for source in model.sources.values():
        for column in source.columns.values():
            implied = DataType.DECIMAL if column.unit != NUMBER or column.unit.label is not None else None
            _note(found, source.name, column.name, column.type or implied)
        for row in (source.time, *((source.holds.start, source.holds.end) if source.holds is not None else ())):
            if row is not None:
                _read(found, row, DataType.TIMESTAMP)
        for key in source.key:
            if key not in source.lets:
                _note(found, source.name, key, None)
        for join in source.joins.values():
            other = model.sources.get(join.source)
            for left, right in join.keys:
                if left not in source.lets:
                    _note(found, source.name, left, _given(other, right))
                if other is not None and right not in other.lets:
                    _note(found, other.name, right, _given(source, left))
        for row in source.lets.values():
            _read(found, row, None)
    for value in _values(model):
        for aggregate in v.aggregates(value):
            _aggregate(found, aggregate)
    for value in _numbers(model):
        for aggregate in v.aggregates(value):
            if aggregate.function in _EXTREMES and aggregate.argument is not None and aggregate.info.sort == "number":
                _read(found, aggregate.argument, DataType.DECIMAL)
    _dimensions(found, model)
    return found


def _given(source: m.SourceModel | None, name: str) -> DataType | None:
    """The type of a column, where the source's data or declaration tells one."""
    if source is None:
        return None
    given = source.schema.get(name) if source.schema is not None else None
    declared = source.columns.get(name)
    return (declared.type if declared is not None else None) or (given.type if given is not None else None)


def _values(model: m.Model) -> Iterator[v.Value]:
    for metric in model.metrics.values():
        yield metric.value
    for scorecard in model.scorecards.values():
        yield from _inside(scorecard)
    yield from _numbers(model)


def _numbers(model: m.Model) -> Iterator[v.Value]:
    """The values that are held against something: what nothing else tells to be a time or a text is a number there."""
    for declared in (model.kpis, model.objectives, model.outcomes):
        for one in declared.values():
            yield from _inside(one)


def _inside(part: object) -> Iterator[v.Value]:
    """Every value that a record of the model holds, however deep in its parts."""
    if isinstance(part, v.Value):
        yield part
    elif isinstance(part, Span):
        return
    elif isinstance(part, tuple):
        for item in part:
            yield from _inside(item)
    elif is_dataclass(part) and not isinstance(part, type):
        for one in fields(part):
            yield from _inside(getattr(part, one.name))


def _aggregate(found: Known, aggregate: v.Aggregate) -> None:
    if aggregate.argument is not None:
        _read(found, aggregate.argument, _OF.get(aggregate.function))
    if aggregate.time is not None:
        _read(found, aggregate.time, DataType.TIMESTAMP)
    for one in aggregate.where:
        _read(found, one.row, DataType.BOOLEAN)
    for row in aggregate.per:
        _read(found, row, None)
    if aggregate.conversion is not None:
        then = aggregate.conversion
        _read(found, then.time, DataType.TIMESTAMP)
        for row in (*then.first, *then.where):
            _read(found, row, DataType.BOOLEAN)
        for row in then.keys:
            _read(found, row, None)


def _dimensions(found: Known, model: m.Model) -> None:
    """Columns that a value is only sliced by."""
    for kpi in model.kpis.values():
        names = {name for slice_ in kpi.slices for name in slice_}
        names |= {one.dimension for value in _inside(kpi) for one in _members(value)}
        _slice(found, model, kpi.value, names, tuple(_inside(kpi)))
    for metric in model.metrics.values():
        names = set(metric.dimensions) | {one.dimension for one in _members(metric.value)}
        _slice(found, model, metric.value, names)


def _members(value: v.Value) -> Iterator[v.EachMember]:
    if isinstance(value, v.EachMember):
        yield value
    for part in v.parts(value):
        yield from _members(part)


def _slice(
    found: Known, model: m.Model, value: v.Value, names: set[str], beside: tuple[v.Value, ...] = ()
) -> None:  # fmt: skip
    """Note the columns of dimensions, each as it is in another source of the value, or of what is `beside` it."""
    for name in names:
        columns = [_column(model, one.source, name) for one in v.aggregates(value)]
        others = [_column(model, one.source, name) for part in beside for one in v.aggregates(part)]
        meant = [one for one in columns if one is not None]
        meant += [one for one in others if one is not None and _has(*one)]
        kind = next(filter(None, (_given(*column) for column in meant)), None)
        for source, column in meant:
            _note(found, source.name, column, kind)


def _column(model: m.Model, source: str, dimension: str) -> tuple[m.SourceModel, str] | None:
    """The source and the column that a dimension is of; None for one that is derived, or behind no join."""
    model_of, (*path, column) = model.sources[source], dimension.split(".")
    for step in path:
        join = model_of.joins.get(step)
        if join is None or join.source not in model.sources:
            return None
        model_of = model.sources[join.source]
    return None if column in model_of.lets else (model_of, column)


def _has(source: m.SourceModel, column: str) -> bool:
    return source.schema is not None and source.schema.get(column) is not None


def _note(found: Known, source: str, name: str, kind: DataType | None) -> None:
    columns = found.setdefault(source, {})
    columns[name] = columns.get(name) or kind


def _read(found: Known, row: r.Row, kind: DataType | None) -> None:
    """Note the columns of an expression; `kind` is what the place it stands in wants."""
    match row:
        case r.ColumnValue(source=source, name=name):
            _note(found, source, name, row.type or kind)
        case r.Function(name=name, arguments=arguments):
            wanted = _wanted(name, kind)
            for argument in arguments:
                _read(found, argument, wanted)
        case r.Within(operand=operand):
            _read(found, operand, DataType.TIMESTAMP)
        case r.Pattern(operand=operand):
            _read(found, operand, DataType.TEXT)
        case r.Negative(operand=operand) | r.Scaled(operand=operand):
            _read(found, operand, DataType.DECIMAL)
        case r.Inverse(operand=operand):
            _read(found, operand, DataType.BOOLEAN)
        case r.Both(left=left, right=right):
            _read(found, left, DataType.BOOLEAN)
            _read(found, right, DataType.BOOLEAN)
        case r.Comparison(left=left, right=right):
            _read(found, left, _comparable(right))
            _read(found, right, _comparable(left))
        case r.Among(operand=operand, items=items):
            _read(found, operand, next(filter(None, map(_comparable, items)), None))
            for item in items:
                _read(found, item, _comparable(operand))
        case r.Arithmetic(left=left, right=right):
            _read(found, left, _computed(row, right))
            _read(found, right, _computed(row, left))
        case r.Choice(condition=condition, then=then, otherwise=otherwise):
            _read(found, condition, DataType.BOOLEAN)
            _read(found, then, kind)
            _read(found, otherwise, kind)
        case _:
            for column in columns_in(row):
                if column.type is not None:
                    _note(found, column.source, column.name, column.type)
            for one in fields(row):
                inner = getattr(row, one.name)
                for part in inner if isinstance(inner, tuple) else (inner,):
                    if isinstance(part, r.Row):
                        _read(found, part, None)


def _wanted(function: str, kind: DataType | None) -> DataType | None:
    if function in _TIME_FUNCTIONS:
        return DataType.TIMESTAMP
    if function in _TEXT_FUNCTIONS:
        return DataType.TEXT
    return DataType.DECIMAL if function in _NUMBER_FUNCTIONS else kind if function == "coalesce" else None


def _comparable(other: r.Row) -> DataType | None:
    """What a column is that is compared with this, where that is certain: a length of time may be a number, too."""
    kind = other.type
    if kind is None or kind is DataType.TEXT or kind is DataType.BOOLEAN:
        return kind
    if kind.is_number:
        return None if other.unit.fits(SECONDS) else DataType.DECIMAL
    return DataType.TIMESTAMP if kind.is_time else None


def _computed(whole: r.Arithmetic, other: r.Row) -> DataType | None:
    """What a side of an expression is, where what comes out and its other side tell that for certain."""
    is_length = other.unit.fits(SECONDS)
    if whole.type is not None and whole.type.is_time:  # a time and a length of time
        return DataType.TIMESTAMP if is_length else None
    if whole.operator == "-" and whole.type is DataType.DURATION and not is_length:  # of two times
        return DataType.TIMESTAMP
    return None if is_length and whole.operator in ("+", "-") else DataType.DECIMAL
