"""Metric expressions, evaluated member by member where a series is meant."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from fractions import Fraction

from kpidsl.syntax import expr_nodes as x
from kpidsl.syntax.node import Text
from oracle import rows as r
from oracle.civil import ELAPSED, Span, Unit
from oracle.conversions import conversion
from oracle.parts import aggregate, constant, cut, enter_earlier, enter_over, part, window_of
from oracle.values import Form, Outcome, Undefined, Value, fewest, over_members
from oracle.world import DAYS, PERIODS, Env, Lag, World, length_of


def evaluate(world: World, expr: x.Expr, env: Env) -> Outcome:
    """The value of a metric expression at an anchor, in a window and segment, or why there is none."""
    match expr:
        case x.Aggregation():
            return aggregate(world, env, expr)
        case x.Conversion():
            return conversion(world, env, expr)
        case x.NameRef():
            return named(world, expr.name, env)
        case x.Over():
            inner = enter_over(world, expr, env)
            return Undefined("no_rows") if inner is None else evaluate(world, expr.operand, inner)
        case x.Earlier():
            return evaluate(world, expr.operand, enter_earlier(world, expr, env))
        case x.Filtered():
            return evaluate(world, expr.operand, replace(env, filters=(*env.filters, expr.predicate)))
        case x.Each():
            inner = member_env(axis(expr), env)
            factor = to_the_whole(world, expr, inner)
            if factor is not None:
                return over_division(prorated(world, expr.operand, inner, factor))
            return evaluate(world, expr.operand, inner)
        case x.Default():
            found = evaluate(world, expr.operand, env)
            if isinstance(found, Undefined) and found.reason == "no_rows":
                return Value(constant(expr.value), found.n)
            return found
        case x.Call():
            return series(world, expr, env)
        case x.Negate():
            return binary("-", Value(Fraction(0)), evaluate(world, expr.operand, env))
        case x.PercentOf():
            return binary("*", Value(constant(expr.percent)), evaluate(world, expr.operand, env))
        case x.Binary():
            return binary(expr.operator, evaluate(world, expr.left, env), evaluate(world, expr.right, env))
        case x.Compare():
            return compared(world, expr, env)
        case x.Logic():
            return logic(expr.operator, evaluate(world, expr.left, env), evaluate(world, expr.right, env))
        case x.Not():
            operand = evaluate(world, expr.operand, env)
            return operand if isinstance(operand, Undefined) else replace(operand, value=operand.value is not True)
        case x.Quantity() | x.Quotient() | x.Boolean() | Text() | x.DateLiteral():
            return Value(constant(expr))
        case _:
            raise AssertionError(f"no metric expression: {expr}")


def named(world: World, name: str, env: Env) -> Outcome:
    """What a guard may name (`value`, `target` …), a param, or a metric."""
    for known, outcome in env.names:
        if known == name:
            return outcome
    if name.startswith("param."):
        value = world.params[name.removeprefix("param.")]
        return Value(Fraction(value) if isinstance(value, int) and not isinstance(value, bool) else value)
    metric = world.metrics[name]
    return evaluate(world, metric.value, replace(env, changed=(*env.changed, *metric.changed)))


# ---------------------------------------------------------------- arithmetic
def binary(operator: str, left: Outcome, right: Outcome) -> Outcome:
    """The reason of the left part comes first; the `n` of a ratio is its denominator's, unless that is a constant."""
    ratio = operator == "/" and right.n is not None
    n = right.n if ratio else fewest(left.n, right.n)
    if isinstance(left, Undefined):
        return Undefined(left.reason, n)
    if isinstance(right, Undefined):
        return Undefined(right.reason, n)
    form = max(left.form, right.form)
    match operator:
        case "+":
            number = left.number + right.number
        case "-":
            number = left.number - right.number
        case "*":
            number = left.number * right.number
        case _:
            if right.number == 0:
                return Undefined("zero_denominator", n)
            number, form = left.number / right.number, max(form, Form.DIVIDED)
    return Value(number, n, form)


def compared(world: World, expr: x.Compare, env: Env) -> Outcome:
    left, right = evaluate(world, expr.left, env), evaluate(world, expr.right, env)
    n = fewest(left.n, right.n)
    if isinstance(left, Undefined):
        return Undefined(left.reason, n)
    if isinstance(right, Undefined):
        return Undefined(right.reason, n)
    return Value(r.compare(expr.operator, left.value, right.value, world.almanac), n, max(left.form, right.form))


def logic(operator: str, left: Outcome, right: Outcome) -> Outcome:
    n = fewest(left.n, right.n)
    if isinstance(left, Undefined):
        return Undefined(left.reason, n)
    if isinstance(right, Undefined):
        return Undefined(right.reason, n)
    both = (left.value is True, right.value is True)
    return Value(any(both) if operator == "or" else all(both), n, max(left.form, right.form))


def over_division(found: Outcome) -> Outcome:
    """A value whose digits may not end."""
    return found if isinstance(found, Undefined) else replace(found, form=max(found.form, Form.DIVIDED))


# ---------------------------------------------------------------- series
def series(world: World, expr: x.Call, env: Env) -> Outcome:
    """`avg(M each day)`: M at every member, brought back to one value."""
    at: Fraction | None = None
    if len(expr.arguments) > 1:
        number = constant(expr.arguments[1])
        assert isinstance(number, Fraction)
        at = number
    operand = expr.arguments[0]
    (by,) = sorted({axis(each) for each, _ in eaches(world, operand, env)})
    members = [
        evaluate(world, operand, replace(env, key=(*env.key, (by, key)))) for key in keys(world, operand, env, by)
    ]
    of_periods = unit_named(by) is not None  # the calendar's, whatever the data: how many there are is always known
    if not members and expr.function.text == "sum" and of_periods:
        return Undefined("no_rows")  # no period is over: nothing is known of what they add up to
    if not members and expr.function.text in ("count", "sum") and not of_periods:
        return Value(Fraction(0), 0) if covered(world, operand, env) else Undefined("no_rows")
    return over_members(expr.function.text, members, at)


def covered(world: World, expr: x.Expr, env: Env) -> bool:
    """Whether the window of a series without members, or of the series it is in, touches what one of its sources
    covers.
    """
    return any(
        part(world, there, agg).covered
        for each, outer in eaches(world, expr, env)
        for agg, inner in parts(world, each.operand, outer)
        for there in (inner, inner.series)
        if there is not None
    )


def member_env(by: str, env: Env) -> Env:
    """Where one member of a series is evaluated: in its period, whose end is the anchor, or in its segment."""
    (key,) = [member for name, member in env.key if name == by][-1:]
    series = env.series or replace(env, members=())
    if unit_named(by) is None:
        return replace(env, members=(*env.members, (by, key)), series=series)
    assert isinstance(key, Span)
    return replace(
        env, window=(key, 0), anchor=key.end, lag=None, series=series, previous=False, earlier=(), origin=None
    )


def axis(each: x.Each) -> str:
    """What a series is over: `day`, `fiscal week`, a dimension."""
    return f"fiscal {each.by.text}" if each.fiscal else each.by.text


def unit_named(by: str) -> Unit | None:
    """The unit of an axis; None of a dimension."""
    word = by.removeprefix("fiscal ")
    return Unit(word, by != word) if word in PERIODS else None


def running(world: World, unit: Unit, span: Span) -> Span | None:
    """The period that begins in a window and is not over at its end, as far as it has come."""
    assert span.start is not None
    begin = world.almanac.start_of(unit, span.end)
    return Span(begin, span.end) if span.start <= begin < span.end else None


def prorated(world: World, expr: x.Expr, env: Env, factor: Fraction) -> Outcome:
    """A value of a period that is not over, scaled to the whole; a `default` is of the whole already."""
    match expr:
        case x.Default():
            found = prorated(world, expr.operand, env, factor)
            if isinstance(found, Undefined) and found.reason == "no_rows":
                return Value(constant(expr.value), found.n)
            return found
        case x.Filtered():
            inner = replace(env, filters=(*env.filters, expr.predicate))
            return prorated(world, expr.operand, inner, factor)
        case x.NameRef() if expr.name in world.metrics and not world.metrics[expr.name].changed:
            return prorated(world, world.metrics[expr.name].value, env, factor)
        case _:
            found = evaluate(world, expr, env)
            return found if isinstance(found, Undefined) else replace(found, value=found.number * factor)


def to_the_whole(world: World, each: x.Each, env: Env) -> Fraction | None:
    """How many times as long as it has come a period will be, where a series prorates it."""
    if each.partial is None or each.partial.way is None or each.partial.way.text != "prorate" or env.window is None:
        return None
    span, unit = env.window[0], unit_named(axis(each))
    assert isinstance(span, Span)
    assert span.start is not None
    assert unit is not None
    over = world.almanac.step(span.start, unit, 1)
    if over <= span.end:
        return None
    whole, passed = over - span.start, span.end - span.start
    if unit.grain not in ELAPSED:
        start, end, now = (world.almanac.civil(at) for at in (span.start, over, span.end))
        whole = datetime.combine(end.date(), time()) - datetime.combine(start.date(), time())
        passed = now - datetime.combine(start.date(), time())
    return Fraction(whole // timedelta(microseconds=1), passed // timedelta(microseconds=1))


def eaches(world: World, expr: x.Expr, env: Env) -> Iterator[tuple[x.Each, Env]]:
    """The `each` that a series function brings back: those not inside a series function of their own."""
    match expr:
        case x.Each():
            yield expr, env
        case x.Over():
            inner = enter_over(world, expr, env)
            if inner is not None:
                yield from eaches(world, expr.operand, inner)
        case x.Earlier():
            yield from eaches(world, expr.operand, enter_earlier(world, expr, env))
        case x.Filtered():
            yield from eaches(world, expr.operand, replace(env, filters=(*env.filters, expr.predicate)))
        case x.NameRef() if expr.name in world.metrics:
            yield from eaches(world, world.metrics[expr.name].value, env)
        case x.Default() | x.Negate() | x.PercentOf() | x.Not():
            yield from eaches(world, expr.operand, env)
        case x.Binary() | x.Compare() | x.Logic():
            yield from eaches(world, expr.left, env)
            yield from eaches(world, expr.right, env)
        case _:
            return


def keys(world: World, expr: x.Expr, env: Env, by: str) -> list[object]:
    """The members of a series: complete periods by time, or every part's members in code-point order, NULL last."""
    found: set[object] = set()
    for each, inner in eaches(world, expr, env):
        unit = unit_named(by)
        if unit is not None:
            span = window_of(world, inner)
            assert span is not None, "`each` needs a window around it"
            if not all(world.tables[source].ahead for source in mentioned(world, each.operand)[0]):
                span = Span(span.start, min(span.end, cut(world, inner)))
            found.update(world.almanac.periods(unit, span))
            if each.partial is not None and (each.partial.way is None or each.partial.way.text == "prorate"):
                found.update(last for last in [running(world, unit, span)] if last is not None)
        else:
            found.update(key for (key,) in combinations(world, each.operand, inner, (by,)))
    return sorted(found, key=lambda key: (key is None, key.start if isinstance(key, Span) else str(key)))


def parts(world: World, expr: x.Expr, env: Env) -> Iterator[tuple[x.Aggregation | x.Conversion, Env]]:
    """Every aggregation of an expression, where it is evaluated; those of a series once a member."""
    match expr:
        case x.Aggregation() | x.Conversion():
            yield expr, env
        case x.NameRef() if expr.name in world.metrics:
            yield from parts(world, world.metrics[expr.name].value, env)
        case x.Over():
            inner = enter_over(world, expr, env)
            if inner is not None:
                yield from parts(world, expr.operand, inner)
        case x.Earlier():
            yield from parts(world, expr.operand, enter_earlier(world, expr, env))
        case x.Filtered():
            yield from parts(world, expr.operand, replace(env, filters=(*env.filters, expr.predicate)))
        case x.Each():
            yield from parts(world, expr.operand, member_env(axis(expr), env))
        case x.Call():
            (by,) = sorted({axis(each) for each, _ in eaches(world, expr.arguments[0], env)})
            for key in keys(world, expr.arguments[0], env, by):
                yield from parts(world, expr.arguments[0], replace(env, key=(*env.key, (by, key))))
        case x.Default() | x.Negate() | x.PercentOf() | x.Not():
            yield from parts(world, expr.operand, env)
        case x.Binary() | x.Compare() | x.Logic():
            yield from parts(world, expr.left, env)
            yield from parts(world, expr.right, env)
        case _:
            return


def combinations(world: World, expr: x.Expr, env: Env, dimensions: tuple[str, ...]) -> set[tuple[object, ...]]:
    """The members of one or more dimensions among the rows of every part."""
    return {
        tuple(r.column(dimension, row) for dimension in dimensions)
        for agg, inner in parts(world, expr, env)
        for row in part(world, inner, agg).rows
    }


# ---------------------------------------------------------------- what an expression is made of
def windows(world: World, expr: x.Expr, env: Env) -> list[Span]:
    """The windows of a value: of its outermost `over`s, or the anchor for a stock without one."""
    match expr:
        case x.Over():
            inner = enter_over(world, expr, env)
            span = None if inner is None else window_of(world, inner)
            return [] if span is None else [span]
        case x.Aggregation() | x.Conversion():
            return [Span(cut(world, env), cut(world, env))]
        case x.NameRef() if expr.name in world.metrics:
            return windows(world, world.metrics[expr.name].value, env)
        case x.Earlier():
            return windows(world, expr.operand, enter_earlier(world, expr, env))
        case x.Call():
            return windows(world, expr.arguments[0], env)
        case x.Filtered() | x.Default() | x.Negate() | x.PercentOf() | x.Not() | x.Each():
            return windows(world, expr.operand, env)
        case x.Binary() | x.Compare() | x.Logic():
            return windows(world, expr.left, env) + windows(world, expr.right, env)
        case _:
            return []


def hull(world: World, expr: x.Expr, env: Env) -> Span | None:
    """The window of a value: from the earliest start to the latest end of its windows."""
    spans = windows(world, expr, env)
    if not spans:
        return None
    starts = [span.start for span in spans if span.start is not None]
    return Span(min(starts) if len(starts) == len(spans) else None, max(span.end for span in spans))


def mentioned(world: World, expr: x.Expr) -> tuple[frozenset[str], frozenset[date]]:
    """The sources an expression reads, and the days on which a metric in it changed."""
    sources: set[str] = set()
    days: set[date] = set()

    def walk(part: x.Expr) -> None:
        match part:
            case x.Aggregation():
                sources.add(part.source.text)
            case x.Conversion():
                sources.update((part.first.source.text, part.then.source.text))
            case x.NameRef() if part.name in world.metrics:
                days.update(world.metrics[part.name].changed)
                walk(world.metrics[part.name].value)
            case x.Call():
                walk(part.arguments[0])
            case x.Over() | x.Earlier() | x.Filtered() | x.Each() | x.Default() | x.Negate() | x.PercentOf() | x.Not():
                walk(part.operand)
            case x.Binary() | x.Compare() | x.Logic():
                walk(part.left)
                walk(part.right)
            case _:
                pass

    walk(expr)
    return frozenset(sources), frozenset(days)


def largest_lag(world: World, exprs: tuple[x.Expr, ...]) -> Lag | None:
    """The largest publication lag among the sources of expressions."""
    lags = [
        length_of(lag)
        for expr in exprs
        for source in mentioned(world, expr)[0]
        if (lag := world.tables[source].complete) is not None
    ]
    return max(lags, key=lambda lag: lag[0] * DAYS.get(lag[1].grain, 0.01), default=None)
