"""Panes that no window of a filter divides are one slot, and a window is all of its slots."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kpidsl.engine.slots import slotted

PANES = 9
WINDOWS = st.lists(
    st.lists(st.builds(range, st.integers(0, PANES), st.integers(0, PANES)), min_size=1, max_size=5),
    min_size=1,
    max_size=4,
)


def test_two_windows_of_a_filter_have_a_slot_for_what_they_share_and_for_what_each_has_alone() -> None:
    found = slotted([[range(6), range(4, 8)]], PANES)
    assert found.slots.places == (0, 1, 2, 3, 4, 5, 6, 7)
    assert found.slots.numbers == (0, 0, 0, 0, 1, 1, 2, 2)
    assert found.spans == [{(0, 6): (0, 2), (4, 8): (1, 3)}]


def test_what_is_between_two_windows_is_not_asked_for_and_another_filter_has_slots_of_its_own() -> None:
    found = slotted([[range(2), range(5, 6)], [range(1, 9)]], PANES)
    assert dict(zip(found.slots.places, found.slots.numbers, strict=True)) == {
        0: 0,
        1: 0,
        5: 1,
        **{PANES + pane: 2 for pane in range(1, 9)},
    }


def test_where_few_panes_would_be_put_together_each_is_a_slot() -> None:
    found = slotted([[range(pane, pane + 1) for pane in range(PANES)], [range(PANES)]], PANES)
    assert not found.slots.places
    assert found.spans[1] == {(0, PANES): (PANES, 2 * PANES)}


@given(WINDOWS)
def test_a_window_is_the_panes_of_its_slots_and_of_no_other(windows: list[list[range]]) -> None:
    found = slotted(windows, PANES)
    slot_of = dict(zip(found.slots.places, found.slots.numbers, strict=True))
    assert len(slot_of) == len(found.slots.places)
    if not slot_of:  # as they are
        slot_of = {number * PANES + pane: number * PANES + pane for number, own in enumerate(windows) for one in own
                   for pane in one}  # fmt: skip
    for number, ranges in enumerate(windows):
        own = {place - number * PANES: slot for place, slot in slot_of.items() if place // PANES == number}
        assert set(own) == {pane for one in ranges for pane in one}
        for one in ranges:
            first, end = found.spans[number][one.start, one.stop]
            assert [pane for pane, slot in sorted(own.items()) if first <= slot < end] == list(one)
