"""From the model to the plan: windows resolved, vectors written out, every aggregation a cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from kpidsl import calendar as c
from kpidsl.calendar import Calendar, Window
from kpidsl.diagnostics import Problems
from kpidsl.plan import nodes as n
from kpidsl.plan.cells import Cells
from kpidsl.plan.eras import Eras, mixed, period_eras
from kpidsl.plan.intervals import change_plan, interval_plan
from kpidsl.plan.partial import prorated, running
from kpidsl.plan.place_in_time import Moment, Moments
from kpidsl.plan.signals import forecast_plan, signal_plans, until_of
from kpidsl.plan.substituted import substituted
from kpidsl.records import dataclass
from kpidsl.semantic import model as m
from kpidsl.semantic import values as v
from kpidsl.source_text import Span

if TYPE_CHECKING:
    from kpidsl.semantic.goal_model import ScorecardModel

MOST_PERIODS = 20_000


@dataclass(frozen=True, slots=True)
class Lowered:
    """A step, and which definitions of changing metrics are in it."""

    step: n.Step
    eras: Eras = field(default_factory=dict)


class Lowering:
    """Lowers the values of one run. Cells are kept once, however often they are asked for."""

    def __init__(self, model: m.Model, anchor: datetime, problems: Problems) -> None:
        self.model = model
        self.calendar: Calendar = model.calendar
        self.anchor = anchor
        self.problems = problems
        self.cells = Cells(model.sources, model.calendar)
        self.moments = Moments(model.calendar)
        self.now = self.moments.one(Moment(anchor))
        self._lagging = any(source.lag is not None for source in model.sources.values())
        self._reaches: dict[tuple[int, bool], tuple[Window, n.Reach] | None] = {}
        self._places: dict[tuple[object, ...], tuple[Moment, ...]] = {}
        self._periods: dict[tuple[c.Unit, datetime, datetime], tuple[Window, ...] | None] = {}
        self._asks: dict[tuple[object, ...], tuple[v.Aggregate, Lowered]] = {}
        self._measures: dict[tuple[object, ...], tuple[v.Measure, Lowered]] = {}
        self._bounds: dict[int, tuple[m.BoundModel, n.BoundPlan]] = {}
        self.judged_at: set[datetime] = set()
        self.own: str | None = None
        self.around: Span | None = None  # the declaration that is being planned
        self.partials = False

    # ------------------------------------------------------------ questions
    def metric(self, metric: m.MetricModel) -> n.Question:
        self.around = metric.span
        return self.question(metric.value, self.moment(metric.value), ())

    def kpi(self, kpi: m.KpiModel) -> tuple[n.SlicePlan, ...]:
        """The whole, then each `by`."""
        self.around = kpi.span
        moment = self.moment(kpi.value)
        self.own = kpi.name
        slices = tuple([self.slice(kpi, moment, by) for by in ((), *kpi.slices)])
        self.own = None
        return slices

    def scorecard(self, scorecard: ScorecardModel) -> n.Shown:
        """The values that are no KPIs: a KPI is asked for by itself."""
        return tuple(
            tuple(
                self.question(item.value, self.moment(item.value), ()) if item.value is not None else None
                for item in section.items
            )
            for section in scorecard.sections
        )

    def slice(self, kpi: m.KpiModel, moment: Moment, by: tuple[str, ...]) -> n.SlicePlan:
        value = self.lower(kpi.value, moment, by)
        window = self.window(kpi.value, moment)
        target = self.in_force(kpi, window, by)
        known = {"target": target.low} if target is not None and target.high is None else {}
        amber = kpi.amber if target is not None else None
        return n.SlicePlan(
            by,
            self.about(value.step, window),
            self.bound(target, moment, by, {}),
            self.bound(amber, moment, by, known),
            tuple([
                n.GuardPlan(guard.colour, self.lower(substituted(guard.condition, known), moment, by).step, guard.text)
                for guard in kpi.guards
            ]) if kpi.guards else (),
            tuple([
                (self.lower(substituted(require.condition, known), moment, by).step, require.text)
                for require in kpi.requires
            ]) if kpi.requires else (),
            tuple([
                (comparison.label, self.comparison(comparison.value, value, moment, by))
                for comparison in kpi.comparisons
            ]) if kpi.comparisons else (),
            self.trend(kpi, moment, by) if kpi.trend is not None else (),
            signal_plans(kpi, self.anchor, self.calendar) if kpi.signals else (),
            self.forecast(kpi, moment, by) if kpi.forecast is not None else None,
            interval_plan(kpi.interval, lambda part: self.lower(part, moment, by).step)
            if kpi.interval is not None else None,
            tuple([
                change_plan(kpi.interval, comparison.value, lambda part: self.lower(part, moment, by).step)
                for comparison in kpi.comparisons
            ]) if kpi.comparisons else (),
        )  # fmt: skip

    def comparison(self, value: v.Value, with_: Lowered, moment: Moment, by: tuple[str, ...]) -> n.Question:
        found = self.lower(value, moment, by)
        step = n.Undefined("definition_changed") if mixed(with_.eras, found.eras) else found.step
        return self.about(step, self.window(value, moment))

    def trend(self, kpi: m.KpiModel, moment: Moment, by: tuple[str, ...]) -> tuple[n.Question, ...]:
        if kpi.trend is None:
            return ()
        return self.series_of(kpi.value, kpi.trend, moment, by)

    def series_of(
        self, value: v.Value, trend: tuple[int, c.Unit], moment: Moment, by: tuple[str, ...]
    ) -> tuple[n.Question, ...]:
        """The value at the anchor of a moment and at earlier ones, oldest first."""
        moments = self.trend_moments(moment, trend)
        found = [(one, self.lower(value, one, by)) for one in moments]
        now = found[-1][1].eras
        return tuple(
            replace(self.about(lowered.step, self.window(value, one)), redefined=mixed(now, lowered.eras))
            for one, lowered in found
        )

    def trend_moments(self, moment: Moment, trend: tuple[int, c.Unit]) -> tuple[Moment, ...]:
        """A moment at the anchors of a trend, oldest first."""
        key = (id(moment), trend)
        if key not in self._places:
            anchors = c.trend_anchors(moment.anchor, *trend, self.calendar)
            self._places[key] = tuple(self.moments.at(moment, anchor) for anchor in anchors)
        return self._places[key]

    def forecast(self, kpi: m.KpiModel, moment: Moment, by: tuple[str, ...]) -> n.ForecastPlan | None:
        if kpi.forecast is None or kpi.trend is None:
            return None
        window = self.window(kpi.value, moment)
        until = until_of(kpi.forecast, window, self.anchor, self.calendar)
        ends = self.ends(kpi.value, window, self.anchor, until)
        target = self.bound(self.in_force(kpi, Window(None, ends[1], ""), by), moment, by, {})
        return forecast_plan(kpi.forecast, kpi.value, window, until, ends, kpi.trend[1], target, self.calendar)

    def ends(self, value: v.Value, window: Window | None, at: datetime, until: datetime) -> tuple[datetime, datetime]:
        """Where a value's window ends now, and with the anchor `until`; without one, the anchors themselves."""
        then = self.window(value, self.moment(value, until))
        return (window.end, then.end) if window is not None and then is not None else (at, until)

    def in_force(self, kpi: m.KpiModel, window: Window | None, by: tuple[str, ...]) -> m.BoundModel | None:
        """The target that holds just before the end of the value's window."""
        end = window.end if window is not None else self.anchor
        found: m.BoundModel | None = None
        targets = kpi.targets
        if len(targets) > 1:
            targets = tuple(sorted(targets, key=lambda one: (one.starting is not None, one.starting)))
        for target in targets:
            if target.starting is None or self.calendar.day_start(target.starting) < end:
                found = target
        return None if found is not None and found.whole and by else found

    def bound(
        self, bound: m.BoundModel | None, moment: Moment, by: tuple[str, ...], known: Mapping[str, v.Value]
    ) -> n.BoundPlan | None:
        if bound is None or id(bound) in self._bounds:
            return self._bounds[id(bound)][1] if bound is not None else None
        high = self.lower(substituted(bound.high, known), moment, by).step if bound.high is not None else None
        low = self.lower(substituted(bound.low, known), moment, by).step
        found = n.BoundPlan(bound.operator, low, high, bound.starting)
        if isinstance(bound.low, v.Number) and isinstance(bound.high, v.Number | None):
            self._bounds[id(bound)] = bound, found  # whatever it is asked for
        return found

    def question(self, value: v.Value, moment: Moment, by: tuple[str, ...]) -> n.Question:
        return self.about(self.lower(value, moment, by).step, self.window(value, moment))

    def about(self, step: n.Step, window: Window | None) -> n.Question:
        return n.Question(step, window, self.partials and n.is_partial(step))

    # ------------------------------------------------------------ time
    def moment(self, value: v.Value, anchor: datetime | None = None) -> Moment:
        """Where a value stands: the anchor (the run's unless given), and the largest publication lag among the sources
        it reads.
        """
        if not self._lagging:
            return self.now if anchor is None else self.moments.one(Moment(anchor))
        at = self.anchor if anchor is None else anchor
        lags = dict.fromkeys(self.model.sources[name].lag for one in v.aggregates(value) for name in one.sources)
        found = [lag for lag in lags if lag is not None]
        lag = min(found, key=lambda lag: c.shift_anchor(at, lag[0], lag[1], self.calendar)) if found else None
        return self.moments.one(Moment(at, lag))

    def window(self, value: v.Value, moment: Moment) -> Window | None:
        """The window a value is about: the first that is written in it, or the anchor's instant."""
        match value:
            case v.Measure(operand=operand):
                return self.window(operand, moment)
            case v.Windowed(window=window):
                return self.moments.placed(self.moments.over(moment, window))[1]
            case v.Shifted(operand=operand, count=count, unit=unit):
                return self.window(operand, self.moments.earlier(moment, count, unit))
            case v.Preceding(operand=operand):
                return self.window(operand, self.moments.preceding(moment))
            case v.Aggregate():
                at = self.moments.placed(moment)[0]
                return Window(at, at, "at the anchor") if value.at is not None else None
            case _:
                for part in v.parts(value):
                    found = self.window(part, moment)
                    if found is not None:
                        return found
                return None

    # ------------------------------------------------------------ values
    def lower(self, value: v.Value, moment: Moment, by: tuple[str, ...]) -> Lowered:
        match value:  # what most values are made of first
            case v.Aggregate():
                place = (id(value), id(moment), by)
                once = self._asks.get(place)
                if once is None:  # kept beside its id, which would otherwise be given to another one after it
                    once = self._asks[place] = (value, Lowered(self.ask(value, moment, by)))
                return once[1]
            case v.Measure():
                # A metric that many KPIs show is one object.
                key = (id(value), id(moment), by, value.metric == self.own)
                found = self._measures.get(key)
                if found is None:
                    found = self._measures[key] = (value, self.measure(value, moment, by))
                return found[1]
            case v.Windowed(operand=operand, window=window):
                return self.lower(operand, self.moments.over(moment, window), by)
            case v.Number(number=number):
                return Lowered(n.Constant(number))
            case v.TextValue(text=text):
                return Lowered(n.Constant(text))
            case v.BooleanValue(truth=truth):
                return Lowered(n.Constant(truth))
            case v.RowCount():
                return Lowered(n.CountOfRows())
            case v.IntervalEnd(operand=operand, end=end, interval=interval):
                inner = self.lower(operand, moment, by)
                asked = interval_plan(interval, lambda part: self.lower(part, moment, by).step)
                assert asked is not None
                return Lowered(n.IntervalEnd(inner.step, end, asked), inner.eras)
            case v.TargetValue():
                return Lowered(n.Undefined("no_target"))
            case v.Unavailable(problems=problems):
                return Lowered(n.Undefined("source_error", problems))
            case v.Operation(operator=operator, left=left, right=right):
                a, b = self.lower(left, moment, by), self.lower(right, moment, by)
                if mixed(a.eras, b.eras):
                    return Lowered(n.Undefined("definition_changed"), a.eras | b.eras)
                return Lowered(n.Combine(operator, a.step, b.step), a.eras | b.eras)
            case v.Opposite(operand=operand):
                inner = self.lower(operand, moment, by)
                return Lowered(n.Oppose(inner.step), inner.eras)
            case v.Converted(operand=operand, factor=factor):
                inner = self.lower(operand, moment, by)
                return inner if factor == 1 else Lowered(n.Scale(inner.step, factor), inner.eras)
            case v.Shifted(operand=operand, count=count, unit=unit):
                return self.lower(operand, self.moments.earlier(moment, count, unit), by)
            case v.Preceding(operand=operand):
                return self.lower(operand, self.moments.preceding(moment), by)
            case v.Defaulted(operand=operand, number=number):
                inner = self.lower(operand, moment, by)
                return Lowered(n.Default(inner.step, number), inner.eras)
            case v.EachMember(operand=operand, dimension=dimension):
                inner = self.lower(operand, self.moments.in_series(moment), (*by, dimension))
                return Lowered(n.Members(inner.step, dimension), inner.eras)
            case v.EachPeriod():
                return self.series(value, moment, by)
            case v.Reduced(function=function, operand=operand, level=level):
                inner = self.lower(operand, moment, by)
                if any(len(found) > 1 for found in inner.eras.values()):
                    return Lowered(n.Undefined("definition_changed"), inner.eras)
                return Lowered(n.Reduce(function, inner.step, level), inner.eras)
            case _:
                raise AssertionError(type(value).__name__)

    def measure(self, value: v.Measure, moment: Moment, by: tuple[str, ...]) -> Lowered:
        inner = self.lower(value.operand, moment, by)
        kpi = self.model.kpis.get(value.metric)
        if kpi is not None and kpi.suppress is not None and value.metric != self.own:
            inner = Lowered(n.Discreet(inner.step, kpi.suppress), inner.eras)
        return self.era(value, inner) if value.changed else inner

    def era(self, value: v.Measure, inner: Lowered) -> Lowered:
        """A metric whose definition changed: not across a change, and said which side it is on."""
        found = period_eras(inner.step, tuple(self.calendar.day_start(day) for day in value.changed))
        if found is None:
            return Lowered(n.Undefined("definition_changed"), inner.eras)
        return Lowered(inner.step, {**inner.eras, value.metric: found})

    def series(self, value: v.EachPeriod, moment: Moment, by: tuple[str, ...]) -> Lowered:
        """A step for each complete period inside the window, and for one that is not over where that is asked for;
        each is the window, and its end the anchor, of what is inside.
        """
        operand, unit = value.operand, value.unit
        anchor, window = self.moments.placed(moment)
        if window is None or window.start is None:
            return Lowered(n.Undefined("no_rows"))
        end = window.end if self.all_ahead(operand) else min(window.end, anchor)
        periods = self.periods(unit, window.start, max(end, window.start))
        if periods is None:
            self.problems.error(
                "K0401", f"`each {unit.singular}` over {window.label} is more than {MOST_PERIODS:_} periods",
                self.around, hint="use a longer period or a shorter window",
            )  # fmt: skip
            return Lowered(n.Undefined("source_error"))
        eras: Eras = {}
        steps: list[tuple[Window, n.Step]] = []
        partial = None if value.partial == "exclude" else running(unit, window.start, end, self.calendar)
        self.partials = self.partials or partial is not None
        around = self.moments.in_series(moment).around
        places = list(zip(periods, self.period_moments(unit, periods, around), strict=True))
        if partial is not None:
            place = self.moments.one(Moment(partial[0].end, window=c.ToDate(unit), around=around))
            places.append((partial[0], place))
        for period, place in places:
            inner = self.lower(operand, place, by)
            steps.append((period, inner.step))
            for metric, found in inner.eras.items():
                eras[metric] = eras.get(metric, frozenset()) | found
        if partial is not None and value.partial == "prorate":
            steps[-1] = (partial[0], prorated(steps[-1][1], partial[1]))
        return Lowered(n.Series(unit.singular, tuple(steps), partial is not None), eras)

    def period_moments(
        self, unit: c.Unit, periods: tuple[Window, ...], around: Moment | None
    ) -> tuple[Moment, ...]:  # fmt: skip
        """The moment of each of some periods inside a series."""
        key = (unit, id(periods), id(around))
        if key not in self._places:
            window = c.Last(1, unit)
            self._places[key] = tuple(
                self.moments.one(Moment(period.end, window=window, around=around)) for period in periods
            )
        return self._places[key]

    def periods(self, unit: c.Unit, start: datetime, end: datetime) -> tuple[Window, ...] | None:
        """The complete periods between two instants, by their names; None where there are too many."""
        key = (unit, start, end)
        if key not in self._periods:
            try:
                found = self.calendar.periods(unit, start, end)
            except ValueError:
                found = None
            self._periods[key] = None if found is None or len(found) > MOST_PERIODS else self.named(unit, found)
        return self._periods[key]

    def named(self, unit: c.Unit, periods: Sequence[Window]) -> tuple[Window, ...]:
        return tuple(
            replace(period, label=self.calendar.name_of(unit, period.start)) if period.start is not None else period
            for period in periods
        )

    def all_ahead(self, value: v.Value) -> bool:
        return all(self.model.sources[name].ahead for one in v.aggregates(value) for name in one.sources)

    def ask(self, value: v.Aggregate, moment: Moment, by: tuple[str, ...]) -> n.Step:
        """The cell of an aggregation at a moment."""
        source = self.model.sources[value.source]
        found = self.reach(source, moment)
        if found is None:
            return n.Undefined("no_rows")
        window, reach = found
        around = self.reach(source, moment.around) if moment.around is not None else None
        cell = self.cells.cell(value, reach, min(window.end, reach.anchor), by)
        return n.Ask(cell, around[1] if around is not None else None, value.text, value.where, window)

    def reach(self, source: m.SourceModel, moment: Moment) -> tuple[Window, n.Reach] | None:
        """The window of a moment, and how far a source is read in it; None where no window precedes."""
        key = (id(moment), source.ahead)
        if key not in self._reaches:
            self._reaches[key] = reach(*self.moments.placed(moment), ahead=source.ahead, bare=moment.window is None)
        return self._reaches[key]


def reach(anchor: datetime, window: Window | None, *, ahead: bool, bare: bool) -> tuple[Window, n.Reach] | None:
    if bare:
        return Window(anchor, anchor, "at the anchor"), n.Reach(None, anchor, anchor)
    if window is None:
        return None
    end = window.end if ahead else min(window.end, anchor)
    return window, n.Reach(window.start, max(end, window.start) if window.start is not None else end, anchor)
