"""The engine agrees with the oracle, a slow evaluator written from the definitions, on random specs and data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, note, settings

import kpidsl
from oracle import Oracle
from properties.agreement import kpi, metric
from properties.strategies import Case, cases

TYPES = {
    "int32": pa.int32(),
    "int64": pa.int64(),
    "double": pa.float64(),
    "string": pa.string(),
    "bool": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
    "instant": pa.timestamp("us", tz="UTC"),
    "decimal(30,4)": pa.decimal128(30, 4),
    "decimal(10,1)": pa.decimal128(10, 1),
}


def arrow(rows: Sequence[Mapping[str, object]], types: Mapping[str, str]) -> pa.Table:
    schema = pa.schema([(column, TYPES[kind]) for column, kind in types.items()])
    return pa.Table.from_pylist([dict(row) for row in rows], schema=schema)


def disagreements(case: Case) -> list[str]:
    """What the engine says otherwise than the oracle, in words."""
    oracle = Oracle(case.spec, case.rows, case.as_of)
    with TemporaryDirectory() as folder:
        file = Path(folder) / "case.kpi"
        file.write_text(case.spec, "utf-8")
        spec = kpidsl.load([file])
        tables = {name: arrow(case.rows[name], types) for name, types in case.types.items()}
        results = spec.evaluate(as_of=case.as_of, sources=tables)
    found = [f"{error.code} {error.message} ({error.at})" for error in results.errors]
    if results.as_of.astimezone(UTC) != oracle.anchor:
        found.append(f"as of {results.as_of}, expected {oracle.anchor}")
    if {result.name for result in results.kpis} != set(oracle.kpis):
        found.append(f"KPIs {[result.name for result in results.kpis]}")
    named = {result.name for result in results.metrics}
    closed = {name for name in oracle.world.metrics if not name.endswith("_part")}
    if not closed <= named <= set(oracle.world.metrics):
        found.append(f"metrics {sorted(named)}")
    for result in results.metrics:
        found.extend(metric(result, oracle))
    for judged in results.kpis:
        found.extend(kpi(judged, oracle.kpi(judged.name)))
    return found


def hold(case: Case) -> None:
    note(case.spec)
    note(f"as of {case.as_of}")
    found = disagreements(case)
    assert not found, "\n".join(found)


UNHURRIED = [HealthCheck.too_slow, HealthCheck.data_too_large]


@settings(max_examples=20, suppress_health_check=UNHURRIED)
@given(cases())
def test_the_engine_equals_the_oracle(case: Case) -> None:
    hold(case)


@pytest.mark.slow
@settings(max_examples=40, suppress_health_check=UNHURRIED)
@given(cases())
def test_the_engine_equals_the_oracle_on_many_more(case: Case) -> None:
    hold(case)


@pytest.mark.slow
@settings(max_examples=40, suppress_health_check=UNHURRIED)
@given(cases())
def test_the_engine_equals_the_oracle_on_as_many_again(case: Case) -> None:
    """Examples follow from the name of a test where they are not random; two are run side by side."""
    hold(case)


@settings(max_examples=30, suppress_health_check=[*UNHURRIED, HealthCheck.function_scoped_fixture])
@given(case=cases())
def test_scans_that_groupings_share_and_quantiles_that_are_counted_give_the_same(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kpidsl.engine.shared_scan.FEWEST_FILTERS", 0)
    monkeypatch.setattr("kpidsl.engine.quantiles.MANY", 0)
    monkeypatch.setattr("kpidsl.engine.quantiles.LEFT", 3)
    hold(case)


@settings(max_examples=30, suppress_health_check=[*UNHURRIED, HealthCheck.function_scoped_fixture])
@given(case=cases())
def test_values_that_are_marked_give_the_same(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kpidsl.engine.marks.pays", lambda *_: True)
    hold(case)
