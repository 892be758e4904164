"""What is said of something that is written as elsewhere, and where the parser stopped."""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from kpidsl.records import dataclass


@dataclass(frozen=True, slots=True)
class Slip:
    """What stands at `[start, end)`, what is said of it, and what to write instead (None: it is not sure).

    `at` is the part of it that is wrong, where that is less.
    """

    start: int
    end: int
    code: str
    message: str
    hint: str
    instead: str | None = None
    at: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where the parser stopped: the text, the offset, the bounds of its line, and what might stand there."""

    text: str
    offset: int
    line_start: int
    line_end: int
    accepted: AbstractSet[str]

    @property
    def before(self) -> str:
        return self.text[self.line_start : self.offset]

    @property
    def after(self) -> str:
        return self.text[self.offset : self.line_end]


def cannot(start: int, end: int, written: str, hint: str, instead: str | None) -> Slip:
    return Slip(start, end, "K0101", f"`{written}` cannot stand here", hint, instead)


def foreign(start: int, end: int, written: str, hint: str, instead: str | None) -> Slip:
    return Slip(start, end, "K0101", f"`{written}` is no part of the language", hint, instead)


class Said(NamedTuple):
    """The statement up to a word, the word, and the rest of its statement."""

    before: str
    text: str
    rest: str
    accepted: AbstractSet[str]

    @classmethod
    def of(cls, text: str, before: str, after: str, accepted: AbstractSet[str]) -> Said:
        rest = "" if text in ("\n", ";", "}") else re.split(r"[;}#\n]", after)[0].rstrip()
        return cls(before, text.rstrip("\n"), rest, accepted)

    @property
    def whole(self) -> str:
        return f"{self.before}{self.text if self.text.strip(' ;}') else ''}{self.rest}".strip()

    @property
    def ends(self) -> bool:
        """Whether the statement ends where the parser stopped."""
        return not self.text.strip() or self.text in ("}", ";")
