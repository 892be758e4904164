"""Bounds as evaluated, and what is within them."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from kpidsl.assess.numbers import written
from kpidsl.assess.results import BoundResult
from kpidsl.engine.algebra import compare
from kpidsl.engine.scalars import Missing, Scalar
from kpidsl.plan.nodes import BoundPlan
from kpidsl.records import dataclass


@dataclass(frozen=True, slots=True)
class Bound:
    """A bound as evaluated; `missing` where an edge has no value. `result`, `words` and `numbers`, what the document
    and a sentence make of it, stand where it is the same for many segments.
    """

    operator: str | None
    low: Scalar | None
    high: Scalar | None
    missing: Missing | None
    plan: BoundPlan
    result: BoundResult | None = None
    words: str | None = None
    numbers: tuple[Fraction, ...] | None = None

    @property
    def edges(self) -> tuple[Fraction, ...]:
        """The numbers that are on the bound."""
        if self.numbers is not None:
            return self.numbers
        edges = (self.low,) if self.high is None else (self.low, self.high)
        return tuple([edge.value for edge in edges if edge is not None and isinstance(edge.value, Fraction)])

    def holds(self, value: Fraction) -> bool:
        """Whether a value is within the bound: compared as exact numbers, unrounded."""
        assert self.low is not None
        if self.operator is not None:
            return compare(self.operator, value, self.low.value)
        assert self.high is not None
        return compare(">=", value, self.low.value) and compare("<=", value, self.high.value)


def shown(bound: Bound | None) -> BoundResult | None:
    """A bound as the document holds it."""
    if bound is None or bound.result is not None:
        return bound.result if bound is not None else None
    low = _edge(bound.low)
    undefined = bound.missing.reason if bound.missing is not None else None
    if bound.operator is not None:
        return BoundResult(bound.operator, low, None, None, undefined, bound.plan.starting)
    return BoundResult(None, None, low, _edge(bound.high), undefined, bound.plan.starting)


def _edge(edge: Scalar | None) -> Decimal | None:
    if edge is None or not isinstance(edge.value, Fraction):
        return None
    return written(edge.value, edge.exact)
