"""Achievable: whether a target is within what can be, neither met whatever happens nor outside anything seen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from kpidsl.assess.numbers import said
from kpidsl.records import dataclass
from kpidsl.semantic import model as m
from kpidsl.semantic import values as v
from kpidsl.semantic.bands import known
from kpidsl.semantic.units import Unit
from kpidsl.smart.additions import changed_line, property_line
from kpidsl.smart.history import History, Point
from kpidsl.smart.literals import literal, rounded
from kpidsl.smart.reading import COUNTS, span_of_time
from kpidsl.smart.records import Addition, Finding, Letter, State
from kpidsl.syntax.decl_nodes import AmberProp, KpiDecl, TargetProp
from kpidsl.syntax.shared_nodes import CompareBound

FEWEST = 3  # earlier anchors with a value, to say something of
ENOUGH = 6  # of them, to call a target that was met at all trivial
ONE_IN = 4  # a target is proposed that was met at about one in four of them


@dataclass(frozen=True, slots=True)
class Aim:
    """A KPI with its declaration and history; `unlooked` says why there is no history.

    Without a declaration (`node`) no line is proposed.
    """

    kpi: m.KpiModel
    node: KpiDecl | None
    history: History | None
    unlooked: str
    limits: tuple[Fraction | None, Fraction | None]

    @property
    def unit(self) -> Unit:
        return self.kpi.unit

    def shown(self, value: Fraction) -> str:
        return said(value, self.unit.label)


def achievable(aim: Aim) -> Finding:
    """The finding on the target of a KPI."""
    if not aim.kpi.targets:
        if any(guard.colour == "green" for guard in aim.kpi.guards):
            return _unknown(f"judged by conditions: {aim.kpi.guards[0].colour} when {aim.kpi.guards[0].text}")
        return Finding(Letter.ACHIEVABLE, State.MISSING, "there is no target", _first_target(aim))
    past = aim.history
    if past is None:
        return _unknown(aim.unlooked)
    if past.missing is not None:
        return _unknown(past.missing)
    if past.now is None and past.value_now is not None and not past.earlier:
        return _unknown("no target is in force yet")
    if len(past.earlier) < FEWEST:
        has = {0: "none", 1: "only 1"}.get(len(past.earlier), f"only {len(past.earlier)}")
        return _unknown(f"{has} of the {past.asked} earlier anchors, {past.apart} apart, has a value")
    return _against(aim, past)


def _unknown(why: str) -> Finding:
    return Finding(Letter.ACHIEVABLE, State.UNKNOWN, why)


def _against(aim: Aim, past: History) -> Finding:
    """The verdict of a history."""
    met = sum(point.holds for point in past.earlier)
    count = len(past.earlier)
    now = past.now
    score = f"met at {met} of {count} earlier anchors, {past.apart} apart"
    if met == count and (now is None or now.holds):
        if _is_the_most(aim, (now or past.earlier[-1])):
            return Finding(Letter.ACHIEVABLE, State.YES, f"{score}: nothing stricter is possible")
        if count < ENOUGH:
            return Finding(Letter.ACHIEVABLE, State.YES, f"{score}: too few to call it trivial")
        return Finding(Letter.ACHIEVABLE, State.MISSING, f"{score}: trivially met", _proposed(aim, past, stricter=True))
    if met == 0 and (now is None or not now.holds):
        return Finding(Letter.ACHIEVABLE, State.MISSING, _never(aim, past), _proposed(aim, past, stricter=False))
    today = "" if now is None else f", and {'met' if now.holds else 'missed'} now with {aim.shown(now.value)}"
    return Finding(Letter.ACHIEVABLE, State.YES, score + today)


def _never(aim: Aim, past: History) -> str:
    points = _all(past)
    last = past.now or past.earlier[0]
    if _moves(points):
        return f"never seen: missed at all of {len(past.earlier)} earlier anchors, {past.apart} apart, and now"
    values = [point.value for point in points]
    of = f"of {len(points)} values, {past.apart} apart,"
    if last.operator is None:
        assert last.high is not None
        low, high = aim.shown(min(values)), aim.shown(max(values))
        return f"never seen: {of} all are from {low} to {high}, against {aim.shown(last.low)} to {aim.shown(last.high)}"
    best = max(values) if last.operator[0] == ">" else min(values)
    return f"never seen: {of} the best is {aim.shown(best)} against {aim.shown(last.low)}"


def _is_the_most(aim: Aim, point: Point) -> bool:
    """Whether no stricter target can be met: the edge is the end of what the value can be."""
    if point.operator is None:
        return False
    low, high = aim.limits
    end = high if point.operator[0] == ">" else low
    return end is not None and (point.low >= end if point.operator[0] == ">" else point.low <= end)


def _all(past: History) -> tuple[Point, ...]:
    return (*((past.now,) if past.now is not None else ()), *past.earlier)


def _moves(points: Sequence[Point]) -> bool:
    """Whether the target differs from anchor to anchor."""
    return len({(point.low, point.high) for point in points}) > 1


# ---------------------------------------------------------------- proposals
def _proposed(aim: Aim, past: History, *, stricter: bool) -> tuple[Addition, ...]:
    """The target in force, written with a number that the data knows."""
    line = _in_force(aim, past)
    point = past.now or past.earlier[0]
    if line is None:
        return ()
    points = _all(past)
    if not isinstance(line.bound, CompareBound):
        return _proposed_range(aim, line, points)
    assert point.operator is not None
    upward = point.operator[0] == ">"
    if _moves(points) or v.aggregates(_bound(aim, past).low):
        return _proposed_part(line, points, upward=upward, stricter=stricter)
    values = sorted((one.value for one in points), reverse=upward)
    pick = values[(len(values) - 1) // ONE_IN] if stricter else values[0]
    if stricter and pick in (point.low, values[-1]):
        pick = values[0]
    if stricter and pick == values[-1]:
        # They are all the same: nothing but the strict sign is stricter.
        written, operator = literal(pick, aim.unit), point.operator[0]
    else:
        near = rounded(pick, aim.unit, up=not upward, beyond=point.low if stricter else None)
        written, operator = literal(near, aim.unit), point.operator
        pick = near
    if written is None:
        return ()
    reached = sum(compare_to(one, operator, pick) for one in points)
    note = f"{reached} of {len(points)} values hold it"
    changed = changed_line(line.span, line.bound.span, f"{operator} {written}", note)
    return (changed, *_amber_beyond(aim, operator, pick))


def compare_to(point: Point, operator: str, edge: Fraction) -> bool:
    """Whether the value of a point holds another edge."""
    return Point(point.value, edge, None, operator).holds


def _proposed_part(line: TargetProp, points: Sequence[Point], *, upward: bool, stricter: bool) -> tuple[Addition, ...]:
    """A part of a target that is a value itself: `target >= 92% of (plan over last month)`."""
    bound = line.bound
    assert isinstance(bound, CompareBound)
    if any(point.low <= 0 for point in points):
        return ()
    parts = sorted((point.value / point.low for point in points), reverse=upward)
    pick = parts[(len(parts) - 1) // ONE_IN] if stricter else parts[0]
    percent = Unit(label="%")
    near = rounded(pick, percent, up=not upward, beyond=Fraction(1) if stricter and pick != 1 else None)
    if near <= 0:
        return ()
    reached = sum(compare_to(one, bound.operator, near * one.low) for one in points)
    text = f"{bound.operator} {literal(near, percent)} of ({bound.value.span.text})"
    return (changed_line(line.span, bound.span, text, f"{reached} of {len(points)} values hold it"),)


def _proposed_range(aim: Aim, line: TargetProp, points: Sequence[Point]) -> tuple[Addition, ...]:
    """A corridor: the middle half of the values."""
    if _moves(points):
        return ()
    values = sorted(point.value for point in points)
    skipped = len(values) // ONE_IN
    low = rounded(values[skipped], aim.unit, up=False)
    high = rounded(values[-1 - skipped], aim.unit, up=True)
    text = _corridor(low, high, aim.unit)
    if text is None or low == high:
        return ()
    reached = sum(low <= value <= high for value in values)
    changed = changed_line(line.span, line.bound.span, text, f"{reached} of {len(values)} values are in it")
    return (changed, *_amber_around(aim, low, high, values))


def _amber_beyond(aim: Aim, operator: str, edge: Fraction) -> Iterator[Addition]:
    """The amber line of a target that is written anew, where it would be the stricter of the two."""
    line, amber = _amber(aim)
    old = known(amber.low, edge) if amber is not None else None
    if line is None or old is None or not (old > edge if operator[0] == ">" else old < edge):
        return
    part = 90 if (operator[0] == ">") == (edge > 0) else 110
    text = f"{operator} {part}% of target" if edge else f"{operator} {literal(edge, aim.unit)}"
    yield changed_line(line.span, line.bound.span, text)


def _amber_around(aim: Aim, low: Fraction, high: Fraction, values: Sequence[Fraction]) -> Iterator[Addition]:
    """The amber corridor of one that is written anew, where it would not hold it."""
    line, amber = _amber(aim)
    if line is None or amber is None or amber.high is None:
        return
    inner, outer = known(amber.low), known(amber.high)
    if inner is None or outer is None or (inner <= low and outer >= high):
        return
    text = _corridor(min(low, inner, values[0]), max(high, outer, values[-1]), aim.unit)
    if text is not None:
        yield changed_line(line.span, line.bound.span, text)


def _amber(aim: Aim) -> tuple[AmberProp | None, m.BoundModel | None]:
    properties = aim.node.properties if aim.node is not None else ()
    return next((one for one in properties if isinstance(one, AmberProp)), None), aim.kpi.amber


def _corridor(low: Fraction, high: Fraction, unit: Unit) -> str | None:
    """A range as it is written, its unit once, a percentage's at both ends."""
    first, second = literal(low, unit if unit.label in ("%", "pp") else Unit()), literal(high, unit)
    return None if second is None else f"{first}..{second}"


def _bound(aim: Aim, past: History) -> m.BoundModel:
    return next((one for one in aim.kpi.targets if one.starting == past.starting), aim.kpi.targets[0])


def _in_force(aim: Aim, past: History) -> TargetProp | None:
    """The line of the target in force."""
    span = _bound(aim, past).span
    properties = aim.node.properties if aim.node is not None else ()
    return next((one for one in properties if isinstance(one, TargetProp) and one.span == span), None)


def _first_target(aim: Aim) -> tuple[Addition, ...]:
    """A target for a KPI that has none: what it was now and then, where that is known."""
    if aim.node is None:
        return ()
    past = aim.history
    value = past.value_now if past is not None else None
    points = [point.value for point in past.earlier] if past is not None else []
    if value is None:
        number = Fraction(80, 100) if aim.unit.label in ("%", "pp") else Fraction(100)
        written = literal(number, aim.unit)
        note = "the number is yours to choose; `<=` where lower is better"
    else:
        every = sorted((value, *points), reverse=True)
        pick = every[(len(every) - 1) // ONE_IN]
        near = rounded(every[0] if pick == every[-1] else pick, aim.unit, up=False)
        written = literal(near, aim.unit)
        met = f"; {sum(one >= near for one in every)} of {len(every)} values hold it" if points else ""
        note = f"{span_of_time(aim.kpi.value)} was {aim.shown(value)}{met}; `<=` where lower is better"
    return (property_line(aim.node.span, aim.node.properties, f"target >= {written or 'previous'}", note),)


# ---------------------------------------------------------------- limits
def limits_of(kpi: m.KpiModel, metrics: Sequence[m.MetricModel]) -> tuple[Fraction | None, Fraction | None]:
    """The ends of what the value can be: the limits its metric declares, or what counts and shares have by nature."""
    for metric in metrics:
        if metric.unit == kpi.unit and metric.limits != (None, None):
            low, high = (known(edge) for edge in metric.limits)
            return low, high
    found = v.aggregates(kpi.value)
    if isinstance(_inmost(kpi.value), v.Reduced) or not found:
        return None, None
    if len(found) == 1 and found[0].function in ("share", "top_box", "conversion_rate"):
        return Fraction(0), Fraction(1)
    if len(found) == 1 and found[0].function in COUNTS and found[0].function != "nps":
        return Fraction(0), None
    return None, None


def _inmost(value: v.Value) -> v.Value:
    """The value inside windows, names and units."""
    while isinstance(value, v.Measure | v.Windowed | v.Shifted | v.Converted):
        value = value.operand
    return value
