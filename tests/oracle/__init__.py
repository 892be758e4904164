"""The oracle: a slow evaluator of specs in plain Python, straight from the definitions of the language.

It shares nothing with the engine but the parsed tree: its own calendar (`civil`), rows (`tables`, `rows`), aggregations
(`values`, `parts`), expressions (`metrics`) and KPIs (`kpis`). Where the definitions leave a choice, the choice is said
beside the code that makes it:

- `first` and `last`: among rows of the same time the source's key decides, smallest first; without a key (or with equal
  keys) the value, smallest first. So `first` gives the smallest and `last` the largest of rows that tie. Both pass over
  NULLs, as every aggregation of a column does.
- The reason of an undefined expression is that of its leftmost undefined part.
- A source that holds from … to covers every moment since its first row; other sources from their first to their newest
  row before the as-of, wherever windows are found from. A count or sum of nothing is 0 where the window touches what the source covers; in a series, where the window of
  the whole series does: so daily counts add up to the count of the month. A stock without a reading in its window is
  no 0 but `no_rows`.
- `stddev`, `variance`, `slope` and `cagr` of a single value: `insufficient_sample`.
- Segments by several dimensions are the combinations that occur.
- A number of conversions is that of the first events that have one, as far as rows are read; a conversion rate is over
  those whose time to convert is over. Without one of these but with open ones, it is `too_early`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from kpidsl.diagnostics import Problems
from kpidsl.source_text import Source
from kpidsl.syntax import decl_nodes as d
from kpidsl.syntax import expr_nodes as x
from kpidsl.syntax import parse
from kpidsl.syntax import setting_nodes as s
from kpidsl.syntax.node import Text
from kpidsl.syntax.nodes import Spec
from kpidsl.syntax.shared_nodes import ProviderCall
from oracle.civil import MONTH_NAMES, WEEKDAYS, Almanac, Span, as_of
from oracle.kpis import Judged, Kpi, KpiResult, kpi_of, kpi_result
from oracle.metrics import evaluate, hull, largest_lag
from oracle.parts import constant
from oracle.tables import table
from oracle.values import Form, Outcome, Undefined, Value
from oracle.weeks import Weeks
from oracle.world import Env, World, metric_of

__all__ = ["Form", "Judged", "KpiResult", "Oracle", "Outcome", "Span", "Undefined", "Value"]

Rows = Sequence[Mapping[str, object]]


def almanac_of(specs: Sequence[Spec], rows: Mapping[str, Rows]) -> Almanac:
    """The calendar of specs. Its holidays are the column `date` of the rows that `holidays arrow("NAME")` names."""
    zone, week, month, named = "UTC", 0, 1, "start"
    pattern: tuple[int, ...] = ()
    ends: tuple[int, int, int | None] | None = None
    week_53 = "blank"
    holidays: frozenset[date] = frozenset()
    for spec in specs:
        for decl in spec.declarations:
            for prop in decl.properties if isinstance(decl, s.CalendarDecl) else ():
                match prop:
                    case s.TimezoneProp():
                        zone = prop.zone.value
                    case s.WeekStartsProp():
                        week = WEEKDAYS.index(prop.day.text)
                    case s.YearStartsProp():
                        month = MONTH_NAMES.index(prop.month.text) + 1
                        named = prop.named_by.text if prop.named_by else "start"
                    case s.PatternProp():
                        pattern = tuple(int(weeks) for weeks in prop.pattern.split("-"))
                    case s.YearEndsLastProp():
                        ends = WEEKDAYS.index(prop.weekday.text), MONTH_NAMES.index(prop.month.text) + 1, None
                        named = prop.named_by.text if prop.named_by else "start"
                    case s.YearEndsNearestProp():
                        ends = WEEKDAYS.index(prop.weekday.text), prop.month, prop.day
                        named = prop.named_by.text if prop.named_by else "start"
                    case s.Week53Prop():
                        week_53 = prop.way.text
                    case s.HolidaysProp(days=ProviderCall(arguments=(argument,))):
                        assert isinstance(argument.value, Text)
                        found = (row["date"] for row in rows[argument.value.value])
                        holidays = frozenset(day for day in found if isinstance(day, date))
                    case _:
                        raise AssertionError(f"the oracle has no {prop}")
    if ends is None:
        return Almanac(zone, week, month, named, holidays)
    one, two, three = pattern
    return Almanac(zone, week, month, named, holidays, Weeks((one, two, three), *ends, week_53))


class Oracle:
    """A spec set (its text) with the rows of its sources, as it stands at an anchor.

    A row is a mapping of column to value: int, Decimal, float, str, bool, None, date, naive or aware datetime.
    """

    def __init__(
        self, text: str, rows: Mapping[str, Rows], at: str, params: Mapping[str, object] | None = None
    ) -> None:
        problems = Problems()
        spec = parse(Source("oracle.kpi", text), problems)
        assert not len(problems), [problem.message for problem in problems]
        almanac = almanac_of([spec], rows)
        declared = spec.declarations
        values = {decl.name.text: constant(decl.default) for decl in declared if isinstance(decl, s.ParamDecl)}
        self.world = World(
            almanac,
            {
                decl.name.text: table(decl.name.text, decl, rows.get(decl.name.text, ()), almanac)
                for decl in declared
                if isinstance(decl, d.SourceDecl)
            },
            {decl.name.text: metric_of(decl) for decl in declared if isinstance(decl, d.MetricDecl)},
            {**values, **(params or {})},
            as_of(at, almanac),
        )
        self.kpis: dict[str, Kpi] = {
            decl.name.text: kpi_of(decl.name.text, decl) for decl in declared if isinstance(decl, d.KpiDecl)
        }
        self.anchor = self.world.as_of

    def value(self, metric: str) -> tuple[Outcome, Span | None]:
        """A metric that says its own window (or is a stock), and that window."""
        expr = x.NameRef(metric, span=next(iter(self.world.metrics.values())).value.span)
        env = Env(self.anchor, largest_lag(self.world, (expr,)))
        return evaluate(self.world, expr, env), hull(self.world, expr, env)

    def kpi(self, name: str) -> KpiResult:
        return kpi_result(self.world, self.kpis[name], self.anchor)
