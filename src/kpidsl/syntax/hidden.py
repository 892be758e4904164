"""Characters that nobody sees, that only look like blanks and line ends, or that are digits and signs of other widths
and scripts: told once a line, and read as what is meant.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from kpidsl.diagnostics import Fix, Problems
from kpidsl.source_text import Source, Span
from kpidsl.syntax.recovery import begins_declaration, is_property
from kpidsl.syntax.tables import tables

MOST_LINES = 5  # of a file that are told one by one
_ENDS = "\x0b\x85\u2028\u2029"
_PIECE = re.compile(
    r'"""(?s:.)*?"""|"(?:\\.|[^"\\\n])*+"?|`[^`\n]*`?|(?P<comment>#[^\n]*)|'
    r'given[ \t]+[A-Za-z_][A-Za-z0-9_.]*[ \t]*\{(?:[^{}"#]|"(?:\\.|[^"\\\n])*+"|#[^\n]*+)*+\}|(?P<odd>[^\t\n\f\r -~])',
)
_END_IN_COMMENT = re.compile(rf"[{_ENDS}]|\r(?![\r\n])")
_THOUSANDS = re.compile(r"\d.\d{3}(?![\w.])", re.DOTALL)
_TAKEN_OUT = re.compile(r"\w*(?:\0+\w*)+")
_BEFORE = re.compile(r"[A-Za-z_]\w*$", re.ASCII)
_WORD = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_NAMES = {
    "\x0b": "a line end within a paragraph", "\x85": "a line end of other systems", "\x1a": "an end of file of DOS",
    "\x1b": "an escape", "\r": "a carriage return", "\u00ad": "soft hyphen", "\ufeff": "byte order mark",
}  # fmt: skip


class _Odd(NamedTuple):
    """A character that has no place in a spec: `fix` is to be written, `read` is read (as long as it is)."""

    start: int
    character: str
    fix: str
    read: str
    hint: str


def hides_lines(text: str) -> bool:
    """Whether what an editor shows as a line of its own may belong to the comment before it."""
    if not any(end in text for end in _ENDS) and text.count("\r") == text.count("\r\n"):
        return False
    return any(_ends_of_comment(text, piece) for piece in _PIECE.finditer(text))


def as_meant(source: Source, problems: Problems) -> str:
    """The text with a blank or nothing for what cannot be seen, and with the lines that comments hide, each at its
    offset. All of it is reported.
    """
    text = source.text
    hiding = [(piece.start(), at) for piece in _PIECE.finditer(text) for at in _ends_of_comment(text, piece)]
    _tell_hidden(source, [at for _, at in hiding], problems)
    text = _uncovered(text, hiding)
    found = list(_odd(text))
    lines: dict[int, list[_Odd]] = {}
    for one in found:
        lines.setdefault(source.position(one.start)[0], []).append(one)
    if len(lines) > MOST_LINES:
        _tell(source, found, len(lines) - 1, problems)
    else:
        for several in lines.values():
            _tell(source, several, 0, problems)
    return _read(text, found)


def _tell_hidden(source: Source, ends: list[int], problems: Problems) -> None:
    """One problem for each end of a line that is none; where there are many, one for all with one edit."""
    text, hint = source.text, "begin a new line"
    several = [ends] if len(ends) > MOST_LINES else [[at] for at in ends]
    for some in several:
        parts = [text[one + 1 : other] for one, other in pairwise(some)]
        end = Span(source, some[0], some[0] + 1)
        problems.error(
            "K0101", f"{_named(text[some[0]])} ends no line here: what follows belongs to the comment", end,
            notes=[f"and in {len(some) - 1} more places"] if len(some) > 1 else (), hint=hint,
            fix=Fix(hint, Span(source, some[0], some[-1] + 1), "\n".join(["", *parts, ""])),
        )  # fmt: skip


def _uncovered(text: str, hiding: list[tuple[int, int]]) -> str:
    """The text with the lines that comments hide, each at its offset: of a comment the words before them are blanks."""
    found = list(text)
    last = -1
    for start, at in hiding:
        begin = text.rfind("\n", 0, start) + 1
        before = text[last + 1 if last > start else begin : at if last > start else start].strip()
        if last < start:
            found[start:at] = " " * (at - start)
        found[at] = ";" if before and before[-1] not in "([{,=;" else " "
        last = at
    return "".join(found)


def _ends_of_comment(text: str, piece: re.Match[str]) -> Iterator[int]:
    if piece["comment"] is None:
        return
    for end in _END_IN_COMMENT.finditer(text, *piece.span()):
        if is_property(text, end.end()) or begins_declaration(text, end.end()):
            yield end.start()


def _odd(text: str) -> Iterator[_Odd]:
    for piece in _PIECE.finditer(text):
        character = piece["odd"]
        if character is None:
            continue
        at = piece.start()
        plain = _plain(character)
        if plain is not None:
            yield _Odd(at, character, plain, plain, f"write `{plain}`")
        if unicodedata.category(character)[0] not in "CZ":
            continue
        if character in _ENDS:
            line_start, line_end = text.rfind("\n", 0, at) + 1, text.find("\n", at)
            before = text[line_start:at].strip()
            after = text[at + 1 : line_end if line_end >= 0 else len(text)].strip()
            if before and after and (is_property(text, at + 1) or begins_declaration(text, at + 1)):
                yield _Odd(at, character, "\n", " " if before[-1] in "{;" else ";", "begin a new line")
            elif before and after:
                yield _Odd(at, character, " ", " ", "write a plain space")
            else:
                yield _Odd(at, character, "", " ", "take it out")
        elif unicodedata.category(character) == "Zs" and _THOUSANDS.match(text, at - 1):
            yield _Odd(at, character, "_", "_", "digits are grouped by `_`: `1_000`")
        elif unicodedata.category(character)[0] == "Z" or (character == "\u200b" and _parts_words(text, at)):
            yield _Odd(at, character, " ", " ", "write a plain space")
        else:
            yield _Odd(at, character, "", "", "take it out")


def _parts_words(text: str, at: int) -> bool:
    """Whether a character that nobody sees stands between two words, one of which is one of the language's."""
    before, after = _BEFORE.search(text[max(0, at - 60) : at]), _WORD.match(text, at + 1)
    if before is None or after is None or re.search(rf"\b{before[0]}{after[0]}\b", text):
        return False
    known = tables()
    words = {word for keywords, *_ in known.readers for word in keywords} if known is not None else set()
    return before[0] in words or after[0] in words


def _plain(character: str) -> str | None:
    """The digit that one of another script means, and the sign of one that is as wide as two."""
    if unicodedata.category(character) == "Nd":
        return str(unicodedata.digit(character))
    if "\uff01" <= character <= "\uff5e" and not character.isalpha():
        return chr(ord(character) - 0xFEE0)
    return None


def _tell(source: Source, several: list[_Odd], more: int, problems: Problems) -> None:
    """One problem for some characters, and one edit that mends all."""
    first, start, end = several[0], several[0].start, several[-1].start + 1
    meant, at = "", start
    for one in several:
        meant, at = f"{meant}{source.text[at : one.start]}{one.fix}", one.start + 1
    place = next((n for n, one in enumerate(several) if one.start != start + n), len(several))
    hint = first.hint if first.read != meant[:1] or not meant.strip() else f"write `{meant[:place]}`"
    problems.error(
        "K0101", f"{_named(first.character)} is no part of the language", Span(source, start, start + place),
        notes=[f"and in {more} more line{'s' if more > 1 else ''}"] if more else (), hint=hint,
        fix=Fix(hint, Span(source, start, end), meant),
    )  # fmt: skip


def _named(character: str) -> str:
    name = _NAMES.get(character) or unicodedata.name(character, "").lower()
    shown = character if character.isprintable() and unicodedata.category(character)[0] != "Z" else ""
    return f"`{shown or f'U+{ord(character):04X}'}`{f' ({name})' if name else ''}"


def _read(text: str, found: list[_Odd]) -> str:
    """The text as it is read. What is taken out of a word makes room behind it, so that all else stays in place."""
    read = list(text)
    for one in found:
        read[one.start] = one.read or "\0"
    return _TAKEN_OUT.sub(lambda word: word[0].replace("\0", "").ljust(len(word[0])), "".join(read))
