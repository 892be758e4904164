"""Diagnostics for a person at a terminal."""

from __future__ import annotations

from collections.abc import Iterable

from kpidsl.diagnostics.canvas import Ink, Row
from kpidsl.diagnostics.change import change
from kpidsl.diagnostics.excerpt import PictureRow, excerpt
from kpidsl.diagnostics.glyphs import visible, wrapped
from kpidsl.diagnostics.model import Diagnostic, Severity
from kpidsl.diagnostics.places import counts, region
from kpidsl.source_text import Source, Span

WIDTH = 120  # columns, where nobody says how many there are
NARROWEST = 40
NAMES = 8  # of what a problem affects, before "and 12 more"
COLOURS = {
    Ink.PLAIN: "",
    Ink.BOLD: "1",
    Ink.GUTTER: "1;34",
    Ink.SECONDARY: "1;34",
    Ink.ADDED: "32",
    Ink.REMOVED: "31",
}
SEVERITY_COLOURS = {Severity.ERROR: "1;31", Severity.WARNING: "1;33", Severity.NOTE: "1;36"}
MOST_SHOWN = 200  # problems: nobody mends more before checking again


def render_text(diagnostics: Iterable[Diagnostic], *, colour: bool, width: int | None = None) -> str:
    """Every diagnostic with its source lines, in the order given, then a line with their counts; "" if there are none.

    `colour` writes ANSI escapes. `width` is the number of columns of the terminal: source lines are cut around the
    place and notes are broken to fit. Without it source lines are cut at 120 columns and notes are left as they are.
    Of more than `MOST_SHOWN`, errors come before what is less than one, and the rest is only counted.
    """
    found = tuple(diagnostics)
    if not found:
        return ""
    shown = [Page(each, colour=colour, width=width).text() for each in _foremost(found)]
    if len(found) > MOST_SHOWN:
        shown.append(f"{len(found) - MOST_SHOWN:_} more are not shown; `kpidsl check --format json` tells them all\n")
    worst = next(severity for severity in Severity if any(each.severity is severity for each in found))
    total = counts(tuple(each.severity for each in found))
    return "\n".join([*shown, paint(total, SEVERITY_COLOURS[worst], on=colour) + "\n"])


def _foremost(found: tuple[Diagnostic, ...]) -> list[Diagnostic]:
    """Those that are shown, in the order given."""
    ranks = list(Severity)
    worst = sorted(range(len(found)), key=lambda at: (ranks.index(found[at].severity), at))
    return [found[at] for at in sorted(worst[:MOST_SHOWN])]


def paint(text: str, codes: str, *, on: bool) -> str:
    """A text in a colour."""
    return f"\x1b[{codes}m{text}\x1b[0m" if on and codes and text.strip() else text


class Page:
    """One diagnostic being written."""

    def __init__(self, diagnostic: Diagnostic, *, colour: bool, width: int | None) -> None:
        self.diagnostic = diagnostic
        self.colour = colour
        self.width = None if width is None else max(width, NARROWEST)
        self.lines: list[str] = []
        spans = [label.span for label in diagnostic.labels]
        if diagnostic.fix:
            spans.append(diagnostic.fix.span)
        last = max((region(span).end_line for span in spans), default=1)
        if diagnostic.fix:
            last += diagnostic.fix.text.count("\n")
        self.pad = len(str(last))

    def text(self) -> str:
        """All lines, each ended."""
        self.headline()
        for number, source in enumerate(self.sources()):
            if number:
                self.gutter()
            self.block(source, "::: " if number else "--> ")
        self.remarks()
        return "".join(f"{line}\n" for line in self.lines)

    def ink(self, text: str, ink: Ink) -> str:
        codes = SEVERITY_COLOURS[self.diagnostic.severity] if ink is Ink.PRIMARY else COLOURS[ink]
        return paint(text, codes, on=self.colour)

    def headline(self) -> None:
        code = f"[{visible(self.diagnostic.code)}]" if self.diagnostic.code else ""
        first, *rest = wrapped(self.diagnostic.message, None)
        kind = self.ink(f"{self.diagnostic.severity.value}{code}", Ink.PRIMARY)
        self.lines.append(kind + self.ink(f": {first}", Ink.BOLD))
        self.lines.extend(self.ink(f"  {line}".rstrip(), Ink.BOLD) for line in rest)

    def sources(self) -> list[Source]:
        """The files to show, the primary place's first."""
        return list(dict.fromkeys(label.span.source for label in self.diagnostic.labels))

    def block(self, source: Source, arrow: str) -> None:
        labels = self.diagnostic.labels
        here = [
            (label.span, label.text, number == 0) for number, label in enumerate(labels) if label.span.source is source
        ]
        self.arrow(here[0][0], arrow)
        self.gutter()
        self.picture(excerpt(source, here, self.room))

    @property
    def room(self) -> int:
        """Columns for source lines: what the gutter leaves."""
        return (self.width or WIDTH) - self.pad - 3

    def arrow(self, span: Span, arrow: str) -> None:
        place = region(span)
        where = f"{visible(place.path)}:{place.line}:{place.column}"
        self.lines.append(f"{' ' * self.pad}{self.ink(arrow, Ink.GUTTER)}{where}")

    def gutter(self, number: str = "", sign: str = "|", ink: Ink = Ink.GUTTER, rest: str = "") -> None:
        left = self.ink(number.rjust(self.pad), Ink.GUTTER)
        self.lines.append(f"{left} {self.ink(sign, ink)} {rest}".rstrip())

    def picture(self, rows: Iterable[PictureRow]) -> None:
        for each in rows:
            painted = self.painted(each.row)
            if each.gutter == "...":
                left = self.ink("...", Ink.GUTTER)
                self.lines.append(f"{left}{' ' * self.pad}{painted}".rstrip() if painted else left)
            else:
                self.gutter(each.gutter, rest=painted)

    def painted(self, row: Row) -> str:
        return "".join(self.ink(text, ink) for text, ink in row.pieces())

    def remarks(self) -> None:
        """Notes, hint, fix and what is affected, set off from the source lines above them."""
        found = self.diagnostic
        affects = ", ".join(found.affects[:NAMES])
        if len(found.affects) > NAMES:
            affects += f" and {len(found.affects) - NAMES} more"
        if found.labels and (found.notes or found.hint or found.fix or affects):
            self.gutter()
        for note in found.notes:
            self.remark("note", note)
        if affects:
            self.remark("affects", affects)
        help_text = found.hint or (found.fix.title if found.fix else "")
        if help_text:
            self.remark("help", help_text)
        if found.fix:
            self.fix()

    def remark(self, kind: str, text: str) -> None:
        lead = f"{' ' * self.pad} {self.ink('=', Ink.GUTTER)} {self.ink(f'{kind}:', Ink.BOLD)} "
        indent = self.pad + len(f" = {kind}: ")
        first, *rest = wrapped(text, None if self.width is None else max(self.width - indent, 20))
        self.lines.append(f"{lead}{first}".rstrip())
        self.lines.extend(f"{' ' * indent}{line}".rstrip() for line in rest)

    def fix(self) -> None:
        """The lines a fix changes, as they are and as they would be."""
        found = self.diagnostic.fix
        rows = change(found, self.room) if found else []
        if not found or not rows:
            return
        primary = self.diagnostic.span
        if primary is None or primary.source is not found.span.source:
            self.arrow(found.span, "::: ")
        self.gutter()
        for each in rows:
            self.gutter(each.number, each.sign, each.ink, self.painted(each.row))
