"""Expectations of objectives, outcomes and their parts held against what came out."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from kpidsl.assess.numbers import written
from kpidsl.engine.algebra import compare
from kpidsl.engine.scalars import Missing, Scalar
from kpidsl.semantic.decimals import trimmed
from kpidsl.syntax import expr_nodes as x
from kpidsl.syntax import test_nodes as t
from kpidsl.testing.blocks import Expectation, Probe
from kpidsl.testing.goals import Found, GoalAsked, figure_found, goal_found, is_in, stands, unit_of, why
from kpidsl.testing.outcomes import Failure
from kpidsl.testing.run import Tested


def goal_judged(one: Expectation, asked: GoalAsked, tested: Tested) -> Failure | None:
    """Why an expectation of a goal does not hold; None where it does."""
    found = goal_found(asked, tested.results) if tested.results is not None else None
    if found is None:
        problems = tested.problems_of((asked.goal,))
        return _failure(one, " ".join(one.node.span.text.split()[1:]), "an error", problems, is_error=True)
    match one.node:
        case t.ExpectStateProp(state=state):
            if is_in(state.text, found):
                return None
            return _failure(one, state.text, stands(found), (why(found),), is_error=stands(found) == "error")
        case t.ExpectUndefinedProp(reason=reason):
            value, why_not = figure_found(asked, found)
            if value is None and (reason is None or reason.text == why_not):
                return None
            expected = "undefined" if reason is None else f"undefined: {reason.text}"
            return _failure(one, expected, _shown(value, why_not, asked, found), (why(found),))
        case t.ExpectProp(condition=x.Compare(operator=operator)):
            return _compared(one, asked, found, operator, tested)
        case _:
            return _near(one, asked, found, tested)


def _compared(one: Expectation, asked: GoalAsked, found: Found, operator: str, tested: Tested) -> Failure | None:
    assert one.about is not None
    value, why_not = figure_found(asked, found)
    other, mismatch = _other(one.about, asked, found, tested)
    if value is not None and other is not None and compare(operator, Fraction(value), other):
        return None
    sign = "" if operator == "==" else f"{operator} "
    expected = f"{sign}{_amount(other, unit_of(asked, found))}"
    return _failure(one, expected, _shown(value, why_not, asked, found), mismatch or (why(found),))


def _near(one: Expectation, asked: GoalAsked, found: Found, tested: Tested) -> Failure | None:
    assert one.about is not None and one.within is not None
    value, why_not = figure_found(asked, found)
    other, mismatch = _other(one.about, asked, found, tested)
    within, _ = _other(one.within, asked, found, tested)
    is_near = value is not None and other is not None and within is not None
    if is_near and value is not None and abs(Fraction(value) - (other or 0)) <= (within or 0):
        return None
    unit = unit_of(asked, found)
    expected = f"{_amount(other, unit)}, within {_amount(within, 'pp' if unit == '%' else unit)}"
    return _failure(one, expected, _shown(value, why_not, asked, found), mismatch or (why(found),))


def _other(probe: Probe, asked: GoalAsked, found: Found, tested: Tested) -> tuple[Fraction | None, tuple[str, ...]]:
    """What a figure is compared with, and why that cannot be."""
    result, unit = tested.found(probe.name), tested.unit(probe.name)
    own = unit_of(asked, found)
    if result is None or isinstance(result, Missing):
        said = tested.problems_of((probe.name,)) if result is None else (result.reason.replace("_", " "),)
        return None, said
    assert isinstance(result, Scalar)
    if not isinstance(result.value, Fraction):
        return None, ("a figure is compared with a number",)
    fits = unit == own or {unit, own} <= {"%", "pp", None} or result.value == 0
    if not fits:
        return None, (f"the units do not fit: `{asked.figure}` is {_in(own)}, and this is {_in(unit)}",)
    return result.value, ()


def _in(unit: str | None) -> str:
    return "a plain number" if unit is None else f"in {unit}"


def _amount(value: Fraction | None, unit: str | None) -> str:
    return "nothing" if value is None else _text(written(value, True), unit)


def _shown(value: Decimal | None, why_not: str | None, asked: GoalAsked, found: Found) -> str:
    if value is None:
        return f"undefined: {why_not}" if why_not is not None else "none: it does not have this figure"
    return _text(value, unit_of(asked, found))


def _text(value: Decimal, unit: str | None) -> str:
    number = trimmed(value.scaleb(2) if unit in ("%", "pp") else value)
    return f"{number:f}{unit}" if unit in ("%", "pp") else f"{number:f} {unit}" if unit else f"{number:f}"


def _failure(one: Expectation, expected: str, found: str, why: tuple[str, ...], *, is_error: bool = False) -> Failure:
    text = " ".join(one.node.span.text.split())
    return Failure(one.node.span, text, expected, found, why, (), is_error)
