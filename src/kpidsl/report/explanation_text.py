"""An explanation for a person at a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from kpidsl.diagnostics.glyphs import columns, encodable, visible, wrapped
from kpidsl.diagnostics.text import render_text
from kpidsl.report.explanation import Explanation, InputShown, Related, WindowShown
from kpidsl.report.table import BOLD, DIM, padded, paint

LABEL = 11  # columns of the words on the left
NARROWEST = 60
KINDS = {
    "flow": "adds up over time and over segments",
    "stock": "as it stands at the end of a window; never added up over time",
    "ratio": "total over total, never a mean of ratios",
    "mean": "computed anew for every window and segment, never added up",
    "distinct": "counted anew for every window and segment, never added up",
    "quantile": "computed anew for every window and segment, never added up",
    "constant": "the same whenever it is asked for",
}


def to_text(explanations: Sequence[Explanation], *, width: int, colour: bool = False) -> str:
    """One explanation under the other, `width` columns wide, ended by a line end. SQL and definitions are never broken,
    so that they can be copied.
    """
    width = max(width, NARROWEST)
    blocks = ["\n".join(_Page(one, width, colour).lines()) for one in explanations]
    return encodable("\n\n".join(blocks)) + "\n"


class _Page:
    """One declaration, laid out for one width."""

    def __init__(self, shown: Explanation, width: int, colour: bool) -> None:
        self.shown = shown
        self.width = width
        self.colour = colour

    def lines(self) -> Iterator[str]:
        shown = self.shown
        named = f"{shown.kind} {shown.name}"
        said = f"  {visible(shown.title)}" if shown.title is not None else ""
        yield paint(named, BOLD, on=self.colour) + said
        yield self.dim(shown.at)
        if shown.description:
            yield ""
            yield from wrapped(" ".join(shown.description.split()), self.width)
        yield ""
        yield from (f"  {visible(line)}".rstrip() for line in shown.text.splitlines())
        yield ""
        yield from self.facts()
        yield from self.time()
        yield from self.rows()
        yield from self.section("Built on", self.related(shown.built_on))
        yield from self.section("Used by", self.related(shown.used_by) or ["nothing in this spec"])
        yield from self.queries()
        if shown.problems:
            yield ""
            yield from render_text(shown.problems, colour=self.colour, width=self.width).splitlines()
        yield ""
        yield self.dim(f"as of {_as_of(shown)}")

    # ------------------------------------------------------------ blocks
    def facts(self) -> Iterator[str]:
        shown = self.shown
        if shown.measure is not None:
            yield from self.told("Kind", f"{shown.measure}: {KINDS[shown.measure]}")
            yield from self.told("Unit", shown.unit or "a plain number")
        yield from self.told("Owner", shown.owner)
        yield from self.told("Review", shown.review)
        yield from self.told("Tags", ", ".join(shown.tags))
        labels = dict.fromkeys(label for label, _ in shown.facts)
        for label in labels:
            texts = [text for each, text in shown.facts if each == label]
            yield from self.section(label.capitalize(), texts)

    def time(self) -> Iterator[str]:
        shown = self.shown
        by_part = [_parted(one) for one in shown.windows]
        rows = [(label, _dates(one), of) for one, (label, of) in zip(shown.windows, by_part, strict=True)]
        yield from self.section("Windows", _table(rows))
        for bound in shown.bounds:
            aside = "" if bound.in_force else "  (not in force)"
            yield from self.told(bound.what.capitalize(), f"{bound.text}{aside}")

    def rows(self) -> Iterator[str]:
        shown = self.shown
        yield from self.section("Inputs", [line for one in shown.inputs for line in _input(one)])
        sources = [(one.name, one.provider, one.problem or ", ".join(one.files) or "") for one in shown.sources]
        yield from self.section("Sources", _table(sources))

    def queries(self) -> Iterator[str]:
        for query in self.shown.queries:
            yield ""
            yield from self.told("SQL", query.about)
            yield from (self.dim(f"  {visible(line)}".rstrip()) for line in query.sql.splitlines())
        if self.shown.note is not None:
            yield ""
            yield from (self.dim(line) for line in wrapped(self.shown.note, self.width))

    # ------------------------------------------------------------ lines
    def dim(self, text: str) -> str:
        return paint(text, DIM, on=self.colour)

    def told(self, label: str, text: str | None) -> Iterator[str]:
        if text:
            yield from self.section(label, [text])

    def section(self, label: str, lines: Sequence[str]) -> Iterator[str]:
        """A word on the left, lines beside it; none where there are none."""
        at = max(LABEL, columns(label))
        first = self.dim(label) + " " * (at - columns(label))
        room = self.width - LABEL - 1
        for line in lines:
            # A row of a table is one line, however long; a sentence is broken at its blanks.
            for part in [visible(line)] if "  " in line.strip() else wrapped(line, room):
                yield f"{first} {part}".rstrip()
                first = " " * LABEL

    def related(self, found: Iterable[Related]) -> list[str]:
        rows = [(one.kind, f'"{one.name}"' if one.kind == "test" else one.name, one.at, _through(one)) for one in found]
        return _table(rows)


def _through(one: Related) -> str:
    return f"through {one.through}" if one.through is not None else ""


def _table(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Rows whose cells begin in one column each."""
    shown = [tuple(visible(cell) for cell in row) for row in rows]
    widths = [max(columns(row[place]) for row in shown) for place in range(len(shown[0]))] if shown else []
    return ["  ".join(padded(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in shown]


def _parted(window: WindowShown) -> tuple[str, str]:
    """The label of a window, and what looks at it."""
    return window.label, ", ".join(window.of)


def _dates(window: WindowShown) -> str:
    """The days of a window, the last one included; instants where an edge is inside a day."""
    start, end = window.start, window.end
    if start is not None and start == end:
        return f"at {_instant(end)}"
    if _is_midnight(end) and (start is None or _is_midnight(start)):
        last = (end.replace(tzinfo=None) - timedelta(days=1)).date()
        return f"{start.date() if start is not None else 'the first row'} … {last}"
    return f"{_instant(start) if start is not None else 'the first row'} up to {_instant(end)}"


def _is_midnight(at: datetime) -> bool:
    return (at.hour, at.minute, at.second, at.microsecond) == (0, 0, 0, 0)


def _instant(at: datetime) -> str:
    """A civil time; midnight is the end of the day before."""
    if _is_midnight(at):
        return f"the end of {(at.replace(tzinfo=None) - timedelta(days=1)).date()}"
    return at.replace(tzinfo=None).isoformat(" ", "auto" if at.second or at.microsecond else "minutes")


def _input(found: InputShown) -> Iterator[str]:
    where = f" where {' and '.join(f'({each})' if len(found.where) > 1 else each for each in found.where)}"
    each = "".join(f" each {name}" for name in found.series)
    yield f"{found.aggregation} from {found.source}{where if found.where else ''}{each}"
    if len(found.windows) == 1:
        yield f"  {found.windows[0].label}  {_dates(found.windows[0])}"
    elif found.windows:
        whole = replace(found.windows[0], end=max(one.end for one in found.windows))
        yield f"  {len(found.windows)} windows  {_dates(whole)}"


def _as_of(shown: Explanation) -> str:
    at = shown.as_of
    now = "now, " if shown.as_of_is_now else ""
    return f"{now}{_instant(at)} ({shown.timezone})"
