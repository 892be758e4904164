"""What filters compare with constants is told by its place among these, and nothing else."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from decimal import Decimal

import pyarrow as pa
import pytest

import kpidsl
from engine.test_shared_scan import Asked
from kpidsl.engine import leaves, shared_scan
from kpidsl.semantic.rows import Comparison, Picked, Place, Row

FILTERS = (
    'name == "n1"', 'name == "n2" and paid', 'name != "n3"', 'name in ["n4", "n5", "nowhere"]', 'not (name == "n1")',
    'name not in ["n1", "n6"] and size > 3', "name is null", "name is not null and paid", 'lower(name) == "n7"',
    'lower(name) == "n8"', "size == 3", "size != 4", "size in [1, 2, 90]", "size is null", "size == 1000",
    "number >= 10", "number < 10", "number > 10", "number <= 10", "10 < number", "number == 12.5", "number != 12.50",
    "number in [1.25, 3, 7.5]", "number not in [1.25, 3]", "number >= 2.5 and number < 30 and paid", "number is null",
    "number is not null", "weight > 0.1", "weight <= 0.25", "weight == 0.25", "weight is null", "weight >= -1",
    "weight != 0.25", "number * size > 20", "number * size <= 45.5", "due >= 2026-02-01", "due < 2026-02-10",
    "due == 2026-02-03", "due > 2026-02-03", "due in last month", "due is null", "sent >= 2026-02-03T12:00",
    "sent < 2026-03-01", "sent in last month", "sent not in last month", "number > 5 or weight > 0.5",
    "number / 3 > 1", "number / 3 <= 4", "weight * 2 > 0.2", "weight * 2 <= 0.5",
)  # fmt: skip
MEASURES = ("count()", "sum(number)", "avg(weight)", "max(size)")


def spec() -> str:
    lines = ['calendar { timezone "Europe/Berlin" }', 'source rows { from arrow("rows"); time at in "UTC" }']
    for number, where in enumerate(FILTERS):
        measure = MEASURES[number % len(MEASURES)]
        window = ("last month", "last 3 months", "trailing 40 days")[number % 3]
        by = "; by paid" if number % 5 == 0 else ""
        lines.append(f"kpi k{number} {{ value ({measure} from rows where {where}) over {window}{by} }}")
    return "\n".join(lines)


def table() -> pa.Table:
    chance = random.Random(5)
    start = datetime(2025, 12, 20)  # noqa: DTZ001 -- a civil time
    count = 1_500

    def known(value: object) -> object:
        return value if chance.random() > 0.1 else None

    sent = [start + timedelta(hours=chance.randrange(2_400)) for _ in range(count)]
    return pa.table(
        {
            "at": pa.array([start + timedelta(minutes=chance.randrange(144_000)) for _ in range(count)]),
            "name": [known(f"{chance.choice('nN')}{chance.randrange(12)}") for _ in range(count)],
            "size": pa.array([known(chance.randrange(8)) for _ in range(count)], pa.int32()),
            "paid": [known(chance.random() < 0.5) for _ in range(count)],
            "number": pa.array([known(Decimal(chance.randrange(160)) / 4) for _ in range(count)], pa.decimal128(10, 2)),
            "weight": [chance.choice([None, float("nan"), -1.0, 0.25, 0.1, chance.random()]) for _ in range(count)],
            "due": [known(date(2026, 1, 20) + timedelta(days=chance.randrange(30))) for _ in range(count)],
            "sent": pa.array([known(one) for one in sent], pa.timestamp("us", "UTC")),
        }
    )  # fmt: skip


def document() -> str:
    return kpidsl.load("-", stdin_text=spec()).evaluate(as_of="2026-03-31", sources={"rows": table()}).to_json()


@pytest.fixture(scope="module")
def alone() -> str:
    """The document of filters that are asked as conditions of each row."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("KPIDSL_CACHE", "")
        patched.setattr(shared_scan, "pays", lambda _: False)
        return document()


@pytest.mark.parametrize("most", [100_000, 150])
def test_places_answer_as_conditions_do(monkeypatch: pytest.MonkeyPatch, alone: str, most: int) -> None:
    monkeypatch.setattr(leaves, "MOST_MEMBERS", 2)
    monkeypatch.setattr(shared_scan, "MOST_GROUPS", most)
    asked = Asked(monkeypatch)
    assert document() == alone
    found = [leaf for one in asked.scans for leaf in one.leaves]
    picked = {_name(leaf.operand) for leaf in found if isinstance(leaf, Picked)}
    placed = {_name(leaf.operand) for leaf in found if isinstance(leaf, Place)}
    assert {"name", "size"} <= picked
    assert {"number", "weight", "due", "sent"} <= placed
    if most > 10_000:
        assert len(asked.scans) < 12
        compared = {_name(leaf.left) for leaf in found if isinstance(leaf, Comparison)}
        assert not compared & {"name", "number"}  # none of which is asked of each row by itself


def _name(row: Row) -> object:
    return getattr(row, "name", None)
