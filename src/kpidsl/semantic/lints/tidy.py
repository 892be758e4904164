"""What a spec set holds without using it, and KPIs that nothing judges: told by `kpidsl check`, not beside results."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

from kpidsl.diagnostics import Problems, Severity
from kpidsl.semantic.goal_model import PRESETS
from kpidsl.semantic.lints.walk import written
from kpidsl.semantic.model import Model
from kpidsl.semantic.scope import Names
from kpidsl.source_text import Source
from kpidsl.syntax import decl_nodes as d
from kpidsl.syntax import expr_nodes as x
from kpidsl.syntax import goal_nodes as g
from kpidsl.syntax.node import Name, Node
from kpidsl.syntax.nodes import Spec
from kpidsl.syntax.setting_nodes import GoalDecl, ImportDecl
from kpidsl.syntax.shared_nodes import SupportsProp

_JUDGING = (d.KpiDecl, g.ObjectiveDecl, g.OutcomeDecl, g.ScorecardDecl)
_WATCHING = (d.TargetProp, d.GuardProp, d.CompareProp, d.TrendProp)
_WORD = re.compile(r"[^\W\d]\w*")


def tidy(names: Names, model: Model, problems: Problems) -> None:
    """Warn of KPIs without a target and of declarations that nothing refers to.

    Where something could not be read, what is missing may stand there: then less is said.
    """
    found = [one for one in problems if one.severity is Severity.ERROR]
    if any(one.code.startswith("K01") for one in found):
        return
    _without_target(names, problems)
    if not found:
        _unused(names, model, problems)


def _without_target(names: Names, problems: Problems) -> None:
    for declared in names.named.values():
        node = declared.node
        if not isinstance(node, d.KpiDecl) or any(isinstance(prop, _WATCHING) for prop in node.properties):
            continue
        value = written(node)
        if value is None:
            continue
        problems.warning(
            "K0371",
            f"`{node.name.text}` has no target: nothing says when it is good",
            node.name.span,
            hint=f"add `target >= …`, or `compare previous` to watch it; a number alone is a metric: "
            f"`metric {node.name.text} = {' '.join(value.span.text.split())}`",
        )


# ------------------------------------------------------------ unused
def _unused(names: Names, model: Model, problems: Problems) -> None:
    used = _Used()
    for spec in names.specs:
        for declaration in spec.declarations:
            used.read(declaration)
    library = _imported(names.specs)
    _on_no_map(names, library, problems)
    if not any(isinstance(declared.node, (d.MetricDecl, *_JUDGING)) for declared in names.named.values()):
        return

    def tell(what: str, name: Name, hint: str, verb: str = "uses") -> None:
        if name.span.source not in library:
            problems.warning("K0372", f"nothing {verb} the {what} `{name.text}`", name.span, hint=hint)

    for full, source in names.sources.items():
        if not used.by_name(full, source.namespace):
            tell(
                "source", source.node.name, f"count it: `count() from {source.node.name.text}`, or take it out", "reads"
            )
    for full, param in names.params.items():
        if not used.by_name(f"param.{full}", "") and not used.by_name(f"param.{param.node.name.text}", ""):
            tell("param", param.node.name, f"write `param.{param.node.name.text}` where it counts, or take it out")
    for unit in names.units:
        if unit.name.text not in used.units:
            tell("unit", unit.name, f"give it to a column or metric: `unit {unit.name.text}`, or take it out")
    judging = {declared.node.span.source for declared in names.named.values() if isinstance(declared.node, _JUDGING)}
    for full, declared in names.named.items():
        node = declared.node
        if used.by_name(full, declared.namespace):
            continue
        if isinstance(node, g.PolicyDecl) and node.name.text not in PRESETS:
            tell("policy", node.name, f"judge an objective by it: `policy {node.name.text}`, or take it out")
        elif isinstance(node, GoalDecl) and judging:
            tell("goal", node.name, f"add `supports {node.name.text}` to a KPI or objective that serves it", "supports")
        # A file of metrics alone is a library: what it offers need not all be taken.
        elif isinstance(node, d.MetricDecl) and node.span.source in judging:
            metric = model.metrics.get(full)
            if metric is not None and not metric.standalone:
                hint = (
                    f"give it a window and a target: `kpi … {{ value {node.name.text} over last month; target >= … }}`"
                )
                tell("metric", node.name, f"{hint}, or take it out")


def _on_no_map(names: Names, library: set[Source], problems: Problems) -> None:
    """Warn of objectives and outcomes that serve nothing and that nothing serves, beside goals they could serve."""
    goals = [full for full, one in names.named.items() if isinstance(one.node, GoalDecl)]
    served = {
        found.name
        for one in names.named.values()
        for prop in getattr(one.node, "properties", ())
        if isinstance(prop, SupportsProp | g.ParentProp)
        for name in (prop.names if isinstance(prop, SupportsProp) else (prop.parent,))
        if (found := names.find(name.text, one.namespace)) is not None
    }
    for full, declared in names.named.items():
        node = declared.node
        if not goals or not isinstance(node, g.ObjectiveDecl | g.OutcomeDecl) or node.span.source in library:
            continue
        if full in served or any(isinstance(prop, SupportsProp | g.ParentProp) for prop in node.properties):
            continue
        what = "objective" if isinstance(node, g.ObjectiveDecl) else "outcome"
        also = " or `parent OBJECTIVE`" if what == "objective" else ""
        problems.warning(
            "K0373",
            f"the {what} `{node.name.text}` is on no map: it supports nothing, and nothing supports it",
            node.name.span,
            hint=f"add `supports {goals[0]}`{also}",
        )


def _imported(specs: tuple[Spec, ...]) -> set[Source]:
    """The files that others import: libraries, which offer more than one spec takes."""
    wanted: set[Path] = set()
    for spec in specs:
        for node in spec.declarations:
            if isinstance(node, ImportDecl) and spec.source.file is not None:
                wanted.add((spec.source.file.parent / node.path.value).resolve())
    return {spec.source for spec in specs if spec.source.file in wanted}


class _Used:
    """The names that declarations write, their own left out."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.units: set[str] = set()
        self._parts: dict[type, tuple[str, ...]] = {}  # the fields of each class of nodes that may hold names

    def by_name(self, full: str, namespace: str) -> bool:
        local = full.removeprefix(f"{namespace}.") if namespace else full
        return full in self.names or local in self.names

    def read(self, declaration: Node) -> None:
        own = getattr(declaration, "name", None)
        left: list[object] = [declaration]
        while left:
            one = left.pop()
            match one:
                case tuple():
                    left.extend(one)
                    continue
                case Name(text=text) if one is not own:
                    self._name(text)
                case x.NameRef(name=text):
                    self._name(text)
                case x.Quantity(unit=str() as unit):
                    self.units.update(_WORD.findall(unit))
                case x.UnitFactor(name=text):
                    self.units.add(text)
                case _:
                    pass
            if isinstance(one, Node):
                kind = type(one)
                if kind not in self._parts:
                    skipped = ("span", "doc", "title")
                    self._parts[kind] = tuple(field.name for field in fields(kind) if field.name not in skipped)
                left.extend(getattr(one, part) for part in self._parts[kind])

    def _name(self, text: str) -> None:
        """A name, and those it begins with: `orders.amount` reads `orders`. A unit may look like a name, too."""
        self.units.add(text)
        self.names.add(text)
        while "." in text:
            text = text.rpartition(".")[0]
            self.names.add(text)
