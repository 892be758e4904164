"""Expectations held against what came out."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from typing import assert_never

from kpidsl.assess.numbers import value_of, written
from kpidsl.assess.status import in_words
from kpidsl.engine.scalars import Missing, Scalar
from kpidsl.semantic.decimals import trimmed
from kpidsl.syntax import test_nodes as t
from kpidsl.syntax.expr_nodes import Boolean, Quantity
from kpidsl.syntax.node import Node, Text
from kpidsl.testing import signals
from kpidsl.testing.blocks import CERTAINTIES, Comparison, Expectation, Probe
from kpidsl.testing.judge_goals import goal_judged
from kpidsl.testing.outcomes import Failure, Outcome
from kpidsl.testing.run import Tested, error_text


def judge(tested: Tested) -> Outcome:
    """What became of a test that ran."""
    block = tested.block
    failures = [failure for one in block.expectations if (failure := _judged(one, tested)) is not None]
    return Outcome(block.title, block.declared.node.title.span, len(block.expectations), tuple(failures), 0.0)


def _judged(one: Expectation, tested: Tested) -> Failure | None:
    match one.node:
        case t.ExpectErrorProp(code=code):
            return _error(one, code.text, tested)
        case _ if tested.impossible is not None:
            return _failure(one, tested, _expected(one), "an error", (tested.impossible,), is_error=True)
        case _ if one.goal is not None:
            return goal_judged(one, one.goal, tested)
        case t.ExpectProp():
            return _condition(one, tested)
        case t.ExpectAboutProp():
            return _about(one, tested)
        case t.ExpectStateProp(state=state):
            return _state(one, state.text, tested)
        case t.ExpectSignalProp(word=word):
            return _signal(one, word.text, tested)
        case t.ExpectUndefinedProp(reason=reason):
            return _undefined(one, reason.text if reason is not None else None, tested)
        case never:
            assert_never(never)


# ---------------------------------------------------------------- kinds of expectation
def _condition(one: Expectation, tested: Tested) -> Failure | None:
    assert one.subject is not None
    found = tested.found(one.subject.name)
    if isinstance(found, Scalar) and found.value is True:
        return None
    if len(one.comparisons) == 1 and one.comparisons[0].node is one.subject.node:
        return _compared(one, one.comparisons[0], tested)
    lines = [f"{_text(side.node)} is {_value(side, tested)}" for each in one.comparisons for side in _sides(each)]
    why = (*dict.fromkeys(lines), *_why(found, tested, one))
    shown = "false" if isinstance(found, Scalar) else _value(one.subject, tested)
    return _failure(one, tested, "true", shown, why, is_error=_is_error(found))


def _compared(one: Expectation, comparison: Comparison, tested: Tested) -> Failure:
    left, right = tested.found(comparison.left.name), tested.found(comparison.right.name)
    operator = "" if comparison.node.operator == "==" else f"{comparison.node.operator} "
    expected = operator + _value(comparison.right, tested)
    why: list[str] = []
    if isinstance(left, Scalar) and isinstance(right, Scalar):
        gap = _gap(left, right, comparison, tested)
        why.extend([gap] if gap is not None else [])
    why.extend(_why(left, tested, one))
    if not isinstance(right, Scalar):
        why.extend(_why(right, tested, one))
    is_error = _is_error(left) or _is_error(right)
    found = _value(comparison.left, tested)
    return _failure(one, tested, expected, found, tuple(dict.fromkeys(why)), is_error=is_error)


def _gap(left: Scalar, right: Scalar, comparison: Comparison, tested: Tested) -> str | None:
    """How far apart two numbers of one unit are."""
    unit = tested.unit(comparison.left.name)
    other = tested.unit(comparison.right.name)
    is_same = unit == other or (other is None and isinstance(right.value, Fraction) and right.value == 0)
    if not (isinstance(left.value, Fraction) and isinstance(right.value, Fraction)) or not is_same:
        return None
    difference = left.value - right.value
    if not difference:
        return None
    shown = amount(written(abs(difference), left.exact and right.exact), "pp" if unit == "%" else unit)
    return f"that is {shown} {'more' if difference > 0 else 'less'}"


def _about(one: Expectation, tested: Tested) -> Failure | None:
    assert one.subject is not None and one.about is not None and one.within is not None and one.difference is not None
    difference, within = tested.found(one.difference.name), tested.found(one.within.name)
    node = one.node
    assert isinstance(node, t.ExpectAboutProp)
    expected = f"{_value(one.about, tested)}, within {_value(one.within, tested, points=True)}"
    if isinstance(difference, Scalar) and isinstance(within, Scalar):
        assert isinstance(difference.value, Fraction) and isinstance(within.value, Fraction)
        factor = _factor(one.within, one.difference, tested)
        if abs(difference.value) <= within.value * factor:
            return None
        unit = tested.unit(one.difference.name)
        away = amount(written(abs(difference.value), difference.exact), "pp" if unit == "%" else unit)
        return _failure(one, tested, expected, _value(one.subject, tested), (f"that is {away} away",))
    found = tested.found(one.subject.name)
    why = (*_why(found, tested, one), *_why(tested.found(one.about.name), tested, one))
    return _failure(one, tested, expected, _value(one.subject, tested), why, is_error=_is_error(found))


def _factor(within: Probe, difference: Probe, tested: Tested) -> Fraction:
    units = [tested.model.metrics[probe.name].unit for probe in (within, difference)]
    return units[0].factor_to(units[1]) if units[0].dimensions else Fraction(1)


def _state(one: Expectation, state: str, tested: Tested) -> Failure | None:
    assert one.kpi is not None
    result = tested.kpi(one.kpi)
    if result is None:
        return _failure(one, tested, state, "an error", tested.problems_of((one.kpi,)), is_error=True)
    assessment = result.assessment
    is_certainty = state in CERTAINTIES
    if state == (assessment.certainty if is_certainty else assessment.status):
        return None
    why = [assessment.reason]
    if assessment.value is not None:
        why.insert(0, f"its value is {amount(assessment.value, result.unit)}")
    errors = tested.results.errors if tested.results is not None else ()
    why.extend(f"{error.code} {error.message}" for error in errors if one.kpi in error.affects)
    found = assessment.certainty or "nothing certain or not" if is_certainty else assessment.status
    return _failure(one, tested, state, found, tuple(why), is_error=assessment.status == "error")


def _signal(one: Expectation, word: str, tested: Tested) -> Failure | None:
    assert one.kpi is not None
    result = tested.kpi(one.kpi)
    if result is None:
        return _failure(one, tested, word, "an error", tested.problems_of((one.kpi,)), is_error=True)
    if signals.is_said(word, result):
        return None
    return _failure(one, tested, word, signals.said(result), signals.reasons(result))


def _undefined(one: Expectation, reason: str | None, tested: Tested) -> Failure | None:
    assert one.subject is not None
    expected = "undefined" if reason is None else f"undefined: {reason}"
    found = tested.found(one.subject.name)
    actual = found.reason if isinstance(found, Missing) else None
    result = tested.kpi(one.kpi) if one.kpi is not None else None
    if result is not None:
        actual = result.assessment.value_undefined
    if actual is not None and reason in (None, actual):
        return None
    shown = f"undefined: {actual}" if actual is not None else _value(one.subject, tested)
    return _failure(one, tested, expected, shown, _why(found, tested, one), is_error=found is None)


def _error(one: Expectation, code: str, tested: Tested) -> Failure | None:
    reported = tested.reported
    if code in reported.values() or (tested.impossible is not None and tested.impossible.startswith(code)):
        return None
    found = ", ".join(sorted(set(reported.values()))) or "no error"
    why = tuple(reported) if tested.impossible is None else (tested.impossible,)
    return _failure(one, tested, f"the error {code}", found, why)


# ---------------------------------------------------------------- words
def _failure(
    one: Expectation, tested: Tested, expected: str, found: str, why: Iterable[str], *, is_error: bool = False
) -> Failure:
    probes = [one.subject.name] if one.subject is not None else []
    looked_at = tested.looked_at(probes, one.kpi)
    reasons = list(why)
    for each in looked_at:
        if not tested.block.tables[each.source].headings:
            reasons.append(f"the test gives no rows for `{each.source}`")
        elif each.nulls:
            listed = ", ".join(f"`{name}`" for name in each.nulls)
            reasons.append(f"not in the table of `{each.source}`, and so null in every row: {listed}")
    return Failure(
        one.node.span, " ".join(one.node.span.text.split()), expected, found, tuple(reasons), looked_at, is_error
    )


def _expected(one: Expectation) -> str:
    """What a line expects, as it is written."""
    return _text(one.subject.node) if one.subject is not None else " ".join(one.node.span.text.split()[1:])


def _why(found: Scalar | Missing | None, tested: Tested, one: Expectation) -> tuple[str, ...]:
    """Why there is no value."""
    if found is None:
        return tested.problems_of(probe.name for probe in one.probes)
    if isinstance(found, Scalar):
        return ()
    if found.errors:
        return tuple(dict.fromkeys(error_text(error) for error in found.errors))
    return (in_words(found.reason),)


def _is_error(found: Scalar | Missing | None) -> bool:
    return found is None or (isinstance(found, Missing) and found.reason == "source_error")


def _sides(comparison: Comparison) -> tuple[Probe, ...]:
    """The sides of a comparison that are worth a line: those that are computed."""
    sides = (comparison.left, comparison.right)
    return tuple(side for side in sides if not isinstance(side.node, Quantity | Text | Boolean))


def _text(node: Node) -> str:
    return " ".join(node.span.text.split())


def _value(probe: Probe, tested: Tested, *, points: bool = False) -> str:
    """The value of an expression in its unit, or why there is none."""
    found = tested.found(probe.name)
    if found is None:
        return "an error"
    if isinstance(found, Missing):
        return f"undefined: {found.reason}"
    unit = tested.unit(probe.name)
    return amount(value_of(found.value, found.exact, tested.model.calendar), "pp" if points and unit == "%" else unit)


def amount(value: Decimal | str | bool, unit: str | None) -> str:
    """A value as the language writes it: every digit, and its unit."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return f'"{value}"'
        case Decimal():
            number = trimmed(value.scaleb(2) if unit in ("%", "pp") else value)
            return f"{number:f}{unit}" if unit in ("%", "pp") else f"{number:f} {unit}" if unit else f"{number:f}"
