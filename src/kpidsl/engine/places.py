"""Conditions that compare something of many members with constants: rows are grouped by where it stands among these.

A thousand filters for a product each, of fifty thousand, tell a thousand products and all others apart; a hundred
ranges of amounts cut them into two hundred stretches (docs/adr/0049-places-among-constants.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from fractions import Fraction
from itertools import pairwise
from typing import Final

from kpidsl.engine.leaves import is_told_by_columns
from kpidsl.plan.columns import conditions_of
from kpidsl.plan.nodes import Cell
from kpidsl.records import dataclass
from kpidsl.semantic.rows import Among, Between, Comparison, Constant, Picked, Place, Row
from kpidsl.semantic.types import DataType
from kpidsl.semantic.units import NUMBER
from kpidsl.sql.places import is_alike, turned
from kpidsl.sql.row_sql import finite_decimal

_BESIDE: Final = 8
"""Where filters ask more than one condition, places are at most this part of the groups that a scan may have."""
_PICKED: Final = frozenset({DataType.TEXT, DataType.INTEGER})
Cut = tuple[Constant, bool]


@dataclass(frozen=True, slots=True)
class _Asked:
    """A condition about `operand` alone: the cuts it needs, or, of what asks for equality alone, the values."""

    condition: Row
    operand: Row
    cuts: tuple[Cut, ...]
    values: tuple[Constant, ...] | None


def places(cells: Iterable[Cell], sizes: Mapping[Row, int], most: int) -> dict[Row, Row]:
    """For conditions about something that rows are not grouped by, the place or pick that tells whether they hold; of
    what two of them compare, at least. `sizes` tells how many members columns have, `most` how many groups there may be
    in a pane.
    """
    alone: dict[Row, bool] = {}
    filters = {(id(cell.where), bool(cell.members)): cell.where for cell in cells}
    for (_, by_members), where in filters.items():
        conditions = list(conditions_of(where))
        for one in conditions:
            if not is_told_by_columns(one, sizes):
                alone[one] = alone.get(one, True) and len(conditions) == 1 and not by_members
    alike: dict[tuple[Row, bool, object], list[_Asked]] = {}
    for condition, is_alone in alone.items():
        asked = _asked(condition)
        if asked is not None:
            kinds = frozenset(_kind(constant.value) for constant, _ in asked.cuts)
            if len(kinds) == 1:
                alike.setdefault((asked.operand, is_alone, kinds), []).append(asked)
    found: dict[Row, Row] = {}
    for (about, is_single, _), same in alike.items():
        for some in _sized(same, max(most if is_single else most // _BESIDE, 2)):
            leaf = _leaf(about, some)
            if leaf is not None:
                found.update((one.condition, leaf) for one in some)
    return found


def size_of(leaf: Row) -> int:
    """How many members a place or pick has, beside NULL."""
    assert isinstance(leaf, Place | Picked)
    return len(leaf.cuts if isinstance(leaf, Place) else leaf.values) + 1


def _asked(condition: Row) -> _Asked | None:
    """What a condition needs to be told by a place; None where it is about more than one thing and constants."""
    match condition:
        case Comparison(operator=operator, left=left, right=right):
            if isinstance(left, Constant):
                left, right, operator = right, left, turned(operator)
            if isinstance(left, Constant) or not isinstance(right, Constant) or not _is_known(left, right):
                return None
            match operator:
                case ">=" | "<":
                    return _Asked(condition, left, ((right, False),), None)
                case ">" | "<=":
                    return _Asked(condition, left, ((right, True),), None)
                case _:
                    return _Asked(condition, left, ((right, False), (right, True)), (right,))
        case Among(operand=operand, items=items):
            known = [one for one in items if isinstance(one, Constant) and _is_known(operand, one)]
            if len(known) < len(items) or isinstance(operand, Constant):
                return None
            return _Asked(condition, operand, tuple((one, way) for one in known for way in (False, True)), tuple(known))
        case Between(operand=operand, start=start, end=end) if not isinstance(operand, Constant):
            ends = (Constant(DataType.INSTANT, NUMBER, at) for at in (start, end) if at is not None)
            return _Asked(condition, operand, tuple((one, False) for one in ends), None)
        case _:
            return None


def _is_known(operand: Row, constant: Constant) -> bool:
    """Whether a constant has a place among others of its kind."""
    value = constant.value
    if isinstance(value, Fraction):
        return finite_decimal(value) is not None
    is_time = operand.type is not None and operand.type.is_time
    return is_time if isinstance(value, date) else isinstance(value, str) and not is_time


def _sized(asked: Sequence[_Asked], most: int) -> Iterator[list[_Asked]]:
    """What is asked of one thing, in parts of which none has more places than `most`; by the order of the constants."""
    some: list[_Asked] = []
    known: set[Cut] = set()
    for one in asked:
        cuts = known.union(one.cuts)
        if some and len(cuts) >= most:
            yield some
            some, cuts = [], set(one.cuts)
        some.append(one)
        known = cuts
    yield some


def _leaf(operand: Row, asked: Sequence[_Asked]) -> Row | None:
    """What tells whether all of some conditions about something hold; None where each is better looked at."""
    if len(asked) < 2:
        return None
    cuts = list(dict.fromkeys(cut for one in asked for cut in one.cuts))
    constants = list(dict.fromkeys(constant for constant, _ in cuts))
    if operand.type in _PICKED and all(one.values is not None for one in asked):
        return Picked(operand.type, operand.unit, operand, tuple(constants), _other(constants))
    if operand.type is DataType.FLOAT and not _are_apart(constants):
        return None
    ordered = sorted(cuts, key=lambda cut: (cut[0].value, cut[1]))
    return Place(DataType.INTEGER, NUMBER, operand, tuple(ordered))


def _kind(value: object) -> tuple[type, bool]:
    """What the constants of one place have in common: instants, civil times and days are not sorted together."""
    return type(value), isinstance(value, datetime) and value.tzinfo is not None


def _other(constants: Sequence[Constant]) -> Constant:
    """A constant that is none of some."""
    first = constants[0]
    if isinstance(first.value, str):
        longest = max((one.value for one in constants if isinstance(one.value, str)), key=len)
        return Constant(first.type, first.unit, f"{longest}.")
    known = {one.value for one in constants}
    free = next(number for number in range(len(known) + 1) if Fraction(number) not in known)
    return Constant(first.type, first.unit, Fraction(free))


def _are_apart(constants: Sequence[Constant]) -> bool:
    """Whether floating-point numbers tell numbers apart."""
    values = sorted(float(one.value) for one in constants if isinstance(one.value, Fraction))
    return len(values) == len(constants) and not any(is_alike(one, other) for one, other in pairwise(values))
