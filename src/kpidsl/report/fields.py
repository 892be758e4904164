"""What records have in common as fields of a document: bounds, windows, comparisons, inputs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, tzinfo
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

from kpidsl.assess.results import (
    ActionResult,
    Approximation,
    Assessment,
    BoundResult,
    Comparison,
    Input,
    TrendPoint,
    WindowResult,
)
from kpidsl.report.parts import Fields, Many, Plain, Repeated, Shared, SharedColumn, Table

if TYPE_CHECKING:
    from kpidsl.assess.interval_results import IntervalResult

T = TypeVar("T")


def given(**fields: object) -> Fields:
    """The fields that are there, in the order given."""
    return {
        name: value if (kind := type(value)) in _AS_THEY_ARE else _PLAIN.get(kind, _no_value)(value)  # type: ignore[misc]
        for name, value in fields.items()
        if value is not None
    }


def _no_value(value: object) -> Plain:
    """What is none of a document's values is a fault of ours."""
    raise TypeError(f"no value of a document: {value!r}")


def instant(moment: datetime) -> str:
    """ISO 8601 with the offset from UTC; a fraction of a second only where there is one."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no zone")
    return _iso(moment, moment.tzinfo, moment.fold)


@lru_cache(maxsize=1024)
def _iso(moment: datetime, _zone: tzinfo, _fold: int) -> str:
    """Zone and fold are there to tell moments apart: equal ones may be written with different offsets."""
    return moment.isoformat()


_AS_THEY_ARE = frozenset({str, bool, int, Decimal, dict, list, Many, Shared, Table, type(None)})
_PLAIN: dict[type, Callable[[Any], Plain]] = {
    datetime: instant,
    date: date.isoformat,
    tuple: list,
}
"""How a field's value becomes one of a document. Tuples are of texts."""


def records(written: Callable[[T], Fields], found: Sequence[T]) -> list[Fields] | None:
    """A list inside a record, or None where it is empty."""
    return [written(one) for one in found] if found else None


def window(found: WindowResult | None) -> Fields | None:
    if found is None:
        return None
    start, end = found.start, found.end
    return _window(found.label, start, start.fold if start is not None else 0, end, end.fold, end.tzinfo)


@lru_cache(maxsize=1024)  # thousands of values share a dozen windows
def _window(
    label: str, start: datetime | None, _first: int, end: datetime, _second: int, _zone: tzinfo | None
) -> Fields:  # fmt: skip
    """Zone and folds are there for the same reason."""
    return Shared(given(label=label, start=start, end=end))


class Once:
    """Parts that stand in many places of a document: what entered its values, and the members of its segments. With
    `tables`, segments that are alike are written as one.
    """

    def __init__(self, tables: bool) -> None:
        self.input = Repeated(input_, Shared)
        self.bound: Repeated[Shared] = Repeated(shared_bound, lambda one: one)
        self.members: Repeated[Fields] = Repeated(dict, Shared)
        self.lists: Repeated[Sequence[Fields]] = Repeated(self._all, SharedColumn)
        self.tables = tables

    def _all(self, members: Sequence[Any]) -> Sequence[Fields]:
        return list(map(self.members, members))


def signals(found: Assessment) -> list[Fields] | None:
    if not found.signals:
        return None
    from kpidsl.report.signals import signal

    return records(signal, found.signals)


def forecast(found: Assessment) -> Fields | None:
    if found.forecast is None:
        return None
    from kpidsl.report.signals import forecast as written

    return written(found.forecast)


def bound(found: BoundResult | None) -> Fields | None:
    return bound_fields(found) if found is not None else None


def shared_bound(found: BoundResult) -> Shared:
    return Shared(bound_fields(found))


def bound_fields(found: BoundResult) -> Fields:
    return given(
        op=found.operator,
        value=found.value,
        low=found.low,
        high=found.high,
        value_undefined=found.undefined,
        starting=found.starting,
    )


def comparison(found: Comparison) -> Fields:
    return given(
        label=found.label,
        value=found.value,
        value_undefined=found.value_undefined,
        change=found.change,
        change_relative=found.change_relative,
        change_undefined=found.change_undefined,
        change_interval=interval(found.interval),
        n=found.n,
        partial=found.partial or None,
        window=window(found.window),
    )


def interval(found: IntervalResult | None) -> Fields | None:
    if found is None:
        return None
    return given(
        method=found.method,
        level=found.level,
        low=found.low,
        high=found.high,
        undefined=found.undefined,
        standard_error=found.standard_error,
    )


def trend_point(found: TrendPoint) -> Fields:
    """The window's label is the one of the KPI at another anchor, so only its edges are said."""
    edges = found.window
    return given(
        start=edges.start if edges else None,
        end=edges.end if edges else None,
        value=found.value,
        value_undefined=found.value_undefined,
        n=found.n,
        partial=found.partial or None,
    )


def input_(found: Input) -> Fields:
    return given(
        aggregation=found.aggregation,
        source=found.source,
        where=found.where or None,
        series=found.series or None,
        window=window(found.window),
        value=found.value,
        value_undefined=found.value_undefined,
        n=found.n,
        approximate=approximation(found.approximate),
        sql=found.sql,
    )


def approximation(found: Approximation | None) -> Fields | None:
    return None if found is None else given(method=found.method, error=found.error)


def action(found: ActionResult) -> Fields:
    fields = given(title=found.title, owner=found.owner, due=found.due, when=found.when, done=found.done)
    return {**fields, "overdue": True} if found.overdue else fields
