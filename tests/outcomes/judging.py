"""Outcomes evaluated over rows written in the test, and the judgement by the letter of its definition."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import kpidsl
from engine.evaluating import Table
from kpidsl.assess.judgement import Usable
from kpidsl.assess.outcome_results import EvidenceResult, OutcomeResult
from kpidsl.semantic.outcome_model import JudgeModel
from objectives.goals import run

LEVELS = ("poor", "adequate", "good", "excellent")
SOURCE = """
source s { from arrow("s"); time at }
source t { from arrow("t"); time at }
"""
HEAD = "levels poor < adequate < good < excellent; success good"


def outcome(properties: str, as_of: str, **tables: Table) -> OutcomeResult:
    """The outcome `o` with the usual four levels."""
    found = results(f"outcome o {{ {HEAD}\n{properties}\n}}", as_of, **tables)
    return found.outcomes[0]


def results(spec: str, as_of: str, **tables: Table) -> kpidsl.Results:
    return run(spec, as_of, SOURCE, **tables)


def item(found: OutcomeResult, name: str) -> EvidenceResult:
    return next(one for one in found.evidence if one.name == name)


def by_definition(items: Sequence[Usable], rules: JudgeModel, success: str) -> tuple[str, int | None]:
    """State and level, slowly: the definition's steps 2 to 5 over the items that passed its gate.

    Weights are brought to whole numbers, so that the weighted median is the median of repeated items.
    """
    have = (len(items), len({i.method for i in items} - {None}), len({i.stakeholder for i in items} - {None}))
    need = (rules.evidence, rules.methods, rules.stakeholders)
    names = [i.name for i in items]
    if any(a < b for a, b in zip(have, need, strict=True)) or any(h.subject not in names for h in rules.hurdles):
        return "insufficient_evidence", None
    if not items:
        return "insufficient_evidence", None
    whole = 1
    for i in items:
        whole *= i.weight.denominator
    repeated = sorted(i.level for i in items for _ in range(int(i.weight * whole)))
    match rules.level:
        case "lowest":
            level = repeated[0]
        case "median":
            level = repeated[(len(repeated) - 1) // 2]
        case "share":
            assert rules.share is not None
            reaches = [
                one
                for one in range(len(LEVELS))
                if Fraction(sum(each >= one for each in repeated), len(repeated)) >= rules.share
            ]
            level = max(reaches)
    at = {i.name: i.level for i in items}
    strongest = max(i.strength or 0 for i in items)
    for cap in rules.caps:
        left = strongest if cap.subject is None else at.get(cap.subject)
        right = int(cap.against) if cap.subject is None else LEVELS.index(str(cap.against))
        if left is None:
            continue
        holds = {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[cap.operator]
        if holds:
            level = min(level, LEVELS.index(cap.level))
    if any(at[hurdle.subject] < LEVELS.index(hurdle.level) for hurdle in rules.hurdles):
        level = 0
    wanted = LEVELS.index(success)
    if rules.spread is not None and repeated[-1] - repeated[0] >= rules.spread:
        return "contested", level
    if level >= wanted:
        return "achieved", level
    return ("partly" if level == wanted - 1 else "not_achieved"), level
