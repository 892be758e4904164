"""Params: their defaults, what `--set` makes of them, and what `param.region` stands for where it is written."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from fractions import Fraction

from kpidsl.calendar import Calendar
from kpidsl.diagnostics import Problems, UsageError, did_you_mean
from kpidsl.records import dataclass
from kpidsl.semantic.numbers import quantity_value
from kpidsl.semantic.rows import Constant
from kpidsl.semantic.scope import Names, in_namespace, visible
from kpidsl.semantic.types import DataType
from kpidsl.semantic.units import NUMBER, UnitTable
from kpidsl.semantic.windows import Invalid
from kpidsl.source_text import Source
from kpidsl.syntax import expr_nodes as x
from kpidsl.syntax import parse
from kpidsl.syntax.node import Text
from kpidsl.syntax.setting_nodes import ParamDecl

_EXAMPLES = {"number": "a number", "boolean": "`true` or `false`", "time": "a date such as 2026-03-31"}


@dataclass(frozen=True, slots=True)
class Params:
    """The params of a spec set with their values, by full name."""

    names: Names
    values: Mapping[str, Constant]

    def of(self, node: x.NameRef, namespace: str, problems: Problems) -> Constant:
        """The value of `param.NAME`. Raises `Invalid` where there is none."""
        name = ".".join(node.parts[1:])
        for full in in_namespace(name, namespace):
            if full in self.values:
                return self.values[full]
            if full in self.names.params or self.names.is_broken(full, namespace):
                raise Invalid
        hint = did_you_mean(name, visible(self.names.params, namespace)) or f'declare it: `param {name} = "…"`'
        problems.error("K0207", f"there is no param `{name}`", node.span, hint=hint)
        raise Invalid


def check_params(
    names: Names, units: UnitTable, calendar: Calendar, given: Mapping[str, str], problems: Problems
) -> dict[str, Constant]:
    """The params with their defaults, or what `--set` gives.

    Raises `UsageError` for one that is not declared, or a text that is not what the default is.
    """
    for name in given:
        if name not in names.params:
            known = ", ".join(names.params) or "none"
            raise UsageError(
                f"--set {name}: no param `{name}` is declared",
                code="K0207",
                hint=did_you_mean(name, names.params) or f"the spec declares: {known}",
            )
        if not isinstance(given[name], str):
            kind = type(given[name]).__name__
            raise UsageError(
                f"the param `{name}` is given as {kind}",
                code="K0207",
                hint=f'write it as behind --set: params={{"{name}": "{given[name]}"}}',
            )
    found: dict[str, Constant] = {}
    for name, declared in names.params.items():
        try:
            default = _literal(declared.node.default, units, calendar, problems)
        except Invalid:
            continue
        found[name] = default if name not in given else _set(name, given[name], default, units, calendar)
    return found


def _literal(node: x.Expr, units: UnitTable, calendar: Calendar, problems: Problems) -> Constant:
    match node:
        case x.Quantity() | x.Quotient():
            number, unit = quantity_value(node, units, problems)
            return Constant(DataType.DECIMAL, unit, number)
        case x.Negate(operand=x.Quantity() as quantity):
            number, unit = quantity_value(quantity, units, problems)
            return Constant(DataType.DECIMAL, unit, -number)
        case Text(value=text):
            return Constant(DataType.TEXT, NUMBER, text)
        case x.Boolean(value=truth):
            return Constant(DataType.BOOLEAN, NUMBER, truth)
        case x.DateLiteral(value=day):
            return Constant(DataType.DATE, NUMBER, day)
        case x.InstantLiteral(value=at):
            try:
                instant = at.astimezone(UTC) if at.tzinfo is not None else calendar.instant(at)
            except (ValueError, OverflowError) as error:
                problems.error("K0104", str(error), node.span)
                raise Invalid from None
            return Constant(DataType.INSTANT, NUMBER, instant)
        case _:
            problems.error(
                "K0304",
                "a param is a text, a number, a date, `true` or `false`",
                node.span,
                hint='`param region = "EU"`',
            )
            raise Invalid


def _set(name: str, text: str, default: Constant, units: UnitTable, calendar: Calendar) -> Constant:
    """The given text, read as what the default is; a number without a unit has the default's."""
    if isinstance(default.value, str):
        return Constant(default.type, default.unit, text)
    given = _read(text, units, calendar)
    match default.value, given.value if given is not None else None:
        case bool(), bool() as truth:
            return Constant(default.type, default.unit, truth)
        case Fraction(), Fraction() as number:
            assert given is not None
            if given.unit == NUMBER and given.unit.label is None:
                if default.unit.label == "%" and abs(number) > 1:
                    raise UsageError(f"--set {name}={text} is {float(number):.0%}", hint=f"--set {name}={text}%")
                return Constant(default.type, default.unit, number)
            if given.unit.fits(default.unit):
                return Constant(default.type, default.unit, number * given.unit.factor_to(default.unit))
            raise UsageError(
                f"--set {name}={text}: {given.unit} does not fit the default's {default.unit}", code="K0310"
            )
        case (datetime(), datetime() as at) if given is not None:
            return Constant(given.type, NUMBER, at)
        case (date(), date() as day) if not isinstance(default.value, datetime) and not isinstance(day, datetime):
            return Constant(default.type, NUMBER, day)
    kind = "boolean" if isinstance(default.value, bool) else "number" if isinstance(default.value, Fraction) else "time"
    raise UsageError(f"--set {name}={text}: {_EXAMPLES[kind]} is expected, as its default is", code="K0207")


def _read(text: str, units: UnitTable, calendar: Calendar) -> Constant | None:
    """A text as the literal it would be in a spec, or None."""
    if not text.strip() or "\n" in text or "\r" in text:
        return None
    problems = Problems()
    spec = parse(Source("--set", f"param given = {text.strip()}"), problems)
    node = spec.declarations[0] if len(spec.declarations) == 1 else None
    if not isinstance(node, ParamDecl) or problems.has_errors:
        return None
    try:
        return _literal(node.default, units, calendar, problems)
    except Invalid:
        return None
