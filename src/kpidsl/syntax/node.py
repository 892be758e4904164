"""What every node of the syntax tree has: its place."""

from __future__ import annotations

from dataclasses import field

from kpidsl.records import dataclass
from kpidsl.source_text import Span


@dataclass(frozen=True, slots=True)
class Node:
    """A node of the syntax tree. `span` is where it is written; two nodes are equal whatever their places."""

    span: Span = field(kw_only=True, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Name(Node):
    """A name as written, dotted or not: `revenue`, `sales.revenue`, `flights.month`."""

    text: str

    @property
    def parts(self) -> tuple[str, ...]:
        return tuple(self.text.split("."))


@dataclass(frozen=True, slots=True)
class Text(Node):
    """A string literal, its escapes resolved."""

    value: str


@dataclass(frozen=True, slots=True)
class Word(Node):
    """A word that stands for one of a few choices: `monthly`, `red`, `linear`."""

    text: str
