"""The diagnostic record and the collector every stage reports to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import replace
from enum import Enum

from kpidsl.diagnostics.follow_on import TOLD_ONCE, follows_from, once
from kpidsl.diagnostics.suggest import is_slip
from kpidsl.patterns import regex
from kpidsl.records import dataclass
from kpidsl.source_text import Span

_MEANT = regex(r"did you mean `([^`]+)`\?")
_WRITE = regex(r"write `([^`…]+)`")


class Severity(Enum):
    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Label:
    """A place with a word about it. The first label of a diagnostic is its primary place."""

    span: Span
    text: str = ""


@dataclass(frozen=True, slots=True)
class Fix:
    """A change a machine may apply: replace the text of `span` by `text`."""

    title: str
    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One problem: a code, a headline that says what is wrong, places, and a hint that is something to type."""

    code: str
    severity: Severity
    message: str
    labels: tuple[Label, ...] = ()
    notes: tuple[str, ...] = ()
    hint: str | None = None
    fix: Fix | None = None
    affects: tuple[str, ...] = ()

    @property
    def span(self) -> Span | None:
        return self.labels[0].span if self.labels else None

    @property
    def place(self) -> str:
        """`path:line` of the primary place, empty where there is none."""
        return self.labels[0].span.place if self.labels else ""

    @property
    def remedy(self) -> str | None:
        """The hint; of a missing column also the note that names those there are, where notes are not shown and it is
        not said which one is meant.
        """
        if self.code != "K0605" or not self.notes or (self.hint or "").startswith("did you mean `"):
            return self.hint
        return self.notes[0] if self.hint is None else f"{self.hint}; {self.notes[0]}"


class Problems:
    """What the stages found, kept in the order found and handed out in file order."""

    def __init__(self) -> None:
        self._found: list[Diagnostic] = []
        self._seen: set[tuple[str, str, int, int, str]] = set()
        self._broken: frozenset[str] = frozenset()

    def hush(self, broken: AbstractSet[str]) -> None:
        """Say no more of names whose declarations could not be read, of which a problem tells."""
        self._broken |= broken

    def add(self, diagnostic: Diagnostic) -> None:
        """Keep a diagnostic; the same one at the same place is kept once."""
        if follows_from(diagnostic, self._broken):
            return
        span = diagnostic.span
        key = (
            diagnostic.code,
            span.source.path if span else "",
            span.start if span else -1,
            span.end if span else -1,
            diagnostic.message,
        )
        if key not in self._seen:
            self._seen.add(key)
            fix = diagnostic.fix or sure_fix(diagnostic)
            self._found.append(diagnostic if fix is diagnostic.fix else replace(diagnostic, fix=fix))

    def error(
        self,
        code: str,
        message: str,
        span: Span | None = None,
        label: str = "",
        *,
        also: Iterable[tuple[Span, str]] = (),
        notes: Iterable[str] = (),
        hint: str | None = None,
        fix: Fix | None = None,
        affects: Iterable[str] = (),
        severity: Severity = Severity.ERROR,
    ) -> None:
        labels = [] if span is None else [Label(span, label)]
        labels.extend(Label(place, text) for place, text in also)
        self.add(Diagnostic(code, severity, message, tuple(labels), tuple(notes), hint, fix, tuple(affects)))

    def warning(
        self,
        code: str,
        message: str,
        span: Span | None = None,
        label: str = "",
        *,
        also: Iterable[tuple[Span, str]] = (),
        notes: Iterable[str] = (),
        hint: str | None = None,
        fix: Fix | None = None,
        affects: Iterable[str] = (),
    ) -> None:
        self.error(
            code,
            message,
            span,
            label,
            also=also,
            notes=notes,
            hint=hint,
            fix=fix,
            affects=affects,
            severity=Severity.WARNING,
        )

    @property
    def has_errors(self) -> bool:
        return any(found.severity is Severity.ERROR for found in self._found)

    @property
    def as_found(self) -> tuple[Diagnostic, ...]:
        """All diagnostics as they were reported: those of one mistake in many places are not put together."""
        return tuple(self._found)

    def __len__(self) -> int:
        return len(self._found)

    def __iter__(self) -> Iterator[Diagnostic]:
        """All diagnostics in file order (those without a place first)."""

        def order(found: Diagnostic) -> tuple[str, int, int]:
            span = found.span
            return (span.source.path, span.start, span.end) if span else ("", -1, -1)

        return iter(once(sorted(self._found, key=order)))


def sure_fix(found: Diagnostic) -> Fix | None:
    """The fix that the hint of a diagnostic amounts to, where it names one word and that is surely what was meant.

    "did you mean `revenue`?" under a misspelt name is one; "write `avg`" under a word that is called otherwise, and
    "write `85%`" under `85`, too.
    """
    span = found.span
    if found.code in TOLD_ONCE and found.code != "K0605" and len(found.labels) > 1:
        return found.fix  # many places agree: it may be the declaration that is misspelt
    if found.fix is not None or found.hint is None or span is None or span.end - span.start > 100:
        return found.fix
    written = span.text
    quote = '"' if len(written) > 1 and written.startswith('"') and written.endswith('"') else ""
    word = written.strip('"') if quote else written
    meant = _MEANT.fullmatch(found.hint)
    if meant is not None and "\\" not in word and is_slip(word, meant[1]):
        return Fix(f"write `{meant[1]}`", span, f"{quote}{meant[1]}{quote}")
    called = _WRITE.fullmatch(found.hint)
    if called is None or not found.code.startswith("K03") or "SOURCE" in called[1]:
        return None
    renamed = word.isidentifier() and called[1].isidentifier()
    completed = found.code == "K0310" and called[1].startswith(word)
    if renamed or completed or found.code in ("K0304", "K0313"):
        return Fix(found.hint, span, f"{quote}{called[1]}{quote}")
    return None
