"""Specs evaluated over rows written in the test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa

import kpidsl
from kpidsl.assess.results import Assessment, MetricResult, Value

Table = Mapping[str, Sequence[object]]


def at(text: str, zone: bool = False) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if zone else moment


def days(*texts: str) -> list[date]:
    return [date.fromisoformat(text) for text in texts]


def money(*texts: str, precision: int = 20, scale: int = 2) -> pa.Array:
    return pa.array([Decimal(text) for text in texts], pa.decimal128(precision, scale))


def evaluate(spec: str, as_of: str, **tables: Table) -> kpidsl.Results:
    """The results of a spec whose sources are `source NAME { from arrow("NAME"); … }`."""
    made = {name: pa.table(dict(columns)) for name, columns in tables.items()}
    return kpidsl.load("-", stdin_text=spec).evaluate(as_of=as_of, sources=made)


def metric(spec: str, as_of: str, **tables: Table) -> MetricResult:
    """The only metric of a spec that has a value by itself."""
    (found,) = evaluate(spec, as_of, **tables).metrics
    return found


def value(expression: str, as_of: str, o: Table, source: str = "time at", calendar: str = "") -> Value | str | None:
    """The value of an expression over the source `o`, or the reason why there is none."""
    spec = f'{calendar}\nsource o {{ from arrow("o"); {source} }}\nmetric m = {expression}'
    results = evaluate(spec, as_of, o=o)
    (found,) = results.metrics
    assert found.value_undefined != "source_error", results.errors
    return found.value if found.value is not None else found.value_undefined


def kpi(properties: str, as_of: str, source: str = "time at", calendar: str = "", **tables: Table) -> Assessment:
    """The assessment of a KPI over the source `o`."""
    spec = f'{calendar}\nsource o {{ from arrow("o"); {source} }}\nkpi k {{ {properties} }}'
    (found,) = evaluate(spec, as_of, **tables).kpis
    return found.assessment
