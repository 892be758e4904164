"""KPIs: value, status, comparisons, trend and segments, in the order of checks that the definitions give."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from fractions import Fraction

from kpidsl.syntax import decl_nodes as d
from kpidsl.syntax import expr_nodes as x
from kpidsl.syntax.shared_nodes import Bound, ByProp, CompareBound, RangeBound, RequireProp, ValueProp
from oracle import rows as r
from oracle.civil import Span
from oracle.metrics import combinations, evaluate, hull, largest_lag, mentioned
from oracle.parts import cut, enter_earlier
from oracle.tables import instant
from oracle.values import Form, Outcome, Undefined, Value
from oracle.world import Env, World, length_of, unit_of

WORST_FIRST = ("error", "no_data", "stale", "red", "amber", "green", "no_target")


@dataclass(frozen=True, slots=True)
class Comparison:
    """The value at another time, and the change from it: in the unit, and relative to its size."""

    window: Span | None
    outcome: Outcome
    change: Outcome
    relative: Outcome


@dataclass(frozen=True, slots=True)
class Judged:
    """A value, of the whole or a segment, with what is said of it.

    `bounds` are the target's one or two edges. `steady`: every number that decides the status is exact (a float beside
    its bound may fall either way).
    """

    outcome: Outcome
    status: str
    bounds: tuple[Outcome, ...] = ()
    gap: Outcome | None = None
    attainment: Outcome | None = None
    steady: bool = True
    comparisons: tuple[Comparison, ...] = ()
    trend: tuple[tuple[Span | None, Outcome], ...] = ()


@dataclass(frozen=True, slots=True)
class KpiResult:
    name: str
    window: Span | None
    whole: Judged
    segments: tuple[tuple[tuple[tuple[str, object], ...], Judged], ...]


@dataclass(frozen=True, slots=True)
class Kpi:
    """A KPI's declaration, sorted."""

    name: str
    value: x.Expr
    targets: tuple[d.TargetProp, ...]
    amber: Bound | None
    guards: tuple[d.GuardProp, ...]
    compare: tuple[d.PreviousItem | d.EarlierItem, ...]
    by: tuple[str, ...]
    trend: d.TrendProp | None
    require: tuple[x.Expr, ...]
    worst: bool


def kpi_of(name: str, decl: d.KpiDecl) -> Kpi:
    props = decl.properties
    (value,) = (prop.value for prop in props if isinstance(prop, ValueProp))
    ambers = [prop.bound for prop in props if isinstance(prop, d.AmberProp)]
    trends = [prop for prop in props if isinstance(prop, d.TrendProp)]
    return Kpi(
        name,
        value,
        tuple(prop for prop in props if isinstance(prop, d.TargetProp)),
        ambers[0] if ambers else None,
        tuple(prop for prop in props if isinstance(prop, d.GuardProp)),
        tuple(item for prop in props if isinstance(prop, d.CompareProp) for item in prop.items),
        tuple(name.text for prop in props if isinstance(prop, ByProp) for name in prop.dimensions),
        trends[0] if trends else None,
        tuple(condition for prop in props if isinstance(prop, RequireProp) for condition in prop.conditions),
        any(isinstance(prop, d.WorstSegmentProp) for prop in props),
    )


@dataclass(frozen=True, slots=True)
class Case:
    """A KPI at an anchor: the target in force, whether a source is stale, and where else it is evaluated."""

    world: World
    kpi: Kpi
    env: Env
    window: Span | None
    target: d.TargetProp | None
    stale: bool
    compared: tuple[Env, ...]
    anchors: tuple[Env, ...]


def case_of(world: World, kpi: Kpi, as_of: datetime) -> Case:
    lag = largest_lag(world, (kpi.value,))
    env = Env(as_of, lag)
    window = hull(world, kpi.value, env)
    compared = tuple(
        replace(env, previous=True) if isinstance(item, d.PreviousItem) else enter_earlier(world, item, env)
        for item in kpi.compare
    )
    anchors: list[Env] = []
    if kpi.trend is not None:
        unit = unit_of(kpi.trend.unit)
        # A fixed window stays as written: only the anchor moves.
        anchors = [Env(world.almanac.back(as_of, count, unit), lag) for count in reversed(range(kpi.trend.count))]
    target = in_force(world, kpi, window, cut(world, env))
    return Case(world, kpi, env, window, target, stale(world, kpi.value, as_of), compared, tuple(anchors))


def in_force(world: World, kpi: Kpi, window: Span | None, a: datetime) -> d.TargetProp | None:
    """The target in force just before the end of the value's window; one without a date always was."""
    end = window.end if window else a
    always = datetime.min.replace(tzinfo=UTC)
    begun = [(world.almanac.day(target.starting) if target.starting else always, target) for target in kpi.targets]
    held = [pair for pair in begun if pair[0] < end]
    return max(held, key=lambda pair: pair[0])[1] if held else None


def stale(world: World, expr: x.Expr, as_of: datetime) -> bool:
    """Whether a source of the value has its newest row before the anchor longer ago than `fresh within` lets it."""
    for name in mentioned(world, expr)[0]:
        table = world.tables[name]
        time = table.holds[0] if table.holds else table.time
        if table.fresh is None or time is None:
            continue
        times = [instant(row.get(time), world.almanac) for row in table.rows]
        read = [at for at in times if at is not None and (table.ahead or at < as_of)]
        if read and max(read) < world.almanac.back(as_of, *length_of(table.fresh)):
            return True
    return False


# ---------------------------------------------------------------- bounds and status
def edges(bound: Bound) -> tuple[x.Expr, ...]:
    match bound:
        case CompareBound():
            return (bound.value,)
        case RangeBound():
            return (bound.low, bound.high)


def met(world: World, bound: Bound, value: Value, at: tuple[Outcome, ...]) -> bool | None:
    """Whether a value is within a bound whose edges are `at`; None where an edge is undefined."""
    numbers = [edge.value for edge in at if isinstance(edge, Value)]
    if len(numbers) < len(at):
        return None
    operators = (bound.operator,) if isinstance(bound, CompareBound) else (">=", "<=")
    return all(
        r.compare(operator, value.value, edge, world.almanac) is True
        for operator, edge in zip(operators, numbers, strict=True)
    )


def true(outcome: Outcome) -> bool:
    """Whether a guard fires: one that names an undefined value does not."""
    return isinstance(outcome, Value) and outcome.value is True


def exact(outcome: Outcome) -> bool:
    return isinstance(outcome, Undefined) or outcome.form < Form.FLOAT


def judge(case: Case, env: Env) -> Judged:
    """The value of the whole or of a segment, and its status by the checks in their order."""
    world, kpi, target = case.world, case.kpi, case.target
    outcome = evaluate(world, kpi.value, env)
    if env.members and target is not None and target.whole:
        target = None
    before: Outcome = Undefined("no_rows")
    if any("previous" in guard.condition.span.text for guard in kpi.guards):
        before = compared(case, env, replace(env, previous=True)).outcome
    names: list[tuple[str, Outcome]] = [("value", outcome), ("previous", before)]
    if outcome.n is not None:
        names.append(("n", Value(Fraction(outcome.n))))
    bounds: tuple[Outcome, ...] = ()
    if target is not None:
        bounds = tuple(evaluate(world, edge, env) for edge in edges(target.bound))
        if len(bounds) == 1:
            names.append(("target", bounds[0]))
    inner = replace(env, names=tuple(names))
    near = (
        () if kpi.amber is None or target is None else tuple(evaluate(world, edge, inner) for edge in edges(kpi.amber))
    )
    if isinstance(outcome, Value) and not all(true(evaluate(world, need, inner)) for need in kpi.require):
        outcome = Undefined("insufficient_sample", outcome.n, outcome.unknown)
    steady = all(exact(part) for part in (outcome, before, *bounds, *near))
    judged = Judged(outcome, "no_target", bounds, steady=steady)
    if isinstance(outcome, Undefined):
        return replace(judged, status="no_data")
    gap, attainment = measures(target, outcome, bounds)
    judged = replace(judged, gap=gap, attainment=attainment)
    if case.stale:
        return replace(judged, status="stale")
    for colour in ("red", "amber", "green"):
        if any(true(evaluate(world, guard.condition, inner)) for guard in kpi.guards if guard.colour == colour):
            return replace(judged, status=colour)
    if target is None:
        # Where `green when` says what green is, what is not green is red.
        return replace(judged, status="red") if any(guard.colour == "green" for guard in kpi.guards) else judged
    reached = met(world, target.bound, outcome, bounds)
    amber = False if kpi.amber is None else met(world, kpi.amber, outcome, near)
    if reached is None or (not reached and amber is None):
        return replace(judged, status="no_data")
    return replace(judged, status="green" if reached else "amber" if amber else "red")


def measures(
    target: d.TargetProp | None, value: Value, bounds: tuple[Outcome, ...]
) -> tuple[Outcome | None, Outcome | None]:
    """Gap X − T, and attainment X/T or T/X; of a two-sided target only the distance to the nearer edge."""
    known = [bound for bound in bounds if isinstance(bound, Value)]
    if target is None or len(known) < len(bounds) or not isinstance(value.value, Fraction):
        return None, None
    number = value.number
    form = max(value.form, *(bound.form for bound in known))
    if isinstance(target.bound, RangeBound):
        low, high = (bound.number for bound in known)
        return Value(min(number - low, Fraction(0)) or max(number - high, Fraction(0)), form=form), None
    goal = known[0].number
    gap = Value(number - goal, form=form)
    if target.bound.operator not in ("<", "<=", ">", ">=") or goal <= 0 or number <= 0:
        return gap, None
    higher = target.bound.operator in (">", ">=")
    return gap, Value(number / goal if higher else goal / number, form=max(form, Form.DIVIDED))


# ---------------------------------------------------------------- other times
def change(value: Outcome, before: Outcome) -> tuple[Outcome, Outcome]:
    """X − P, and (X − P)/|P|."""
    if isinstance(value, Undefined):
        return value, value
    if isinstance(before, Undefined):
        return before, before
    difference = value.number - before.number
    form = max(value.form, before.form)
    if before.number == 0:
        return Value(difference, form=form), Undefined("zero_denominator")
    return Value(difference, form=form), Value(difference / abs(before.number), form=max(form, Form.DIVIDED))


def across(case: Case, days: frozenset[date], other: Span | None) -> bool:
    """Whether a definition changed between the start of the other window and the end of the value's."""
    if case.window is None or other is None:
        return False
    begin, end = other.start or other.end, case.window.end
    return any(begin < case.world.almanac.day(day) < end for day in days)


def compared(case: Case, env: Env, there: Env, now: Outcome | None = None) -> Comparison:
    """The KPI's value at `there`, against the one at `env` (`now`, where more is known of that)."""
    value = case.kpi.value
    window = hull(case.world, value, there)
    outcome = evaluate(case.world, value, there)
    if across(case, mentioned(case.world, value)[1], window):
        outcome = Undefined("definition_changed")
    return Comparison(window, outcome, *change(now or evaluate(case.world, value, env), outcome))


def assess(case: Case, members: tuple[tuple[str, object], ...]) -> Judged:
    """The whole (no members) or a segment, with its comparisons and trend."""
    env = replace(case.env, members=members)
    judged = judge(case, env)
    comparisons = tuple(compared(case, env, replace(there, members=members), judged.outcome) for there in case.compared)
    trend = tuple(
        (hull(case.world, case.kpi.value, there), evaluate(case.world, case.kpi.value, replace(there, members=members)))
        for there in case.anchors
    )
    return replace(judged, comparisons=comparisons, trend=trend)


def kpi_result(world: World, kpi: Kpi, as_of: datetime) -> KpiResult:
    case = case_of(world, kpi, as_of)
    segments: list[tuple[tuple[tuple[str, object], ...], Judged]] = []
    if kpi.by:
        exprs = [(kpi.value, there) for there in (case.env, *case.compared, *case.anchors)]
        if case.target is not None and not case.target.whole:
            exprs += [(edge, case.env) for edge in edges(case.target.bound)]
        seen = {combination for expr, there in exprs for combination in combinations(world, expr, there, kpi.by)}
        for combination in sorted(seen, key=lambda members: [(key is None, str(key)) for key in members]):
            members = tuple(zip(kpi.by, combination, strict=True))
            segments.append((members, assess(case, members)))
    whole = assess(case, ())
    if kpi.worst and segments:
        whole = replace(whole, status=min((judged.status for _, judged in segments), key=WORST_FIRST.index))
    return KpiResult(kpi.name, case.window, whole, tuple(segments))
