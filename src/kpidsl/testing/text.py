"""The outcome of tests for a person at a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kpidsl.diagnostics.glyphs import columns, visible
from kpidsl.diagnostics.text import paint
from kpidsl.testing.outcomes import Failure, LookedAt, Outcome, SuiteReport

GREEN, RED, DIM, BOLD = "32", "1;31", "2", "1"
WIDEST_CELL = 40


def to_text(report: SuiteReport, *, colour: bool = False, verbose: bool = False) -> str:
    """Every failure with its rows, then the counts; `verbose` names the tests that passed too."""
    lines: list[str] = []
    for outcome in report.outcomes:
        if outcome.passed:
            if verbose:
                lines.append(f"{paint('passed', GREEN, on=colour)}  {visible(outcome.title)}")
            continue
        lines.append(f"{paint('FAILED', RED, on=colour)}  {paint(visible(outcome.title), BOLD, on=colour)}")
        for failure in outcome.failures:
            lines.extend(f"  {line}".rstrip() for line in failure_lines(failure, colour=colour))
        lines.append("")
    lines.append(paint(summary(report), RED if report.failed else GREEN, on=colour))
    return "\n".join([*lines, ""])


def summary(report: SuiteReport) -> str:
    """`12 passed, 1 failed`."""
    failed = f", {report.failed} failed" if report.failed else ""
    return f"{report.passed} passed{failed}"


def failure_lines(failure: Failure, *, colour: bool = False) -> Iterator[str]:
    """One failure: its place, the line as written, expected and found, why, and the rows."""
    place = f"{failure.span.source.path}:{failure.span.line}"
    yield f"{paint(visible(place), DIM, on=colour)}  {visible(failure.expectation)}"
    yield f"  expected  {paint(visible(failure.expected), GREEN, on=colour)}"
    yield f"  found     {paint(visible(failure.found), RED, on=colour)}"
    for number, reason in enumerate(failure.why):
        yield f"  {'why       ' if not number else '          '}{visible(reason)}"
    for each in failure.looked_at:
        yield from looked_at_lines(each, colour=colour)


def looked_at_lines(each: LookedAt, *, colour: bool) -> Iterator[str]:
    for number, window in enumerate(each.windows[:2]):
        yield f"  {'window    ' if not number else '          '}{visible(window)}"
    if len(each.windows) > 2:
        yield f"            and {len(each.windows) - 2} more"
    if not each.given:
        return
    yield f"  rows      {each.inside} of {each.given} of `{visible(each.source)}` in the window"
    if not each.rows:
        return
    cells = [each.headings, *(row for row, _ in each.rows)]
    shown = [[_cut(cell) for cell in row] for row in cells]
    widths = [max(columns(row[place]) for row in shown) for place in range(len(each.headings))]
    yield paint(f"              {_row(shown[0], widths)}", DIM, on=colour)
    for row, (_, kept) in zip(shown[1:], each.rows, strict=True):
        line = f"            {' ' if kept else '-'} {_row(row, widths)}"
        yield line if kept else paint(line, DIM, on=colour)
    if each.inside > len(each.rows):
        yield f"              and {each.inside - len(each.rows)} more"
    if not all(kept for _, kept in each.rows):
        yield "            - left out by a `where`"


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (cell + " " * (width - columns(cell)) for cell, width in zip(cells, widths, strict=True))
    return "  ".join(padded).rstrip()


def _cut(cell: str) -> str:
    safe = visible(cell)
    return safe if len(safe) <= WIDEST_CELL else f"{safe[: WIDEST_CELL - 1]}…"


def failures_of(outcome: Outcome) -> str:
    """All failures of one test, without colour."""
    return "\n".join(line.rstrip() for failure in outcome.failures for line in failure_lines(failure))
