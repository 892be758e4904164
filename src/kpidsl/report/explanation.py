"""What is to be known of a declaration: the record that `kpidsl explain NAME` writes down."""

from __future__ import annotations

from dataclasses import field
from datetime import datetime

from kpidsl.diagnostics import Diagnostic, Severity
from kpidsl.records import dataclass
from kpidsl.semantic.of_data import is_of_data

EXPLANATION_SCHEMA = "kpidsl/explanation/1"


@dataclass(frozen=True, slots=True)
class WindowShown:
    """A half-open window in the calendar's zone; `start` is None for all time. `of` names what looks at it: a part of
    the declaration, or the declarations that read it there.
    """

    label: str
    start: datetime | None
    end: datetime
    of: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class InputShown:
    """An aggregation of a source. `windows` are those it is read over; `series` is what a vector is over."""

    aggregation: str
    source: str
    where: tuple[str, ...]
    windows: tuple[WindowShown, ...] = ()
    series: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SourceShown:
    """Where rows come from: the provider as written, the files behind it where they are known, or what is wrong."""

    name: str
    title: str | None
    provider: str
    files: tuple[str, ...]
    problem: str | None
    at: str


@dataclass(frozen=True, slots=True)
class BoundShown:
    """A target, an amber bound or a guard as written. `in_force`: it is the one that counts at this as-of."""

    what: str
    text: str
    in_force: bool
    at: str


@dataclass(frozen=True, slots=True)
class Related:
    """Another declaration: one this is built on, or one that uses this; `through` the name it is reached by."""

    kind: str
    name: str
    title: str | None
    at: str
    through: str | None = None


@dataclass(frozen=True, slots=True)
class QueryShown:
    """A query the engine would run. `about` says for what."""

    about: str
    sql: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """A declaration. `kind` is its word in the language, `measure` the kind of its value (flow, stock, ratio, …).

    `facts` are what only some declarations have, as label and text. `windows` are resolved at `as_of`. `queries` have
    not been run; `note` says why there are none, or what they are an example of.
    """

    kind: str
    name: str
    at: str
    text: str
    as_of: datetime
    as_of_is_now: bool
    timezone: str
    title: str | None = None
    description: str | None = None
    measure: str | None = None
    unit: str | None = None
    owner: str | None = None
    review: str | None = None
    tags: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    windows: tuple[WindowShown, ...] = ()
    bounds: tuple[BoundShown, ...] = ()
    inputs: tuple[InputShown, ...] = ()
    sources: tuple[SourceShown, ...] = ()
    built_on: tuple[Related, ...] = ()
    used_by: tuple[Related, ...] = ()
    queries: tuple[QueryShown, ...] = ()
    note: str | None = None
    problems: tuple[Diagnostic, ...] = field(default=())

    @property
    def exit_code(self) -> int:
        """4 where something is wrong with the declaration itself, 3 where only data makes its value impossible."""
        errors = [one for one in self.problems if one.severity is Severity.ERROR]
        return 0 if not errors else 3 if all(is_of_data(one) for one in errors) else 4
