"""A process behaviour chart of a trend: its phases, what the newest value says, what the target can expect."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from fractions import Fraction

from kpidsl.assess import points as p
from kpidsl.assess.bounds import Bound
from kpidsl.assess.numbers import written
from kpidsl.assess.points import Point, Points
from kpidsl.assess.signal_results import FindingResult, Limits, Phase, SignalResult
from kpidsl.assess.trends import window_result
from kpidsl.calendar import Calendar, Window
from kpidsl.plan.nodes import SignalPlan
from kpidsl.records import dataclass
from kpidsl.stats import control_chart as c
from kpidsl.stats.dependence import is_dependent

_SIDES = {1: "above", -1: "below"}
_WAYS = {1: "rising", -1: "falling"}
_ASSURED = {"capable": "consistently meets its target", "failing": "consistently misses its target",
            "hit_and_miss": "meets and misses its target by chance"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A phase of a chart, drawn of so many values, those of the baseline where they are `based` on it; `chart` is None
    where there are too few.
    """

    since: date | None
    reason: str | None
    points: tuple[Point, ...]
    based: bool
    drawn_of: int
    chart: c.Chart | None
    findings: tuple[c.Finding, ...]


def charted(plan: SignalPlan, points: Points, target: Bound | None, calendar: Calendar) -> SignalResult:
    """What a chart of the points says; only the newest phase says it of now."""
    phases = [_drawn(plan, since, reason, part) for since, reason, part in _phases(plan, points)]
    now = phases[-1]
    nothing = SignalResult("xmr", plan.rules, None, p.known(points), p.absent(points), "")
    if plan.baseline is not None and not any(one.based for one in phases):
        return replace(nothing, reason="no value of its trend is in its baseline", undefined="insufficient_history")
    if now.chart is None:
        where = " in its baseline" if now.based else f" since {now.since}" if now.since is not None else ""
        reason = f"too few values for limits{where}: {p.too_few(now.drawn_of, c.FEWEST)}"
        return replace(nothing, reason=reason, undefined="insufficient_history")
    if is_dependent(p.values(now.points)):
        reason = "each value carries over much of the one before: limits would be too narrow"
        return replace(nothing, reason=reason, undefined="autocorrelated")
    newest = max(at for at, point in enumerate(now.points) if point.value is not None)
    found = next((one for one in now.findings if one.first <= newest <= one.last), None)
    variation = "common_cause" if found is None else p.reading(found.side, p.better(target))
    assurance = _assurance(now.chart, target)
    return replace(
        nothing,
        reason="; ".join(_told(plan, now, now.chart, found, newest, variation, assurance, calendar)),
        variation=variation,
        assurance=assurance,
        limits=_limits(now.chart),
        baseline=window_result(plan.baseline, calendar) if now.based else None,
        since=now.since,
        rebased=now.reason,
        findings=_findings(now, calendar),
        earlier=tuple(
            Phase(one.since, one.reason, _limits(one.chart), _findings(one, calendar)) for one in phases[:-1]
        ),
    )


# ---------------------------------------------------------------- phases
def _phases(plan: SignalPlan, points: Points) -> list[tuple[date | None, str | None, tuple[Point, ...]]]:
    """The points between the days on which the chart begins anew. A window over such a day is of the time before."""
    parts: list[tuple[date | None, str | None, list[Point]]] = [(None, None, [])]
    left = list(plan.rebases)
    for point in points:
        while left and _is_after(point, left[0][0]):
            _, rebase = left.pop(0)
            parts.append((rebase.on, rebase.reason, []))
        parts[-1][2].append(point)
    return [(since, reason, tuple(part)) for since, reason, part in parts if part]


def _is_after(point: Point, instant: datetime) -> bool:
    """Whether a point is about the time from an instant on; a level at that very instant is of the time before."""
    begins = point.begins
    if begins is None:
        return False
    return begins > instant if point.is_instant() else begins >= instant


def _drawn(plan: SignalPlan, since: date | None, reason: str | None, points: tuple[Point, ...]) -> _Drawn:
    of = [point.value if _is_within(point, plan.baseline) else None for point in points]
    based = any(value is not None for value in of)
    drawn = of if based else p.values(points)
    count = sum(value is not None for value in drawn)
    chart = c.chart(drawn, screen=plan.screened) if count >= c.FEWEST else None
    rules: c.Rules = "nhs" if plan.rules == "nhs" else "wheeler"
    found = c.findings(p.values(points), chart, rules) if chart is not None else ()
    return _Drawn(since, reason, points, based, count, chart, found)


def _is_within(point: Point, baseline: Window | None) -> bool:
    if baseline is None or baseline.start is None or point.window is None:
        return False
    return _is_after(point, baseline.start) and point.window.end <= baseline.end


# ---------------------------------------------------------------- what is said
def _assurance(chart: c.Chart, target: Bound | None) -> str | None:
    """Whether chance alone decides if the target is met: the whole width between the limits meets it, or none, or some.

    NHS England, *Making Data Count*, calls them consistently passing, consistently failing, and hit and miss.
    """
    if target is None or target.missing is not None:
        return None
    met = [target.holds(edge) for edge in (chart.lower, chart.upper)]
    if all(met):
        return "capable"
    if any(met):
        return "hit_and_miss"
    if target.operator is None:
        # Both limits are outside of a range: on its two sides, or on one.
        assert target.low is not None and target.high is not None
        low, high = target.low.value, target.high.value
        assert isinstance(low, Fraction) and isinstance(high, Fraction)
        return "failing" if chart.upper < low or chart.lower > high else "hit_and_miss"
    return "failing"


def _limits(chart: c.Chart | None) -> Limits | None:
    if chart is None:
        return None
    numbers = (chart.centre, chart.lower, chart.upper, chart.ranges, chart.upper_range)
    centre, lower, upper, ranges, upper_range = (written(number, exact=False) for number in numbers)
    return Limits(
        chart.n, centre, lower, upper, ranges, upper_range, chart.screened, provisional=chart.n < c.PROVISIONAL
    )


def _findings(phase: _Drawn, calendar: Calendar) -> tuple[FindingResult, ...]:
    found: list[FindingResult] = []
    for one in phase.findings:
        first, last = phase.points[one.first], phase.points[one.last]
        sides = _WAYS if one.rule == "trend" else _SIDES
        start = first.begins if not first.is_instant() else None
        end = last.window.end if last.window is not None else None
        found.append(
            FindingResult(
                one.rule,
                sides.get(one.side),
                one.points,
                calendar.local(start) if start is not None else None,
                calendar.local(end) if end is not None else None,
            )
        )
    return tuple(found)


def _told(
    plan: SignalPlan,
    now: _Drawn,
    chart: c.Chart,
    found: c.Finding | None,
    newest: int,
    variation: str,
    assurance: str | None,
    calendar: Calendar,
) -> Iterator[str]:
    """The parts of the sentence a reader is told."""
    if found is None:
        yield "common cause variation"
    else:
        what = "" if variation == "special_cause" else f" ({variation})"
        if found.points == 1 or found.rule == "moving_range":
            at = p.placed(now.points[found.last], plan.step, calendar)
        else:
            at = f"since {p.when(now.points[found.first], plan.step, calendar)}"
        yield f"special cause{what}: {_words(found)} {at}"
    if newest < len(now.points) - 1:
        yield f"its newest value is the one {p.placed(now.points[newest], plan.step, calendar)}"
    if assurance is not None:
        yield _ASSURED[assurance]
    if chart.n < c.PROVISIONAL:
        yield f"provisional, of {chart.n} values"


def _words(found: c.Finding) -> str:
    side, limit = _SIDES.get(found.side, ""), "upper" if found.side > 0 else "lower"
    match found.rule:
        case "outside_limits":
            return f"{side} its {limit} limit"
        case "shift" | "run_of_eight":
            return f"{found.points} points {side} the centre"
        case "trend":
            return f"{found.points} points {_WAYS[found.side]}"
        case "two_of_three":
            return f"{found.points} points near the {limit} limit"
        case "three_of_four":
            return f"{found.points} points nearer to the {limit} limit than to the centre"
        case "moving_range":
            return "a jump beyond the limit of ranges"
