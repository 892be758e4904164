"""Many columns that are converted alike: what is said of one of them is planned once, and done to a list of all.

DuckDB looks at each expression of a query beside each other one, so that two thousand long ones take it six seconds and
400 MB before the first row; as one expression over a list, 0.4 s and 220 MB. A value of a list costs a third more.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from kpidsl.records import dataclass

VALUE: Final = "x"
"""What a column is called in an expression that is to be done to many."""
FEWEST: Final = 200
"""Columns up to which planning costs nothing that would be noticed."""
_BYTES: Final = 300
"""Bytes of a file, for each pair of columns, up to which planning costs more than lists do."""


@dataclass(frozen=True, slots=True)
class Together:
    """A relation with what was asked of it, and where each answer is found in it."""

    relation: str
    found: Mapping[str, str]


def pays(columns: int, size: int) -> bool:
    """Whether lists cost less than planning does, of so many columns in a file of so many bytes."""
    return columns >= FEWEST and size < _BYTES * columns**2


def together(relation: str, asked: Mapping[str, tuple[str, str]], *kept: str) -> Together:
    """What is `asked` of columns: under each name the column in SQL, and an expression over `VALUE`. `kept` are columns
    that stay beside.
    """
    groups: dict[str, list[tuple[str, str]]] = {}
    columns, found = list(kept), {}
    for name, (column, expression) in asked.items():
        if expression == VALUE:
            columns.append(column)
            found[name] = column
        else:
            groups.setdefault(expression, []).append((name, column))
    for number, (expression, members) in enumerate(groups.items()):
        listed = ", ".join(column for _, column in members)
        columns.append(f"list_transform([{listed}], lambda {VALUE}: {expression}) AS alike{number}")
        found |= {name: f"alike{number}[{place}]" for place, (name, _) in enumerate(members, start=1)}
    return Together(f"SELECT {', '.join(columns) or 'true'} FROM ({relation})", found)
