"""Words that are nearly the language's: `strеngth` with a Cyrillic е, misspelt functions with words in brackets."""

from __future__ import annotations

import re
import unicodedata

from kpidsl.diagnostics import closest
from kpidsl.syntax.slip_model import Slip

# After Unicode Technical Standard 39, confusables: the Cyrillic and Greek letters that are drawn as Latin ones.
_LIKE = str.maketrans(
    "АВЕЅІЈКМНОРСТУХаеѕіјԛорсԝухһԁΑΒΕΖΗΙΚΜΝΟΡΤΥΧοϲϳνα",
    "ABESIJKMHOPCTYXaesijqopcwyxhdABEZHIKMNOPTYXocjva",
)
_WORD = re.compile(r"\w+")
_REACH = 100
_WITH_WORDS = (
    "prevalence", "krippendorff_alpha", "cohen_kappa", "fleiss_kappa", "conversions", "conversion_rate"
)  # fmt: skip
_IS = re.compile(
    r"(?:^|[{;])[ \t]*(?:success|method|kind|ambition|policy|parent|owner|unit|period|review)[ \t]+(?P<word>is[ \t]+)$"
)
_INSIDE = re.compile(r"(by|per|to)\b")
_CALLED = re.compile(r"\b([A-Za-z_]\w*)[ \t]*\([^(){};\n]*$")


def misspelt(text: str, offset: int) -> Slip | None:
    """The word that stopped the parser at an offset, where it is nearly one of the language; None for all else."""
    return _lookalike(text, offset) or _function(text, offset) or _copula(text, offset)


def word_around(text: str, offset: int) -> tuple[int, str]:
    """Where the word at or around an offset begins, and the word: empty where there is none, cut where it is long."""
    start = offset
    while start > max(0, offset - _REACH) and _WORD.match(text[start - 1]):
        start -= 1
    found = _WORD.match(text, start, offset + _REACH)
    return start, found[0] if found is not None else ""


def _function(text: str, offset: int) -> Slip | None:
    """`krippendrff_alpha(code by …`: the words inside stop the parser, and the name is what is wrong."""
    if _INSIDE.match(text, offset) is None:
        return None
    opened = _CALLED.search(text[max(0, offset - _REACH) : offset])
    meant = None if opened is None else closest(opened[1], _WITH_WORDS)
    if opened is None or meant is None or meant == opened[1]:
        return None
    start = max(0, offset - _REACH) + opened.start(1)
    return Slip(
        start,
        start + len(opened[1]),
        "K0308",
        f"there is no aggregation `{opened[1]}`",
        f"did you mean `{meant}`?",
        meant,
    )


def _copula(text: str, offset: int) -> Slip | None:
    """`success is good`: a property and what it is stand beside each other."""
    found = _IS.search(text[text.rfind("\n", 0, offset) + 1 : offset][-_REACH:])
    if found is None:
        return None
    start = offset - len(found["word"])
    return Slip(start, offset, "K0101", "`is` cannot stand here", "leave it out", "")


def _lookalike(text: str, offset: int) -> Slip | None:
    """The word at or around an offset, where letters in it only look like the language's; None for all else.

    A word of another alphabet alone is none: it is a name, and no slip.
    """
    start, word = word_around(text, offset)
    if word.isascii():
        return None
    meant = _latin(word)
    if not meant.isidentifier() or not meant.isascii() or not any(one.isascii() and one.isalpha() for one in word):
        return None
    if any(not one.isascii() and not one.isalpha() for one in word):  # `m²`
        return None
    at, odd = next((at, one) for at, one in enumerate(word, 1) if not one.isascii())
    name = unicodedata.name(odd, "").lower()
    like = _latin(odd)
    return Slip(
        start,
        start + len(word),
        "K0101",
        f"letter {at} of `{word}` is `{odd}` (U+{ord(odd):04X}{', ' if name else ''}{name}), which only looks like "
        f"`{like}`",
        f"write `{meant}`",
        meant,
    )


def _latin(text: str) -> str:
    """Letters that are drawn as others, and those of other widths and styles, as the letters a to z."""
    return unicodedata.normalize("NFKC", text.translate(_LIKE))
