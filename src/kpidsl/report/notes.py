"""Errors and warnings of an evaluation for a person: at the foot of the table, or on standard error."""

from __future__ import annotations

from collections.abc import Sequence

from kpidsl.assess.results import ErrorResult
from kpidsl.diagnostics.glyphs import visible, wrapped
from kpidsl.report.table import paint

NAMES = 8  # of what a problem affects, before "and 12 more"
COLOURS = {"error": "1;31", "warning": "1;33"}


def notes(found: Sequence[ErrorResult], severity: str, *, width: int, colour: bool) -> list[str]:
    """The lines of all of them: `error[K0601]: message`, then indented the place, a hint, and what is affected."""
    lines: list[str] = []
    for each in found:
        code = f"{severity}[{visible(each.code)}]" if each.code else severity
        first, *rest = wrapped(each.message, None)
        lines.append(f"{paint(code, COLOURS[severity], on=colour)}: {paint(first, '1', on=colour)}")
        lines.extend(f"  {line}" for line in rest)
        if each.at:
            lines.append(f"  {paint('-->', '1;34', on=colour)} {visible(each.at)}")
        for kind, text in (("help", each.hint), ("affects", _named(each.affects))):
            if text:
                lead, *others = wrapped(text, max(width - len(kind) - 4, 20))
                lines.append(f"  {paint(f'{kind}:', '1', on=colour)} {lead}")
                lines.extend(" " * (len(kind) + 4) + line for line in others)
    return lines


def _named(affects: Sequence[str]) -> str:
    named = ", ".join(affects[:NAMES])
    return named if len(affects) <= NAMES else f"{named} and {len(affects) - NAMES} more"
