"""What rows can be grouped by so that a filter is asked of groups, and which of it shares a scan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, TypeVar

from kpidsl.plan.columns import columns_in, conditions_of
from kpidsl.semantic.rows import ColumnValue, Row
from kpidsl.semantic.types import DataType

T = TypeVar("T")
MOST_MEMBERS: Final = 2_000
"""A column with more is not grouped by for a filter's sake: whether the condition holds is."""
_MOST_KEPT: Final = 4_096
_read: dict[int, tuple[Row, tuple[ColumnValue, ...]]] = {}
_GROUPED = frozenset({DataType.TEXT, DataType.BOOLEAN, DataType.INTEGER, DataType.DATE})


def columns_of(condition: Row) -> tuple[ColumnValue, ...]:
    """The columns a condition reads, each once; nothing where it is not enough to know these to tell what it keeps, or
    rows cannot be grouped by one of them. It is one object for a thousand filters that ask it in turn.
    """
    known = _read.get(id(condition))
    if known is None:
        if len(_read) >= _MOST_KEPT:
            _read.clear()
        read = tuple(dict.fromkeys(columns_in(condition)))
        usable = read if all(column.type in _GROUPED for column in read) else ()
        # Kept beside the condition, whose identity would otherwise be given to another one after it.
        known = _read[id(condition)] = condition, usable
    return known[1]


def is_told_by_columns(condition: Row, sizes: Mapping[Row, int]) -> bool:
    """Whether rows are grouped by the columns a condition reads; `sizes` tells how many members columns have."""
    read = columns_of(condition)
    return bool(read) and all(sizes[column] <= MOST_MEMBERS for column in read)


def leaves_of(where: Iterable[Row], sizes: Mapping[Row, int], told: Mapping[Row, Row]) -> tuple[Row, ...]:
    """What tells whether a filter keeps a row: for each of its conditions the columns it reads, where these have few
    members, what it is `told` by, or the condition itself. `sizes` tells how many members columns have.
    """
    found: dict[Row, None] = {}
    for condition in conditions_of(where):
        if is_told_by_columns(condition, sizes):
            found.update(dict.fromkeys(columns_of(condition)))
        else:
            found[told.get(condition, condition)] = None
    return tuple(found)


def together(
    needs: Mapping[T, tuple[Row, ...]], sizes: Mapping[Row, int], most: int
) -> tuple[list[tuple[tuple[Row, ...], list[T]]], list[T]]:
    """What needs rows to be grouped by some leaves, sorted into scans of at most `most` groups, and what needs more.

    What needs much comes first; each joins the scan that has its leaves, or else the one they make least larger.
    """
    alike: dict[tuple[Row, ...], list[T]] = {}
    for one, leaves in needs.items():
        alike.setdefault(leaves, []).append(one)
    scans: list[tuple[dict[Row, None], list[T]]] = []
    rest: list[T] = []
    for leaves in sorted(alike, key=lambda leaves: -groups_of(leaves, sizes)):
        if groups_of(leaves, sizes) > most:
            rest.extend(alike[leaves])
            continue
        sized = [(groups_of({**own, **dict.fromkeys(leaves)}, sizes), place) for place, (own, _) in enumerate(scans)]
        grown = [(size / groups_of(scans[place][0], sizes), place) for size, place in sized if size <= most]
        if grown:
            own, there = scans[min(grown)[1]]
            own.update(dict.fromkeys(leaves))
            there.extend(alike[leaves])
        else:
            scans.append((dict.fromkeys(leaves), list(alike[leaves])))
    return [(tuple(own), there) for own, there in scans], rest


def groups_of(leaves: Iterable[Row], sizes: Mapping[Row, int]) -> int:
    """How many groups there are at most."""
    product = 1
    for leaf in leaves:
        product *= sizes[leaf] + 1  # NULL is a group, too
    return product
