"""The raw tree a parser hands to the builders: branches and leaves with their places."""

from __future__ import annotations

from typing import Any


class Leaf:
    """A token: its terminal, its text, and the half-open stretch of characters it stands at."""

    __slots__ = ("end_pos", "start_pos", "type", "value")

    def __init__(self, type: str, value: str, start_pos: int, end_pos: int) -> None:  # noqa: A002
        self.type = type
        self.value = value
        self.start_pos = start_pos
        self.end_pos = end_pos

    def cut(self, value: str) -> Leaf:
        """The same token with less text, at the same place."""
        return Leaf(self.type, value, self.start_pos, self.end_pos)


class Branch:
    """A rule of the grammar where it was found. `children`: branches, leaves, and None for what was left out."""

    __slots__ = ("children", "data", "end_pos", "start_pos")

    def __init__(self, data: str, children: list[Any], start_pos: int, end_pos: int) -> None:
        self.data = data
        self.children = children
        self.start_pos = start_pos
        self.end_pos = end_pos
