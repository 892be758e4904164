"""What changes in a file, as `patch` takes it."""

from __future__ import annotations

import difflib
import sys
from typing import TYPE_CHECKING

from kpidsl.cli.streams import is_terminal
from kpidsl.diagnostics.glyphs import visible

if TYPE_CHECKING:
    from kpidsl.source_text import Source

COLOURS = {"+": "32", "-": "31", "@": "36"}


def difference(source: Source, text: str, done: str, *, colour: bool) -> str:
    """A unified diff; `done` says what was done to the text.

    For a terminal in colour, and without characters that would act on it.
    """
    name = source.path
    rows = difflib.unified_diff(_rows(source.text), _rows(text), name, f"{name} ({done})", lineterm="")
    shown = []
    for row in rows:
        first, *ends = row.split("\n", 1)
        if is_terminal(sys.stdout):
            first = visible(first)
        if colour and first[:1] in COLOURS:
            first = f"\x1b[{COLOURS[first[:1]]}m{first}\x1b[0m"
        shown.append("\n".join([first, *ends]))
    return "\n".join([*shown, ""])


def _rows(text: str) -> list[str]:
    """The lines of a text; behind a last one without an end stands what diffs say there."""
    rows = text.split("\n")
    last = rows.pop()
    return [*rows, f"{last}\n\\ No newline at end of file"] if last else rows
