"""Declarations found by their name."""

from __future__ import annotations

from collections.abc import Iterable

from kpidsl.diagnostics import UsageError, did_you_mean
from kpidsl.records import dataclass
from kpidsl.semantic.scope import Names
from kpidsl.semantic.uses import Key, declarations
from kpidsl.source_text import Span
from kpidsl.syntax import decl_nodes as d
from kpidsl.syntax import goal_nodes as g
from kpidsl.syntax import shared_nodes as p
from kpidsl.syntax.node import Name, Node, Text
from kpidsl.syntax.setting_nodes import GoalDecl, ParamDecl, UnitDecl
from kpidsl.syntax.test_nodes import TestDecl

WORDS: dict[type, str] = {
    d.SourceDecl: "source",
    d.MetricDecl: "metric",
    d.KpiDecl: "kpi",
    g.ObjectiveDecl: "objective",
    g.KeyResultDecl: "key result",
    g.OutcomeDecl: "outcome",
    g.EvidenceDecl: "evidence",
    g.PolicyDecl: "policy",
    g.ScorecardDecl: "scorecard",
    GoalDecl: "goal",
    ParamDecl: "param",
    UnitDecl: "unit",
    TestDecl: "test",
}
PARAM = "param."


@dataclass(frozen=True, slots=True)
class Found:
    """A declaration by its full name. `inside` is set for a part of another: a key result, an evidence."""

    key: Key
    name: str
    namespace: str
    node: Node
    inside: Key | None = None

    @property
    def kind(self) -> str:
        return word(self.node)


def word(node: Node) -> str:
    """The word of the language that a declaration begins with."""
    return WORDS.get(type(node), "declaration")


def title(node: Node) -> str | None:
    """What a declaration is called for people."""
    found = getattr(node, "title", None)
    return found.value if isinstance(found, Text) else None


def named_at(node: Node) -> Span:
    """Where the name of a declaration stands."""
    found = getattr(getattr(node, "name", None), "span", node.span)
    assert isinstance(found, Span)
    return found


def place(span: Span) -> str:
    """`path:line`, as a terminal opens it."""
    return f"{span.source.path}:{span.line}"


def find(name: str, names: Names, library: Iterable[UnitDecl]) -> tuple[Found, ...]:
    """The declarations of a name: by its full name, or by its last part where that names one only.

    Raises `UsageError` where there is none, and where a short name may mean several.
    """
    known = _all(names, library)
    exact = tuple(one for one in known if name in _spellings(one))
    if exact:
        return tuple(one for one in exact if one.kind != "test") or exact
    short = tuple(one for one in known if one.name.endswith(f".{name}"))
    if len({one.name for one in short}) == 1:
        return short
    if short:
        listed = ", ".join(f"`{one.name}`" for one in short)
        raise UsageError(f"`{name}` may be {listed}", hint=f"write the full name: `kpidsl explain {short[0].name}`")
    spellings = [spelling for one in known for spelling in _spellings(one)]
    near = did_you_mean(name, [*spellings, *(one.rpartition(".")[2] for one in spellings)])
    own = [one.name for one in known if one.kind != "unit"]
    raise UsageError(
        f"the spec declares no `{name}`",
        hint=near or (f"it declares {', '.join(own[:8])}{', …' if len(own) > 8 else ''}" if own else None),
    )


def all_names(names: Names) -> dict[str, str]:
    """Every name that can be looked up in a spec set, with the word of its kind; library units and tests aside."""
    return {one.name: one.kind for one in _all(names, ()) if one.kind != "test"}


def tags_and_owners(names: Names) -> tuple[list[str], list[str]]:
    """The tags and the owners of metrics and KPIs, in the order of the alphabet."""
    tags: set[str] = set()
    owners: set[str] = set()
    for declared in names.named.values():
        if isinstance(declared.node, d.MetricDecl | d.KpiDecl):
            for prop in declared.node.properties:
                match prop:
                    case p.TagsProp(tags=found):
                        tags.update(tag.text for tag in found)
                    case p.OwnerProp(owner=owner):
                        owners.add(owner.value)
                    case _:
                        pass
    return sorted(tags), sorted(owners)


def _spellings(one: Found) -> tuple[str, ...]:
    return (one.name, f"{PARAM}{one.name}") if one.key.sort == "param" else (one.name,)


def _all(names: Names, library: Iterable[UnitDecl]) -> list[Found]:
    found: list[Found] = []
    for key, (namespace, node) in declarations(names).items():
        found.append(Found(key, key.name, namespace, node))
        for part in getattr(node, "properties", ()):
            if isinstance(part, g.KeyResultDecl | g.EvidenceDecl):
                inner = f"{key.name}.{_name(part)}"
                found.append(Found(Key("name", inner), inner, namespace, part, inside=key))
    own = {one.name for one in found if one.kind == "unit"}
    found += [
        Found(Key("unit", unit.name.text), unit.name.text, "", unit) for unit in library if unit.name.text not in own
    ]
    return found


def _name(node: Node) -> str:
    name = getattr(node, "name", None)
    assert isinstance(name, Name)
    return name.text
