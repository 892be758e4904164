"""Units: an algebra of dimensions with scale. A number never meets one of another dimension."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field
from fractions import Fraction
from typing import TYPE_CHECKING

from kpidsl.records import dataclass

if TYPE_CHECKING:
    from kpidsl.syntax.expr_nodes import UnitExpr
    from kpidsl.syntax.setting_nodes import UnitDecl


@dataclass(frozen=True, slots=True)
class Unit:
    """A product of base dimensions, `scale` of them; `label` is how it is written.

    A value in this unit times `scale` is the value in base units. `%` and `pp` are dimensionless with scale 1: their
    values are fractions, and only their label tells. `factors` are the units with names that it is a product of, and
    their powers; none for one that has a name itself.
    """

    dimensions: tuple[tuple[str, int], ...] = ()
    scale: Fraction = Fraction(1)
    label: str | None = field(default=None, compare=False)
    factors: tuple[tuple[Unit, int], ...] = field(default=(), compare=False)

    @property
    def is_number(self) -> bool:
        """Whether this is a plain number: no dimension."""
        return not self.dimensions

    def fits(self, other: Unit) -> bool:
        return self.dimensions == other.dimensions

    def factor_to(self, other: Unit) -> Fraction:
        """What a value in this unit is multiplied by to be in the other."""
        return self.scale / other.scale

    def __str__(self) -> str:
        return self.label or "a plain number"


NUMBER = Unit()
PERCENT = Unit(label="%")
POINTS = Unit(label="pp")
SECONDS = Unit((("time", 1),), Fraction(1), "seconds")
DAYS = Unit((("time", 1),), Fraction(86400), "days")
CURRENCY = "currency:"
HIGHEST_POWER = 12
MOST_NESTED = 30


def product(left: Unit, right: Unit, power: int = 1) -> Unit:
    """The unit of `left · right` (`power` 1) or `left / right` (`power` −1)."""
    powers = dict(left.dimensions)
    for name, exponent in right.dimensions:
        powers[name] = powers.get(name, 0) + power * exponent
    dimensions = tuple(sorted((name, exponent) for name, exponent in powers.items() if exponent))
    if not dimensions:
        return Unit((), left.scale * right.scale**power)
    factors = _multiplied(left, right, power)
    if right.is_number:
        label = left.label
    elif left.is_number and power == 1:
        label = right.label
    else:
        label = _written(factors)
    return Unit(dimensions, left.scale * right.scale**power, label, factors)


def _multiplied(left: Unit, right: Unit, power: int) -> tuple[tuple[Unit, int], ...]:
    """The factors of a product: what stands above and below is in neither, whether it is called hour or hours."""
    powers: dict[Unit, int] = {}
    for unit, sign in ((left, 1), (right, power)):
        for factor, exponent in unit.factors or (((unit, 1),) if unit.dimensions else ()):
            powers[factor] = powers.get(factor, 0) + sign * exponent
    return tuple((factor, exponent) for factor, exponent in powers.items() if exponent)


def _written(factors: Iterable[tuple[Unit, int]]) -> str:
    """`EUR·days/order^2`: what is divided by stands last, each part of it behind a stroke of its own."""
    above: list[str] = []
    below: list[str] = []
    for factor, power in factors:
        (above if power > 0 else below).append(f"{factor.label}{f'^{abs(power)}' if abs(power) > 1 else ''}")
    return "/".join(["·".join(above) or "1", *below])


def is_currency(unit: Unit) -> bool:
    return len(unit.dimensions) == 1 and unit.dimensions[0][1] == 1 and unit.dimensions[0][0].startswith(CURRENCY)


def has_currency(unit: Unit) -> bool:
    return any(name.startswith(CURRENCY) for name, _ in unit.dimensions)


class UnknownUnit(Exception):
    """A name that is no unit."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class UnitTable:
    """The units a spec set knows: its own, then the library's. Definitions are looked up when they are first used."""

    def __init__(self, declared: Iterable[UnitDecl], library: Iterable[UnitDecl]) -> None:
        self._declarations: dict[str, UnitDecl] = {}
        for declaration in (*library, *declared):
            self._declarations[declaration.name.text] = declaration
        self._known: dict[str, Unit] = {"%": PERCENT, "pp": POINTS}
        self._open: list[str] = []

    @property
    def names(self) -> Mapping[str, UnitDecl]:
        return self._declarations

    def named(self, name: str) -> Unit:
        """The unit of a name. Raises `UnknownUnit`, also for one that is defined by itself."""
        if name in self._known:
            return self._known[name]
        declaration = self._declarations.get(name)
        if declaration is None or name in self._open or len(self._open) > MOST_NESTED:
            raise UnknownUnit(name)
        self._open.append(name)
        try:
            unit = self._define(name, declaration)
        finally:
            self._open.pop()
        self._known[name] = unit
        return unit

    def _define(self, name: str, declaration: UnitDecl) -> Unit:
        if declaration.base is None:
            prefix = CURRENCY if declaration.kind is not None and declaration.kind.text == "currency" else ""
            dimension = prefix + (declaration.kind.text if not prefix and declaration.kind is not None else name)
            return Unit(((dimension, 1),), Fraction(1), name)
        base = self.of(declaration.base)
        return Unit(base.dimensions, base.scale * Fraction(declaration.factor or 1), name)

    def of(self, written: UnitExpr) -> Unit:
        """The unit of an expression such as `EUR/order`. Raises `UnknownUnit`."""
        unit = NUMBER
        for factor in written.factors:
            one = self.named(factor.name)
            for _ in range(abs(factor.power)):
                unit = product(unit, one, 1 if factor.power > 0 else -1)
                if any(abs(power) > HIGHEST_POWER for _, power in unit.dimensions):
                    raise UnknownUnit(written.text if len(written.text) < 40 else f"{written.text[:39]}…")
        return Unit(unit.dimensions, unit.scale, written.text, unit.factors)
