"""Floating-point numbers are added up as a few of them are; where others are not like these, they are looked at."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Context, Decimal
from fractions import Fraction
from math import inf, isnan, nan
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import kpidsl
from engine.evaluating import days, evaluate
from kpidsl.engine import scales
from kpidsl.engine.parts import assumed_scale
from kpidsl.sql import queries
from kpidsl.sql.aggregates import LIMB

SPEC = """
source o { from PROVIDER; time at }
metric total = sum(x) from o over 2026-03
metric mean = avg(x) from o over all time
metric doubled = sum(x * 2) from o over 2026-03
metric early = sum(x) from o where n <= 3 over 2026-03
metric greatest = max(x) from o over 2026-03
metric newest = (sum(x) from o at end) over 2026-03
kpi of_one { value sum(x) from o over 2026-03; target >= 1; by d }
kpi of_all { value avg(x) from o over 2026-03; target >= 1 }
"""
FEW = 4
ALIKE = [0.1, -1.5, 3.25, 7.0]
COLUMNS: dict[str, list[float | None]] = {
    "alike": [*ALIKE, 0.3, -6.75],
    "larger": [*ALIKE, 1e30, -1e30, 0.2],
    "much larger": [*ALIKE, 1.7e308, 0.2],
    "smaller": [*ALIKE, 1e-30, 0.2],
    "much smaller": [*ALIKE, 5e-324, 0.2],
    "nothing among the first": [None, None, None, None, 0.1, 1e-20, 1e12],
    "0 among the first": [0.0, -0.0, 0.0, 0.0, 0.1, 2.0**27],
    "nothing at all": [None] * 6,
    "no numbers at all": [nan] * 6,
    "no number among the others": [*ALIKE, nan, None, 0.2],
    "far apart at once": [1e-300, 1e300, 0.1, 1.0, 2.0],
    "large at once": [1e25, 3e27, -1e26, 7.0, 2.0],
    "many bits": [1e15, 1 / 3, 1e-3, 1e-9, 2 / 7, 1e20],
    "-0": [-0.0, *ALIKE, -0.0],
    "infinite": [*ALIKE, inf, 0.2],
    "both infinite": [*ALIKE, inf, -inf],
    "infinite at once": [inf, *ALIKE],
}


def rows(numbers: Sequence[float | None]) -> pa.Table:
    count = len(numbers)
    return pa.table(
        {
            "at": [date(2026, 3, 1 + place) for place in range(count)],
            "x": pa.array(numbers, pa.float64()),
            "n": list(range(count)),
            "d": ["ab"[place % 2] for place in range(count)],
        }
    )


def evaluated(numbers: Sequence[float | None], **how: Any) -> kpidsl.Results:
    spec = kpidsl.load("-", stdin_text=SPEC.replace("PROVIDER", 'arrow("o")'))
    return spec.evaluate(as_of="2026-03-31", sources={"o": rows(numbers)}, **how)


class Looks:
    """How often all rows were looked at, and how often a few."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.all = self.few = 0
        spread = queries.spread

        def counted(source: Any, wanted: Any, first: int | None = None) -> Any:
            if first is None:
                self.all += 1
            else:
                self.few += 1
            return spread(source, wanted, first)

        monkeypatch.setattr(queries, "spread", counted)
        monkeypatch.setattr(scales, "FIRST_ROWS", FEW)


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> Looks:
    return Looks(monkeypatch)


@pytest.mark.parametrize("name", COLUMNS)
def test_what_is_assumed_changes_no_value(monkeypatch: pytest.MonkeyPatch, looks: Looks, name: str) -> None:
    results = evaluated(COLUMNS[name], threads=2)
    assert looks.few == 1
    with monkeypatch.context() as patched:
        patched.setattr("kpidsl.engine.run.of_few", lambda *_: {})
        assert evaluated(COLUMNS[name], threads=1).to_json() == results.to_json()
    numbers = [one for one in COLUMNS[name] if one is not None and not isnan(one)]
    (total,) = (one for one in results.metrics if one.name == "total")
    if inf in numbers:
        assert total.value_undefined == "source_error"
        assert [error.code for error in results.errors] == ["K0613"]
        return
    exact = sum(map(Fraction, numbers), Fraction(0))
    assert total.value == Context(prec=15).divide(Decimal(exact.numerator), Decimal(exact.denominator))
    assert total.n == len(numbers)


@pytest.mark.parametrize(
    ("name", "all_rows"), [("alike", 0), ("-0", 0), ("no number among the others", 0), ("larger", 1), ("infinite", 1)]
)
def test_all_rows_are_looked_at_only_where_others_are_unlike_the_first(looks: Looks, name: str, all_rows: int) -> None:
    evaluated(COLUMNS[name])
    assert (looks.few, looks.all) == (1, all_rows)


def test_numbers_whose_squares_are_added_are_looked_at_once(looks: Looks) -> None:
    text = 'source o { from arrow("o"); time at }\nmetric a = sum(x) from o over 2026-03\n'
    text += "metric b = stddev(x) from o over 2026-03"
    spec = kpidsl.load("-", stdin_text=text)
    results = spec.evaluate(as_of="2026-03-31", sources={"o": rows(COLUMNS["alike"])})
    assert not results.errors
    assert (looks.few, looks.all) == (0, 1)


@pytest.mark.parametrize(
    "name", ["alike", "larger", "smaller", "no number among the others", "infinite", "nothing at all"]
)
def test_kept_state_has_the_same_numbers(looks: Looks, tmp_path: Path, name: str) -> None:
    numbers = COLUMNS[name]
    (tmp_path / "o.kpi").write_text(SPEC.replace("PROVIDER", 'parquet("o*.parquet")'), "utf-8")
    for part in (0, 1):
        pq.write_table(rows(numbers).slice(5 * part, 5), tmp_path / f"o{part}.parquet")
    spec = kpidsl.load(tmp_path / "o.kpi")
    expected = spec.evaluate(as_of="2026-03-31").to_json()
    assert looks.few
    for _ in range(2):  # read and kept, and as it was kept
        assert spec.evaluate(as_of="2026-03-31", state=tmp_path / "state").to_json() == expected


@pytest.mark.parametrize("least", [1e-290, 1e-20, 0.01, 3.0, 1e6])
@pytest.mark.parametrize("high", [0.5, 1023.0, 1e9, 1e30, 1e290])
def test_there_is_room_on_both_sides_of_what_was_seen(least: float, high: float) -> None:
    if least > high:
        return
    scale = assumed_scale(-least, high, least)
    if scale is None:
        assert high > 1e20 or least < 1e-250  # limbs would not reach down to 1, or be too many
        return
    assert scale.assumed
    assert high < 2.0 ** (scale.exponent - 2)
    bottom = scale.exponent - LIMB * scale.limbs
    assert bottom <= 0
    assert 2.0 ** (bottom + 2) <= least * 2.0**-53


@pytest.mark.parametrize("number", [0.7, 76.7006, 1.1, 0.1])
@pytest.mark.parametrize("mean", ["avg(x) from o", "(sum(x) from o) / (count() from o)", "median(x) from o"])
def test_a_mean_of_floats_is_what_they_say(mean: str, number: float) -> None:
    """A target of 0.7 is met by a mean of 0.7: the binary number beside it is a little less."""
    table = pa.table({"at": [date(2026, 2, 3), *[date(2026, 3, 3)] * 3], "x": [number + 1, *[number] * 3]})
    spec = f"""source o {{ from arrow("o"); time at }}
        kpi k {{ value ({mean}) over last month; target >= {number}; compare previous }}
        kpi l {{ value ({mean}) over last month; target <= {number} }}"""
    low, high = kpidsl.load("-", stdin_text=spec).evaluate(as_of="2026-03-31", sources={"o": table}).kpis
    assert (low.assessment.status, high.assessment.status) == ("green", "green")
    assert (low.assessment.gap, low.assessment.comparisons[0].change) == (0, -1)


@pytest.mark.parametrize(("declared", "kept", "status"), [("", 1, "red"), ("; column x: decimal", 2, "green")])
def test_four_bytes_are_what_they_hold_and_a_decimal_what_they_show(declared: str, kept: int, status: str) -> None:
    spec = f"""
    source o {{ from arrow("o"); time at{declared} }}
    kpi kept {{ value count() from o where x >= 0.7 over 2026-03 }}
    kpi least {{ value min(x) from o over 2026-03; target >= 0.7 }}
    """
    table = pa.table({"at": [date(2026, 3, 1)] * 2, "x": pa.array([0.7, 1.5], pa.float32())})
    found = kpidsl.load("-", stdin_text=spec).evaluate(as_of="2026-03-31", sources={"o": table})
    assert found.kpis[0].assessment.value == kept
    assert found.kpis[1].assessment.status == status


def test_floats_that_no_limbs_hold_are_added_up_over_panes_and_members() -> None:
    """Numbers so far apart come as they are: those of two months are all of a quarter's."""
    far = {"at": days("2026-02-02", "2026-02-03", "2026-02-04", "2026-03-02", "2026-03-03"),
           "x": [1e300, 0.5, 0.25, -1e300, 2.0], "d": list("aabba")}  # fmt: skip
    spec = """source o { from arrow("o"); time at }
    metric february = sum(x) from o over 2026-02
    metric march = sum(x) from o over 2026-03
    metric both = sum(x) from o over 2026-Q1
    metric mean = avg(x) from o over 2026-Q1
    metric largest = max((sum(x) from o) each d) over 2026-Q1
    """
    found = {one.name: one.value for one in evaluate(spec, "2026-03-31", o=far).metrics}
    assert found == {
        "february": Decimal("1e300"), "march": Decimal("-1e300"), "both": Decimal("2.75"), "mean": Decimal("0.55"),
        "largest": Decimal("1e300"),
    }  # fmt: skip
