"""Numbers whose point may be meant to separate thousands: `10.000 EUR` is ten euros."""

from __future__ import annotations

import re
from dataclasses import fields

from kpidsl.diagnostics import Problems
from kpidsl.semantic.scope import Names
from kpidsl.semantic.units import UnitTable, UnknownUnit, is_currency
from kpidsl.syntax import expr_nodes as x
from kpidsl.syntax.node import Node

_LIKE_THOUSANDS = re.compile(r"(?<![\w.])([1-9]\d{0,2})\.(\d{3})(?![\d.])")
# ISO 4217, minor units: the currencies that do have thousandths.
_THOUSANDTHS = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})


def lint_thousands(names: Names, units: UnitTable, problems: Problems) -> None:
    """Warn of three digits behind a point where the unit has no thousandths, or where they are all 0."""
    for spec in names.specs:
        if _LIKE_THOUSANDS.search(spec.source.text):
            for declaration in spec.declarations:
                _look(declaration, units, problems)


def _look(declaration: Node, units: UnitTable, problems: Problems) -> None:
    left: list[object] = [declaration]
    while left:
        one = left.pop()
        if isinstance(one, tuple):
            left.extend(reversed(one))
        elif isinstance(one, x.Quantity):
            _quantity(one, units, problems)
        elif isinstance(one, Node):
            left.extend(getattr(one, field.name) for field in reversed(fields(one)) if field.name != "span")


def _quantity(quantity: x.Quantity, units: UnitTable, problems: Problems) -> None:
    written = _LIKE_THOUSANDS.match(quantity.span.text)
    if written is None:
        return
    whole, behind = written.groups()
    after = quantity.span.text[written.end() :]
    money = quantity.unit is not None and _is_money(quantity.unit, units)
    if behind != "000" and not money:
        return
    problems.warning(
        "K0374",
        f"the point is the decimal sign: this is {whole}{f'.{behind}'.rstrip('0').rstrip('.')}, not {whole}{behind}",
        quantity.span,
        hint=f"write `{whole}_{behind}{after}` for thousands, or `{_shorter(whole, behind)}{after}`",
    )


def _shorter(whole: str, behind: str) -> str:
    kept = behind.rstrip("0")
    return f"{whole}.{kept:0<2}" if kept else whole


def _is_money(name: str, units: UnitTable) -> bool:
    try:
        return is_currency(units.named(name)) and name not in _THOUSANDTHS
    except UnknownUnit:
        return False
