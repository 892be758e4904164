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
class Cut:
    """A statement that could not be read, `[start, end)` of its file; `word` is the property it begins with or nearly
    begins with, None where that cannot be told.
    """

    start: int
    end: int
    word: str | None


@dataclass(frozen=True, slots=True)
class HalfRead:
    """What could be read of a declaration with syntax errors, and the statements that are missing from it."""

    node: Declaration
    cuts: tuple[Cut, ...]


@dataclass(frozen=True, slots=True)
class Spec(Node):
    """One file: its declarations in order.

    `broken` are the names of declarations that could not be read whole (a problem says so): they are not among the
    declarations, and later stages do not complain of what is missing because of them. `half_read` is what there is of
    them.
    """

    source: Source
    declarations: tuple[Declaration, ...]
    broken: frozenset[str]
    half_read: tuple[HalfRead, ...] = ()
