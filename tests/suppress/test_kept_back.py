"""Which groups are kept back, so that no total less what is shown tells of a small one."""

from __future__ import annotations

import time
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpidsl.assess.suppress import Group, kept_back

WHOLE: Group = ((), ())


def by(dimension: str, **sizes: int) -> dict[Group, int | None]:
    """The whole, and its parts by one dimension."""
    return {WHOLE: sum(sizes.values()), **{((dimension,), (member,)): n for member, n in sizes.items()}}


def members(found: set[Group]) -> str:
    return " ".join(sorted("/".join(map(str, key)) or "whole" for _, key in found))


@pytest.mark.parametrize(
    ("sizes", "is_"),
    [
        ({"a": 50, "b": 40, "c": 30}, ""),
        ({"a": 50, "b": 40, "c": 4}, "b c"),  # the next smallest, too
        ({"a": 50, "b": 6, "c": 4}, "b c"),  # two already, ten together
        ({"a": 50, "b": 3, "c": 4}, "a b c"),  # together they are still few
        ({"a": 50, "b": 60, "c": 3, "d": 4}, "a c d"),
        ({"a": 50, "b": 0, "c": 4}, "a c"),  # none is no group to hide behind
        ({"a": 50, "b": 0}, ""),
        ({"a": 3, "b": 4}, "a b whole"),
        ({"a": 10}, ""),
    ],
)
def test_the_parts_of_a_total(sizes: dict[str, int], is_: str) -> None:
    assert members(kept_back(10, by("g", **sizes))) == is_


def test_ties_go_by_the_name() -> None:
    assert members(kept_back(10, by("g", d=30, b=30, c=30, a=4))) == "a b"


def test_what_is_not_known_is_not_hidden() -> None:
    assert kept_back(10, {WHOLE: None, (("g",), ("a",)): None}) == set()


def cross(table: list[list[int]]) -> dict[Group, int | None]:
    """A table with its margins: by row, by column, and by both."""
    sizes: dict[Group, int | None] = {WHOLE: sum(map(sum, table))}
    for number, row in enumerate(table):
        sizes[("r",), (number,)] = sum(row)
    for number, column in enumerate(zip(*table, strict=True)):
        sizes[("c",), (number,)] = sum(column)
    for row, column in product(range(len(table)), range(len(table[0]))):
        sizes[("r", "c"), (row, column)] = table[row][column]
    return sizes


def test_a_cell_of_a_table_is_hidden_along_its_row_and_its_column() -> None:
    found = kept_back(10, cross([[4, 30, 40], [50, 60, 70], [80, 90, 99]]))
    cells = {key for dimensions, key in found if len(dimensions) == 2}
    for line in range(3):
        assert sum(row == line for row, _ in cells) != 1
        assert sum(column == line for _, column in cells) != 1
    assert (0, 0) in cells


def test_parts_of_what_is_hidden_are_hidden() -> None:
    found = kept_back(10, cross([[2, 3], [50, 60], [70, 20]]))
    assert {(("r",), (0,)), (("r", "c"), (0, 0)), (("r", "c"), (0, 1))} <= found


def determined(sizes: dict[Group, int | None], found: set[Group]) -> set[Group]:
    """The hidden groups that follow from what is shown, by the sums there are: those that elimination isolates."""
    unknown = sorted((group for group in found if sizes[group]), key=str)
    equations: list[list[Fraction]] = []
    for total, size in sizes.items():
        for dimensions in {group[0] for group in sizes if set(total[0]) < set(group[0])}:
            parts = [
                group
                for group in sizes
                if group[0] == dimensions
                and all(dict(zip(*group, strict=True))[name] == one for name, one in zip(*total, strict=True))
            ]
            row = [Fraction((one in parts) - (one == total)) for one in unknown]
            if any(row) and size:
                equations.append(row)
    place = 0
    for column in range(len(unknown)):
        pivot = next((at for at in range(place, len(equations)) if equations[at][column]), None)
        if pivot is None:
            continue
        equations[place], equations[pivot] = equations[pivot], equations[place]
        top = equations[place]
        equations[place] = [one / top[column] for one in top]
        for at in range(len(equations)):
            if at != place and equations[at][column]:
                factor = equations[at][column]
                equations[at] = [a - factor * b for a, b in zip(equations[at], equations[place], strict=True)]
        place += 1
    alone = (row for row in equations if sum(map(bool, row)) == 1)
    return {unknown[next(at for at, one in enumerate(row) if one)] for row in alone}


@given(st.lists(st.integers(0, 40), min_size=1, max_size=8))
def test_no_part_follows_from_a_total_that_is_shown(parts: list[int]) -> None:
    sizes = by("g", **{f"m{place}": n for place, n in enumerate(parts)})
    found = kept_back(10, sizes)
    if WHOLE not in found:
        assert determined(sizes, found) == set()
        together = sum(sizes[group] or 0 for group in found)
        assert together == 0 or together >= 10


@given(st.lists(st.lists(st.integers(0, 30), min_size=3, max_size=3), min_size=2, max_size=4))
def test_in_a_table_no_line_gives_a_cell_away(table: list[list[int]]) -> None:
    """Each row and each column that is shown has no hidden cell, or two that are ten together; where there is no other
    cell to hide, it is not shown. Nor is a small cell had by adding and subtracting what is.
    """
    sizes = cross(table)
    found = kept_back(10, sizes)
    for total in [group for group in sizes if len(group[0]) == 1 and group not in found]:
        place = 0 if total[0] == ("r",) else 1
        cells = [group for group in sizes if len(group[0]) == 2 and group[1][place] == total[1][0] and sizes[group]]
        hidden = [cell for cell in cells if cell in found]
        if hidden:
            assert len(hidden) > 1
            assert sum(sizes[cell] or 0 for cell in hidden) >= 10
    assert not {group for group in determined(sizes, found) if 0 < (sizes[group] or 0) < 10}


def test_a_total_with_one_part_is_hidden_with_it() -> None:
    """Nobody of team y is in town a: the 10 of team y are the 10 of town b, and the rest of town b are 9."""
    found = kept_back(10, cross([[60, 0], [9, 10]]))
    assert (("c",), (1,)) in found
    assert not determined(cross([[60, 0], [9, 10]]), found) & {(("r", "c"), (1, 0)), (("r", "c"), (1, 1))}


def groups(cells: dict[tuple[str, ...], int], *kinds: str) -> dict[Group, int | None]:
    """The whole, and groups by some of the dimensions x, y and z, of cells by all of them."""
    sizes: dict[Group, int | None] = {WHOLE: sum(cells.values())}
    for cell, n in cells.items():
        for kind in kinds:
            group = tuple(kind), tuple(cell["xyz".index(name)] for name in kind)
            sizes[group] = (sizes.get(group) or 0) + n
    return sizes


def isolated(sizes: dict[Group, int | None], found: set[Group]) -> set[Group]:
    """The small groups that are a sum of shown ones, each with a factor, over all cells that may have rows."""
    kinds = [kind for kind, _ in sizes]
    names = sorted({name for kind in kinds for name in kind})
    members = [sorted({key[kind.index(name)] for kind, key in sizes if name in kind}, key=str) for name in names]

    def group_of(kind: tuple[str, ...], cell: tuple[object, ...]) -> Group:
        return kind, tuple(cell[names.index(name)] for name in kind)

    cells = [cell for cell in product(*members) if all(sizes.get(group_of(kind, cell)) for kind in kinds)]
    rows: list[list[Fraction]] = []  # echelon form

    def reduced(group: Group) -> list[Fraction]:
        row = [Fraction(group_of(group[0], cell) == group) for cell in cells]
        for other in rows:
            at = next(place for place, one in enumerate(other) if one)
            if row[at]:
                factor = row[at] / other[at]
                row = [one - factor * its for one, its in zip(row, other, strict=True)]
        return row

    for group in sizes:
        if group not in found and any(row := reduced(group)):
            rows.append(row)  # noqa: PERF401 -- the next is reduced by it
    return {group for group, n in sizes.items() if n is not None and 0 < n < 10 and not any(reduced(group))}


def test_a_cell_between_two_blocks_of_hidden_cells_does_not_follow() -> None:
    """Rows 0 and 1 less columns 0 and 1 were the cell of row 1 and column 2, though each line had two hidden cells."""
    table = [[6, 6, 61, 62], [6, 6, 7, 63], [64, 65, 6, 6], [66, 67, 6, 6]]
    sizes = cross(table)
    found = kept_back(10, sizes)
    assert (("r", "c"), (1, 2)) not in determined(sizes, found)
    assert len(found) <= 11


@pytest.mark.parametrize(
    "kinds", [("x", "xy", "xz"), ("xy", "xz"), ("xy", "yz"), ("xy", "yz", "xz"), ("x", "y", "z", "xy", "yz"), ("xyz", "x", "yz")]
)  # fmt: skip
@given(sizes=st.lists(st.sampled_from([0, 0, 3, 5, 9, 10, 30, 60]), min_size=12, max_size=12))
def test_of_groups_that_cross_each_other_no_small_one_follows(kinds: tuple[str, ...], sizes: list[int]) -> None:
    cells = {cell: n for cell, n in zip(product("abc", "de", "fg"), sizes, strict=True) if n}
    table = groups(cells, *kinds)
    found = kept_back(10, table)
    assert not isolated(table, found)
    assert {group for group, n in table.items() if n is not None and 0 < n < 10} <= found


def test_large_tables_take_no_minutes() -> None:
    cells = {cell: 3 + sum(map(ord, cell)) * 7919 % 61 for cell in product(*["abcdefghijklmnopqrst"] * 3)}
    sizes = groups(cells, "x", "y", "z", "xy", "yz", "xz", "xyz")
    begun = time.process_time()
    assert len(kept_back(10, sizes)) > 500
    assert time.process_time() - begun < 30


def test_as_many_members_as_there_may_be_are_looked_at_once_each() -> None:
    sizes: dict[Group, int | None] = by("g", **{f"m{number}": 20 for number in range(20_000)})
    sizes[("g",), ("m7",)] = 3
    begun = time.process_time()
    assert members(kept_back(10, sizes)) == "m0 m7"
    assert time.process_time() - begun < 5, "each was held against each"
