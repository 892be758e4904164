"""Files that are no spec as they stand: a merge that is not finished, a Git LFS pointer, a web page, other line ends.

They break the grammar in many places, none of which is what is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from kpidsl.diagnostics import Problems
from kpidsl.source_text import Source, Span

_BEGIN = re.compile(r"^<{7}(?!<)[^\n]*", re.MULTILINE)
_OTHERS = re.compile(r"^(?:(={7})(?!=)|(\|{7})(?!\|)|(>{7})(?!>))[^\n]*", re.MULTILINE)
_POINTER = "version https://git-lfs.github.com/"
_PAGE = re.compile(r"\s*<(?:!doctype html|html|\?xml)\b", re.IGNORECASE)
MOST = 20  # conflicts of one file that are told


def is_no_spec(source: Source, problems: Problems) -> bool:
    """Report why a text that breaks the grammar is no spec, if it is one of these."""
    text = source.text
    conflicts = list(_conflicts(text))
    for begin, others in conflicts[:MOST]:
        problems.error(
            "K0112",
            "a merge conflict that is not resolved",
            Span(source, *begin),
            "one side begins here",
            also=[(Span(source, *place), _NAMES[sign]) for sign, place in others],
            hint="keep one side or both, and delete the lines `<<<<<<<`, `=======` and `>>>>>>>`",
        )
    if conflicts:
        return True
    if text.startswith(_POINTER):
        return _whole(source, problems, "this is a pointer of Git LFS, and not the file", "fetch it: `git lfs pull`")
    if _PAGE.match(text):
        return _whole(source, problems, "this is a web page or XML, and no spec", "look at what was saved or fetched")
    if "\0" in text:
        at = text.index("\0")
        place = Span(source, at, at + 1)
        problems.error("K0112", "a NUL: this is no text", place, hint="take it out, or save the file as text in UTF-8")
        return True
    if "\r" in text.rstrip("\r") and "\n" not in text:
        words = "its lines end with carriage returns alone, so all is one line"
        return _whole(source, problems, words, r"save it with the line ends of Unix or Windows: `tr '\r' '\n' < FILE`")
    return False


_NAMES = {"|": "what both came from", "=": "the other side", ">": "it ends here"}


def _conflicts(text: str) -> Iterator[tuple[tuple[int, int], list[tuple[str, tuple[int, int]]]]]:
    """Where each conflict begins, and the lines that divide and end it."""
    for begin in _BEGIN.finditer(text):
        others: list[tuple[str, tuple[int, int]]] = []
        for line in _OTHERS.finditer(text, begin.end()):
            sign = line[0][0]
            others.append((sign, line.span()))
            if sign == ">":
                break
        if others and others[-1][0] == ">":
            yield begin.span(), others


def _whole(source: Source, problems: Problems, message: str, hint: str) -> bool:
    first = re.match(r"[^\r\n]{0,60}", source.text)
    stop = first.end() if first is not None else 0
    problems.error("K0112", message, Span(source, 0, stop), hint=hint)
    return True
