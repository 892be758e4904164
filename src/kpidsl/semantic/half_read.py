"""What is wrong in declarations of which statements could not be read, as far as it cannot come of those.

They are checked beside all others, under names that nothing can refer to: what one of them lacks reaches no other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace

from kpidsl.diagnostics import Diagnostic, Label, Problems, Severity
from kpidsl.records import dataclass
from kpidsl.semantic.check import check
from kpidsl.semantic.scope import Names, resolve
from kpidsl.semantic.types import Schema
from kpidsl.source_text import Source
from kpidsl.syntax.decl_nodes import KpiDecl, MetricDecl, SourceDecl
from kpidsl.syntax.goal_nodes import ObjectiveDecl, OutcomeDecl, PolicyDecl, ScorecardDecl
from kpidsl.syntax.nodes import Cut, Declaration, HalfRead, Spec
from kpidsl.syntax.recovery import is_property
from kpidsl.syntax.setting_nodes import UnitDecl

_MARK = "__half_read"
_CHECKED = (SourceDecl, MetricDecl, KpiDecl, ObjectiveDecl, OutcomeDecl, PolicyDecl, ScorecardDecl)
# What is true of a statement whatever else stands in its declaration.
_OF_A_STATEMENT = frozenset([
    "K0201", "K0203", "K0204", "K0206", "K0207", "K0208", "K0302", "K0303", "K0304", "K0305", "K0306", "K0307",
    "K0308", "K0309", "K0311", "K0312", "K0313", "K0321", "K0322", "K0324", "K0330", "K0331", "K0332", "K0341",
    "K0353", "K0381", "K0384", "K0388", "K0453", "K0605",
])  # fmt: skip
# What is true only where none of these properties is missing.
_OF_COLUMNS = frozenset({"column", "let", "join", "from"})
_NEEDS: Mapping[tuple[type | None, str], frozenset[str]] = {
    (SourceDecl, "K0605"): _OF_COLUMNS,
    (SourceDecl, "K0310"): _OF_COLUMNS,
    (None, "K0310"): frozenset({"unit"}),
    (None, "K0350"): frozenset({"target"}),
    (OutcomeDecl, "K0204"): frozenset({"evidence"}),
    (OutcomeDecl, "K0411"): frozenset({"levels"}),
}
_ENDS = frozenset({"interval"})
# Names that a property of a KPI gives to its others.
_GIVES = {"target": frozenset({"target"}), "lower_bound": _ENDS, "upper_bound": _ENDS}
_ALSO_WITHIN = ("from", "by")  # they begin properties, and go on with values
_WORD = re.compile(r"\w+")
_INDENT = re.compile(r"[ \t]*")


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a half-read declaration stands, and what is missing from it."""

    start: int
    end: int
    node: Declaration
    cuts: tuple[Cut, ...]


def check_half_read(
    names: Names,
    problems: Problems,
    *,
    schemas: Mapping[str, Schema | None],
    params: Mapping[str, str],
    library: Callable[[], Iterable[UnitDecl]],
) -> None:
    """Report what is wrong in the half-read declarations of a spec set, which `check` has not seen."""
    places: dict[Source, list[_Place]] = {}
    specs: list[Spec] = []
    for spec in names.specs:
        half = [one for one in spec.half_read if isinstance(one.node, _CHECKED)]
        places[spec.source] = [_Place(one.node.span.start, one.node.span.end, one.node, one.cuts) for one in half]
        ordered = sorted([*spec.declarations, *map(_marked, half)], key=lambda node: node.span.start)
        specs.append(replace(spec, declarations=tuple(ordered), half_read=()))
    if not any(places.values()):
        return
    found = Problems()
    beside = resolve(specs, found)
    beside.functions = names.functions
    check(beside, found, schemas=schemas, params=params, library=library)
    for diagnostic in found.as_found:
        span = diagnostic.span
        if span is None or diagnostic.severity is not Severity.ERROR:
            continue
        place = next((one for one in places.get(span.source, ()) if one.start <= span.start < one.end), None)
        if place is not None and _holds(diagnostic, place):
            problems.add(_unmarked(diagnostic))


def _marked(half: HalfRead) -> Declaration:
    node = half.node
    assert isinstance(node, _CHECKED)
    return replace(node, name=replace(node.name, text=f"{node.name.text}{_MARK}"))


def _unmarked(found: Diagnostic) -> Diagnostic:
    fix = found.fix
    return replace(
        found,
        message=found.message.replace(_MARK, ""),
        labels=tuple(Label(label.span, label.text.replace(_MARK, "")) for label in found.labels),
        notes=tuple(note.replace(_MARK, "") for note in found.notes),
        hint=found.hint.replace(_MARK, "") if found.hint is not None else None,
        fix=replace(fix, title=fix.title.replace(_MARK, ""), text=fix.text.replace(_MARK, "")) if fix else None,
        affects=tuple(name.replace(_MARK, "") for name in found.affects),
    )


def _holds(found: Diagnostic, place: _Place) -> bool:
    """Whether it is wrong whatever the missing statements say."""
    assert found.span is not None
    needed = _NEEDS.get((type(place.node), found.code), _NEEDS.get((None, found.code)))
    if needed is None:
        if found.code not in _OF_A_STATEMENT:
            return False
        needed = _GIVES.get(found.span.text, frozenset()) if found.code == "K0204" else frozenset()
    start, text = found.span.start, found.span.source.text
    return not any((needed and _may_be(text, cut, needed)) or _goes_on(text, start, cut) for cut in place.cuts)


def _may_be(text: str, cut: Cut, needed: AbstractSet[str]) -> bool:
    """Whether what is missing may be, or hold, one of these properties."""
    return cut.word is None or cut.word in needed or not needed.isdisjoint(_WORD.findall(text, cut.start, cut.end))


def _goes_on(text: str, start: int, cut: Cut) -> bool:
    """Whether what is missing may be the end of the statement at `start`: it follows it, and is not surely another."""
    if start >= cut.start or "{" in text[start : cut.start]:
        return False
    if cut.word not in (None, *_ALSO_WITHIN) and _indent(text, cut.start) <= _indent(text, start):
        return False
    line = text.find("\n", start, cut.start) + 1
    while line:
        if line + _indent(text, line) < cut.start and is_property(text, line):
            return False
        line = text.find("\n", line, cut.start) + 1
    return True


def _indent(text: str, offset: int) -> int:
    """How far the line of an offset is indented."""
    begin = text.rfind("\n", 0, offset) + 1
    indent = _INDENT.match(text, begin)
    return indent.end() - begin if indent is not None else 0
