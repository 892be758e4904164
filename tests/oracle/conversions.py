"""Conversions, pair by pair, from their definition.

A second event belongs to the latest first event with the same keys (none of them NULL) that is not after it. Of first
events of one time, the one with the largest key has it; a row that is a first and a second event counts as a first one
for later times only. It converts where it comes at most the time to convert later: elapsed time, but civil days where
both sources have civil days. A first event is open while a row that is not read yet might still be in time.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from fractions import Fraction

from kpidsl.syntax import expr_nodes as x
from oracle import rows as r
from oracle.parts import crossing, cut, orderable, part, scope, window_of
from oracle.tables import instant
from oracle.values import Form, Outcome, Undefined, Value
from oracle.world import Env, World


@dataclass(frozen=True, slots=True)
class Event:
    """A row of a step: its time as the source has it, and as an instant."""

    scope: r.Scope
    written: object
    at: datetime


def events(world: World, env: Env, step: x.ConversionStep) -> list[Event]:
    table, a = world.tables[step.source.text], cut(world, env)
    span = window_of(world, env)
    as_of = min(span.end, a) if span is not None else a
    assert table.time is not None
    found = []
    for row in table.rows:
        inside = scope(world, env, table, row, as_of)
        written = r.column(table.time, inside)
        at = instant(written, world.almanac)
        if at is None or not (table.ahead or at < a):
            continue
        if step.where is None or r.truth(step.where, inside) is True:
            found.append(Event(inside, written, at))
    return found


def in_days(first: Event, then: Event) -> bool:
    return not isinstance(first.written, datetime) and not isinstance(then.written, datetime)


def owners(world: World, env: Env, expr: x.Conversion) -> list[Event]:
    """The first event of every conversion."""
    firsts, seconds = events(world, env, expr.first), events(world, env, expr.then)
    seconds_rows = {id(one.scope.row) for one in seconds}
    within = length(expr)
    found = []
    for second in seconds:
        keys = [r.column(key.text, second.scope) for key in expr.per]
        before = [
            first
            for first in firsts
            if None not in keys
            and [r.column(key.text, first.scope) for key in expr.per] == keys
            and (first.at < second.at or (first.at == second.at and id(first.scope.row) not in seconds_rows))
        ]
        if not before:
            continue
        owner = max(
            before, key=lambda one: (one.at, tuple(orderable(one.scope.row[key]) for key in one.scope.table.key))
        )
        if in_days(owner, second):
            assert isinstance(owner.written, date) and isinstance(second.written, date)
            passed = second.written - owner.written
        else:
            passed = second.at - owner.at
        if passed <= within:
            found.append(owner)
    return found


def length(expr: x.Conversion) -> timedelta:
    found = r.quantity(expr.within)
    assert isinstance(found, r.Length)
    return found.delta()


def is_open(world: World, env: Env, expr: x.Conversion, first: r.Scope) -> bool:
    """Whether a row that is not read might still convert it."""
    then, a = world.tables[expr.then.source.text], cut(world, env)
    assert first.table.time is not None and then.time is not None
    if then.ahead:
        return False
    written = r.column(first.table.time, first)
    only_days = not any(isinstance(row.get(then.time), datetime) for row in then.rows)
    if not isinstance(written, datetime) and isinstance(written, date) and only_days and then.rows:
        return world.almanac.day(written + timedelta(days=length(expr).days)) >= a
    at = instant(written, world.almanac)
    assert at is not None
    return at + length(expr) >= a


def conversion(world: World, env: Env, expr: x.Conversion) -> Outcome:
    if crossing(world, env):
        return Undefined("definition_changed")
    found = part(world, env, expr)
    covered = found.covered or (env.series is not None and part(world, env.series, expr).covered)
    still = [is_open(world, env, expr, row) for row in found.rows]
    owned = [id(one.scope.row) for one in owners(world, env, expr)]
    if expr.function == "conversions":
        number = sum(id(row.row) in owned for row in found.rows)
        if not number and not covered:
            return Undefined("no_rows")
        return replace(Value(Fraction(number), number), open=sum(still))
    if not found.rows:
        return Undefined("no_rows")
    over = [row for row, opened in zip(found.rows, still, strict=True) if not opened]
    if not over:
        return replace(Undefined("too_early"), open=sum(still))
    converted = sum(id(row.row) in owned for row in over)
    return replace(Value(Fraction(converted, len(over)), len(over), Form.DIVIDED), open=sum(still))
