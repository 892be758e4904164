"""Did-you-mean."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_DIGITS = re.compile(r"\d")


def closest(word: str, known: Iterable[str]) -> str | None:
    """The known word nearest to `word`, or None where none is near enough to be meant."""
    names = sorted(set(known))
    folded = {name.casefold(): name for name in names}
    if word.casefold() in folded:
        return folded[word.casefold()]
    if len(word) < 3:
        return None  # every short word is near to every other
    from difflib import get_close_matches

    cutoff = 0.7 if len(word) > 4 else 0.66
    found = get_close_matches(word.casefold(), list(folded), n=1, cutoff=cutoff)
    return folded[found[0]] if found else None


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """A hint to type, or None. Where two words are equally near, both are named."""
    names = sorted(set(known))
    near = closest(word, names)
    if near is None:
        return None
    if is_slip(word, near) and word.casefold() != near.casefold():
        least = distance(word, near)
        equal = [name for name in names if is_slip(word, name) and distance(word, name) == least]
        if len(equal) > 1:
            return f"did you mean `{equal[0]}` or `{equal[1]}`?"
    return f"did you mean `{near}`?"


def unsplit(columns: Sequence[str], wanted: str | None = None) -> str | None:
    """A hint for a table whose only column is a whole header, in which the wanted name may be: what separates it."""
    if len(columns) != 1:
        return None
    for mark in (";", "\t", "|", ","):
        parts = [part.strip() for part in columns[0].split(mark)]
        if len(parts) > (1 if wanted is None or wanted in parts else 2):
            shown = "\\t" if mark == "\t" else mark
            return f'the whole header is one column: is the delimiter another one? Write `delimiter: "{shown}"`'
    return None


def distance(word: str, other: str) -> int:
    """How many letters are to be added, left out, replaced or swapped with a neighbour (in any case of letters) to make
    one of the other: optimal string alignment, https://en.wikipedia.org/wiki/Damerau–Levenshtein_distance.
    """
    one, two = word.casefold(), other.casefold()
    before: list[int] = []
    row = list(range(len(two) + 1))
    for i, letter in enumerate(one, 1):
        above, row, earlier = row, [i], before
        before = above
        for j, against in enumerate(two, 1):
            least = min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (letter != against))
            if i > 1 and j > 1 and letter == two[j - 2] and one[i - 2] == against:
                least = min(least, earlier[j - 2] + 1)
            row.append(least)
    return row[-1]


def is_slip(word: str, meant: str) -> bool:
    """Whether a word is surely the other one misspelt: a letter or two, and no digit, is wrong."""
    if abs(len(word) - len(meant)) > 2 or _DIGITS.findall(word) != _DIGITS.findall(meant):
        return False
    return distance(word, meant) <= (2 if min(len(word), len(meant)) > 4 else 1)
