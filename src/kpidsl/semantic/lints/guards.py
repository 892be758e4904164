"""Guards and requirements that decide nothing: what nothing meets, what comes too late, what leaves no green."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction

from kpidsl.diagnostics import Problems
from kpidsl.records import dataclass
from kpidsl.semantic import values as v
from kpidsl.semantic.bands import known
from kpidsl.semantic.lints.targets import allowed
from kpidsl.semantic.model import BoundModel, KpiModel, Model
from kpidsl.semantic.scope import Names
from kpidsl.source_text import Span
from kpidsl.syntax import decl_nodes as d
from kpidsl.syntax import expr_nodes as x
from kpidsl.syntax.shared_nodes import RequireProp

_FLIPPED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "==": "=="}
_ORDER = ("red", "amber", "green")


@dataclass(frozen=True, slots=True)
class Stretch:
    """Numbers between two ends; None: without end. `low_open`: not `low` itself."""

    low: Fraction | None = None
    low_open: bool = False
    high: Fraction | None = None
    high_open: bool = False

    @property
    def is_empty(self) -> bool:
        if self.low is None or self.high is None:
            return False
        return self.low > self.high or (self.low == self.high and (self.low_open or self.high_open))

    def both(self, other: Stretch) -> Stretch:
        low, high = self, self
        if other.low is not None and (low.low is None or (other.low, other.low_open) > (low.low, low.low_open)):
            low = other
        if other.high is not None and (
            high.high is None or (-other.high, other.high_open) > (-high.high, high.high_open)
        ):
            high = other
        return Stretch(low.low, low.low_open, high.high, high.high_open)

    def holds(self, other: Stretch) -> bool:
        """Whether all of another one is within."""
        return other.is_empty or self.both(other) == other


Box = Mapping[str, Stretch]
"""Between what `value` and `n` lie where a condition holds."""


@dataclass(frozen=True, slots=True)
class Told:
    """A condition that is understood: where it stands, and what it says."""

    what: str
    span: Span
    box: Box


def lint_guards(names: Names, model: Model, problems: Problems) -> None:
    """Warn of guards and requirements that decide nothing. What is not plain is left alone."""
    for name, kpi in model.kpis.items():
        if not kpi.guards and not kpi.requires:
            continue
        node = names.named[name].node
        assert isinstance(node, d.KpiDecl)
        low, high = allowed(kpi.value, model)
        can_be: Box = {"n": Stretch(Fraction(0)), "value": Stretch(low, False, high)}
        for one in _requires(node, kpi):
            can_be = _both(can_be, one.box)
            if _is_empty(can_be):
                problems.warning(
                    "K0379", "nothing ever meets this requirement, so there is never a value", one.span,
                    hint="mend the numbers, or take it out",
                )  # fmt: skip
                break
        else:
            _guards(sorted(_guarding(node, kpi), key=lambda one: _ORDER.index(one.what)), can_be, kpi, problems)


def _guards(found: list[Told], can_be: Box, kpi: KpiModel, problems: Problems) -> None:
    before: list[Told] = []
    for one in found:
        box = _both(can_be, one.box)
        first = next((other for other in before if _holds(other.box, box)), None)
        if _is_empty(box):
            problems.warning("K0379", "nothing ever meets this", one.span, hint="mend the numbers, or take it out")
        elif first is not None:
            problems.warning(
                "K0379", f"`{one.what} when` decides nothing: `{first.what} when` comes first and holds as well",
                one.span, also=[(first.span, "this holds wherever that does")],
                hint="mend the numbers, or take one of them out",
            )  # fmt: skip
        else:
            before.append(one)
    if any(guard.colour == "green" for guard in kpi.guards):
        return  # what misses the target may be green by that
    for target in kpi.targets:
        stretch = _of_bound(target)
        if stretch is None:
            continue
        green = {**can_be, "value": stretch}
        hides = next((one for one in before if one.what != "green" and _holds(one.box, green)), None)
        if hides is not None:
            problems.warning(
                "K0379", f"whatever meets the target is {hides.what} by this, so the KPI is never green", hides.span,
                also=[(target.span, "the target")], hint="guards come before the target: mend one of the two",
            )  # fmt: skip


def _of_bound(bound: BoundModel) -> Stretch | None:
    low, high = known(bound.low), known(bound.high)
    if low is None:
        return None
    if bound.operator is None:
        return None if high is None else Stretch(low, False, high)
    return _of_sign(bound.operator, low)


def _of_sign(sign: str, number: Fraction) -> Stretch:
    match sign:
        case ">" | ">=":
            return Stretch(number, sign == ">")
        case "<" | "<=":
            return Stretch(None, False, number, sign == "<")
        case _:
            return Stretch(number, False, number)


def _both(a: Box, b: Box) -> Box:
    return {name: a.get(name, Stretch()).both(b.get(name, Stretch())) for name in dict.fromkeys((*a, *b))}


def _is_empty(box: Box) -> bool:
    return any(one.is_empty for one in box.values())


def _holds(outer: Box, inner: Box) -> bool:
    """Whether all that is in one box is in another."""
    return all(one.holds(inner.get(name, Stretch())) for name, one in outer.items())


# ------------------------------------------------------------ what is written
def _guarding(node: d.KpiDecl, kpi: KpiModel) -> Iterator[Told]:
    edge = kpi.targets[0].low if len(kpi.targets) == 1 else None
    written = [prop for prop in node.properties if isinstance(prop, d.GuardProp)]
    for prop, guard in zip(written, kpi.guards, strict=True):
        box = _box(prop.condition, guard.condition, known(edge))
        if box is not None:
            yield Told(guard.colour, prop.condition.span, box)


def _requires(node: d.KpiDecl, kpi: KpiModel) -> Iterator[Told]:
    written = [one for prop in node.properties if isinstance(prop, RequireProp) for one in prop.conditions]
    for one, require in zip(written, kpi.requires, strict=True):
        box = _box(one, require.condition, None)
        if box is not None:
            yield Told("require", one.span, box)


def _box(node: x.Expr, value: v.Value, target: Fraction | None) -> Box | None:
    """What a condition says of `value` and `n`; None where it says more than that."""
    match node, value:
        case x.Logic(left=left, right=right), v.Operation(operator="and", left=a, right=b):
            first, second = _box(left, a, target), _box(right, b, target)
            return None if first is None or second is None else _both(first, second)
        case x.Compare(left=x.NameRef(name=("value" | "n") as name)), v.Operation(operator=sign, right=b):
            number = known(b, target)
        case x.Compare(right=x.NameRef(name=("value" | "n") as name)), v.Operation(operator=sign, left=a, right=b):
            number, sign = None if isinstance(b, v.Converted) else known(a, target), _FLIPPED.get(sign, sign)
        case _:
            return None
    return None if number is None or sign not in _FLIPPED else {name: _of_sign(sign, number)}
