"""How wide characters are in a terminal, and what stands for those it must not be sent.

A spec may come from a stranger: its control characters must not move the cursor or recolour the screen, and its
direction marks must not reorder a line (https://trojansource.codes). So each is shown as a visible sign.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from functools import lru_cache

TAB = 4  # columns from one tab stop to the next
UNKNOWN = "\ufffd"
JOINERS = "\u200c\u200d"  # hold emoji and letters of some scripts together
HANGUL_VOWELS_AND_FINALS = range(0x1160, 0x1200)  # drawn inside the syllable before them


@lru_cache(maxsize=4096)
def glyph(character: str) -> tuple[str, int]:
    """What to show for one character that is no tab, and how many columns that takes (0, 1 or 2)."""
    code = ord(character)
    if 0x20 <= code < 0x7F:
        return character, 1
    if code < 0x20:
        return chr(0x2400 + code), 1  # the control picture of the same number
    if code == 0x7F:
        return "\u2421", 1
    if character in JOINERS or code in HANGUL_VOWELS_AND_FINALS:
        return character, 0
    match unicodedata.category(character):
        case "Mn" | "Me":
            return character, 0
        case "Cc" | "Cf" | "Cs" | "Co" | "Zl" | "Zp":
            return UNKNOWN, 1
        case "Zs":
            return " ", 1
        case _:
            pass
    return character, 2 if unicodedata.east_asian_width(character) in "WF" else 1


def glyphs(text: str) -> list[tuple[str, int]]:
    """One entry a character of a line: what to show and its columns; tabs become blanks up to the next tab stop."""
    shown: list[tuple[str, int]] = []
    at = 0
    for character in text:
        if character == "\t":
            columns = TAB - at % TAB
            sign = " " * columns
        else:
            sign, columns = glyph(character)
            if columns == 0 and at == 0:
                sign, columns = "\u25cc" + sign, 1  # a mark with no letter under it would land on the margin
        shown.append((sign, columns))
        at += columns
    return shown


def _is_plain(text: str) -> bool:
    """Whether each character takes one column and is shown as it is; most texts are so, and looked at in no time."""
    return text.isascii() and text.isprintable()


def visible(text: str) -> str:
    """A text on one line, safe to print: line ends become blanks."""
    if _is_plain(text):
        return text
    return "".join(sign for sign, _ in glyphs(" ".join(text.splitlines())))


def encodable(text: str) -> str:
    """The same text without lone surrogates, which no UTF-8 stream takes (a path of undecodable bytes has them)."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        pass
    else:
        return text
    return "".join(UNKNOWN if "\ud800" <= character <= "\udfff" else character for character in text)


def columns(text: str) -> int:
    """The columns a text takes."""
    if _is_plain(text):
        return len(text)
    return sum(width for _, width in glyphs(text))


def wrapped(text: str, room: int | None) -> list[str]:
    """The lines of a text, each made safe to print and broken at blanks so that it takes at most `room` columns.

    A word longer than that stands on a line of its own, whole: it may be a path to copy. `room` None breaks nothing.
    """
    lines: list[str] = []
    for paragraph in text.splitlines() or [""]:
        safe = visible(paragraph)
        lines.extend([safe] if room is None or columns(safe) <= room else filled(safe, room))
    return lines


def filled(text: str, room: int) -> Iterable[str]:
    """The words of one line, spread over lines of at most `room` columns."""
    line = ""
    for word in text.split(" "):
        longer = f"{line} {word}" if line else word
        if line and columns(longer) > room:
            yield line
            line = word
        else:
            line = longer
    yield line
