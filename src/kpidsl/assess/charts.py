"""A process behaviour chart of a trend: its phases, what the newest value says, what the target can expect."""

from __future__ import annotations

from datetime import date

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
    """A phase of a chart; `chart` is None where there are too few values for one."""

    since: date | None
    reason: str | None
    points: tuple[Point, ...]
    drawn_of: int
    chart: c.Chart | None
    findings: tuple[c.Finding, ...]


def charted(plan: SignalPlan, points: Points, target: Bound | None, calendar: Calendar) -> SignalResult:
    """What a chart of the points says; only the newest phase says it of now."""
    phases = [_drawn(plan, since, reason, part) for since, reason, part in _phases(plan, points)]
    now = phases[-1]
    said = {"rules": plan.rules, "seasons": None, "n": p.known(points), "absent": p.absent(points)}
    if now.chart is None:
        after = f" since {now.since}" if now.since is not None else " in its baseline" if plan.baseline else ""
        reason = f"too few values for limits{after}: {p.too_few(now.drawn_of, c.FEWEST)}"
        return SignalResult("xmr", **said, reason=reason, undefined="insufficient_history")  # type: ignore[arg-type]
    if is_dependent(p.values(now.points)):
        reason = "each value carries over much of the one before: limits would be too narrow"
        return SignalResult("xmr", **said, reason=reason, undefined="autocorrelated")  # type: ignore[arg-type]
    newest = max(at for at, point in enumerate(now.points) if point.value is not None)
    found = next((one for one in now.findings if one.first <= newest <= one.last), None)
    variation = "common_cause" if found is None else p.reading(found.side, p.better(target))
    assurance = _assurance(now.chart, target)
    return SignalResult(
        "xmr",
        **said,  # type: ignore[arg-type]
        reason=_sentence(plan, now, found, variation, assurance, calendar),
        variation=variation,
        assurance=assurance,
        limits=_limits(now.chart),
        baseline=window_result(plan.baseline, calendar),
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
        while left and point.window is not None and point.begins is not None and _is_after(point, left[0][0]):
            _, rebase = left.pop(0)
            parts.append((rebase.on, rebase.reason, []))
        parts[-1][2].append(point)
    return [(since, reason, tuple(part)) for since, reason, part in parts if part]


def _is_after(point: Point, instant: object) -> bool:
    begins = point.begins
    assert begins is not None
    # A level at the very instant is that of the time before: the day begins with it.
    return begins > instant if point.is_instant() else begins >= instant  # type: ignore[operator]


def _drawn(plan: SignalPlan, since: date | None, reason: str | None, points: tuple[Point, ...]) -> _Drawn:
    of = [point.value if _is_within(point, plan.baseline) else None for point in points]
    based = of if any(value is not None for value in of) else p.values(points)
    count = sum(value is not None for value in based)
    chart = c.chart(based, screen=plan.screened) if count >= c.FEWEST else None
    rules: c.Rules = "nhs" if plan.rules == "nhs" else "wheeler"
    found = c.findings(p.values(points), chart, rules) if chart is not None else ()
    return _Drawn(since, reason, points, count, chart, found)


def _is_within(point: Point, baseline: Window | None) -> bool:
    if baseline is None:
        return False
    if point.window is None or point.begins is None or baseline.start is None:
        return False
    after = point.begins > baseline.start if point.is_instant() else point.begins >= baseline.start
    return after and point.window.end <= baseline.end


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
        return "failing" if chart.upper < low or chart.lower > high else "hit_and_miss"  # type: ignore[operator]
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


def _sentence(
    plan: SignalPlan, now: _Drawn, found: c.Finding | None, variation: str, assurance: str | None, calendar: Calendar
) -> str:
    parts: list[str] = []
    if found is None:
        parts.append("common cause variation")
    else:
        what = "" if variation == "special_cause" else f" ({variation})"
        first = now.points[found.first]
        one = found.points == 1
        since = p.placed(first, plan.step, calendar) if one else f"since {p.when(first, plan.step, calendar)}"
        parts.append(f"special cause{what}: {_words(found)} {since}")
    if assurance is not None:
        parts.append(_ASSURED[assurance])
    if now.chart is not None and now.chart.n < c.PROVISIONAL:
        parts.append(f"provisional, of {now.chart.n} values")
    return "; ".join(parts)


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
            return "a jump beyond what ranges do"
