"""What is said of a column that a source does not have and something else does."""

from __future__ import annotations

from collections.abc import Mapping

from kpidsl.diagnostics import closest
from kpidsl.semantic.declared import Declared
from kpidsl.semantic.scope import Names
from kpidsl.semantic.types import Schema
from kpidsl.syntax import decl_nodes as d

_PERIODS = ("hour", "day", "week", "month", "quarter", "year")
_MOST_SOURCES = 200
_MOST_COLUMNS = 5_000
"""Among more it is not looked for one whose name is near."""


class Elsewhere:
    """What else there is that a name may mean; the columns that a namespace sees are gathered once."""

    def __init__(self, names: Names, schemas: Mapping[str, Schema | None]) -> None:
        self._names = names
        self._schemas = schemas
        self._seen: dict[str, dict[str, str]] = {}

    def meant(self, name: str, source: str, *, is_far: bool) -> tuple[str | None, str | None]:
        """What surely is meant by a name that is no column of a source, and what may be: a period, a column of another
        source, a metric. `is_far`: the source has no column whose name is near.
        """
        here = self._names.sources[source]
        own = here.node.name.text
        if name in _PERIODS:
            return _split_by(name, here.node), None
        columns = self._columns(here.namespace)
        if name in columns:
            return f"`{columns[name]}` has it: {_joined(columns[name], own, name)}", None
        found = self._names.find(name, here.namespace)
        if found is not None and isinstance(found.node, d.MetricDecl | d.KpiDecl):
            what = "metric" if isinstance(found.node, d.MetricDecl) else "KPI"
            return None, f"`{name}` is a {what}: here stands a column, or a `let` of `{own}`"
        near = closest(name, columns) if is_far and len(columns) <= _MOST_COLUMNS else None
        if near is None or columns[near] == own:
            return None, None
        return None, f"did you mean `{near}` of `{columns[near]}`? Then {_joined(columns[near], own, near)}"

    def _columns(self, namespace: str) -> Mapping[str, str]:
        """Each column with the first source that has it."""
        if namespace not in self._seen:
            found = self._seen[namespace] = {}
            for other, declared in list(self._names.sources.items())[:_MOST_SOURCES]:
                if declared.namespace in ("", namespace):
                    for column in _columns(declared, self._schemas.get(other)):
                        found.setdefault(column, declared.node.name.text)
        return self._seen[namespace]


def _joined(other: str, own: str, column: str) -> str:
    return f"add `join {other} on COLUMN` to `{own}`, and write `{other}.{column}`"


def _split_by(period: str, node: d.SourceDecl) -> str:
    """How a value is split by periods, where a period is taken for a column."""
    time = next((prop.column.text for prop in node.properties if isinstance(prop, d.TimeProp)), "COLUMN")
    column = f"; as a column: `let {period} = {period}({time})` in `{node.name.text}`" if period != "week" else ""
    return f"over time, a KPI shows a `trend 12 {period}s`, and a value is split by `each {period}`{column}"


def _columns(declared: Declared[d.SourceDecl], schema: Schema | None) -> list[str]:
    written = [prop.name.text for prop in declared.node.properties if isinstance(prop, d.LetProp | d.ColumnProp)]
    return [*written, *(schema.names if schema is not None else ())]
