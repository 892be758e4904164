"""How evidence becomes one judgement, checked: how much is needed, how levels come together, caps and hurdles."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Literal

from kpidsl.diagnostics import did_you_mean
from kpidsl.semantic import outcome_model as m
from kpidsl.semantic.edges import ORDERED
from kpidsl.semantic.evidence_check import STRENGTHS, level_name
from kpidsl.semantic.properties import choice
from kpidsl.semantic.value_check import ValueChecker
from kpidsl.semantic.windows import Invalid
from kpidsl.syntax import goal_nodes as g
from kpidsl.syntax import outcome_nodes as o
from kpidsl.syntax.node import Name

NEEDS = ("evidence", "methods", "stakeholders")
MOST_LISTED = 5
RULES = ("median", "lowest")
STRENGTH = "strength"


class JudgeChecker:
    """Checks the `judge` of one outcome. Every rule is checked, whatever is wrong with the others."""

    def __init__(self, evidence: list[g.EvidenceDecl], levels: tuple[str, ...], values: ValueChecker) -> None:
        self.evidence = evidence
        self.names = [one.name.text for one in evidence]
        self.levels = levels
        self.values = values
        self.problems = values.problems

    def check(self, prop: g.JudgeProp) -> m.JudgeModel:
        """The judgement's rules. Raises `Invalid`."""
        there = {
            "evidence": self.names,
            "methods": _named(self.evidence, g.MethodProp),
            "stakeholders": _named(self.evidence, g.StakeholderProp),
        }
        seen: dict[str, g.Need] = {}
        counts: dict[str, int] = {}
        rule: Literal["median", "lowest", "share"] = "median"
        share: Fraction | None = None
        spread: int | None = None
        caps: list[m.CapModel] = []
        hurdles: list[m.HurdleModel] = []
        kinds: dict[type, g.JudgeLevelProp | g.ContestedProp] = {}
        fine = True
        for part in prop.rules:
            try:
                match part:
                    case g.NeedProp():
                        fine = self.needs(part, there, seen, counts) and fine
                    case o.CapProp():
                        caps.append(self.cap(part))
                    case o.HurdleProp():
                        hurdles.append(self.hurdle(part))
                    case g.JudgeLevelProp():
                        self.once(part, kinds)
                        rule, share = self.rule(part)
                    case g.ContestedProp():
                        self.once(part, kinds)
                        spread = self.spread(part, self.levels)
            except Invalid:
                fine = False
        if not fine:
            raise Invalid
        return m.JudgeModel(
            counts.get("evidence", 1), counts.get("methods", 0), counts.get("stakeholders", 0), rule, spread, share,
            tuple(caps), tuple(hurdles),
        )  # fmt: skip

    def once(
        self,
        part: g.JudgeLevelProp | g.ContestedProp,
        kinds: dict[type, g.JudgeLevelProp | g.ContestedProp],
    ) -> None:
        if type(part) in kinds:
            self.problems.error(
                "K0201", f"`{part.span.text.split()[0]}` stands twice in `judge`", part.span, "again here",
                also=[(kinds[type(part)].span, "first here")], hint="keep one",
            )  # fmt: skip
            raise Invalid
        kinds[type(part)] = part

    def rule(self, part: g.JudgeLevelProp) -> tuple[Literal["median", "lowest", "share"], Fraction | None]:
        """How the items' levels come together. Raises `Invalid`."""
        if part.rule is not None:
            found = choice(part.rule, RULES, "way to bring levels together", self.problems)
            return ("lowest" if found == "lowest" else "median"), None
        assert part.share is not None
        least, of = part.share
        if not 1 <= least <= of:
            self.values.stop(
                "K0431", f"`{least} of {of}` is no part of the evidence", part.span,
                f"write `level {max(min(least, of), 1)} of {max(least, of)}`: the best level that so many reach",
            )  # fmt: skip
        return "share", Fraction(least, of)

    # ------------------------------------------------------------ caps and hurdles
    def cap(self, prop: o.CapProp) -> m.CapModel:
        level = level_name(prop.level, self.levels, self.values)
        text = " ".join(prop.span.text.split())
        if self.levels and level == self.levels[-1]:
            self.values.stop(
                "K0431", f"`{level}` is the best level, so this caps nothing", prop.span,
                f"name the level it is not to exceed: `cap {self.levels[-2] if self.levels[1:] else level} when …`",
            )  # fmt: skip
        if prop.operator not in ORDERED:
            self.values.stop("K0350", f"`{prop.operator}` gives no direction", prop.span, "use `<`, `<=`, `>` or `>=`")
        if isinstance(prop.against, Decimal):
            return m.CapModel(level, None, prop.operator, self.strength(prop, prop.against), text)
        subject = self.item(prop.subject)
        return m.CapModel(level, subject, prop.operator, level_name(prop.against, self.levels, self.values), text)

    def strength(self, prop: o.CapProp, number: Decimal) -> int:
        """A number that strength is held against: nothing else in a cap is a number."""
        most = max(STRENGTHS.values())
        if prop.subject.text != STRENGTH:
            self.values.stop(
                "K0431", f"`{prop.subject.text}` is held against a level, not a number", prop.span,
                f"write `{prop.subject.text} {prop.operator} {self.levels[-1] if self.levels else 'good'}`, "
                f"or `strength {prop.operator} {number}`",
            )  # fmt: skip
        if number != int(number) or not 1 <= number <= most:
            self.values.stop(
                "K0416", f"strength goes from 1 to {most}, and this says {number}", prop.span,
                f"write a whole number from 1 to {most}",
            )  # fmt: skip
        return int(number)

    def hurdle(self, prop: o.HurdleProp) -> m.HurdleModel:
        subject, level = self.item(prop.subject), level_name(prop.level, self.levels, self.values)
        if prop.operator != ">=":
            self.values.stop(
                "K0431", f"`{prop.operator}` is no hurdle", prop.span, f"write `hurdle {subject} >= {level}`"
            )
        if self.levels and level == self.levels[0]:
            self.values.stop(
                "K0431", f"`{level}` is the lowest level, so this hurdle is always taken", prop.span,
                f"write `hurdle {subject} >= {self.levels[-1]}`, or leave the line out",
            )  # fmt: skip
        return m.HurdleModel(subject, level)

    def item(self, name: Name) -> str:
        """An item of evidence of the outcome. Raises `Invalid` for another name."""
        if name.text not in self.names:
            listed = ", ".join(self.names[:MOST_LISTED])
            hint = did_you_mean(name.text, self.names) or (f"name one of {listed}" if listed else "add an `evidence`")
            self.problems.error("K0204", f"there is no evidence `{name.text}` in this outcome", name.span, hint=hint)
            raise Invalid
        return name.text

    # ------------------------------------------------------------ how much is enough
    def needs(
        self, prop: g.NeedProp, there: dict[str, list[str]], seen: dict[str, g.Need], counts: dict[str, int]
    ) -> bool:
        fine = True
        for need in prop.needs:
            try:
                counts[need.what.text] = self.need(need, there, seen)
            except Invalid:
                fine = False
        return fine

    def need(self, need: g.Need, there: dict[str, list[str]], seen: dict[str, g.Need]) -> int:
        what = choice(need.what, NEEDS, "thing to need", self.problems)
        if what in seen:
            self.problems.error(
                "K0201", f"how many {what} are needed is said twice", need.span, "again here",
                also=[(seen[what].span, "first here")], hint="keep one",
            )  # fmt: skip
            raise Invalid
        seen[what] = need
        have = there[what]
        if need.count is None:
            return len(have)
        if need.count > len(have) and there["evidence"]:
            items = "items of evidence" if what == "evidence" else what
            listed = f": {', '.join(have)}" if 0 < len(have) <= MOST_LISTED else ""
            self.problems.error(
                "K0415", f"this needs {need.count} {items}, and there {_are(len(have))}", need.span,
                f"there {_are(len(have))}{listed}", hint=self.more(what, len(have)),
            )  # fmt: skip
            raise Invalid
        return need.count

    def more(self, what: str, have: int) -> str:
        add = {
            "evidence": "add an `evidence` block",
            "methods": "give each item its `method`",
            "stakeholders": "give each item its `stakeholder`",
        }[what]
        return f"{add}, or write `{have} {what}`" if have else add

    def spread(self, prop: g.ContestedProp, levels: tuple[str, ...]) -> int:
        least = prop.levels + (prop.operator == ">")
        widest = len(levels) - 1
        if prop.operator not in (">=", ">"):
            message, hint = f"`{prop.operator}` is no way to say that a spread is wide", "write `spread >= 2 levels`"
        elif levels and least > widest:
            message = f"no two items lie {least} levels apart: from `{levels[0]}` to `{levels[-1]}` it is {widest}"
            hint = f"write `spread >= {widest} levels`" if widest > 1 else "leave the line out"
        else:
            return least
        self.values.stop("K0417", message, prop.span, hint)


def _named(evidence: list[g.EvidenceDecl], kind: type[g.MethodProp | g.StakeholderProp]) -> list[str]:
    """The different methods or stakeholders of the evidence."""
    found: dict[str, None] = {}
    for one in evidence:
        for prop in one.properties:
            if isinstance(prop, kind):
                name = prop.method if isinstance(prop, g.MethodProp) else prop.stakeholder
                found[name.text] = None
    return list(found)


def _are(count: int) -> str:
    return "is none" if count == 0 else "is one" if count == 1 else f"are {count}"
