"""Columns that a source cannot do without the data: those that place its rows in time, and those that name them."""

from __future__ import annotations

from collections.abc import Mapping

from kpidsl.diagnostics import Problems
from kpidsl.semantic import rows as r
from kpidsl.semantic.declared import Declared
from kpidsl.semantic.windows import Invalid
from kpidsl.syntax import decl_nodes as d
from kpidsl.syntax.node import Name


def times_of(sources: Mapping[str, Declared[d.SourceDecl]]) -> dict[str, frozenset[str]]:
    """The columns of each source that place its rows in time, and those that are joined to such columns: where the data
    has texts there, they are read as times wherever the columns are named.
    """
    found: dict[str, set[str]] = {name: set() for name in sources}
    equal: list[tuple[tuple[str, str], tuple[str, str]]] = []
    for name, declared in sources.items():
        for prop in declared.node.properties:
            match prop:
                case d.TimeProp():
                    found[name].add(prop.column.text)
                case d.HoldsProp():
                    found[name] |= {prop.start.text, prop.end.text}
                case d.JoinProp():
                    full = f"{declared.namespace}.{prop.source.text}"
                    other = next((one for one in (full, prop.source.text) if one in sources), None)
                    if other is not None:
                        equal += [((name, key.left.text), (other, key.right.text)) for key in prop.keys]
                case _:
                    pass
    spread = True
    while spread:
        spread = False
        for left, right in equal:
            for (source, column), (of, its) in ((left, right), (right, left)):
                if column in found[source] and its not in found[of]:
                    found[of].add(its)
                    spread = True
    return {name: frozenset(columns) for name, columns in found.items()}


def require_of_row(row: r.Row, name: Name, problems: Problems) -> r.Row:
    """The column that places rows in time. Raises `Invalid` where it looks at the window itself: which rows are in a
    window cannot hang on the window.
    """
    if _asks_for_window(row):
        problems.error(
            "K0306",
            f"`{name.text}` looks at the window (`as_of`, or `… in last month`), so it cannot say which rows are in it",
            name.span,
            hint="name a column that is the same whatever the window",
        )
        raise Invalid
    return row


def require_of_data(row: r.Row, name: Name, problems: Problems) -> None:
    """Raise `Invalid` for a key, or a side of a join, that is no column of the data itself."""
    if not (isinstance(row, r.ColumnValue) and not row.path and row.name == name.text):
        problems.error(
            "K0303",
            f"`{name.text}` is derived, and keys are columns of the data",
            name.span,
            hint="name a column of the data; what has to be derived first is derived where the data comes from",
        )
        raise Invalid


def _asks_for_window(row: r.Row) -> bool:
    if isinstance(row, r.AsOf | r.Within):
        return True
    parts = (getattr(row, name) for name in row.__dataclass_fields__)
    inner = (one for part in parts for one in (part if isinstance(part, tuple) else (part,)))
    return any(isinstance(one, r.Row) and _asks_for_window(one) for one in inner)
