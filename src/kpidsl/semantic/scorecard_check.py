"""Scorecards checked: sections, and what each shows."""

from __future__ import annotations

from kpidsl.diagnostics import Severity
from kpidsl.semantic import goal_model as m
from kpidsl.semantic import values as v
from kpidsl.semantic.declared import Declared
from kpidsl.semantic.of_data import is_of_data
from kpidsl.semantic.properties import META, about, each_named_once, once
from kpidsl.semantic.value_check import Around, ValueChecker
from kpidsl.semantic.windowing import check_windows
from kpidsl.semantic.windows import Invalid
from kpidsl.syntax import expr_nodes as x
from kpidsl.syntax import goal_nodes as g
from kpidsl.syntax.decl_nodes import KpiDecl
from kpidsl.syntax.node import Name


class ScorecardChecker:
    """Checks one scorecard. Everything it shows is checked, whatever is wrong with the rest."""

    def __init__(self, declared: Declared[g.ScorecardDecl], values: ValueChecker) -> None:
        self.node = declared.node
        self.name = declared.name
        self.namespace = declared.namespace
        self.values = values
        self.problems = values.problems
        self.ok = True

    def check(self) -> m.ScorecardModel | None:
        """The scorecard, or None where something in it is wrong that no other data could mend."""
        node = self.node
        self.ok = once(node, META, self.problems)
        titles = [
            Name(prop.title.value, span=prop.title.span) for prop in node.properties if isinstance(prop, g.SectionDecl)
        ]
        self.ok = each_named_once(titles, "sections called", self.problems) and self.ok
        sections: list[m.SectionModel] = []
        for prop in node.properties:
            if isinstance(prop, g.SectionDecl):
                shown = tuple(item for show in prop.properties for item in self.items(show))
                if not prop.properties:
                    self.empty(f'the section "{prop.title.value}"', prop)
                sections.append(m.SectionModel(prop.title.value, shown))
            elif isinstance(prop, g.ShowProp):
                # Lines one below the other outside of a section are one section.
                loose = self.items(prop)
                if sections and sections[-1].title is None:
                    sections[-1] = m.SectionModel(None, (*sections[-1].items, *loose))
                else:
                    sections.append(m.SectionModel(None, loose))
        if not sections:
            self.empty(f"the scorecard `{self.name}`", node)
        if not self.ok:
            return None
        return m.ScorecardModel(self.name, about(node), tuple(sections), node.name.span)

    def empty(self, what: str, node: g.SectionDecl | g.ScorecardDecl) -> None:
        place = node.title if isinstance(node, g.SectionDecl) else node.name
        self.problems.warning(
            "K0423", f"{what} shows nothing", place.span, hint="add `show KPI, METRIC over last month`"
        )

    def items(self, prop: g.ShowProp) -> tuple[m.ShownModel, ...]:
        found: list[m.ShownModel] = []
        for node in prop.items:
            said = len(self.problems)
            try:
                found.append(self.shown(node))
            except Invalid:
                errors = [one for one in self.problems.as_found[said:] if one.severity is Severity.ERROR]
                if not all(map(is_of_data, errors)):
                    self.ok = False
                else:  # the rest is shown all the same; what is wrong with a metric is told with the metric
                    found.append(m.ShownModel(written(node), None, None, None, node.span))
        return tuple(found)

    def shown(self, node: x.Expr) -> m.ShownModel:
        declared = self.values.names.find(node.name, self.namespace) if isinstance(node, x.NameRef) else None
        if declared is not None and isinstance(declared.node, KpiDecl):
            return m.ShownModel(written(node), declared.name, None, None, node.span)
        value = self.values.number(node, Around(self.namespace))
        check_windows(value, node, self.problems)
        return m.ShownModel(written(node), None, self.title(value), value, node.span)

    def title(self, value: v.Value) -> str | None:
        """The title of a metric that is shown in a window, and nothing else."""
        while isinstance(value, v.Windowed | v.Defaulted | v.Converted):
            value = value.operand
        if not isinstance(value, v.Measure):
            return None
        declared = self.values.names.named.get(value.metric)
        title = getattr(declared.node, "title", None) if declared is not None else None
        return title.value if title is not None else None


def written(node: x.Expr) -> str:
    """An expression on one line."""
    return " ".join(node.span.text.split())
