"""Everything that is to be known of a declaration, gathered from the text, the model and the plan; no row is read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from kpidsl.binding import Bound
from kpidsl.diagnostics import Diagnostic, KpidslError, UsageError
from kpidsl.lookup import facts as f
from kpidsl.lookup.find import Found, find, named_at, place, title, word
from kpidsl.lookup.measured import Measured, measured_kpi, measured_metric
from kpidsl.records import dataclass
from kpidsl.report.explanation import Explanation, Related, SourceShown
from kpidsl.semantic import model as m
from kpidsl.semantic.goal_model import DeliverModel
from kpidsl.semantic.scope import Names
from kpidsl.semantic.units import UnitTable
from kpidsl.semantic.uses import Reached, all_uses, declarations, dependents, foundations, uses
from kpidsl.semantic.values import impossible
from kpidsl.source_text import Span
from kpidsl.syntax.decl_nodes import FromProp
from kpidsl.syntax.node import Node
from kpidsl.syntax.setting_nodes import ParamDecl, UnitDecl

NOT_BUILT_ON = ("source", "unit")  # sources are told by themselves, units stand in the text
NOTHING_RUN = "The query is written without looking at the data, and was not run."


@dataclass(frozen=True, slots=True)
class Looked:
    """What is looked at: a spec set, checked, and the moment it is looked at from."""

    names: Names
    model: m.Model
    bound: Bound
    library: Callable[[], Iterable[UnitDecl]]
    anchor: datetime
    is_now: bool
    params: Mapping[str, str]
    problems: tuple[Diagnostic, ...]


def explain(name: str, looked: Looked) -> tuple[Explanation, ...]:
    """The declarations of a name. Raises `UsageError` for a name there is none of, and an as-of out of reach."""
    found = find(name, looked.names, looked.library())
    try:
        return tuple(_explanation(one, looked) for one in found)
    except ValueError as error:
        at = looked.model.calendar.local(looked.anchor).isoformat()
        raise UsageError(f"as of {at}: {error}") from error


def _explanation(found: Found, looked: Looked) -> Explanation:
    node, model = found.node, looked.model
    said = f.described(node)
    base = Explanation(
        found.kind,
        found.name,
        place(named_at(node)),
        _definition(node.span),
        model.calendar.local(looked.anchor),
        looked.is_now,
        model.calendar.timezone,
        title=title(node),
        description=said.get("description"),
        owner=said.get("owner"),
        review=said.get("review"),
        tags=tuple(said["tags"].split(", ")) if "tags" in said else (),
        problems=_problems(found, looked),
    )
    return replace(base, **_related(found, looked), **_meaning(found, looked))


def _meaning(found: Found, looked: Looked) -> dict[str, Any]:
    """What the model and the plan know of it."""
    model, node = looked.model, found.node
    metric, kpi = model.metrics.get(found.name), model.kpis.get(found.name)
    if found.key.sort == "name" and metric is not None and found.inside is None:
        return _measured(metric, measured_metric(metric, model, looked.anchor), f.metric_facts(metric))
    if found.key.sort == "name" and kpi is not None and found.inside is None:
        return _measured(kpi, measured_kpi(kpi, model, looked.anchor), f.kpi_facts(kpi))
    match node:
        case ParamDecl():
            told = f.param_facts(node, model.params.get(found.name), found.name in looked.params)
        case UnitDecl():
            told = f.unit_facts(node, UnitTable(looked.names.units, looked.library()))
        case _ if found.key.sort == "source" and found.name in model.sources:
            told = f.source_facts(model.sources[found.name])
        case _:
            told = f.part_facts(node)
    return {"facts": tuple(told), "windows": f.periods(node, model.calendar, looked.anchor)}


def _measured(one: m.MetricModel | m.KpiModel, found: Measured, told: Iterable[f.Fact]) -> dict[str, Any]:
    notes = (found.note, NOTHING_RUN if found.queries else None)
    return {
        "measure": one.value.info.kind,
        "unit": one.unit.label,
        "facts": tuple(told),
        "windows": found.windows,
        "bounds": found.bounds,
        "inputs": found.inputs,
        "queries": found.queries,
        "note": " ".join(note for note in notes if note is not None) or None,
    }


# ---------------------------------------------------------------- what hangs on what
def _related(found: Found, looked: Looked) -> dict[str, Any]:
    named = all_uses(looked.names)
    known = declarations(looked.names)
    own = tuple(uses(found.node, found.namespace, looked.names))
    below = [one for one in foundations(own, named) if one.key in known and one.key != found.key]
    built_on = [_relation(one, known[one.key][1], known[one.key][1]) for one in below]
    above = dependents(found.key, named) if found.inside is None else ()
    used_by = [_relation(one, known[one.key][1], one.span) for one in above]
    read = {one.key.name for one in below if one.key.sort == "source"}
    if found.key.sort == "source":
        read.add(found.name)
    return {
        "built_on": tuple(one for one in built_on if one.kind not in NOT_BUILT_ON),
        "used_by": tuple(sorted(used_by, key=lambda one: (one.through is not None, one.kind == "test"))),
        "sources": tuple(_source(name, looked) for name in looked.names.sources if name in read),
    }


def _relation(one: Reached, node: Node, at: Node | Span) -> Related:
    shown = title(node) if one.key.sort != "test" else None
    through = one.through.name if one.through is not None else None
    return Related(word(node), one.key.name, shown, place(at if isinstance(at, Span) else named_at(at)), through)


def _source(name: str, looked: Looked) -> SourceShown:
    node = looked.names.sources[name].node
    written = next((prop.provider for prop in node.properties if isinstance(prop, FromProp)), None)
    failed = looked.bound.failed.get(name)
    dataset = looked.bound.datasets.get(name)
    files: tuple[str, ...] = ()
    problem = failed.message if failed is not None else None
    if dataset is not None:
        try:
            files = tuple(_shown(path) for path, _, _ in dataset.fingerprint() or ())
        except (KpidslError, OSError) as error:
            problem = problem or str(error)
    provider = " ".join(written.span.text.split()) if written is not None else "no `from`"
    return SourceShown(name, title(node), provider, files, problem, place(named_at(node)))


def _shown(path: str) -> str:
    """A path from the folder the command runs in, where it lies below it."""
    here = Path.cwd()
    full = Path(path)
    return full.relative_to(here).as_posix() if full.is_relative_to(here) else full.as_posix()


# ---------------------------------------------------------------- text
def _definition(span: Span) -> str:
    """The text of a declaration, its lines as far to the left as its first."""
    lines = span.text.splitlines()
    indent = span.column - 1
    rest = [line[indent:] if not line[:indent].strip() else line.lstrip() for line in lines[1:]]
    return "\n".join([*lines[:1], *rest]).rstrip()


def _problems(found: Found, looked: Looked) -> tuple[Diagnostic, ...]:
    """What is wrong inside a declaration, or makes its value impossible."""
    span = found.node.span
    inside = [
        one
        for one in looked.problems
        if one.span is not None and one.span.source is span.source and span.start <= one.span.start < span.end
    ]
    failed = looked.model.failed.get(found.name) if found.key.sort == "name" else None
    of_part = (
        problem
        for objective in looked.model.objectives.values()
        for one in objective.key_results
        if one.name == found.name and not isinstance(one.aim, DeliverModel)
        for problem in impossible(one.aim.value)
    )
    return tuple(dict.fromkeys((*inside, *(failed.problems if failed is not None else ()), *of_part)))
