"""What is said of two units that do not go together: both sides lined up, and what to type."""

from __future__ import annotations

from fractions import Fraction

from kpidsl.patterns import regex
from kpidsl.semantic.units import CURRENCY, Unit, is_currency
from kpidsl.syntax.expr_nodes import Expr, Negate, PercentOf, Quantity

READINGS = ("degC", "degF", "K")
WORDS = {  # of a dimension whose unit is not named on either side
    "time": "hour",
    "length": "km",
    "mass": "kg",
    "volume": "l",
    "area": "m2",
    "energy": "kWh",
    "data": "GB",
}
_OF_TIME = (
    "s",
    "ms",
    "min",
    "h",
    "d",
    *(f"{one}{end}" for one in ("second", "minute", "hour", "day", "week") for end in ("", "s")),
)
_NUMBER = regex(r"-?[0-9][0-9_.]*[kM]?")
_WRITABLE = regex(r"[A-Za-z_%][A-Za-z0-9_]*(/[A-Za-z_][A-Za-z0-9_]*)*")
_UNIT_NAME = regex(r"[A-Za-z_][A-Za-z0-9_]*")
_YEAR = regex(r"(?:19|20)[0-9]{2}")
_LONG = 40


def literal(node: Expr) -> Fraction | None:
    """The number of a literal without a unit."""
    if isinstance(node, Negate):
        inner = literal(node.operand)
        return None if inner is None else -inner
    return Fraction(node.number) if isinstance(node, Quantity) and node.unit is None else None


def lined_up(a: Unit, b: Unit, *, sides: bool) -> list[str]:
    """Both units under each other, with what they measure; `sides`: of an operation, else a value and what is held
    against it.
    """
    names = ("left: ", "right:") if sides else ("the value:", "this:     ")
    width = max(len(str(a)), len(str(b)))
    shown = [f"{unit!s:<{width}}  {_measures(unit)}".rstrip() for unit in (a, b)]
    return [f"{name} {text}" for name, text in zip(names, shown, strict=True)]


def _measures(unit: Unit) -> str:
    """What a unit measures, where its name does not say so: `energy / time`."""
    above = [_power(name, power) for name, power in unit.dimensions if power > 0]
    below = [_power(name, -power) for name, power in unit.dimensions if power < 0]
    shown = " · ".join(above) or ("1" if below else "")
    shown = " / ".join((shown, *below))
    return f"({shown})" if shown and shown != unit.label else ""


def _power(name: str, power: int) -> str:
    shown = name.removeprefix(CURRENCY)
    return shown if power == 1 else f"{shown}^{power}"


def remedy(a: Unit, b: Unit, written: tuple[Expr, ...]) -> str | None:
    """What to type. `written` are both sides of an operation, or what is held against a value; none: `unit` is."""
    labels = {a.label, b.label}
    typed = next((node for node in reversed(written) if _typed(node)), None)
    other = a if typed is not None and typed is written[-1] else b
    if labels <= set(READINGS):
        return f"readings do not convert by a factor: write it in {other}"
    if "K" in labels and typed is not None and typed.span.text.endswith("K"):
        return "thousands have a small letter: `120k`"
    if not written and not (is_currency(a) and is_currency(b)):
        lacking = None if "%" in labels else _lacking(a, b, written, typed)
        return f"leave `unit` out: it follows from the value{f', or {lacking}' if lacking else ''}"
    if is_currency(a) and is_currency(b):
        rate = "currencies do not convert by themselves: multiply by a rate from a source of rates"
        return rate if typed is None else f"{rate}, or write `{_in(typed, other)}`"
    if "%" in labels and (two := next((one for one in (a, b) if _is_rate(one)), None)) is not None:
        return f"{two} is money by other money: currencies do not convert by themselves, so multiply by a rate first"
    if "%" in labels and a.is_number != b.is_number:
        return _of_a_percentage(a, b, written, typed)
    if a.is_number != b.is_number:
        return _to_a_plain_number(a, b, written, typed)
    return _lacking(a, b, written, typed)


def _is_rate(unit: Unit) -> bool:
    """Whether a unit is one currency by another."""
    return sorted(power for name, power in unit.dimensions if name.startswith(CURRENCY)) == [-1, 1]


def _of_a_percentage(a: Unit, b: Unit, written: tuple[Expr, ...], typed: Expr | None) -> str:
    """What to type where a percentage meets money, a length of time and the like."""
    known = b if a.label == "%" else a
    sides = [" ".join(node.span.text.split()) for node in written]
    if typed is None:
        product = " * ".join(sides) if len(sides) > 1 and max(map(len, sides)) <= _LONG else "… * …"
        return f"a part of something is a product: `{product}`"
    number = _NUMBER.match(typed.span.text)
    if number is None or not typed.span.text.endswith("%"):
        return f"write `{number[0] if number is not None else '90'}%`"
    other = next((text for node, text in zip(written, sides, strict=True) if node is not typed), "…")
    whole = other if _UNIT_NAME.fullmatch(other) else "…"
    part = f"a percentage of something is written `{typed.span.text} of {whole}`"
    if len(written) == 1 and known.label is not None and _WRITABLE.fullmatch(known.label):
        return f"write `{_in(typed, known)}`; {part}"
    return part


def _typed(node: Expr) -> bool:
    """Whether a side is a number as typed, with a unit or without."""
    inner = node.operand if isinstance(node, Negate) else node
    return isinstance(inner, Quantity) or _NUMBER.match(node.span.text) is not None


def _in(node: Expr, unit: Unit) -> str:
    """A typed number in another unit."""
    found = _NUMBER.match(node.span.text)
    return f"{found[0] if found is not None else '120'} {unit}"


def _to_a_plain_number(a: Unit, b: Unit, written: tuple[Expr, ...], typed: Expr | None) -> str:
    known = b if a.is_number else a
    if typed is not None and literal(typed) is not None:
        if known.label is not None and _WRITABLE.fullmatch(known.label):
            return f"give the plain number its unit: `{typed.span.text} {known}`"
        return _lacking(a, b, written, typed) or f"give the plain number its unit, {known}"
    if typed is not None and len(written) == 1 and isinstance(typed, PercentOf):
        return _part_of_a_plain_number(typed, known)
    if typed is not None and len(written) == 1:
        number = _NUMBER.match(typed.span.text)
        return f"write `{number[0] if number else '120'}`, or give the value its unit: `unit {known}`"
    lacking = f"multiply the plain number by one of it, `… * 1 {known}`, or "
    by_one = lacking if known.label is not None and _UNIT_NAME.fullmatch(known.label) else ""
    return f"{by_one}declare `column …: {known}` where the plain number comes from"


def _part_of_a_plain_number(node: PercentOf, known: Unit) -> str:
    """What to type for `50% of 2019` where a value has a unit: a year is a window, any other number lacks the unit."""
    percent, inner = node.percent.span.text, node.operand.span.text
    if _YEAR.fullmatch(inner):
        return f"a year alone is a number: `{percent} of (METRIC over {inner})` is a part of what a metric was then"
    if known.label is not None and _WRITABLE.fullmatch(known.label):
        return f"give the plain number its unit: `{percent} of {inner} {known}`"
    return f"give the plain number its unit, {known}"


def _lacking(a: Unit, b: Unit, written: tuple[Expr, ...], typed: Expr | None) -> str | None:
    """The factor one side lacks, where it is a single unit; else a typed number in the other side's unit."""
    other = a if typed is not None and typed is written[-1] else b
    instead = ""
    if typed is not None and other.label is not None and _WRITABLE.fullmatch(other.label):
        instead = f"write `{_in(typed, other)}`"
    powers = dict(b.dimensions)
    for name, power in a.dimensions:
        powers[name] = powers.get(name, 0) - power
    lacks = [(name, power) for name, power in powers.items() if power]
    shared = {name for name, _ in a.dimensions} & {name for name, _ in b.dimensions}
    near = shared or a.is_number or b.is_number
    if len(lacks) != 1 or abs(lacks[0][1]) != 1 or not near:
        return instead or None
    name, power = lacks[0]
    sign = "*" if power > 0 else "/"
    word = _word(name, a, b)
    if len(written) < 2:
        factor = f"where the value is written, {'multiply' if power > 0 else 'divide'} it: `(…) {sign} 1 {word}`"
        return f"{instead}, or {factor}" if instead else factor
    left = " ".join(written[0].span.text.split()) if written else "…"
    return f"the left side lacks a factor: `({left if len(left) <= _LONG else '…'}) {sign} 1 {word}`"


def _word(dimension: str, a: Unit, b: Unit) -> str:
    """A unit of a dimension: the one that is named on a side, else a common one."""
    plain = dimension.removeprefix(CURRENCY)
    for unit in (a, b):
        names: list[str] = _UNIT_NAME.findall(unit.label or "")
        if plain in names:
            return plain
        if len(names) == 1 and [one for one, _ in unit.dimensions] == [dimension]:
            return names[0]
    for unit in (a, b):
        of_time = [str(name) for name in _UNIT_NAME.findall(unit.label or "") if name in _OF_TIME]
        if of_time and dimension == "time":
            return of_time[0]
    return WORDS.get(plain, plain)
