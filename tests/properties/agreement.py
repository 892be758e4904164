"""When a document agrees with the oracle: exact numbers to the last digit, floats to 1e-9, reasons and `n` exactly."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction

from kpidsl.assess.results import Assessment, KpiResult, MetricResult, WindowResult
from oracle import Form, Judged, Oracle, Outcome, Span, Undefined, Value
from oracle import KpiResult as Expected

FIFTEEN = Context(prec=15, rounding=ROUND_HALF_EVEN)
CLOSE = Fraction(1, 10**9)


def rounded(number: Fraction) -> Fraction:
    """A rational to 15 significant digits, half to even."""
    return Fraction(FIFTEEN.divide(Decimal(number.numerator), Decimal(number.denominator)))


def same_number(found: object, expected: Value) -> bool:
    if (
        isinstance(found, bool)
        or not isinstance(found, Decimal | int)
        or not isinstance(expected.value, int | Fraction)
    ):
        return found == expected.value
    number, wanted = Fraction(found), expected.number
    match expected.form:
        case Form.EXACT:
            return number == wanted
        case Form.DIVIDED:
            return number in (wanted, rounded(wanted))
        case Form.FLOAT:
            return abs(number - wanted) <= CLOSE * max(abs(wanted), CLOSE)


def value(where: str, found: object, reason: str | None, expected: Outcome | None) -> Iterator[str]:
    if expected is None:
        if found is not None:
            yield f"{where}: {found}, expected nothing"
    elif isinstance(expected, Undefined):
        if found is not None or reason != expected.reason:
            yield f"{where}: {reason if found is None else found}, expected {expected.reason}"
    elif found is None or not same_number(found, expected):
        shown = (
            expected.value
            if not isinstance(expected.value, Fraction)
            else f"{expected.value} ≈ {float(expected.value)}"
        )
        yield f"{where}: {reason if found is None else found}, expected {shown} ({expected.form.name})"


def count(where: str, found: int | None, expected: Outcome) -> Iterator[str]:
    """`n`; rows enter a value, so an undefined one has none to be counted, but for a sample that is too small."""
    counted = isinstance(expected, Value) or expected.reason == "insufficient_sample"
    if counted and expected.n is not None and found != expected.n:
        yield f"{where}: n {found}, expected {expected.n}"


def window(where: str, found: WindowResult | None, expected: Span | None) -> Iterator[str]:
    if expected is None:
        return
    if found is None:
        yield f"{where}: no window, expected {expected}"
        return
    start = None if found.start is None else found.start.astimezone(UTC)
    if (start, found.end.astimezone(UTC)) != (expected.start, expected.end):
        yield f"{where}: window {found.start}..{found.end}, expected {expected.start}..{expected.end}"


def assessment(where: str, found: Assessment, expected: Judged) -> Iterator[str]:
    yield from value(where, found.value, found.value_undefined, expected.outcome)
    yield from count(where, found.n, expected.outcome)
    if expected.outcome.unknown != (found.n_unknown or 0):
        yield f"{where}: n_unknown {found.n_unknown}, expected {expected.outcome.unknown}"
    if expected.outcome.open is not None and expected.outcome.open != (found.n_open or 0):
        yield f"{where}: n_open {found.n_open}, expected {expected.outcome.open}"
    if expected.steady and found.status != expected.status:
        yield f"{where}: status {found.status} ({found.reason}), expected {expected.status}"
    if isinstance(expected.outcome, Value):
        yield from value(f"{where}.gap", found.gap, None, expected.gap)
        yield from value(f"{where}.attainment", found.attainment, None, expected.attainment)
    if len(found.comparisons) != len(expected.comparisons) or len(found.trend) != len(expected.trend):
        yield f"{where}: {len(found.comparisons)} comparisons and {len(found.trend)} points of the trend"
        return
    for there, other in zip(found.comparisons, expected.comparisons, strict=True):
        name = f"{where}.{there.label}"
        yield from window(name, there.window, other.window)
        yield from value(name, there.value, there.value_undefined, other.outcome)
        yield from count(name, there.n, other.outcome)
        if isinstance(other.change, Value):
            yield from value(f"{name}.change", there.change, there.change_undefined, other.change)
            relative = other.relative if isinstance(other.relative, Value) else None
            yield from value(f"{name}.change_relative", there.change_relative, there.change_undefined, relative)
    for number, (point, (span, outcome)) in enumerate(zip(found.trend, expected.trend, strict=True)):
        name = f"{where}.trend[{number}]"
        yield from window(name, point.window, span)
        yield from value(name, point.value, point.value_undefined, outcome)
        yield from count(name, point.n, outcome)


def kpi(found: KpiResult, expected: Expected) -> Iterator[str]:
    yield from window(found.name, found.window, expected.window)
    yield from assessment(found.name, found.assessment, expected.whole)
    segments: dict[object, Assessment] = {segment.by: segment.assessment for segment in found.segments}
    wanted = dict(expected.segments)
    if set(segments) != set(wanted):
        yield f"{found.name}: segments {sorted(map(str, segments))}, expected {sorted(map(str, wanted))}"
        return
    for by, judged in wanted.items():
        yield from assessment(f"{found.name}{list(by)}", segments[by], judged)


def metric(found: MetricResult, oracle: Oracle) -> Iterator[str]:
    outcome, span = oracle.value(found.name)
    yield from window(found.name, found.window, span)
    yield from value(found.name, found.value, found.value_undefined, outcome)
    yield from count(found.name, found.n, outcome)
    if outcome.open is not None and outcome.open != (found.n_open or 0):
        yield f"{found.name}: n_open {found.n_open}, expected {outcome.open}"
