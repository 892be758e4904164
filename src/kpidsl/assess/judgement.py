"""One judgement of many items of evidence: enough, which level, contradicted or not. Pure: levels and weights in, a
verdict out.

A level is its place among the outcome's levels, 0 the lowest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from operator import ge, gt, le, lt

from kpidsl.records import dataclass
from kpidsl.semantic.outcome_model import JudgeModel

COMPARE: dict[str, Callable[[int, int], bool]] = {"<": lt, "<=": le, ">": gt, ">=": ge}


@dataclass(frozen=True, slots=True)
class Usable:
    """An item that counts. `strength` is 1 to 5, None where it is not said."""

    name: str
    level: int
    weight: Fraction = Fraction(1)
    method: str | None = None
    stakeholder: str | None = None
    strength: int | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """`state`: insufficient_evidence, contested, achieved, partly or not_achieved. `level` is None where there is not
    enough evidence. `counts` are how many items, methods and stakeholders are usable.
    """

    state: str
    level: int | None
    reason: str
    counts: tuple[int, int, int]
    cap: str | None = None
    low: tuple[str, ...] = ()
    high: tuple[str, ...] = ()

    @property
    def is_sufficient(self) -> bool:
        return self.state != "insufficient_evidence"


def judged(items: Sequence[Usable], rules: JudgeModel, levels: Sequence[str], success: str) -> Verdict:
    """The verdict over the usable items. Their order does not matter."""
    methods = {item.method for item in items if item.method is not None}
    stakeholders = {item.stakeholder for item in items if item.stakeholder is not None}
    counts = (len(items), len(methods), len(stakeholders))
    lacking = lacks(counts, rules)
    names = {item.name for item in items}
    lacking += [f"no usable `{one.subject}`, which is a hurdle" for one in rules.hurdles if one.subject not in names]
    if not items and not lacking:
        lacking = ["no usable evidence"]
    if lacking:
        return Verdict("insufficient_evidence", None, "; ".join(lacking), counts)
    level = together(items, rules)
    cap, text = capped(items, rules, levels)
    is_capped = cap is not None and cap < level
    if is_capped and cap is not None:
        level = cap
    missed = [one for one in rules.hurdles if _level_of(one.subject, items) < levels.index(one.level)]
    if missed:
        level = 0
    lowest, highest = min(item.level for item in items), max(item.level for item in items)
    low = tuple(sorted(item.name for item in items if item.level == lowest))
    high = tuple(sorted(item.name for item in items if item.level == highest))
    said = text if is_capped else None
    if rules.spread is not None and highest - lowest >= rules.spread:
        reason = f"{', '.join(low)} says {levels[lowest]}, {', '.join(high)} {levels[highest]}"
        return Verdict("contested", level, reason, counts, said, low, high)
    how = _how(rules, len(items))
    if missed:
        how = f"`{missed[0].subject}` does not take the hurdle of {missed[0].level}"
    elif is_capped:
        how = str(said)
    return Verdict(
        state_of(level, levels, success),
        level,
        f"{levels[level]}: {how}; success is {success}",
        counts,
        said,
        low,
        high,
    )


def lacks(counts: tuple[int, int, int], rules: JudgeModel) -> list[str]:
    """What there is too little of, in words: `1 of 2 methods`."""
    wanted = (
        (rules.evidence, "items of evidence"),
        (rules.methods, "methods"),
        (rules.stakeholders, "stakeholders"),
    )
    return [f"{have} of {need} {what}" for have, (need, what) in zip(counts, wanted, strict=True) if have < need]


def together(items: Sequence[Usable], rules: JudgeModel) -> int:
    """The level that the items come to, by the judgement's rule."""
    weights: dict[int, Fraction] = {}
    for item in items:
        weights[item.level] = weights.get(item.level, Fraction(0)) + item.weight
    if rules.level == "lowest":
        return min(weights)
    total = sum(weights.values(), Fraction(0))
    if rules.level == "share":
        # The best level that so much of the weight reaches; all of it reaches the lowest of them.
        assert rules.share is not None
        reached = Fraction(0)
        for level in sorted(weights, reverse=True):
            reached += weights[level]
            if reached >= rules.share * total:
                return level
    # The weighted median, the lower one of two.
    below = Fraction(0)
    for level in sorted(weights):
        below += weights[level]
        if 2 * below >= total:
            return level
    raise AssertionError("weights are above 0")


def capped(items: Sequence[Usable], rules: JudgeModel, levels: Sequence[str]) -> tuple[int | None, str | None]:
    """The lowest level that a cap limits the outcome to, and that cap. Of an item that is not usable nothing is known,
    so it caps nothing; evidence of which no strength is said has none.
    """
    strongest = max((item.strength or 0 for item in items), default=0)
    found: tuple[int | None, str | None] = (None, None)
    for cap in rules.caps:
        compare = COMPARE[cap.operator]
        if cap.subject is None:
            holds = compare(strongest, int(cap.against))
        else:
            at = [item.level for item in items if item.name == cap.subject]
            holds = bool(at) and compare(at[0], levels.index(str(cap.against)))
        level = levels.index(cap.level)
        if holds and (found[0] is None or level < found[0]):
            found = (level, cap.text)
    return found


def state_of(level: int, levels: Sequence[str], success: str) -> str:
    """achieved; partly one level below, where there are three or more; else not_achieved."""
    wanted = levels.index(success)
    if level >= wanted:
        return "achieved"
    return "partly" if level == wanted - 1 and len(levels) >= 3 else "not_achieved"


def _level_of(name: str, items: Sequence[Usable]) -> int:
    return next(item.level for item in items if item.name == name)


def _how(rules: JudgeModel, count: int) -> str:
    items = "the one item" if count == 1 else f"{count} items"
    match rules.level:
        case "median":
            return f"the median of {items}" if count > 1 else items
        case "lowest":
            return f"the lowest of {items}" if count > 1 else items
        case "share":
            assert rules.share is not None
            return f"reached by {rules.share.numerator} of {rules.share.denominator}, of {items}"
