"""The aggregations that entered a value, so that it can be recomputed."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from kpidsl.assess.numbers import value_of
from kpidsl.assess.results import Approximation, Input
from kpidsl.assess.suppress import SHOWN, Hidden
from kpidsl.assess.trends import window_result
from kpidsl.calendar import Calendar
from kpidsl.engine.algebra import Evaluation
from kpidsl.engine.scalars import Scalar
from kpidsl.plan import nodes as n

HYPERLOGLOG = Approximation("hyperloglog", Decimal("0.0325"))
"""DuckDB's estimate by 2^10 registers: 1.04 / sqrt(1024) (Flajolet, Fusy, Gandouet, Meunier 2007)."""


class Inputs:
    """The inputs of the values of one run: what entered many values is one record."""

    def __init__(self, evaluation: Evaluation, calendar: Calendar) -> None:
        self.evaluation = evaluation
        self.calendar = calendar
        self._single: dict[int, tuple[n.Ask, Input]] = {}

    def of(self, step: n.Step, hidden: Hidden = SHOWN) -> tuple[Input, ...]:
        """The inputs of a value in the order they are written, each once; of a vector only what it is over."""
        if type(step) is n.Ask and hidden is SHOWN:
            return (self.single(step),)
        found: list[Input] = []
        self.collect(step, (), found)
        each = found if len(found) < 2 else dict.fromkeys(found)
        if not (hidden.below or hidden.value):
            return tuple(each)
        return tuple(_kept_back(one) if hidden.value or hidden.is_small(one.n) else one for one in each)

    def single(self, ask: n.Ask) -> Input:
        """What is asked for outside a series."""
        found = self._single.get(id(ask))
        if found is None:  # kept beside its id, which would otherwise be given to another one after it
            found = self._single[id(ask)] = (ask, _input(ask, (), self.evaluation, self.calendar))
        return found[1]

    def collect(self, step: n.Step, series: tuple[str, ...], found: list[Input]) -> None:
        match step:
            case n.Ask():
                found.append(_input(step, series, self.evaluation, self.calendar) if series else self.single(step))
            case n.Discreet(operand=operand, below=below):
                entered: list[Input] = []
                self.collect(operand, series, entered)
                small = Hidden(below)
                found.extend(_kept_back(one) if small.is_small(one.n) else one for one in entered)
            case n.Series(unit=unit, periods=periods):
                for _, inner in periods:
                    self.collect(inner, (*series, unit), found)
            case n.Members(operand=operand, dimension=dimension):
                self.collect(operand, (*series, dimension), found)
            case _:
                for inner in n.inside(step):
                    self.collect(inner, series, found)


def _kept_back(one: Input) -> Input:
    return replace(one, value=None, value_undefined="suppressed" if not one.series else None, n=None)


def _input(ask: n.Ask, series: tuple[str, ...], evaluation: Evaluation, calendar: Calendar) -> Input:
    cell = ask.cell
    aggregation = ask.text if cell.at is None else f"{ask.text} at {cell.at}"
    where = tuple([one.text for one in ask.filters])
    answer = evaluation.answers.cells.get(cell)
    sql = answer.sql if answer is not None else None
    estimate = HYPERLOGLOG if cell.function == "count_distinct~" else None
    if series:
        return Input(aggregation, cell.source, where, None, series, sql=sql, approximate=estimate)
    window = window_result(ask.window, calendar)
    value = evaluation.ask(ask, ())
    if isinstance(value, Scalar):
        shown = value_of(value.value, value.exact, calendar)
        return Input(aggregation, cell.source, where, window, (), shown, None, value.n, sql, estimate)
    return Input(aggregation, cell.source, where, window, (), None, value.reason, value.n, sql, estimate)
