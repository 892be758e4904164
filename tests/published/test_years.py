"""Tables with a year, a quarter, a month or a week in each row, as statistical offices and textbooks have them."""

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


@pytest.mark.parametrize(
    ("text", "form", "day"),
    [
        ("2024-Q1", "%Y-Q%q", "2024-01-01"),  # Eurostat and the OECD (SDMX)
        ("2024-Q4", "%Y-Q%q", "2024-10-01"),
        ("2024Q3", "%YQ%q", "2024-07-01"),  # the Bank of England, the BEA
        ("2024 Q2", "%Y Q%q", "2024-04-01"),  # the Office for National Statistics
        ("Q2/2024", "Q%q/%Y", "2024-04-01"),
        ("20243", "%Y%q", "2024-07-01"),
        ("100 %q Q2 2024", "100 %%q Q%q %Y", "2024-04-01"),
        ("2024-05", "%Y-%m", "2024-05-01"),
        ("2024M05", "%YM%m", "2024-05-01"),
        ("2020-W53", "%G-W%V", "2020-12-28"),
        ("2021-W01", "%G-W%V", "2021-01-04"),
    ],
)
def test_periods_are_their_first_days(tmp_path: Path, text: str, form: str, day: str) -> None:
    (tmp_path / "o.csv").write_text(f"period,x\n{text},1\n", "utf-8")
    spec = f'source o {{ from csv("o.csv"); time period; column period: date "{form}" }}\n'
    (tmp_path / "o.kpi").write_text(spec + "metric first = min(period) from o over all time", "utf-8")
    (found,) = kpidsl.load(tmp_path / "o.kpi").evaluate(as_of="2026-01-01").metrics
    assert str(found.value) == day


@pytest.mark.parametrize(
    ("text", "form"),
    [("2024-Q2", "%Y-Q%q"), ("Q2 2024", "Q%q %Y"), ("2024-W07", "%G-W%V"), ("2024M05", "%YM%m"), ("2024-05", "%Y-%m"),
     ("01-Mar-2024", "%d-%b-%Y"), ("Mar 1 2024", "%b %d %Y"), ("March 1, 2024", "%B %d, %Y"), ("May-24", "%b-%y"),
     ("March 2024", "%B %Y")],
)  # fmt: skip
def test_how_a_period_is_written_is_told(tmp_path: Path, text: str, form: str) -> None:
    (tmp_path / "o.csv").write_text(f'period,x\n"{text}",1\n', "utf-8")
    spec = 'source o {{ from csv("o.csv"); time period; {} }}\nmetric all_of_it = sum(x) from o over all time'
    (tmp_path / "o.kpi").write_text(spec.format(""), "utf-8")
    (error,) = kpidsl.load(tmp_path / "o.kpi").evaluate(as_of="2026-01-01").errors
    written = f'column period: timestamp "{form}"'
    assert error.hint == f"mend the value, or say how times are written: `{written}`"
    (tmp_path / "o.kpi").write_text(spec.format(written), "utf-8")
    assert kpidsl.load(tmp_path / "o.kpi").evaluate(as_of="2026-01-01").metrics[0].value == 1


def test_a_quarter_stands_with_a_year_alone(tmp_path: Path) -> None:
    (tmp_path / "o.csv").write_text("period,x\n2024-Q2-01,1\n2024-Q5,1\n", "utf-8")
    spec = 'source o { from csv("o.csv"); time period; column period: date "FORM" }\n'
    written = tmp_path / "o.kpi"
    asked = "metric all_of_it = sum(x) from o over all time"
    written.write_text(spec.replace("FORM", "%Y-Q%q-%d") + asked, "utf-8")
    (wrong,) = kpidsl.load(written).check().diagnostics
    assert '"%d" in it means nothing beside a quarter' in wrong.message
    written.write_text(spec.replace("FORM", "%Y-Q%q") + asked, "utf-8")
    (error,) = kpidsl.load(written).evaluate(as_of="2026-01-01").errors
    assert '"2024-Q2-01" in column `period` is not a time as "%Y-Q%q" says' in error.message
