"""What fails while rows are read, in the words of a spec."""

from __future__ import annotations

import re

from kpidsl.diagnostics import CellError, KpidslError, SourceError
from kpidsl.engine.duck import words

__all__ = ["CellError", "TooLarge", "query_error", "unread_holidays"]


class TooLarge(CellError):
    """What does not fit into the memory that is allowed."""


def unread_holidays() -> KpidslError:
    """Why holidays are not known where nothing was read."""
    return SourceError(
        "the file that lists the holidays is not read here, so business days cannot be counted",
        hint='a country\'s are known without a file: `holidays "DE"`',
    )


def _overflow(text: str) -> str:
    """What was calculated when a number became too large; the advice is about SQL, which nobody wrote."""
    found = re.search(r"verflow in [^(:]*(?:\(\d+\))?[^(:]*[(:] *([^()]*\d)", text)
    return found[1] if found is not None else text.partition(" You might")[0].rstrip(".")


def query_error(error: Exception, source: str) -> KpidslError:
    """A failure of DuckDB in the words of a spec."""
    text = words(error)
    if "verflow" in text or "out of range" in text:
        return CellError(
            f"a number over `{source}` is too large to be exact: {_overflow(text)}",
            code="K0610",
            hint="write `column …: float` if it need not be exact, or calculate with smaller numbers",
        )
    if text.startswith("Out of Memory"):
        return TooLarge(
            f"`{source}` does not fit into memory: {text}",
            code="K0602",
            hint="allow more: `--memory 4GB`",
        )
    if "onversion Error" in text or "regular expression" in text.lower() or "Could not convert" in text:
        return CellError(f"a value of `{source}` cannot be used here: {text}", code="K0604")
    if "Failed to read file" in text:  # nothing else that it says can be trusted, either
        return SourceError(
            f"`{source}` could not be read: {text}",
            code="K0602",
            hint="the file is damaged: write it anew, or fetch it",
        )
    if text.startswith("Binder Error"):
        hint = "did a column get another type while it was asked? run it again, and the check tells"
        return CellError(f"`{source}` could not be read: {text}", code="K0602", hint=hint)
    kind = SourceError if text.startswith("IO Error") else CellError
    return kind(f"`{source}` could not be read: {text}", code="K0602")
