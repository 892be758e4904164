"""A table with a year in each row, as statistical offices and textbooks have it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

import kpidsl

# Oceania in the Gapminder data of J. Bryan's package (CC0): mean life expectancy 79.740 in 2002 and 80.7195 in 2007.
OCEANIA = """country,year,life,people
Australia,2002,80.37,19546792
Australia,2007,81.235,20434176
New Zealand,2002,79.11,3908037
New Zealand,2007,80.204,4115771
"""
KPI = """kpi life { value avg(life) from oceania over 2007; compare 5 years earlier }
kpi people { value sum(people) from oceania over 2002-01-01..2007-12-31 }"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "oceania.csv").write_text(OCEANIA, "utf-8")
    duckdb.sql(f"copy (from '{tmp_path}/oceania.csv') to '{tmp_path}/oceania.parquet'")
    return tmp_path


@pytest.mark.parametrize("source", ['csv("oceania.csv")', 'parquet("oceania.parquet")'])
@pytest.mark.parametrize("kind", ["date", "timestamp"])
def test_years_place_rows_in_time(folder: Path, source: str, kind: str) -> None:
    text = f'source oceania {{ from {source}; time year; column year: {kind} "%Y" }}\n{KPI}'
    (folder / "oceania.kpi").write_text(text, "utf-8")
    life, people = kpidsl.load(folder / "oceania.kpi").evaluate(as_of="2010-01-01").kpis
    (earlier,) = life.assessment.comparisons
    assert (life.assessment.value, earlier.value, earlier.change) == (
        Decimal("80.7195"), Decimal("79.74"), Decimal("0.9795"),
    )  # fmt: skip
    assert people.assessment.value == 48_004_776


@pytest.mark.parametrize("source", ['csv("oceania.csv")', 'parquet("oceania.parquet")'])
def test_a_year_that_is_not_said_to_be_one_is_told(folder: Path, source: str) -> None:
    (folder / "oceania.kpi").write_text(f"source oceania {{ from {source}; time year }}\n{KPI}", "utf-8")
    (found,) = kpidsl.load(folder / "oceania.kpi").check().diagnostics[:1]
    assert (found.code, found.hint) == ("K0604", 'if it holds years such as 2026, say so: `column year: date "%Y"`')
