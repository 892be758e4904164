"""What became of tests: frozen records that renderers write down."""

from __future__ import annotations

from kpidsl.records import dataclass
from kpidsl.source_text import Span


@dataclass(frozen=True, slots=True)
class LookedAt:
    """The rows of one source that a value was computed from.

    `rows` are cells as written, each with whether a filter kept it; at most ten, of the `inside` rows that stood in the
    window, of `given` in all. `windows` are for people. `nulls` are columns that were read and that the test does not
    write.
    """

    source: str
    windows: tuple[str, ...]
    headings: tuple[str, ...]
    rows: tuple[tuple[tuple[str, ...], bool], ...]
    inside: int
    given: int
    nulls: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Failure:
    """An expectation that does not hold. `why` are sentences; `is_error`: something could not be had at all."""

    span: Span
    expectation: str
    expected: str
    found: str
    why: tuple[str, ...]
    looked_at: tuple[LookedAt, ...]
    is_error: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """One test. `seconds` is how long it took; `expectations` how many were looked at."""

    title: str
    span: Span
    expectations: int
    failures: tuple[Failure, ...]
    seconds: float

    @property
    def passed(self) -> bool:
        return not self.failures


@dataclass(frozen=True, slots=True)
class SuiteReport:
    """All tests that ran, in the order of the spec."""

    outcomes: tuple[Outcome, ...]

    @property
    def failed(self) -> int:
        return sum(not one.passed for one in self.outcomes)

    @property
    def passed(self) -> int:
        return len(self.outcomes) - self.failed

    @property
    def exit_code(self) -> int:
        """0, or 1 where a test failed."""
        return 1 if self.failed else 0

    def to_text(self, *, colour: bool = False, verbose: bool = False) -> str:
        """For people: every failure with its rows, then how many passed and failed."""
        from kpidsl.testing.text import to_text

        return to_text(self, colour=colour, verbose=verbose)

    def to_junit(self) -> str:
        """JUnit XML, as continuous integration reads it."""
        from kpidsl.testing.junit import to_junit

        return to_junit(self)
