"""Did-you-mean."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property, lru_cache

from kpidsl.patterns import regex

_DIGITS = regex(r"\d")
_VALUE = regex(r"-?[0-9][0-9.,:/T -]*")
_BITS = 509
"""Letters, digits and `_`, of each the first four in a word, have a bit of their own."""
_LONGEST = 200


Letters = tuple[int, int]
"""Which letters a word has, and how many there is no bit left for: how many letters two words share at most is known
before their order is looked at."""


def _letters(word: str) -> Letters:
    met: dict[str, int] = {}
    bits = 0
    for letter in word:
        seen = met.get(letter, 0)
        met[letter] = seen + 1
        bits |= 1 << (ord(letter) * 4 + min(seen, 3)) % _BITS
    return bits, len(word) - bits.bit_count()


class _Known:
    """Words that may be meant."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = sorted(names)
        self.folded = {name.casefold(): name for name in self.names}

    @cached_property
    def of_size(self) -> dict[int, list[tuple[str, int, int]]]:
        """The words, in small letters, by how many letters they have, with these."""
        found: dict[int, list[tuple[str, int, int]]] = {}
        for name in self.folded:
            found.setdefault(len(name), []).append((name, *_letters(name)))
        return found

    @cached_property
    def of_digits(self) -> dict[tuple[str, ...], list[tuple[str, int, int, int]]]:
        """The words as they are written, by the digits in them, with their size and letters."""
        found: dict[tuple[str, ...], list[tuple[str, int, int, int]]] = {}
        for name in self.names:
            folded = name.casefold()
            found.setdefault(tuple(_DIGITS.findall(name)), []).append((name, len(folded), *_letters(folded)))
        return found

    def nearest(self, word: str, cutoff: float) -> str | None:
        """What `difflib.get_close_matches(word, …, n=1)` finds. That compares a word with each; this with those that
        have enough of its letters to be nearer than the nearest so far.
        """
        from difflib import SequenceMatcher

        matcher = SequenceMatcher(b=word)
        bits, spare = _letters(word)
        may_be: dict[float, list[str]] = {}
        for size, same in self.of_size.items():
            both = size + len(word)
            if 2 * min(size, len(word)) < cutoff * both:
                continue
            for name, others, left in same:
                most = 2.0 * ((bits & others).bit_count() + (min(spare, left))) / both
                if most >= cutoff:
                    may_be.setdefault(most, []).append(name)
        best = (cutoff, "")
        for most in sorted(may_be, reverse=True):
            if most < best[0]:
                break
            for name in may_be[most]:
                matcher.set_seq1(name)
                best = max(best, (matcher.ratio(), name))
        return best[1] or None

    def slips(self, word: str, least: int) -> list[str]:
        """The words that are surely meant, and so many letters away."""
        bits, spare = _letters(word.casefold())
        size = len(word.casefold())
        return [
            name
            for name, length, others, left in self.of_digits.get(tuple(_DIGITS.findall(word)), ())
            if (bits & others).bit_count() + min(left, spare) >= max(length, size) - least
            and is_slip(word, name)
            and distance(word, name) == least
        ]


@lru_cache(maxsize=4)
def _known(names: frozenset[str]) -> _Known:
    """Of a thousand unknown words most are looked for among the same."""
    return _Known(names)


def closest(word: str, known: Iterable[str]) -> str | None:
    """The known word nearest to `word`, or None where none is near enough to be meant."""
    found = _known(frozenset(known))
    if word.casefold() in found.folded:
        return found.folded[word.casefold()]
    if not 3 <= len(word) <= _LONGEST:
        return None  # every short word is near to every other, and to compare takes the square of the letters
    near = found.nearest(word.casefold(), 0.7 if len(word) > 4 else 0.66)
    return found.folded[near] if near is not None else None


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """A hint to type, or None. Where two words are equally near, both are named."""
    names = frozenset(known)
    near = closest(word, names)
    if near is None:
        return None
    if is_slip(word, near) and word.casefold() != near.casefold():
        equal = _known(names).slips(word, distance(word, near))
        if len(equal) > 1:
            return f"did you mean `{equal[0]}` or `{equal[1]}`?"
    return f"did you mean `{near}`?"


def unsplit(columns: Sequence[str], wanted: str | None = None) -> str | None:
    """A hint for a table whose only column is a whole header, in which the wanted name may be: what separates it. Also
    for one whose header is a row of dates and numbers.
    """
    if columns and all(_VALUE.fullmatch(column.strip()) for column in columns):
        return 'the first line holds values, and no names: write `header: false, columns: ["at", "amount"]`'
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
    if word.casefold() == meant.casefold():
        return True
    return len(word) <= _LONGEST and distance(word, meant) <= (2 if min(len(word), len(meant)) > 4 else 1)
