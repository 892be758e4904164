"""What is found of a KPI or key result: five letters, each with a state, a sentence and the lines to add."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Literal

from kpidsl.diagnostics import Diagnostic, Label, Severity
from kpidsl.source_text import Span

How = Literal["add", "write", "declare"]


class Letter(Enum):
    """The five, in their order. The value is the word."""

    SPECIFIC = "specific"
    MEASURABLE = "measurable"
    ACHIEVABLE = "achievable"
    RELEVANT = "relevant"
    TIME_BOUND = "time-bound"

    @property
    def code(self) -> str:
        return _CODES[self.value]


_CODES = {
    "specific": "K0500",
    "measurable": "K0501",
    "achievable": "K0502",
    "relevant": "K0503",
    "time-bound": "K0504",
}


class State(Enum):
    """`UNKNOWN`: nobody could or would look, and the sentence says why."""

    YES = "yes"
    MISSING = "missing"
    UNKNOWN = "not looked at"


@dataclass(frozen=True, slots=True)
class Addition:
    """A line to add. `shown` is the line as a person types it, `note` a word on it, as a comment behind it.

    Putting `text` where `span` is leaves a spec that checks. `how` says what a person does there: adds a line to the
    block, writes the line that is there anew, or adds a declaration below.
    """

    shown: str
    note: str
    span: Span
    text: str
    how: How = "add"

    @property
    def place(self) -> str:
        """`path:line` of where the line goes."""
        return f"{self.span.source.path}:{self.span.line}"

    @property
    def line(self) -> str:
        """The line with its note."""
        return f"{self.shown}  # {self.note}" if self.note else self.shown


@dataclass(frozen=True, slots=True)
class Finding:
    """One letter of one KPI or key result."""

    letter: Letter
    state: State
    said: str
    additions: tuple[Addition, ...] = ()


@dataclass(frozen=True, slots=True)
class Judgement:
    """A KPI or key result (`kind`) and its five findings. `span` is its name's place."""

    kind: str
    name: str
    title: str | None
    findings: tuple[Finding, ...]
    span: Span

    @property
    def is_smart(self) -> bool:
        """Whether nothing is missing."""
        return all(finding.state is not State.MISSING for finding in self.findings)

    def diagnostics(self) -> Iterator[Diagnostic]:
        """A note for each letter that misses something."""
        for finding in self.findings:
            if finding.state is not State.MISSING:
                continue
            added = " and ".join(f"`{one.shown}`" for one in finding.additions)
            places = ", ".join(dict.fromkeys(one.place for one in finding.additions))
            verb = "write" if any(one.how == "write" for one in finding.additions) else "add"
            yield Diagnostic(
                finding.letter.code,
                Severity.NOTE,
                f"{self.kind} `{self.name}` is not {finding.letter.value}: {finding.said}",
                (Label(self.span),),
                hint=f"{verb} {added} (at {places})" if added else None,
                affects=(self.name,),
            )


@dataclass(frozen=True, slots=True)
class SmartReport:
    """What a check found, the notes on what is not SMART among it, and the judgements in the order of the spec.

    `exit_code` is that of the check alone. `as_of` is the anchor the data was asked at, None where none was;
    `left_out` are the KPIs and key results with errors, which are not judged.
    """

    diagnostics: tuple[Diagnostic, ...]
    exit_code: int
    judgements: tuple[Judgement, ...]
    left_out: tuple[str, ...]
    as_of: datetime | None

    @property
    def ok(self) -> bool:
        return self.exit_code == 0

    @property
    def problems(self) -> tuple[Diagnostic, ...]:
        """What the check found, without the notes of the judgements."""
        codes = {letter.code for letter in Letter}
        return tuple(one for one in self.diagnostics if one.code not in codes)


def at_end_of(span: Span) -> Span:
    """The empty stretch behind another."""
    return span._replace(start=span.end)
