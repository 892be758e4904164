"""Whether a key result is achieved or missed, and how that is said."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from kpidsl.assess.bounds import Bound
from kpidsl.assess.goal_results import ItemResult
from kpidsl.assess.numbers import bound_said, said, share_said
from kpidsl.assess.way import Figure, Point, number
from kpidsl.plan.key_results import KeyResultPlan
from kpidsl.records import dataclass
from kpidsl.semantic import goal_model as g


@dataclass(frozen=True, slots=True)
class Reaching:
    """A key result with a value (or items), against its target. `unit` is the value's."""

    model: g.KeyResultModel
    plan: KeyResultPlan
    figures: Mapping[str, Figure]
    target: Bound | None
    points: tuple[Point, ...]
    items: tuple[ItemResult, ...]
    unit: str | None

    @property
    def is_over(self) -> bool:
        return self.plan.at >= self.plan.end

    @property
    def is_reached_now(self) -> bool:
        """Whether the value at the anchor (or at the end) reaches the target, exactly; whether all items are done."""
        if self.target is None:
            return all(item.state == "done" for item in self.items)
        value = number(self.figures["value"])
        assert value is not None
        return self.target.holds(value)

    def decided(self) -> tuple[str, str] | None:
        """Achieved or missed, and why; None while that is open."""
        match self.model.achieve.mode:
            case "end":
                return self.at_end(self.is_reached_now, self.words)
            case "ever":
                return self.settled() or self.at_end(False, f"on no day was the target of {self.goal} reached")
            case "every":
                found = self.settled() or self.unknown()
                return found or self.at_end(True, f"every one of {len(self.points)} reached {self.goal}")
            case "average":
                return self.average()

    def settled(self) -> tuple[str, str] | None:
        """What one moment decides for good, whatever the value is now; None for all other ways to achieve."""
        match self.model.achieve.mode:
            case "ever":
                for point in self.points:
                    if point.held is True:
                        return "achieved", f"on {point.label} {self.compared(number(point.value), reached=True)}"
            case "every":
                for point in self.points:
                    if point.held is False:
                        return "missed", f"{point.label}: {self.compared(number(point.value), reached=False)}"
            case _:
                pass
        return None

    def at_end(self, is_reached: bool, why: str) -> tuple[str, str] | None:
        if not self.is_over:
            return None
        return ("achieved" if is_reached else "missed"), why

    def unknown(self) -> tuple[str, str] | None:
        """At the end, a point without a value leaves the whole open."""
        without = [point for point in self.points if not isinstance(point.held, bool)]
        if not self.is_over or not without:
            return None
        return "no_data", f"{without[0].label} has no value"

    def average(self) -> tuple[str, str] | None:
        unknown = self.unknown()
        if unknown is not None or not self.is_over or not self.points:
            return unknown or self.at_end(self.is_reached_now, self.words)
        values = [value for point in self.points if (value := number(point.value)) is not None]
        mean = sum(values, Fraction(0)) / len(values)
        assert self.target is not None
        is_reached = self.target.holds(mean)
        return self.at_end(is_reached, f"on average {self.compared(mean, reached=is_reached)}")

    # ------------------------------------------------------------ words
    @property
    def goal(self) -> str:
        """The target in a sentence."""
        assert self.target is not None
        edges = " to ".join(bound_said(edge, self.unit) for edge in self.edges)
        return edges if self.target.operator is None else f"{self.target.operator} {edges}"

    @property
    def edges(self) -> tuple[Fraction, ...]:
        """The numbers that are on the target."""
        assert self.target is not None
        return tuple(edge for one in (self.target.low, self.target.high) if (edge := number(one)) is not None)

    @property
    def words(self) -> str:
        """How the value stands against the target."""
        if self.target is None:
            done = sum(item.state == "done" for item in self.items)
            return f"{done} of {len(self.items)} done"
        return self.compared(number(self.figures["value"]), reached=self.is_reached_now)

    def compared(self, value: Fraction | None, *, reached: bool) -> str:
        return f"{said(value, self.unit, *self.edges)} {'meets' if reached else 'misses'} the target of {self.goal}"

    @property
    def way(self) -> str:
        """How far it is, and how far it was to be."""
        done, expected = (share_said(number(self.figures[name])) for name in ("progress_raw", "expected"))
        return f"{done} of the way, {expected} expected"

    @property
    def baseline(self) -> str:
        return said(number(self.figures["baseline"]), self.unit)
