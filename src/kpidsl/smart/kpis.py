"""The five findings of a KPI."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import field

from kpidsl import calendar as c
from kpidsl.diagnostics import KpidslError
from kpidsl.records import dataclass
from kpidsl.semantic import model as m
from kpidsl.semantic import values as v
from kpidsl.semantic.declared import Declared
from kpidsl.semantic.kpi_check import measures
from kpidsl.semantic.scope import Names
from kpidsl.semantic.windowing import windows
from kpidsl.smart.achievable import Aim, achievable, limits_of
from kpidsl.smart.additions import changed_line, declaration_line, property_line
from kpidsl.smart.aims import Held
from kpidsl.smart.history import History
from kpidsl.smart.links import Links
from kpidsl.smart.reading import (
    bare_column,
    edges,
    first_window,
    formula,
    is_constant,
    looks_back,
    review_of,
    sources,
    span_of_time,
    unit_said,
)
from kpidsl.smart.records import Addition, Finding, Judgement, Letter, State
from kpidsl.syntax.decl_nodes import AmberProp, KpiDecl, TargetProp
from kpidsl.syntax.expr_nodes import Negate, Quantity
from kpidsl.syntax.shared_nodes import CompareBound, ValueProp

OWNER = "team@example.com"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the letters are judged by.

    `failed` are the sources that could not be opened, `opened` tells whether anybody tried. `histories` are those of
    the KPIs, or `unlooked` says why there are none. `aims` are the key results with a value, by name; `units` are
    the names of all units.
    """

    names: Names
    model: m.Model
    links: Links
    failed: Mapping[str, KpidslError]
    opened: bool
    histories: Mapping[str, History]
    unlooked: str
    aims: Mapping[str, Held]
    units: Collection[str]
    owners: Counter[tuple[str, str]] = field(default_factory=Counter)


def kpi_judgement(kpi: m.KpiModel, declared: Declared[KpiDecl], evidence: Evidence) -> Judgement:
    """The five findings of a KPI, in their order."""
    node = declared.node
    inside = [evidence.model.metrics[one.metric] for one in measures(kpi.value) if one.metric in evidence.model.metrics]
    aim = Aim(kpi, node, evidence.histories.get(kpi.name), evidence.unlooked, limits_of(kpi, inside))
    return Judgement(
        "KPI",
        kpi.name,
        kpi.about.title,
        (
            _specific(kpi, node, inside, evidence),
            _measurable(kpi, node, evidence),
            achievable(aim),
            evidence.links.relevant(kpi, declared, evidence.model.kpis.values()),
            _time_bound(kpi, node),
        ),
        kpi.span,
    )


def finding(letter: Letter, fine: Iterable[str], missing: Iterable[str], additions: Iterable[Addition]) -> Finding:
    """What is missing where something is; else what is there."""
    lacks = tuple(missing)
    return Finding(letter, State.MISSING if lacks else State.YES, "; ".join(lacks or tuple(fine)), tuple(additions))


# ---------------------------------------------------------------- specific
def _specific(kpi: m.KpiModel, node: KpiDecl, inside: Iterable[m.MetricModel], evidence: Evidence) -> Finding:
    """Formula and scope, unit, owner."""
    fine: list[str] = []
    missing: list[str] = []
    additions: list[Addition] = []
    shown = formula(kpi.value)
    if is_constant(kpi.value):
        missing.append("its value is a constant: no source enters it")
    elif shown:
        fine.append(shown)
    unit = unit_said(kpi.value, kpi.unit.label)
    if unit is not None:
        fine.append(unit)
    elif shown:
        missing.append("its number has no unit")
        additions.extend(_unit_lines(kpi, node, evidence))
    if kpi.about.owner is not None:
        fine.append(f"owned by {kpi.about.owner}")
    else:
        missing.append("nobody owns it")
        owner, note = _owner(kpi, inside, evidence)
        additions.append(property_line(node.span, node.properties, f'owner "{owner}"', note))
    return finding(Letter.SPECIFIC, fine, missing, additions)


def _owner(kpi: m.KpiModel, inside: Iterable[m.MetricModel], evidence: Evidence) -> tuple[str, str]:
    """Who probably owns a KPI: who owns its metric, else most of the KPIs beside it."""
    for metric in inside:
        if metric.about.owner is not None:
            return quoted(metric.about.owner), f"who owns `{metric.name}`"
    here = kpi.span.source.path
    beside = Counter({owner: count for (path, owner), count in evidence.owners.items() if path == here})
    if beside:
        return quoted(beside.most_common(1)[0][0]), "who owns most KPIs of this file"
    return OWNER, "one person or team"


def quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _unit_lines(kpi: m.KpiModel, node: KpiDecl, evidence: Evidence) -> Iterable[Addition]:
    """The unit named after the column the number comes from, declared where there is none of that name, and given to
    the plain numbers it is held against.
    """
    name = (bare_column(kpi.value) or "point").rpartition(".")[2]
    if name not in evidence.units:
        yield declaration_line(node.span, f"unit {name}")
    yield property_line(node.span, node.properties, f"unit {name}", "or the unit it really has")
    for prop in node.properties:
        if isinstance(prop, TargetProp | AmberProp):
            written = prop.bound.value if isinstance(prop.bound, CompareBound) else prop.bound.high
            plain = written.operand if isinstance(written, Negate) else written
            if isinstance(plain, Quantity) and plain.unit is None:
                yield changed_line(prop.span, written.span, f"{written.span.text} {name}")


# ---------------------------------------------------------------- measurable
def _measurable(kpi: m.KpiModel, node: KpiDecl, evidence: Evidence) -> Finding:
    """Sources that can be read, and a baseline."""
    fine: list[str] = []
    missing: list[str] = []
    additions: list[Addition] = []
    read = sources(kpi.value)
    if is_constant(kpi.value):
        missing.append("it reads no source")
    for name in read:
        failed = evidence.failed.get(name)
        if failed is not None:
            missing.append(f"`{name}` cannot be read: {failed.message}")
    providers = ", ".join(f"{name} ({evidence.model.sources[name].provider.provider.text})" for name in read)
    if read:
        fine.append(f"bound to {providers}" + ("" if evidence.opened else ", which was not opened"))
    if kpi.comparisons:
        fine.append(f"held against {' and '.join(one.label for one in kpi.comparisons)}")
    elif kpi.trend is not None:
        fine.append(f"held against its last {kpi.trend[1].counted(kpi.trend[0])}")
    elif looks_back(edges(kpi)):
        fine.append("its bounds look at an earlier time")
    else:
        missing.append("there is no baseline to hold it against")
        additions.append(property_line(node.span, node.properties, _baseline(kpi.value)))
    return finding(Letter.MEASURABLE, fine, missing, additions)


def _baseline(value: v.Value) -> str:
    """A comparison that a value can have."""
    found = windows(value)
    if not found:
        return "compare 1 month earlier"
    if any(isinstance(window, c.Since | c.AllTime) for window in found):
        return "compare 1 year earlier"
    return "compare previous"


# ---------------------------------------------------------------- time-bound
def _time_bound(kpi: m.KpiModel, node: KpiDecl) -> Finding:
    """A window with two ends, and a rhythm of review."""
    fine = [span_of_time(kpi.value)]
    missing: list[str] = []
    additions: list[Addition] = []
    if isinstance(first_window(kpi.value), c.AllTime):
        missing.append("its window is all time, so it never begins anew")
        line = next(prop for prop in node.properties if isinstance(prop, ValueProp))
        text = line.value.span.text
        if text.rstrip().endswith("all time"):
            additions.append(changed_line(line.span, line.value.span, text.rstrip()[: -len("all time")] + "last month"))
    dated = [bound.starting for bound in kpi.targets if bound.starting is not None]
    if dated:
        fine.append(f"a target from {max(dated)}")
    if kpi.about.review is not None:
        fine.append(f"reviewed {kpi.about.review}")
    else:
        missing.append("nobody reviews it")
        additions.append(property_line(node.span, node.properties, f"review {review_of(kpi.value)}"))
    return finding(Letter.TIME_BOUND, fine, missing, additions)
