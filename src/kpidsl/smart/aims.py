"""Key results held against the data: each as a KPI of its value, so that one run answers for all."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from fractions import Fraction

from kpidsl.calendar import Calendar, Grain, Unit
from kpidsl.records import dataclass
from kpidsl.semantic import goal_model as g
from kpidsl.semantic import model as m
from kpidsl.semantic import values as v
from kpidsl.semantic.units import PERCENT, POINTS
from kpidsl.semantic.units import Unit as Measure
from kpidsl.smart.achievable import Aim, achievable
from kpidsl.smart.additions import changed_line
from kpidsl.smart.history import BASELINE, History, Point
from kpidsl.smart.literals import literal, rounded
from kpidsl.smart.records import Addition, Finding, Letter, State
from kpidsl.syntax import expr_nodes as x
from kpidsl.syntax.goal_nodes import ChangeProp, ReachProp
from kpidsl.syntax.node import Node
from kpidsl.syntax.shared_nodes import CompareBound

DAY = Unit(Grain.DAY)


@dataclass(frozen=True, slots=True)
class Held:
    """A key result as it is held against the data: a KPI of its value with the target it is to come to.

    `follows` tells that the target follows from the baseline, and `begins` that this is the first day of its time.
    """

    name: str
    kpi: m.KpiModel
    follows: g.DeltaModel | None
    operator: str
    begins: date


def key(name: str) -> str:
    """What a key result is called among KPIs, where it must not be taken for one."""
    return f"key result {name}"


def held(one: g.KeyResultModel, anchor: datetime, calendar: Calendar) -> Held | None:
    """A key result that has a value; None for things to deliver."""
    aim = one.aim
    match aim:
        case g.DeliverModel():
            return None
        case g.ReachModel(value=value, bound=bound) | g.KeepModel(value=value, bound=bound):
            return Held(one.name, _kpi(one, value, (bound,), ()), None, bound.operator or "..", one.first)
        case g.ChangeModel():
            operator = (">" if aim.direction == "increase" else "<") + ("" if aim.strict else "=")
            start = _at_start(aim, one.first, anchor, calendar)
            asked = (m.ComparisonModel(BASELINE, start),) if start is not None else ()
            if aim.target is not None:
                bound = m.BoundModel(operator, aim.target, None, None, False, one.span)
                return Held(one.name, _kpi(one, aim.value, (bound,), asked), None, operator, one.first)
            return Held(one.name, _kpi(one, aim.value, (), asked), aim.delta, operator, one.first)


def _kpi(
    one: g.KeyResultModel,
    value: v.Value,
    targets: tuple[m.BoundModel, ...],
    comparisons: tuple[m.ComparisonModel, ...],
) -> m.KpiModel:
    return m.KpiModel(
        key(one.name), one.about, value, value.info.unit, targets, None, (), (), comparisons, (), None, False, (), (),
        one.span,
    )  # fmt: skip


def _at_start(aim: g.ChangeModel, first: date, anchor: datetime, calendar: Calendar) -> v.Value | None:
    """The baseline: as written, else the value when its time began; None where that is still to come."""
    if aim.baseline is not None:
        return aim.baseline
    days = (calendar.civil(anchor).date() - first).days
    if days < 0:
        return None
    return aim.value if days == 0 else v.Shifted(aim.value.info, aim.value, days, DAY)


# ---------------------------------------------------------------- finding
def achievable_key_result(
    one: Held, model: g.KeyResultModel, node: Node, past: History, ambition: Addition | None
) -> Finding:
    """The finding on what a key result is to come to.

    `ambition` is the line that says that more than was ever seen is meant; None where the objective says so.
    """
    kpi, baseline = one.kpi, past.baseline
    if one.follows is not None:
        if past.missing is not None:
            return _unknown(past.missing)
        if baseline is None:
            return _unknown(f"where it stood on {one.begins.isoformat()}, before its time began, is not known")
        edge = _comes_to(one.follows, one.operator, baseline)
        past = _against(past, edge, one.operator)
        constant = v.Number(kpi.value.info, edge)
        kpi = replace(kpi, targets=(m.BoundModel(one.operator, constant, None, None, False, kpi.span),))
    found = achievable(Aim(kpi, None, past, "", (None, None)))
    met = bool(past.earlier) and all(point.holds for point in past.earlier)
    if met and isinstance(model.aim, g.KeepModel) and found.state is not State.UNKNOWN:
        return Finding(Letter.ACHIEVABLE, State.YES, f"{found.said.partition(':')[0]}: to be kept")
    if found.state is not State.MISSING:
        return found
    if not met and ambition is None:
        return Finding(Letter.ACHIEVABLE, State.YES, f"{found.said}; the objective is aspirational")
    lines = _lines(node, kpi.unit, past, baseline, one.operator)
    if not lines and not met and ambition is not None:
        lines = (ambition,)
    return replace(found, additions=lines)


def _unknown(why: str) -> Finding:
    return Finding(Letter.ACHIEVABLE, State.UNKNOWN, why)


def _comes_to(delta: g.DeltaModel, operator: str, baseline: Fraction) -> Fraction:
    """B ± p·|B|, or B ± n."""
    size = delta.size * abs(baseline) if delta.measure == "relative" else delta.size
    return baseline + size if operator[0] == ">" else baseline - size


def _against(past: History, edge: Fraction, operator: str) -> History:
    """A history whose values are held against one edge."""
    now = Point(past.value_now, edge, None, operator) if past.value_now is not None else None
    return replace(past, now=now, earlier=tuple(Point(one, edge, None, operator) for one in past.values))


def _lines(node: Node, unit: Measure, past: History, baseline: Fraction | None, operator: str) -> tuple[Addition, ...]:
    """What to write instead: to the best that was seen, as a number or as a part of the baseline."""
    points = (*((past.now,) if past.now is not None else ()), *past.earlier)
    if not points:
        return ()
    upward = operator[0] == ">"
    values = [point.value for point in points]
    best = max(values) if upward else min(values)
    stricter = all(point.holds for point in points)
    near = rounded(best, unit, up=not upward, beyond=points[0].low if stricter and best != points[0].low else None)
    note = "the best that was seen"
    written = literal(near, unit)
    match node:
        case ChangeProp(to=x.Quantity() as number) if written is not None:
            return (changed_line(node.span, number.span, written, note),)
        case ReachProp(bound=CompareBound(value=x.Quantity() as number)) if written is not None and stricter:
            return (changed_line(node.span, number.span, written, note),)
        case ChangeProp():
            return _by(node, unit, near, baseline, upward=upward)
        case _:
            return ()


def _by(
    node: ChangeProp, unit: Measure, near: Fraction, baseline: Fraction | None, *, upward: bool
) -> tuple[Addition, ...]:
    """By how much it would come to a value."""
    if node.by is not None and baseline and (near > baseline) == upward and near != baseline:
        size, measure = abs(near - baseline), POINTS if unit.label == "%" else unit
        if node.relative or (isinstance(node.by, x.Quantity) and node.by.unit == "%"):
            size, measure = size / abs(baseline), PERCENT
        text = literal(rounded(size, measure, up=False), measure)
        if text is not None:
            return (changed_line(node.span, node.by.span, text, "the best that was seen"),)
    return ()
