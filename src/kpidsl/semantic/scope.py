"""Names: who declares what, and what a name means where it is written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import field
from typing import TYPE_CHECKING, TypeVar

from kpidsl.diagnostics import NAMELESS, Fix, Problems, did_you_mean
from kpidsl.patterns import regex
from kpidsl.records import dataclass
from kpidsl.semantic.declared import Declared
from kpidsl.semantic.terms import GivenFunction, GivenTwice
from kpidsl.source_text import Span
from kpidsl.syntax.decl_nodes import KpiDecl, MetricDecl, SourceDecl
from kpidsl.syntax.goal_nodes import ObjectiveDecl, OutcomeDecl, PolicyDecl, ScorecardDecl
from kpidsl.syntax.node import Name
from kpidsl.syntax.setting_nodes import CalendarDecl, GoalDecl, NamespaceDecl, ParamDecl, UnitDecl
from kpidsl.syntax.test_nodes import TestDecl

if TYPE_CHECKING:
    from kpidsl.syntax.nodes import Spec

Named = MetricDecl | KpiDecl | GoalDecl | ObjectiveDecl | OutcomeDecl | PolicyDecl | ScorecardDecl
D = TypeVar("D")
RESERVED = frozenset({"value", "target", "previous", "n", "param", "as_of"})
_NAME = regex(r"[a-z_][a-z0-9_]*")


@dataclass(slots=True)
class Names:
    """All declarations of a spec set by full name, in the order they are written; `functions` of rows are those that
    plugins give.
    """

    specs: tuple[Spec, ...]
    sources: dict[str, Declared[SourceDecl]] = field(default_factory=dict)
    named: dict[str, Declared[Named]] = field(default_factory=dict)
    params: dict[str, Declared[ParamDecl]] = field(default_factory=dict)
    units: list[UnitDecl] = field(default_factory=list)
    calendars: list[CalendarDecl] = field(default_factory=list)
    tests: list[Declared[TestDecl]] = field(default_factory=list)
    broken: frozenset[str] = frozenset()
    functions: Mapping[str, GivenFunction | GivenTwice] = field(default_factory=dict)
    written: dict[str, frozenset[str]] = field(default_factory=dict, repr=False, compare=False)

    def is_broken(self, name: str, namespace: str) -> bool:
        """Whether a declaration of this name could not be read: nothing more is said of it."""
        return NAMELESS in self.broken or name in self.broken or name.removeprefix(f"{namespace}.") in self.broken

    def is_of_broken(self, name: str, namespace: str) -> bool:
        """Whether `a.b.c`, `a.b` or `a` could not be read: a key result goes with its objective."""
        parts = name.split(".")
        return any(self.is_broken(".".join(parts[:count]), namespace) for count in range(len(parts), 0, -1))

    def source(self, name: Name, namespace: str, problems: Problems) -> Declared[SourceDecl] | None:
        """The source of a name, or None after saying that there is none."""
        return _look_up(self, self.sources, name, namespace, "source", "K0203", problems)

    def of_kind(self, name: Name, namespace: str, what: str, problems: Problems) -> Declared[Named] | None:
        """The metric, KPI, goal … of a name, or None after saying that there is none."""
        return _look_up(self, self.named, name, namespace, what, "K0204", problems)

    def values(self, namespace: str) -> frozenset[str]:
        """The metrics and KPIs as they may be written inside a namespace, once all are declared."""
        known = self.written.get(namespace)
        if known is None:
            metrics = (name for name, declared in self.named.items() if isinstance(declared.node, MetricDecl | KpiDecl))
            known = self.written[namespace] = frozenset(visible(metrics, namespace))
        return known

    def find(self, name: str, namespace: str) -> Declared[Named] | None:
        return self.named.get(f"{namespace}.{name}") or self.named.get(name) if namespace else self.named.get(name)


def _look_up(
    names: Names, known: Mapping[str, Declared[D]], name: Name, namespace: str, what: str, code: str, problems: Problems
) -> Declared[D] | None:
    found = (known.get(f"{namespace}.{name.text}") if namespace else None) or known.get(name.text)
    if found is None and not names.is_broken(name.text, namespace):
        last = name.text.rpartition(".")[2]
        hint = f"did you mean `{last}`?" if last != name.text and last in known else None
        near = did_you_mean(name.text, [*visible(known, namespace), *sorted(names.broken - {NAMELESS})])
        hint = hint or near or f"declare it: `{what} {name.text} …`"
        problems.error(code, f"there is no {what} `{name.text}`", name.span, hint=hint)
    return found


def in_namespace(name: str, namespace: str) -> tuple[str, ...]:
    """The full names a name may stand for, the nearest first."""
    return (f"{namespace}.{name}", name) if namespace else (name,)


def visible(known: Iterable[str], namespace: str) -> list[str]:
    """The names as they may be written inside a namespace."""
    prefix = f"{namespace}."
    return [name.removeprefix(prefix) if namespace else name for name in known]


def resolve(specs: Iterable[Spec], problems: Problems) -> Names:
    """Collect the declarations of all files; a name declared twice is a problem that shows both places."""
    found = Names(tuple(specs))
    found.broken = frozenset(name for spec in found.specs for name in spec.broken)
    problems.hush(found.broken)
    for spec in found.specs:
        namespace = _namespace(spec, problems)
        for node in spec.declarations:
            match node:
                case SourceDecl():
                    _declare(found.sources, node.name, namespace, node, "source", problems)
                case (
                    MetricDecl()
                    | KpiDecl()
                    | GoalDecl()
                    | ObjectiveDecl()
                    | OutcomeDecl()
                    | PolicyDecl()
                    | ScorecardDecl()
                ):
                    if isinstance(node, MetricDecl | KpiDecl) and node.name.text in RESERVED:
                        problems.error(
                            "K0202", f"`{node.name.text}` has a meaning of its own in expressions", node.name.span,
                            hint=f"choose another name, such as `{node.name.text}_count`",
                        )  # fmt: skip
                    _declare(found.named, node.name, namespace, node, "name", problems)
                case ParamDecl():
                    _declare(found.params, node.name, namespace, node, "param", problems)
                case UnitDecl():
                    _unit(found.units, node, problems)
                case CalendarDecl():
                    if found.calendars:
                        _twice("calendar", "the calendar", found.calendars[0].span, node.span, problems)
                    found.calendars.append(node)
                case TestDecl():
                    found.tests.append(Declared(node.title.value, namespace, node))
                case _:
                    pass
    # Where a name is told to be written otherwise, what uses it may be so already.
    declared = {name.rpartition(".")[2] for known in (found.named, found.sources) for name in known}
    meant = {_as_name(name) for name in declared if not _NAME.fullmatch(name)} - declared
    found.broken |= meant
    problems.hush(meant)
    return found


def _as_name(text: str) -> str:
    return re.sub(r"[^a-z0-9_]+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text).lower())


def _namespace(spec: Spec, problems: Problems) -> str:
    namespaces = [node for node in spec.declarations if isinstance(node, NamespaceDecl)]
    if not namespaces:
        return ""
    first = namespaces[0]
    if spec.declarations[0] is not first:
        problems.error("K0205", "`namespace` is the first line of a file", first.span, hint="move it to the top")
    if not all(_NAME.fullmatch(part) for part in first.name.parts):
        lower = first.name.text.lower()
        problems.error(
            "K0206", f"`{first.name.text}` is no name: names are lower-case letters, digits and `_`", first.name.span,
            hint=f"write `namespace {lower}`",
        )  # fmt: skip
    for second in namespaces[1:]:
        _twice("namespace", "the namespace", first.span, second.span, problems)
    return first.name.text


def _declare(known: dict[str, Declared[D]], name: Name, namespace: str, node: D, what: str, problems: Problems) -> None:
    if not _NAME.fullmatch(name.text):
        lower = _as_name(name.text)
        problems.error(
            "K0206",
            f"`{name.text}` is no name: names are lower-case letters, digits and `_`",
            name.span,
            hint=f"write `{lower}`",
            fix=Fix(f"write `{lower}`", name.span, lower),
        )
    full = f"{namespace}.{name.text}" if namespace else name.text
    first = known.get(full)
    if first is None:
        known[full] = Declared(full, namespace, node)
    else:
        _twice(what, f"`{full}`", first.node.name.span, name.span, problems)  # type: ignore[attr-defined]


def _unit(units: list[UnitDecl], node: UnitDecl, problems: Problems) -> None:
    for first in units:
        if first.name.text == node.name.text:
            _twice("unit", f"the unit `{node.name.text}`", first.name.span, node.name.span, problems)
            return
    units.append(node)


def _twice(what: str, shown: str, first: Span, second: Span, problems: Problems) -> None:
    problems.error(
        "K0201",
        f"{shown} is declared twice",
        second,
        "again here",
        also=[(first, "first here")],
        hint="keep one, or rename the other" if what not in ("calendar", "namespace") else "keep one",
    )
