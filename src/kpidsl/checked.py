"""A spec set after its check: what it means, what it is bound to, and what is to be said of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kpidsl.diagnostics import Diagnostic, Label, Problems, Severity

if TYPE_CHECKING:
    from kpidsl.binding import Bound
    from kpidsl.semantic.model import Model
    from kpidsl.semantic.scope import Names


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What a check found, in file order. `ok`: no errors.

    `exit_code`: 4 for errors of the spec, 3 where only data fails.
    """

    diagnostics: tuple[Diagnostic, ...]
    exit_code: int

    @property
    def ok(self) -> bool:
        return self.exit_code == 0


@dataclass(frozen=True, slots=True)
class Checked:
    """What the stages up to the check made of a spec set."""

    names: Names
    model: Model
    bound: Bound
    problems: Problems

    def report(self) -> CheckReport:
        """What was found, the sources that could not be opened and what is unused included."""
        from kpidsl.semantic import tidy

        tidy(self.names, self.model, self.problems)
        for name, error in self.bound.failed.items():
            span = self.names.sources[name].node.name.span
            self.problems.add(
                Diagnostic(error.code, Severity.ERROR, error.message, (Label(span),), hint=error.hint, affects=(name,))
            )
        diagnostics = tuple(self.problems)
        of_spec = any(one.severity is Severity.ERROR and not _failed_source(one) for one in diagnostics)
        return CheckReport(diagnostics, 4 if of_spec else 3 if self.problems.has_errors else 0)


def _failed_source(diagnostic: Diagnostic) -> bool:
    """Whether data could not be had at all, rather than not being as the spec says."""
    return diagnostic.code in ("K0601", "K0602", "K0603", "K0606", "K0607", "K0608", "K0609")
