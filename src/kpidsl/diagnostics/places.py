"""Places as machines read them: a span as lines and columns, held inside its text."""

from __future__ import annotations

from kpidsl.diagnostics.model import Severity
from kpidsl.records import dataclass
from kpidsl.source_text import Span


@dataclass(frozen=True, slots=True)
class Region:
    """A stretch of a file. Lines and columns count from 1, columns in characters; the end is exclusive.

    A place between two characters has its end where its start is.
    """

    path: str
    line: int
    column: int
    end_line: int
    end_column: int


def bounds(span: Span) -> tuple[int, int]:
    """Start and end of a span, moved into its text where they lie outside of it; never start > end."""
    length = len(span.source.text)
    start = min(max(span.start, 0), length)
    return start, min(max(span.end, start), length)


def region(span: Span) -> Region:
    """Where a span lies; one that reaches past its text ends with the text."""
    start, end = bounds(span)
    line, column = span.source.position(start)
    end_line, end_column = span.source.position(end)
    return Region(span.source.path, line, column, end_line, end_column)


def counts(severities: tuple[Severity, ...]) -> str:
    """`2 errors, 1 warning`; what does not occur is left out, nothing at all gives an empty text."""
    found = ((severity, severities.count(severity)) for severity in Severity)
    return ", ".join(f"{count} {severity.value}{'s' if count > 1 else ''}" for severity, count in found if count)
