"""Panes that no window of a filter divides, put together: many filters are asked about a window or two."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from kpidsl.records import dataclass
from kpidsl.sql.shared_scan import Slots


@dataclass(frozen=True, slots=True)
class Slotted:
    """The slots of some filters, and for each filter what its windows are made of: `spans` has the first slot and the
    one after the last for each range of panes.
    """

    slots: Slots
    spans: Sequence[dict[tuple[int, int], tuple[int, int]]]


def slotted(windows: Sequence[Sequence[range]], panes: int) -> Slotted:
    """The slots of filters that have these windows, each some panes in a row, among so many `panes`."""
    places: list[int] = []
    numbers: list[int] = []
    spans: list[dict[tuple[int, int], tuple[int, int]]] = []
    made = 0
    for number, ranges in enumerate(windows):
        begin = Counter(one.start for one in ranges if one)
        end = Counter(one.stop for one in ranges if one)
        edges = sorted({*begin, *end})
        at: dict[int, int] = {}
        around = 0  # so many windows
        for first, after in pairwise(edges):
            around += begin[first] - end[first]
            at[first] = made
            if around:
                places.extend(range(number * panes + first, number * panes + after))
                numbers.extend([made] * (after - first))
                made += 1
        if edges:
            at[edges[-1]] = made
        spans.append({(one.start, one.stop): (at[one.start], at[one.stop]) if one else (0, 0) for one in ranges})
    if 2 * (len(windows) * panes - made) < len(places):
        return _as_they_are(windows, panes)
    return Slotted(Slots(panes, tuple(places), tuple(numbers)), spans)


def _as_they_are(windows: Sequence[Sequence[range]], panes: int) -> Slotted:
    """Every pane of every filter a slot: to put few of them together would take a longer query than it saves rows."""
    spans = [
        {
            (one.start, one.stop): (number * panes + one.start, number * panes + one.stop) if one else (0, 0)
            for one in some
        }
        for number, some in enumerate(windows)
    ]
    return Slotted(Slots(panes), spans)
