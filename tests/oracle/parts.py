"""Windows and the rows behind an aggregation: a metric is a function of (anchor, window, segment)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fractions import Fraction

from kpidsl.syntax import decl_nodes as d
from kpidsl.syntax import expr_nodes as x
from kpidsl.syntax.node import Text, Word
from oracle import rows as r
from oracle.civil import MONTHS, Almanac, Span, Unit
from oracle.coded import agreement, prevalence
from oracle.tables import Row, Table, instant
from oracle.values import Outcome, Undefined, over_rows
from oracle.world import COUNTING, Env, Lag, World, unit_of


# ---------------------------------------------------------------- windows
def cut(world: World, env: Env) -> datetime:
    """Where windows resolve from and reading ends: the anchor less the publication lag."""
    placed = by_weeks(world, env)
    if placed is not None:
        return placed[0]
    return env.anchor if env.lag is None else world.almanac.back(env.anchor, *env.lag)


def resolve(world: World, env: Env, window: x.Window | Span, shifts: Sequence[Lag] = ()) -> Span:
    """A window at the anchor of `env`; `shifts` are those a fixed window still has to take."""
    almanac, a = world.almanac, cut(world, env)
    match window:
        case x.LastWindow():
            unit = unit_of(window.unit)
            end = almanac.start_of(unit, a)
            return Span(almanac.step(end, unit, -window.count), end)
        case x.NextWindow():
            unit = unit_of(window.unit)
            start = almanac.start_of(unit, a)
            if start < a:
                start = almanac.step(start, unit, 1)
            return Span(start, almanac.step(start, unit, window.count))
        case x.TrailingWindow():
            return Span(almanac.back(a, window.count, unit_of(window.unit)), a)
        case x.ToDateWindow():
            return Span(almanac.start_of(unit_of(window.unit), a - timedelta(microseconds=1)), a)
        case x.ThisWindow():
            unit = unit_of(window.unit)
            start = almanac.start_of(unit, a - timedelta(microseconds=1))
            return Span(start, almanac.step(start, unit, 1))
        case x.AllTimeWindow():
            return Span(None, a)
        case x.SinceWindow():
            start = moved(world, almanac.day(window.start), shifts)
            return Span(start, max(start, a))
        case x.PeriodWindow() | x.DateRangeWindow() | Span():
            span = fixed(world, window)
            assert span.start is not None
            return Span(moved(world, span.start, shifts), moved(world, span.end, shifts))
        case _:
            raise AssertionError(f"no window of a metric: {window}")


def fixed(world: World, window: x.PeriodWindow | x.DateRangeWindow | Span) -> Span:
    match window:
        case x.PeriodWindow():
            return world.almanac.period(window.text)[0]
        case x.DateRangeWindow():
            return Span(world.almanac.day(window.first), world.almanac.day(window.last + timedelta(days=1)))
        case Span():
            return window


def moved(world: World, edge: datetime, shifts: Sequence[Lag]) -> datetime:
    for shift in shifts:
        edge = world.almanac.back(edge, *shift)
    return edge


def previous(world: World, env: Env, window: x.Window | Span, shifts: Sequence[Lag]) -> tuple[Env, Span] | None:
    """The window before, and the environment it is read in; None for `since` and `all time`, which have none."""
    almanac = world.almanac
    env = replace(env, previous=False)
    span = resolve(world, env, window, shifts)
    match window:
        case x.LastWindow() | x.NextWindow():
            assert span.start is not None
            return env, Span(almanac.step(span.start, unit_of(window.unit), -window.count), span.start)
        case x.TrailingWindow():
            assert span.start is not None
            return env, Span(almanac.back(span.start, window.count, unit_of(window.unit)), span.start)
        case x.ThisWindow():
            assert span.start is not None
            return env, Span(almanac.step(span.start, unit_of(window.unit), -1), span.start)
        case x.ToDateWindow():
            shift = (1, unit_of(window.unit))
            anchor = almanac.back(env.anchor, *shift)
            back = replace(env, anchor=anchor, earlier=(*env.earlier, shift), origin=env.origin or env.anchor)
            back = replace(back, window=(window, 0))
            there = window_of(world, back)
            return None if there is None else (back, there)
        case x.PeriodWindow():
            written, unit = almanac.period(window.text)
            assert written.start is not None
            before = Span(almanac.step(written.start, unit, -1), written.start)
            return env, resolve(world, env, before, shifts)
        case x.DateRangeWindow():
            first = almanac.day(window.first)
            before = Span(almanac.back(first, (window.last - window.first).days + 1, Unit("day")), first)
            return env, resolve(world, env, before, shifts)
        case _:
            return None


def window_of(world: World, env: Env) -> Span | None:
    if env.window is None:
        return None
    placed = by_weeks(world, env)
    if placed is not None:
        return placed[1]
    window, done = env.window
    return resolve(world, env, window, env.earlier[done:])


def fiscal_unit(world: World, window: x.Window | Span) -> Unit | None:
    """The unit of a window that is written in fiscal ones."""
    match window:
        case x.LastWindow() | x.NextWindow() | x.TrailingWindow() | x.ToDateWindow() | x.ThisWindow():
            unit = unit_of(window.unit)
            return unit if unit.fiscal else None
        case x.PeriodWindow() if window.text.startswith("FY"):
            return world.almanac.period(window.text)[1]
        case _:
            return None


def by_weeks(world: World, env: Env) -> tuple[datetime, Span | None] | None:
    """Anchor and window where a window in fiscal units is moved in years of whole weeks: week meets week. None where
    that is not so.
    """
    almanac, weeks = world.almanac, world.almanac.weeks
    if weeks is None or env.window is None or env.origin is None:
        return None
    window, done = env.window
    unit = fiscal_unit(world, window)
    moves = env.earlier[done:]
    if unit is None or isinstance(window, Span) or not any(by.grain in MONTHS for _, by in moves):
        return None
    plain: list[Lag] = []
    away = 0

    def stand() -> tuple[datetime, Span]:
        there = replace(env, anchor=moved(world, env.origin or env.anchor, plain), window=None, earlier=())
        found = previous(world, there, window, plain) if env.before else None
        return cut(world, there), found[1] if found is not None else resolve(world, there, window, plain)

    for count, by in moves:
        anchor, span = stand()
        assert span.start is not None
        shift = (count, Unit(by.grain, fiscal=True)) if by.grain in MONTHS else (count, by)
        years, rest = divmod(count * MONTHS.get(by.grain, 0), 12)
        if rest or not years:
            plain.append(shift)
            continue
        if weeks.week_53 == "restated":
            away += 52 * years
            continue
        last = almanac.civil(max(span.end - timedelta(microseconds=1), span.start)).date()
        year = weeks.year_of(last)
        first = weeks.end(year - 1)
        odd = almanac.day(first + timedelta(weeks=52))
        if span.end <= odd or weeks.length(year - years) == 53:
            if unit.grain == "week":  # the fifth week meets the fifth
                away += (first - weeks.end(year - years - 1)).days // 7
            else:
                plain.append(shift)
        elif span.start < odd:
            plain.append(shift)
        elif weeks.week_53 == "blank":
            return anchor, None
        else:  # the week after those 52
            away += (first + timedelta(weeks=52) - weeks.end(year - years)).days // 7
    anchor, span = stand()
    assert span.start is not None
    back = (away, Unit("week"))
    return almanac.back(anchor, *back), Span(almanac.back(span.start, *back), almanac.back(span.end, *back))


def enter_over(world: World, expr: x.Over, env: Env) -> Env | None:
    """Inside `M over W`; None where the previous window is asked for and there is none."""
    if not env.previous:
        return replace(env, window=(expr.window, 0))
    if not isinstance(expr.window, x.ToDateWindow):
        there = replace(env, window=(expr.window, 0), previous=False, before=True)
        if by_weeks(world, there) is not None:
            return there
    before = previous(world, replace(env, window=None), expr.window, env.earlier)
    if before is None:
        return None
    inner, span = before
    if inner.window is not None:
        return inner
    return replace(inner, window=(span, len(env.earlier)))


def enter_earlier(world: World, expr: x.Earlier | d.EarlierItem, env: Env) -> Env:
    shift = (expr.count, unit_of(expr.unit))
    anchor = world.almanac.back(env.anchor, *shift)
    return replace(env, anchor=anchor, earlier=(*env.earlier, shift), origin=env.origin or env.anchor)


# ---------------------------------------------------------------- the rows of a part
@dataclass(frozen=True, slots=True)
class Part:
    """The rows that enter an aggregation in their order of time, and whether its window touches the source's range."""

    rows: tuple[r.Scope, ...]
    covered: bool


def scope(world: World, env: Env, table: Table, row: Row, end: datetime) -> r.Scope:
    return r.Scope(
        table, row, world.tables, world.almanac, world.params, end, lambda window: resolve(world, env, window)
    )


def part(world: World, env: Env, agg: x.Aggregation | x.Conversion) -> Part:
    """Rows by time and `at`, then by `where`, the filters around and the segment; of a conversion its first events."""
    if isinstance(agg, x.Conversion):
        count = x.Call(Word("count", span=agg.span), (), span=agg.span)
        agg = x.Aggregation(count, agg.first.source, None, agg.first.where, None, span=agg.span)
    table = world.tables[agg.source.text]
    almanac = world.almanac
    a = cut(world, env)
    span = window_of(world, env) or Span(None, a)
    end = span.end if table.ahead else min(span.end, a)
    as_of = min(span.end, a)
    timed: list[tuple[datetime, Row]] = []
    known: list[datetime] = []
    time = agg.on.text if agg.on else table.time
    if table.holds:
        time = table.holds[0]
    assert time is not None, f"{table.name} has no time column"
    for row in table.rows:
        at = instant(r.column(time, scope(world, env, table, row, as_of)), almanac)
        if at is not None and (table.ahead or at < world.as_of):
            known.append(at)
        if at is not None and (table.ahead or at < a):
            timed.append((at, row))
    if table.holds:
        chosen, covered = holding(almanac, table, timed, Span(span.start, end), agg)
    else:
        inside = [(at, row) for at, row in timed if (span.start is None or at >= span.start) and at < end]
        covered = any(at < end for at in known) and any(span.start is None or at >= span.start for at in known)
        covered = covered and (span.start is None or span.start < end)
        if agg.at is not None:
            covered = bool(inside)  # without a reading in the window nothing is known of a stock
            inside = at_edge(inside, agg.at)
        chosen = inside
    scopes = [(at, scope(world, env, table, row, as_of)) for at, row in chosen]
    kept = [(at, row) for at, row in scopes if passes(row, env, agg)]
    kept.sort(key=lambda pair: (pair[0], tuple(orderable(pair[1].row.get(column)) for column in table.key)))
    return Part(tuple(row for _, row in kept), covered)


def holding(
    almanac: Almanac, table: Table, timed: Sequence[tuple[datetime, Row]], span: Span, agg: x.Aggregation
) -> tuple[list[tuple[datetime, Row]], bool]:
    """The rows of a `holds` source that hold just before the window's end, or at its start."""
    assert agg.at is not None
    assert table.holds is not None
    edge = span.end if agg.at.edge == "end" else span.start
    if edge is None:  # nothing holds at the start of all time
        return [], bool(timed)
    found = []
    for since, row in timed:
        to = row.get(table.holds[1])
        until = instant(to, almanac)
        if until is not None and table.holds[2]:
            until = almanac.day(r.civil_day(to, almanac) + timedelta(days=1))
        if agg.at.edge == "end":
            holds = since < edge and (until is None or until >= edge)
        else:
            holds = since <= edge and (until is None or edge < until)
        if holds:
            found.append((since, row))
    empty = span.start is not None and span.start >= span.end
    begun = [since for since, _ in timed if since < edge or (since == edge and agg.at.edge == "start")]
    return ([] if empty else found), bool(begun) and not empty


def at_edge(inside: Sequence[tuple[datetime, Row]], at: x.At) -> list[tuple[datetime, Row]]:
    """The rows of the newest (`start`: oldest) instant, or of each key's."""
    best: dict[tuple[object, ...], datetime] = {}
    choose = max if at.edge == "end" else min

    def key(row: Row) -> tuple[object, ...]:
        return tuple(row.get(name.text) for name in at.per)

    for moment, row in inside:
        best[key(row)] = choose(moment, best.get(key(row), moment))
    return [(moment, row) for moment, row in inside if moment == best[key(row)]]


def orderable(value: object) -> tuple[int, object]:
    return (0, 0) if value is None else (1, value)


def passes(row: r.Scope, env: Env, agg: x.Aggregation) -> bool:
    predicates = (*((agg.where,) if agg.where is not None else ()), *env.filters)
    return all(r.truth(predicate, row) is True for predicate in predicates) and all(
        r.column(dimension, row) == member for dimension, member in env.members
    )


def crossing(world: World, env: Env) -> bool:
    """Whether the window has a change of definition inside it."""
    span = window_of(world, env)
    if span is None:
        return False
    end = min(span.end, cut(world, env))
    days = [world.almanac.day(day) for day in env.changed]
    return any((span.start is None or span.start < day) and day < end for day in days)


def aggregate(world: World, env: Env, agg: x.Aggregation) -> Outcome:
    if crossing(world, env):
        return Undefined("definition_changed")
    found = part(world, env, agg)
    covered = found.covered
    if env.series is not None and (agg.at is None or world.tables[agg.source.text].holds):
        covered = covered or part(world, env.series, agg).covered
    function, arguments = agg.call.function.text, agg.call.arguments
    if isinstance(agg.call, x.Coded):
        if function == "prevalence":
            return prevalence(agg.call, found.rows)
        codes = [r.evaluate(arguments[0], row) for row in found.rows]
        return agreement(agg.call, in_order(codes, found.rows, world, agg))
    at: Fraction | None = None
    boxes = {"csat": (2, 5), "ces": (7, 7)}.get(function, (0, 0))
    for argument in arguments[1:]:
        if isinstance(argument, x.KofN):
            boxes = (argument.k, argument.n)
        else:
            number = constant(argument)
            assert isinstance(number, Fraction)
            at = number
            if function == "ces":
                boxes = (int(number), int(number))
    cells = [r.evaluate(arguments[0], row) for row in found.rows] if arguments else [True for _ in found.rows]
    if function in ("first", "last"):
        cells = [cell for cell, _ in in_order(cells, found.rows, world, agg)]
    outcome = over_rows(function, cells, at=at, boxes=boxes)
    if function in COUNTING and outcome.n == 0 and not covered:
        return Undefined("no_rows")
    return outcome


def in_order(
    cells: Sequence[object], scopes: Sequence[r.Scope], world: World, agg: x.Aggregation
) -> list[tuple[object, r.Scope]]:
    """Cells with their rows in the order of (time, key, value), so that the first and the last of them are meant."""
    table = world.tables[agg.source.text]
    time = agg.on.text if agg.on else table.time if table.holds is None else table.holds[0]
    assert time is not None

    def order(pair: tuple[object, r.Scope]) -> tuple[object, ...]:
        cell, row = pair
        at = instant(r.column(time, row), world.almanac)
        return (at, tuple(orderable(row.row.get(column)) for column in table.key), cell)

    present = [(cell, row) for cell, row in zip(cells, scopes, strict=True) if cell is not None]
    return sorted(present, key=order)


def constant(expr: x.Expr) -> object:
    """The value of a literal."""
    match expr:
        case x.Quantity():
            found = r.quantity(expr)
            return found.count if isinstance(found, r.Length) else found
        case x.Quotient():
            return Fraction(expr.quantity.number) / Fraction(expr.per)
        case x.Boolean() | Text() | x.DateLiteral():
            return expr.value
        case x.Negate():
            number = constant(expr.operand)
            assert isinstance(number, Fraction)
            return -number
        case _:
            raise AssertionError(f"no literal: {expr}")
