"""`review` says how often somebody looks: one of a few words."""

from __future__ import annotations

from collections.abc import Iterator

from kpidsl.diagnostics import Fix, Problems, closest
from kpidsl.semantic.scope import Names
from kpidsl.syntax import goal_nodes as g
from kpidsl.syntax.node import Word
from kpidsl.syntax.shared_nodes import ReviewProp

RHYTHMS = ("daily", "weekly", "fortnightly", "monthly", "quarterly", "half_yearly", "yearly", "annually")
_MEANT = {
    "day": "daily", "week": "weekly", "biweekly": "fortnightly", "month": "monthly", "quarter": "quarterly",
    "semiannually": "half_yearly", "biannually": "half_yearly", "half": "half_yearly", "halfyearly": "half_yearly",
    "year": "yearly", "annual": "annually",
}  # fmt: skip


def check_reviews(names: Names, problems: Problems) -> None:
    """Report words after `review` that are no rhythm."""
    for word in _reviews(names):
        if word.text in RHYTHMS:
            continue
        meant = _MEANT.get(word.text.casefold()) or closest(word.text, RHYTHMS)
        problems.error(
            "K0303",
            f"`{word.text}` does not say how often",
            word.span,
            hint=f"did you mean `{meant}`?" if meant else f"use {', '.join(RHYTHMS)}",
            fix=Fix(f"write `{meant}`", word.span, meant) if meant else None,
        )


def _reviews(names: Names) -> Iterator[Word]:
    nodes: list[object] = [declared.node for declared in names.sources.values()]
    nodes.extend(declared.node for declared in names.named.values())
    for node in nodes:
        left = [node]
        while left:
            for prop in getattr(left.pop(), "properties", ()):
                if isinstance(prop, ReviewProp):
                    yield prop.rhythm
                elif isinstance(prop, g.KeyResultDecl | g.EvidenceDecl):
                    left.append(prop)
