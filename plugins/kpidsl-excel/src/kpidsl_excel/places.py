"""Where cells are: columns as letters, areas as `B3:F200`, and the areas that have names."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import Final

LAST_ROW: Final = 1_048_576
LAST_COLUMN: Final = 16_384
_CORNER: Final = r"\$?(?P<{0}column>[A-Za-z]{{1,3}})?\$?(?P<{0}row>[0-9]{{1,7}})?"
_AREA: Final = re.compile(_CORNER.format("first_") + "(?::" + _CORNER.format("last_") + ")?")


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle of cells; rows and columns count from 1, both ends belong to it."""

    top: int = 1
    left: int = 1
    bottom: int = LAST_ROW
    right: int = LAST_COLUMN

    def __str__(self) -> str:
        return f"{letters(self.left)}{self.top}:{letters(self.right)}{self.bottom}"


@dataclass(frozen=True, slots=True)
class Named:
    """A range or table that has a name. `has_header` None: nobody says; `totals`: rows at its end that add up."""

    sheet: str
    area: Area
    has_header: bool | None = None
    totals: int = 0


@functools.lru_cache(maxsize=LAST_COLUMN)
def letters(column: int) -> str:
    """A column as sheets name it: 1 is A, 27 is AA."""
    text = ""
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(65 + rest) + text
    return text


@functools.lru_cache(maxsize=LAST_COLUMN)
def column_number(text: str) -> int:
    """The number of a column by its letters."""
    number = 0
    for letter in text.upper():
        number = 26 * number + ord(letter) - 64
    return number


def area(text: str) -> Area | None:
    """An area as people write it: `B3:F200`, `$B$3`, `B3:F`, `B:F`, `3:20`. None where the text is none."""
    match = _AREA.fullmatch(text.strip())
    if match is None or not text.strip():
        return None
    top, left = match["first_row"], match["first_column"]
    bottom, right = match["last_row"], match["last_column"]
    if ":" in text:
        if not (bottom or right) or (left is None) != (right is None):
            return None
    elif top is None or left is None:
        return None  # one word: a name
    else:  # one cell is where the data begins
        bottom, right = None, None
    found = Area(
        int(top or 1), column_number(left) if left else 1,
        int(bottom) if bottom else LAST_ROW, column_number(right) if right else LAST_COLUMN,
    )  # fmt: skip
    fits = 1 <= found.top <= found.bottom <= LAST_ROW and 1 <= found.left <= found.right <= LAST_COLUMN
    return found if fits else None


def columns(text: str) -> range | None:
    """The numbers of the columns that `D:O` or `D` names; None where the text is no such thing."""
    first, _, last = text.strip().partition(":")
    if not all(re.fullmatch("[A-Za-z]{1,3}", each) for each in (first, last or first)):
        return None
    found = range(column_number(first), column_number(last or first) + 1)
    return found if found and found[-1] <= LAST_COLUMN else None
