"""How deep and how large a value may become when metrics and derived columns are put into one another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import TypeVar

from kpidsl.semantic.rows import Row
from kpidsl.semantic.values import Value, parts
from kpidsl.semantic.windows import Invalid

A = TypeVar("A")
B = TypeVar("B")
# Every stage walks values by recursion: deeper ones would not fit on Python's stack.
MOST_DEEP = 120
MOST_PARTS = 20_000
GIVE_UP_AFTER = 3  # values too large in one spec set: the rest is not tried
HINT = "build it from fewer parts: a number this large is easier to read as several"


class TooLarge(Invalid):
    """A value is too deep or too large; the problem is already reported. What is inside it may be sound."""


def both(check: Callable[[A], B], left: A, right: A) -> tuple[B, B]:
    """Both sides, so that a problem in one does not hide one in the other. Raises `Invalid`."""
    try:
        first = check(left)
    except TooLarge:
        raise
    except Invalid:
        check(right)
        raise
    return first, check(right)


def is_too_large(row: Row) -> bool:
    """Whether a row expression has too many parts or is nested too deeply, derived columns put in."""
    left: list[tuple[Row, int]] = [(row, 1)]
    count = 0
    while left:
        one, depth = left.pop()
        count += 1
        if count > MOST_PARTS or depth > MOST_DEEP:
            return True
        for part in fields(one):
            inner = getattr(one, part.name)
            items = inner if isinstance(inner, tuple) else (inner,)
            left.extend((item, depth + 1) for item in items if isinstance(item, Row))
    return False


class Sizes:
    """Depth and number of parts of values; what was once counted is not walked again."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Value, int, int]] = {}

    def of(self, value: Value) -> tuple[int, int]:
        """(depth, parts) of a value, the metrics in it included."""
        known = self._known.get(id(value))
        if known is None:
            inner = [self.of(part) for part in parts(value)]
            depth = 1 + max((depth for depth, _ in inner), default=0)
            # The value is kept, so that no other one is ever given its id.
            known = self._known[id(value)] = (value, depth, 1 + sum(count for _, count in inner))
        return known[1], known[2]

    def fit(self, value: Value) -> bool:
        depth, count = self.of(value)
        return depth <= MOST_DEEP and count <= MOST_PARTS
