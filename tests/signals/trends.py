"""KPIs over months written in the test, through a CSV file, and what statistics say of them."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema

import kpidsl
from kpidsl.assess.results import Assessment
from kpidsl.assess.signal_results import ForecastResult, SignalResult
from kpidsl.report import schema_text

VALIDATOR = jsonschema.Draft202012Validator(json.loads(schema_text()))
Amounts = list[int | float | None]


def months(amounts: Amounts, first: str = "2025-01") -> str:
    """A CSV file with a row in the middle of each month; none for None."""
    year, month = map(int, first.split("-"))
    lines = ["at,x"]
    for number, amount in enumerate(amounts, 12 * year + month - 1):
        if amount is not None:
            lines.append(f"{number // 12}-{number % 12 + 1:02d}-15,{amount}")
    return "\n".join(lines) + "\n"


def results(folder: Path, amounts: Amounts, as_of: str, kpi: str, first: str = "2025-01") -> kpidsl.Results:
    """The results of a KPI `k`; its document follows the schema, in TOML as in JSON, and is the same again."""
    (folder / "d.csv").write_text(months(amounts, first))
    spec = folder / "spec.kpi"
    spec.write_text(
        'source d { from csv("d.csv"); time at; column at: date; column x: decimal }\n'
        f"metric total = sum(x) from d\nmetric mean = avg(x) from d\nkpi k {{\n{kpi}\n}}\n"
    )
    found = kpidsl.load(spec).evaluate(as_of=as_of)
    VALIDATOR.validate(json.loads(found.to_json()))
    assert found.errors == ()
    assert kpidsl.load(spec).evaluate(as_of=as_of).to_json() == found.to_json()
    return found


def assessed(folder: Path, amounts: Amounts, as_of: str, kpi: str, first: str = "2025-01") -> Assessment:
    return results(folder, amounts, as_of, kpi, first).kpis[0].assessment


def signal(folder: Path, amounts: Amounts, as_of: str, kpi: str, first: str = "2025-01") -> SignalResult:
    (found,) = assessed(folder, amounts, as_of, kpi, first).signals
    return found


def forecast(folder: Path, amounts: Amounts, as_of: str, kpi: str, first: str = "2025-01") -> ForecastResult:
    found = assessed(folder, amounts, as_of, kpi, first).forecast
    assert found is not None
    return found
