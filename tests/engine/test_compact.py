"""Answers in little room hold what a dict and a set would."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpidsl.engine.compact import LISTED, CompactParts, CompactSet, Members, union
from kpidsl.engine.parts import INFINITE, Part

EDGE = 2**63
numbers = st.one_of(
    st.fractions(), st.sampled_from([Fraction(EDGE - 1), Fraction(-EDGE), Fraction(1, EDGE), Fraction(EDGE, 3)])
)
parts = st.builds(
    Part,
    st.one_of(st.none(), numbers, st.text(), st.booleans(), st.dates()),
    st.one_of(st.integers(0, 10), st.just(EDGE)),
    st.one_of(st.none(), st.integers(0, 3)),
    st.booleans(),
    st.sampled_from([None, None, "no_rows", INFINITE]),
    st.one_of(st.none(), st.none(), st.integers(0, 3)),
)
keys = st.tuples(st.one_of(st.none(), st.sampled_from("abcdefgh")), st.integers(0, 2))


@given(st.lists(keys), st.lists(st.tuples(keys, parts)), st.integers(0, 6))
def test_parts_are_what_a_dict_holds(
    before: list[tuple[str, int]], put: list[tuple[tuple[str, int], Part]], room: int
) -> None:
    members = Members(room=room)
    for key in before:
        members.number(key)
    found, plain = CompactParts(members), dict(put)
    for key, part in put:
        found[key] = part
    assert dict(found) == plain
    assert len(found) == len(plain)
    for key in {*before, *plain}:
        assert found.get(key) == plain.get(key)
        if key in plain:
            assert type(found[key].value) is type(plain[key].value)
    assert found.get(("nowhere",)) is None


@given(st.lists(st.tuples(st.sampled_from("+-"), keys)))
def test_a_set_is_what_a_set_holds(steps: list[tuple[str, tuple[str, int]]]) -> None:
    found = CompactSet(Members())
    plain: set[tuple[str, int]] = set()
    for sign, key in steps:
        (found.add if sign == "+" else found.discard)(key)
        (plain.add if sign == "+" else plain.discard)(key)
    assert set(found) == plain
    assert len(found) == len(plain)
    assert all((key in found) == (key in plain) for _, key in steps)
    assert ("nowhere",) not in found


@given(st.lists(st.sets(keys), min_size=0, max_size=4), st.booleans())
def test_a_union_is_that_of_sets(sets: list[set[tuple[str, int]]], mixed: bool) -> None:
    members = Members()
    compact: list[CompactSet | set[tuple[str, int]]] = []
    for place, one in enumerate(sets):
        made = CompactSet(members if not mixed or place % 2 else Members())
        for key in one:
            made.add(key)
        compact.append(made)
    if mixed and sets:
        compact.append(sets[0])
    found = union(compact, in_order)
    assert list(found) == in_order(set().union(*sets))
    assert union(compact[::-1], in_order) == found
    if sets and not mixed:
        assert union(compact, in_order) is found, "what is made of them is found again by their identity"


def in_order(keys: Iterable[tuple[object, ...]]) -> list[tuple[object, ...]]:
    return sorted(keys, key=str)


@given(st.lists(st.dictionaries(keys, parts)), st.integers(0, 6))
def test_parts_are_put_together_as_one_by_one(
    batches: list[dict[tuple[str, int], Part]], room: int
) -> None:  # fmt: skip
    together, one_by_one = CompactParts(Members(room=room)), CompactParts(Members(room=room))
    numbered = Members()
    for batch in batches:
        for key, part in batch.items():
            numbered.number(key)
            one_by_one[key] = part
    for found in (together, one_by_one):
        for met in numbered.keys:
            found._members.number(met)
    for batch in batches:
        together.put_all([(numbered.number(key), part) for key, part in batch.items()])
    assert dict(together) == dict(one_by_one)
    assert len(together) == len(one_by_one)
    assert together._members.room == one_by_one._members.room


def test_of_many_members_no_list_is_kept() -> None:
    members = Members()
    found = CompactSet(members)
    for number in range(LISTED + 1):
        found.add((number,))
    assert union([found], in_order) == tuple(in_order(members.keys))
    assert not members.listed


def test_an_answer_is_not_taken_back() -> None:
    found = CompactParts(Members())
    found["a",] = Part(date(2026, 1, 1), 1)
    with pytest.raises(TypeError, match="not taken back"):
        del found["a",]
