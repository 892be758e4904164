"""The outcomes of specs/housing: the states that its page tells, and evidence against SQL over the same files."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pytest

import kpidsl

HOUSING = Path(__file__).parents[2] / "specs" / "housing"
ROW = re.compile(r"^\| (\d{4}-\d\d-\d\d) \| ([a-z ]+) \| [^|]+ \| ([a-z ]+) \| [^|]+ \|$", re.MULTILINE)
TOLD = ROW.findall((HOUSING / "README.md").read_text("utf-8"))
EVIDENCE = {
    "settled.home": "select count(*) filter (home >= 4), count(home) from '{}/survey.csv' where answered_on >= '2025-11-01'",
    "settled.spoken": """
        select count(distinct interview) filter (theme = 'home'), count(distinct interview) filter (theme is not null)
        from '{}/interviews.csv' where speaker = 'resident' and held_on >= '2025-11-01'""",
    "connected.near": """
        select count(*) filter (people_near >= 4), count(people_near) from '{}/survey.csv' where answered_on >= '2025-11-01'""",
    "connected.neighbours": """
        select count(*) filter (tone >= 3), count(*) from '{}/interviews.csv'
        where speaker = 'neighbour' and held_on >= '2025-11-01'""",
}  # fmt: skip


def test_the_page_tells_five_days() -> None:
    assert len(TOLD) == 5


@pytest.mark.parametrize(("day", "settled", "connected"), TOLD)
def test_the_states_are_those_of_the_page(day: str, settled: str, connected: str) -> None:
    found = kpidsl.load([HOUSING]).evaluate(as_of=day)
    assert [one.state.replace("_", " ") for one in found.outcomes] == [settled, connected]
    assert not found.errors


def test_evidence_is_what_sql_counts() -> None:
    found = kpidsl.load([HOUSING]).evaluate(as_of="2026-10-31")
    items = {f"{outcome.name}.{one.name}": one for outcome in found.outcomes for one in outcome.evidence}
    for name, sql in EVIDENCE.items():
        part, whole = duckdb.sql(sql.format(HOUSING / "data")).fetchall()[0]
        assert items[name].n == whole, name
        assert float(str(items[name].value)) == pytest.approx(part / whole, abs=1e-14), name
    assert all(one.usable for one in items.values())
