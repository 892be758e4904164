"""Numbers as the readable table shows them: the only place where anything is rounded."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext

from kpidsl.assess.interval_results import IntervalResult
from kpidsl.assess.results import BoundResult, Value
from kpidsl.patterns import regex
from kpidsl.records import dataclass
from kpidsl.report.numbers import plain

# ISO 4217: currencies whose minor unit is the currency itself.
WITHOUT_CENTS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
PRECISION = 400  # digits: none of a decimal or of a float written out is lost before it is rounded for show
MOST_DECIMALS = 6
TINY, HUGE = Decimal("1e-6"), Decimal("1e15")
BARS = "▁▂▃▄▅▆▇█"
GAP = "·"
FRACTION = regex(r"(?<=\.)\d+")
OF_A_HUNDRED = ("%", "pp")
"""Units of which 1 is a hundred: values in them are fractions."""
SIGNS = {">=": "≥", "<=": "≤", "!=": "≠", "==": "="}


@dataclass(frozen=True, slots=True)
class Figure:
    """A number and its unit, apart, so that a column can align both."""

    number: str
    unit: str = ""

    def __str__(self) -> str:
        return f"{self.number} {self.unit}".rstrip()


def figure(value: Value, unit: str | None, target: BoundResult | None = None) -> Figure:
    """A value in its unit. It is given more decimals where it would otherwise read like the bound it missed or met."""
    match value:
        case bool():
            return Figure("true" if value else "false")
        case str():
            return Figure(value or '""')
        case Decimal():
            return Figure(_told_apart(value, unit, target), unit or "")
        case _:
            raise TypeError(f"no value: {value!r}")


def bound(found: BoundResult, unit: str | None) -> Figure:
    """A bound; the unit is only repeated where it is a sign (`≥ 80 %`, `≥ 2 pp`), as the value beside it has it."""
    shown = unit if unit in OF_A_HUNDRED else ""
    if found.low is not None and found.high is not None:
        return Figure(f"{exact(found.low, unit)} … {exact(found.high, unit)}", shown)
    if found.value is None or found.operator is None:
        return Figure("undefined")
    return Figure(f"{SIGNS.get(found.operator, found.operator)} {exact(found.value, unit)}", shown)


def between(found: IntervalResult, unit: str | None) -> Figure:
    """An interval as its ends; nothing where there is none."""
    if found.low is None or found.high is None:
        return Figure("")
    ends = [figure(end, unit).number for end in (found.low, found.high)]
    return Figure(" … ".join(ends), unit if unit in OF_A_HUNDRED else "")


def difference(value: Decimal, unit: str | None) -> Figure:
    """An absolute difference with its sign; between percentages in percentage points."""
    if unit in OF_A_HUNDRED:
        return Figure(signed(value, unit, _points(value)), "pp")
    return Figure(signed(value, unit, decimals(value, unit)), unit or "")


def distance(value: Decimal, unit: str | None, shown: Sequence[Figure]) -> Figure:
    """A gap, with as many decimals as the figures it lies between; with more where it would read as none."""
    unit_shown = "pp" if unit in OF_A_HUNDRED else ""
    if any("e" in each.number for each in shown):
        return Figure(difference(value, unit).number, unit_shown)
    places = max((len(decimal) for each in shown for decimal in FRACTION.findall(each.number)), default=0)
    text = signed(value, unit, places)
    return Figure(difference(value, unit).number if value and text.startswith("±") else text, unit_shown)


def ratio(value: Decimal) -> Figure:
    """A relative change with its sign, as a percentage."""
    return Figure(signed(value, "%", _points(value)), "%")


def _points(value: Decimal) -> int:
    """The decimals of percentage points: one, and more only where a difference would read as none."""
    return 1 if not value or abs(value) >= Decimal("0.0005") else min(-2 - value.adjusted(), MOST_DECIMALS)


def signed(value: Decimal, unit: str | None, places: int) -> str:
    text = rounded(value, unit, places)
    if not text.strip("-0.,"):
        return "±" + text.lstrip("-")
    return text if text.startswith("-") else f"+{text}"


def exact(value: Decimal, unit: str | None) -> str:
    """A number that somebody wrote: all its decimals where they are few, else rounded like a value."""
    with localcontext(Context(prec=PRECISION)):
        written = plain(value * 100 if unit in OF_A_HUNDRED else value)
    _, _, fraction = written.partition(".")
    if "e" in written or len(fraction) > 4:
        return rounded(value, unit, decimals(value, unit))
    few = len(fraction) if unit in OF_A_HUNDRED or not fraction else max(len(fraction), cents(unit) or 0)
    return rounded(value, unit, few)


def _told_apart(value: Decimal, unit: str | None, target: BoundResult | None) -> str:
    places = decimals(value, unit)
    text = rounded(value, unit, places)
    edges = () if target is None else (target.value, target.low, target.high)
    for edge in edges:
        while edge is not None and edge != value and places < MOST_DECIMALS and text == rounded(edge, unit, places):
            places += 1
            text = rounded(value, unit, places)
    return text


def cents(unit: str | None) -> int | None:
    """The decimals of an amount of money, or None where the unit is no currency."""
    if unit is None or len(unit) != 3 or not (unit.isascii() and unit.isupper()):
        return None
    return 0 if unit in WITHOUT_CENTS.split() else 2


def decimals(value: Decimal, unit: str | None) -> int:
    """How many decimals to show of a value."""
    size = abs(value)
    if unit == "%":
        # Close to 0 % and to 100 % it is the distance to them that people look at: 99.95 %, 0.04 %.
        distance = min(size, abs(1 - size))
        if not distance or distance >= Decimal("0.01"):
            return 1
        return _without_zeros(size, unit, min(-1 - distance.adjusted(), MOST_DECIMALS))
    if unit == "pp":
        return _points(value)
    money = cents(unit)
    if money is not None:
        return money if size < Decimal("1e9") else 0
    if value == value.to_integral_value() or size >= 10_000:
        return 0
    if size >= 10:
        return 1
    return 2 if size >= 1 else _without_zeros(size, unit, min(2 - size.adjusted(), 2 + MOST_DECIMALS))


def _without_zeros(size: Decimal, unit: str | None, places: int) -> int:
    """As many decimals, less the zeros at the end; one stays."""
    while places > 1 and rounded(size, unit, places).endswith("0"):
        places -= 1
    return places


def rounded(value: Decimal, unit: str | None, places: int) -> str:
    """A number with a fixed count of decimals, thousands set apart by commas; a fraction as a percentage."""
    with localcontext(Context(prec=PRECISION, rounding=ROUND_HALF_EVEN)):
        shown = value * 100 if unit in OF_A_HUNDRED else value
        if shown and not TINY <= abs(shown) < HUGE:
            return f"{shown:.3e}"
        text = f"{shown:,.{places}f}"
    return text.lstrip("-") if not text.strip("-0.,") else text


def sparkline(values: Sequence[Value | None]) -> str:
    """One bar a value, from the least to the greatest of them; a dot where there is none. Empty without any number."""
    numbers = [each if isinstance(each, Decimal) else None for each in values]
    known = [each for each in numbers if each is not None]
    if not known:
        return ""
    low, high = min(known), max(known)
    with localcontext(Context(prec=PRECISION)):
        steps = [None if each is None else _step(each - low, high - low) for each in numbers]
    return "".join(GAP if step is None else BARS[step] for step in steps)


def _step(above: Decimal, span: Decimal) -> int:
    return int(above / span * (len(BARS) - 1) + Decimal("0.5")) if span else len(BARS) // 2 - 1
