"""`Spec`, the syntax tree of one file, and its declarations."""

from __future__ import annotations

from kpidsl.records import dataclass
from kpidsl.source_text import Source
from kpidsl.syntax.decl_nodes import KpiDecl, MetricDecl, SourceDecl
from kpidsl.syntax.goal_nodes import ObjectiveDecl, OutcomeDecl, PolicyDecl, ScorecardDecl
from kpidsl.syntax.node import Node
from kpidsl.syntax.setting_nodes import CalendarDecl, GoalDecl, ImportDecl, NamespaceDecl, ParamDecl, UnitDecl
from kpidsl.syntax.test_nodes import TestDecl

Declaration = (
    NamespaceDecl
    | ImportDecl
    | CalendarDecl
    | UnitDecl
    | ParamDecl
    | GoalDecl
    | SourceDecl
    | MetricDecl
    | KpiDecl
    | ObjectiveDecl
    | OutcomeDecl
    | PolicyDecl
    | ScorecardDecl
    | TestDecl
)


@dataclass(frozen=True, slots=True)
class Spec(Node):
    """One file: its declarations in order.

    `broken` are the names of declarations that could not be read whole (a problem says so): they are not among the
    declarations, and later stages do not complain of what is missing because of them.
    """

    source: Source
    declarations: tuple[Declaration, ...]
    broken: frozenset[str]
