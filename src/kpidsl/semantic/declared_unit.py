"""The unit that a metric or KPI says its value has."""

from __future__ import annotations

from kpidsl.diagnostics import Problems
from kpidsl.semantic import values as v
from kpidsl.semantic.combine import in_unit
from kpidsl.semantic.numbers import unit_mismatch, written_unit
from kpidsl.semantic.units import UnitTable
from kpidsl.semantic.windows import Invalid
from kpidsl.syntax.decl_nodes import KpiDecl, MetricDecl, UnitProp

SORTS = {"number": "number", "boolean": "condition", "text": "text", "time": "time"}


def declared_unit(value: v.Value, node: MetricDecl | KpiDecl, units: UnitTable, problems: Problems) -> v.Value:
    """The value in the unit its declaration says. Raises `Invalid`."""
    prop = next((prop for prop in node.properties if isinstance(prop, UnitProp)), None)
    if prop is None:
        return value
    unit = written_unit(prop.unit, units, problems)
    if value.info.sort != "number":
        said = f"a {SORTS[value.info.sort]} has no unit"
        problems.error("K0304", said, prop.unit.span, hint="leave `unit` out")
        raise Invalid
    converted = in_unit(value, unit)
    if converted is None:
        unit_mismatch(value.info.unit, unit, prop.unit.span, problems)
        raise Invalid
    return converted
