"""What is to be known of the declarations that have no value: sources, params, units, goals, objectives, outcomes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from fractions import Fraction

from kpidsl import calendar as c
from kpidsl.diagnostics import Problems
from kpidsl.report.explanation import WindowShown
from kpidsl.semantic import model as m
from kpidsl.semantic.row_scope import column_type
from kpidsl.semantic.rows import Literal
from kpidsl.semantic.types import DataType
from kpidsl.semantic.units import NUMBER, Unit, UnitTable, UnknownUnit, is_currency
from kpidsl.semantic.windows import Invalid, window_spec
from kpidsl.syntax import expr_nodes as x
from kpidsl.syntax import goal_nodes as g
from kpidsl.syntax import shared_nodes as p
from kpidsl.syntax.node import Node
from kpidsl.syntax.setting_nodes import GoalDecl, ParamDecl, UnitDecl

Fact = tuple[str, str]


def metric_facts(metric: m.MetricModel) -> Iterator[Fact]:
    """What a metric says beside its value."""
    if metric.dimensions:
        yield "by", ", ".join(metric.dimensions)
    if metric.indicator is not None:
        yield "indicator", metric.indicator
    for day, text in metric.changed:
        yield "changed", f"{day} {text}"


def kpi_facts(kpi: m.KpiModel) -> Iterator[Fact]:
    """What a KPI says beside its value and bounds."""
    if kpi.slices:
        yield "by", "; ".join(" and ".join(one) for one in kpi.slices)
    if kpi.supports:
        yield "supports", ", ".join(kpi.supports)
    for one in kpi.signals:
        yield "signal", " ".join(one.span.text.split()).removeprefix("signal ")
    if kpi.forecast is not None:
        yield "forecast", " ".join(kpi.forecast.span.text.split()).removeprefix("forecast ")
    if kpi.suppress is not None:
        yield "suppress", f"below {kpi.suppress}"
    if kpi.interval is not None:
        by = f" each {kpi.interval.each.singular}" if kpi.interval.method == "ratio" else ""
        yield "interval", f"{kpi.interval.method} {share_text(kpi.interval.level)}{by}"
    for action in kpi.actions:
        when = f" when {action.when}" if action.when is not None else ""
        yield "action", f"{action.title}{when}" + (f" ({action.owner})" if action.owner is not None else "")


def source_facts(source: m.SourceModel) -> Iterator[Fact]:
    """Time, key, joins, freshness and columns, with types where the data tells them."""
    time = next((prop for prop in (_written(source.time), _written(source.holds)) if prop), None)
    if time is not None:
        yield "time", f"{time}, {source.zone} where no zone is written"
    if source.key:
        yield "key", ", ".join(source.key)
    if source.fresh is not None:
        yield "fresh", f"within {source.fresh[1].counted(source.fresh[0])}"
    if source.lag is not None:
        yield "complete", f"after {source.lag[1].counted(source.lag[0])}"
    if source.ahead:
        yield "ahead", "rows after the as-of are read, too"
    for name, join in source.joins.items():
        keys = ", ".join(left if left == right else f"{left} == {right}" for left, right in join.keys)
        yield "join", f"{name} on {keys}" + (f" (source {join.source})" if join.source != name else "")
    given = source.schema.columns if source.schema is not None else ()
    for column in given:
        declared = source.columns.get(column.name)
        kind = column.type if declared is None else column_type(declared, column.type)
        yield "column", _column(column.name, kind, declared.unit if declared is not None else NUMBER)
    known = {column.name for column in given}
    for name, declared in source.columns.items():
        if name not in known:
            yield "column", _column(name, declared.type, declared.unit)
    for name, row in source.lets.items():
        yield "let", f"{_column(name, row.type, row.unit)}"


def _column(name: str, kind: DataType | None, unit: Unit) -> str:
    label = f" in {unit.label}" if unit.label is not None else ""
    return f"{name}: {kind.value if kind is not None else 'as the data has it'}{label}"


def _written(part: object) -> str | None:
    """The names of the columns that a time is made of."""
    match part:
        case None:
            return None
        case m.HoldsModel(start=start, end=end, inclusive=inclusive):
            return f"holds from {_written(start)} to {_written(end)}{' inclusive' if inclusive else ''}"
        case _:
            return str(getattr(part, "name", "a derived column"))


def param_facts(node: ParamDecl, value: Literal | None, is_set: bool) -> Iterator[Fact]:
    """The default as written, and the value that counts."""
    yield "default", " ".join(node.default.span.text.split())
    if is_set and value is not None:
        yield "set to", str(value)


def unit_facts(node: UnitDecl, units: UnitTable) -> Iterator[Fact]:
    """What a unit is made of."""
    try:
        unit = units.named(node.name.text)
    except UnknownUnit:
        return
    if is_currency(unit):
        yield "dimension", "a currency: it is converted to no other"
    else:
        yield (
            "dimension",
            "·".join(name if power == 1 else f"{name}^{power}" for name, power in unit.dimensions) or "none",
        )
    if node.base is not None:
        yield "equals", f"{node.factor if node.factor is not None else 1} {node.base.text}"
    if unit.scale != 1:
        yield "in base units", _fraction(unit.scale)


def share_text(share: Fraction) -> str:
    """A fraction as the percentage it was written as."""
    return f"{float(100 * share):g}%"


def _fraction(number: Fraction) -> str:
    return str(number.numerator) if number.denominator == 1 else f"{number.numerator}/{number.denominator}"


def part_facts(node: Node) -> Iterator[Fact]:
    """The parts of a goal, objective or outcome, a line each."""
    match node:
        case GoalDecl(kind=kind) if kind is not None:
            yield "kind", kind.text
        case g.ObjectiveDecl() | g.OutcomeDecl():
            for prop in node.properties:
                match prop:
                    case g.AmbitionProp(ambition=word):
                        yield "ambition", word.text
                    case g.ParentProp(parent=name):
                        yield "parent", name.text
                    case g.KeyResultDecl():
                        yield "key result", _part(prop)
                    case g.EvidenceDecl():
                        yield "evidence", _part(prop)
                    case _:
                        pass
        case _:
            return


def _part(node: g.KeyResultDecl | g.EvidenceDecl) -> str:
    """A key result or an evidence: its name, and the line that says what it looks at."""
    told = (g.ChangeProp, g.ReachProp, g.KeepProp, g.DeliverProp, g.MeasureProp, g.JudgedProp)
    line = next((" ".join(prop.span.text.split()) for prop in node.properties if isinstance(prop, told)), "")
    return f"{node.name.text}: {line}" if line else node.name.text


def periods(node: Node, calendar: c.Calendar, anchor: datetime) -> tuple[WindowShown, ...]:
    """The period of an objective, the horizon of an outcome, the windows written in a key result or an evidence.

    Raises ValueError for one that leaves the years the calendar covers.
    """
    found: list[WindowShown] = []
    for of, written in _windows(node):
        try:
            window = c.resolve(window_spec(written, calendar, Problems()), anchor, calendar)
        except Invalid:
            continue
        start = calendar.local(window.start) if window.start is not None else None
        found.append(WindowShown(window.label, start, calendar.local(window.end), (of,)))
    return tuple(dict.fromkeys(found))


def _windows(node: Node) -> Iterator[tuple[str, x.Window]]:
    for prop in getattr(node, "properties", ()):
        match prop:
            case g.PeriodProp(period=window):
                yield "period", window
            case g.HorizonProp(horizon=window):
                yield "horizon", window
            case g.KeyResultDecl() | g.EvidenceDecl():
                yield from ((prop.name.text, window) for _, window in _windows(prop))
            case (
                g.ChangeProp(value=value)
                | g.ReachProp(value=value)
                | g.KeepProp(value=value)
                | g.MeasureProp(value=value)
            ):
                if isinstance(value, x.Over):
                    yield "value", value.window
            case _:
                pass


def described(node: Node) -> dict[str, str]:
    """The description, owner, review and tags of any declaration."""
    found: dict[str, str] = {}
    doc = getattr(node, "doc", None)
    if isinstance(doc, str):
        found["description"] = doc
    for prop in getattr(node, "properties", ()):
        match prop:
            case p.DescriptionProp(text=text):
                found["description"] = text.value
            case p.OwnerProp(owner=owner):
                found["owner"] = owner.value
            case p.ReviewProp(rhythm=rhythm):
                found["review"] = rhythm.text
            case p.TagsProp(tags=tags):
                found["tags"] = ", ".join(tag.text for tag in tags)
            case _:
                pass
    return found
