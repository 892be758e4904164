"""A file with syntax errors is read declaration by declaration, and a broken one statement by statement.

Each problem is reported once; the statement it stands in is blanked out and the rest of the declaration read again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from kpidsl.diagnostics import NAMELESS
from kpidsl.records import dataclass

_DECLARATIONS = [
    "namespace",
    "import",
    "calendar",
    "unit",
    "param",
    "goal",
    "source",
    "metric",
    "kpi",
    "objective",
    "outcome",
    "policy",
    "scorecard",
    "test",
]
# `unit`, `goal` and `policy` also begin properties: at the left edge of an open block they are taken as such.
_ALSO_PROPERTIES = frozenset({"unit", "policy"})
_START = re.compile(rf"(?P<indent>[ \t]*)(?P<word>{'|'.join(_DECLARATIONS)})(?![A-Za-z0-9_])")
_NAMED = re.compile(rf"[ \t]*(?:{'|'.join(_DECLARATIONS)})[ \t]+([A-Za-z_][A-Za-z0-9_.]*)")
_PIECE = re.compile(
    r'"""(?s:.)*?"""|"(?:\\.|[^"\\\n])*+"?|#[^\n]*|[(\[]|[)\]]|\{|\}|;|\n|[^"#()\[\]{};\n]+',
)
_CONTINUES = re.compile(r"[ \t]*(?:(?:where|over|on|per|each|default|and|or)(?![A-Za-z0-9_])|[+*/-][ \t])")


@dataclass(frozen=True, slots=True)
class Chunk:
    """The text of one declaration, `[start, end)`; `name` where its head still shows one."""

    start: int
    end: int
    name: str | None


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement of a declaration, `[start, end)`; `block_end` is where the block it opens ends, if it opens one."""

    start: int
    end: int
    block_end: int | None


def chunks(text: str) -> Iterator[Chunk]:
    """The declarations of a file, found by their first words. What stands before the first one is a chunk, too."""
    starts = list(_starts(text))
    edges = ([0] if not starts or starts[0] > 0 else []) + starts + [len(text)]
    for begin, end in pairwise(edges):
        if text[begin:end].strip():
            named = _NAMED.match(text, begin)
            yield Chunk(begin, end, named[1] if named else None)


def _starts(text: str) -> Iterator[int]:
    depth = 0
    at_line_start = True
    for piece in _PIECE.finditer(text):
        part = piece[0]
        if at_line_start:
            found = _START.match(text, piece.start())
            if found is not None and _begins_here(found, depth):
                yield piece.start()
                depth = 0
        if part == "{":
            depth += 1
        elif part == "}":
            depth = max(0, depth - 1)
        at_line_start = part == "\n" or (at_line_start and not part.strip())


def _begins_here(found: re.Match[str], depth: int) -> bool:
    if depth == 0:
        return True
    return not found["indent"] and found["word"] not in _ALSO_PROPERTIES


def begins_declaration(text: str, offset: int) -> bool:
    """Whether what stands at an offset looks like the first word of a declaration."""
    return _START.match(text, offset) is not None


def statements(text: str, chunk: Chunk) -> list[Statement]:
    """The statements of a declaration, outer and inner ones, in the order of their starts."""
    found: list[Statement] = []
    open_blocks: list[int] = []
    start = chunk.start
    brackets = 0
    last = ""

    def close(end: int) -> None:
        nonlocal start
        if text[start:end].strip():
            found.append(Statement(start, end, None))
        start = end

    for piece in _PIECE.finditer(text, chunk.start, chunk.end):
        part, begin = piece[0], piece.start()
        if part in ("(", "["):
            brackets += 1
        elif part in (")", "]"):
            brackets = max(0, brackets - 1)
        elif part == "\n":
            # A bracket that is never closed must not swallow the rest of the declaration.
            goes_on = brackets > 0 or last in ("=", ",")
            if (not goes_on or is_property(text, piece.end())) and not _CONTINUES.match(text, piece.end()):
                close(begin)
                brackets = 0
        elif part == ";" and brackets == 0:
            close(begin)
            start = piece.end()
        elif part == "{":
            close(begin)
            open_blocks.append(len(found) - 1)
            start = piece.end()
        elif part == "}":
            close(begin)
            start = piece.end()
            if open_blocks:
                header = open_blocks.pop()
                if 0 <= header < len(found):
                    found[header] = Statement(found[header].start, found[header].end, piece.end())
        if not part.startswith("#") and part.strip():
            last = part.rstrip()[-1]
    close(chunk.end)
    return sorted(found, key=lambda statement: statement.start)


PROPERTIES = frozenset([
    "value", "target", "amber", "compare", "by", "trend", "require", "owner", "review", "tags", "supports",
    "action", "column", "let", "join", "key", "time", "from", "fresh", "holds", "complete", "ahead", "unit",
    "limits", "changed", "indicator", "status", "interval", "signal", "forecast", "baseline", "rebase", "screen",
    "description", "level", "levels", "success", "horizon", "observable", "evidence", "judge", "judged",
    "measure", "expires", "method", "stakeholder", "strength", "need", "period", "ambition", "parent", "policy",
    "checkins", "weight", "increase", "reduce", "keep", "reach", "deliver", "confidence", "timezone", "week",
    "year", "pattern", "holidays", "kind", "expect", "given", "show", "section",
])  # fmt: skip
_PROPERTY = re.compile(rf"\s*(?:{'|'.join(sorted(PROPERTIES))}|\}})(?![A-Za-z0-9_])")


def is_property(text: str, offset: int) -> bool:
    """Whether a line looks like one that begins a property."""
    return _PROPERTY.match(text, offset) is not None


_MARKS = re.compile(r'"""(?s:.)*?"""|"(?:\\.|[^"\\\n])*+"?|#[^\n]*|[{}()\[\]]')
_PAIRS = {"}": "{", ")": "(", "]": "["}


def open_marks(text: str, start: int, end: int) -> list[int]:
    """The places of the braces and brackets that are open at `end`, the outermost first."""
    opened: list[int] = []
    for piece in _MARKS.finditer(text, start, end):
        mark = piece[0]
        if mark in "{([":
            opened.append(piece.start())
        elif mark in _PAIRS and opened and text[opened[-1]] == _PAIRS[mark]:
            opened.pop()
    return opened


_HEAD = re.compile(r"[^\n{=#]*+(?:=[^\n{#]*+)?")
_HEAD_WORD = re.compile(r'"(?:\\.|[^"\\\n])*+"?|[A-Za-z_][A-Za-z0-9_.]*')


def head_names(text: str, start: int, end: int) -> set[str]:
    """The words in the head of a broken declaration that may be its name; `NAMELESS` where there is none."""
    begin = start + len(text[start:end]) - len(text[start:end].lstrip())
    head = _HEAD.match(text, begin, end)
    words = _HEAD_WORD.findall(head[0]) if head else []
    names = {word for word in words[:4] if not word.startswith('"') and word not in _DECLARATIONS}
    if not names or (words[0] in _DECLARATIONS and words[1].startswith('"')):
        return names | ({NAMELESS} if words and text[begin].isalpha() else set())
    return names


def without(text: str, start: int, end: int) -> str:
    """The text with a stretch blanked out; line ends stay, so that offsets and lines do."""
    return text[:start] + re.sub(r"[^\n]", " ", text[start:end]) + text[end:]
