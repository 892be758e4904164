"""What is sound and yet hardly meant: warnings that need no data, each with what to write instead."""

from __future__ import annotations

from itertools import chain

from kpidsl.diagnostics import Problems
from kpidsl.semantic.lints.ahead import lint_ahead
from kpidsl.semantic.lints.columns import lint_columns
from kpidsl.semantic.lints.counts import lint_counts
from kpidsl.semantic.lints.filters import lint_filters, lint_reach
from kpidsl.semantic.lints.goal_walk import goal_expressions
from kpidsl.semantic.lints.guards import lint_guards
from kpidsl.semantic.lints.outer import lint_outer
from kpidsl.semantic.lints.percentages import lint_compared, lint_percentages
from kpidsl.semantic.lints.review import check_reviews
from kpidsl.semantic.lints.series import lint_series
from kpidsl.semantic.lints.targets import lint_targets
from kpidsl.semantic.lints.thousands import lint_thousands
from kpidsl.semantic.lints.tidy import tidy
from kpidsl.semantic.lints.times import lint_kpi_times, lint_times
from kpidsl.semantic.lints.walk import expressions, spots
from kpidsl.semantic.model import Model
from kpidsl.semantic.scope import Names
from kpidsl.semantic.sources import Sources
from kpidsl.semantic.values import Value
from kpidsl.syntax.expr_nodes import Expr

__all__ = ["lint", "lint_expression", "tidy"]


def lint(names: Names, model: Model, sources: Sources, problems: Problems) -> None:
    """Warn of what a checked spec set says and hardly means. Only sound declarations are looked at."""
    check_reviews(names, problems)
    lint_thousands(names, sources.units, problems)
    lint_columns(names, model, problems)
    for node, value in chain(expressions(names, model), goal_expressions(names, model)):
        lint_expression(node, value, model, sources, problems)
        lint_ahead(node, value, model, problems)
    lint_targets(names, model, problems)
    lint_guards(names, model, problems)
    lint_percentages(names, model, problems)
    lint_kpi_times(names, model, problems)


def lint_expression(node: Expr, value: Value, model: Model, sources: Sources, problems: Problems) -> None:
    """Warn of one expression, given as it is written and as the value it was found to have."""
    told: set[int] = set()
    for spot in spots(node, value):
        lint_series(spot, sources, problems)
        lint_counts(spot, problems)
        lint_compared(spot, problems)
        lint_times(spot, model, problems)
        lint_outer(spot, problems)
        lint_filters(spot, told, sources, problems)
        lint_reach(spot.node, problems)
