"""Intervals through a spec: held against published answers and scipy, and what of a target they leave certain."""

from __future__ import annotations

import json
from decimal import Decimal
from fractions import Fraction
from random import Random
from statistics import fmean, stdev

import jsonschema
import pytest
from scipy import stats

from engine.evaluating import Table, days, evaluate
from kpidsl.assess.results import Assessment
from kpidsl.report import schema_text
from kpidsl.report.text import to_text
from kpidsl.sql.aggregates import RANKS
from kpidsl.stats.distributions import normal_quantile
from kpidsl.stats.intervals import quantile_ranks

VALIDATOR = jsonschema.Draft202012Validator(json.loads(schema_text()))
LEVEL = Fraction(95, 100)


def kpi(properties: str, **columns: object) -> Assessment:
    """The assessment of a KPI over rows, all of them in March 2026 unless `at` says otherwise."""
    length = len(next(iter(columns.values())))  # type: ignore[call-overload]
    table: Table = {"at": days(*["2026-03-05"] * length), **columns}  # type: ignore[dict-item]
    results = evaluate(f'source o {{ from arrow("o"); time at }}\nkpi k {{ {properties} }}', "2026-03-31", o=table)
    VALIDATOR.validate(json.loads(results.to_json()))
    assert results.errors == ()
    return results.kpis[0].assessment


def ends(found: Assessment, digits: int = 4) -> str:
    assert found.interval is not None
    assert found.interval.undefined is None
    assert found.interval.low is not None
    assert found.interval.high is not None
    return f"{found.interval.low:.{digits}f}–{found.interval.high:.{digits}f}"


def answers(*counts: tuple[int, int]) -> list[int]:
    """So many of each answer."""
    return [answer for answer, count in counts for _ in range(count)]


@pytest.mark.parametrize(
    ("k", "n", "printed"), [(81, 263, "0.2553–0.3662"), (0, 20, "0.0000–0.1611"), (1, 29, "0.0061–0.1718")]
)
@pytest.mark.parametrize(
    "value",
    [
        "share(x == 1) from o",
        "top_box(x + 1, 1 of 2) from o",
        "prevalence(x == 1 per unit) from o",
        "(count() from o where x == 1) / (count() from o)",
        "share((sum(x) from o) each unit >= 1)",
    ],
)
def test_published_shares(k: int, n: int, printed: str, value: str) -> None:
    found = kpi(f"value ({value}) over last month; interval 95%", x=answers((1, k), (0, n - k)), unit=list(range(n)))
    assert found.interval is not None
    assert found.interval.method == "wilson"
    assert ends(found) == printed


@pytest.mark.parametrize(
    ("target", "certainty", "status"),
    [
        (">= 85%", "not_distinguishable", "red"),
        (">= 80%", "not_distinguishable", "green"),
        (">= 76%", "met_certain", "green"),
        (">= 87%", "missed_certain", "red"),
        ("<= 90%", "met_certain", "green"),
        ("<= 75%", "missed_certain", "red"),
        ("70%..90%", "met_certain", "green"),
        ("80%..84%", "not_distinguishable", "green"),
        ("83%..84%", "not_distinguishable", "red"),
        ("10%..20%", "missed_certain", "red"),
    ],
)
def test_certainty_stands_beside_the_status(target: str, certainty: str, status: str) -> None:
    """164 of 200."""
    found = kpi(
        f"value share(x == 1) from o over last month; target {target}; interval wilson 95%",
        x=answers((1, 164), (0, 36)),
    )
    assert ends(found, 3) == "0.761–0.867"
    assert (found.certainty, found.status) == (certainty, status)


def test_a_net_promoter_score_and_its_margin() -> None:
    found = kpi(
        "value nps(x) from o over last month; target >= 30; interval 95%",
        x=[*answers((9, 120), (10, 100), (7, 60), (8, 40), (0, 30), (6, 50)), 11],
    )
    assert found.value == 35
    assert found.interval is not None
    assert found.interval.high is not None
    assert f"{found.interval.high - Decimal(35):.2f}" == "7.76"
    assert f"{found.interval.standard_error:.2f}" == "3.96"
    assert found.certainty == "not_distinguishable"


def test_a_net_score_of_effort() -> None:
    found = kpi("value ces_net(x, 2 of 5) from o over last month; interval normal 95%", x=[1, 2, 3, 4, 5, 5, 9])
    values = [-1, -1, 0, 1, 1, 1]
    error = 100 * stats.tstd(values) / 6**0.5 * (5 / 6) ** 0.5
    assert found.interval is not None
    assert float(found.interval.standard_error or 0) == pytest.approx(error)


@pytest.mark.parametrize("value", ["avg(x) from o", "avg((avg(x) from o) each unit)", "2 * (avg(x / 2) from o)"])
def test_a_mean_is_scipys(value: str) -> None:
    chance = Random(7)
    x = [round(chance.gauss(10, 3), 2) for _ in range(23)]
    found = kpi(f"value ({value}) over last month; interval t 90%", x=x, unit=list(range(23)))
    low, high = stats.t.interval(0.9, 22, fmean(x), stdev(x) / 23**0.5)
    assert ends(found, 6) == f"{low:.6f}–{high:.6f}"


@pytest.mark.parametrize("n", [6, 7, 40, 413])
@pytest.mark.parametrize(("call", "p"), [("median(x)", 0.5), ("percentile(x, 80%)", 0.8)])
def test_a_quantile_lies_between_its_order_statistics(n: int, call: str, p: float) -> None:
    chance = Random(n)
    x = [chance.randrange(10_000) for _ in range(n)]
    found = kpi(f"value {call} from o over last month; interval 95%; by unit", x=x, unit=["a"] * n)
    ranks = quantile_ranks(n, Fraction(str(p)), LEVEL)
    assert found.interval is not None
    if ranks is None:
        assert found.interval.undefined == "insufficient_sample"
        return
    ordered = sorted(x)
    assert (found.interval.low, found.interval.high) == (ordered[ranks[0] - 1], ordered[ranks[1] - 1])


def test_ranks_are_found_near_where_they_are_looked_for() -> None:
    """The engine fetches the order statistics around n·p ± z·√(n·p(1 − p))."""
    for n in (*range(1, 300), 1_000, 10_001, 250_000):
        for quantile in (Fraction(1, 2), Fraction(1, 20), Fraction(9, 10), Fraction(99, 100), Fraction(999, 1000)):
            for level in (Fraction(1, 2), LEVEL, Fraction(9999, 10_000)):
                ranks = quantile_ranks(n, quantile, level)
                if ranks is None:
                    continue
                spread = float(normal_quantile(level)) * (n * float(quantile * (1 - quantile))) ** 0.5
                for rank, away in zip(ranks, (-spread, spread), strict=True):
                    first = max(1, int(n * float(quantile) + away) - RANKS)
                    assert first <= rank <= first + 2 * RANKS + 1, (n, quantile, level)


def test_a_ratio_of_sums_by_its_days() -> None:
    """The days (3, 10), (5, 10), (4, 10) of stats/test_intervals.py, as rows; a day without rows is none."""
    at = days("2026-03-01", "2026-03-01", "2026-03-02", "2026-03-14")
    results = evaluate(
        'source o { from arrow("o"); time at }\n'
        "kpi k { value ((sum(y) from o) / (sum(x) from o)) over last month; target >= 0.1; interval 95% }\n"
        "kpi weeks { value ((sum(y) from o) / (sum(x) from o)) over last month; interval ratio 95% each week }",
        "2026-03-31",
        o={"at": at, "y": [1, 2, 5, 4], "x": [4, 6, 10, 10]},
    )
    daily, weekly = (one.assessment for one in results.kpis)
    assert ends(daily) == "0.1516–0.6484"
    assert daily.certainty == "met_certain"
    assert weekly.interval is not None
    assert weekly.interval.undefined == "uncovered_periods"  # March does not begin with a week


def test_a_ratio_of_rounded_sums_is_one_of_its_days_all_the_same() -> None:
    """Sums of floating-point numbers have 15 digits, each day's by itself."""
    chance = Random(5)
    y = [chance.random() * 10 ** chance.randrange(6) for _ in range(200)]
    found = kpi(
        "value ((sum(y) from o) / (sum(x) from o)) over last month; interval 95%",
        y=y, x=[chance.random() for _ in y], at=days(*(f"2026-03-{1 + place % 31:02}" for place in range(200))),
    )  # fmt: skip
    assert found.interval is not None
    assert found.interval.undefined is None


@pytest.mark.parametrize(
    ("value", "x", "undefined"),
    [
        ("avg(x) from o", [3], "insufficient_sample"),
        ("avg(x) from o", [3, 3, 3], "no_variation"),
        ("nps(x) from o", [10, 10, 10], "no_variation"),
        ("nps(x) from o", [10], "insufficient_sample"),
        ("ces_net(x, 3 of 7) from o", [7], "insufficient_sample"),
        ("median(x) from o", [1, 2, 3, 4, 5], "insufficient_sample"),
        ("(sum(x) from o) / (count() from o)", [1, 2], "insufficient_sample"),
    ],
)
def test_what_is_too_little_has_no_interval_and_nothing_is_certain(value: str, x: list[int], undefined: str) -> None:
    found = kpi(f"value ({value}) over last month; target >= 1; interval 95%", x=x)
    assert found.interval is not None
    assert (found.interval.low, found.interval.undefined, found.certainty) == (None, undefined, None)


def test_a_value_that_is_not_there_has_none_either() -> None:
    found = kpi("value share(x == 1) from o where x > 5 over last month; target >= 1%; interval 95%", x=[1, 2])
    assert (found.interval, found.certainty, found.status) == (None, None, "no_data")


def test_an_interval_moves_with_its_value() -> None:
    """1 − p: the ends swap, and with them what is certain."""
    x = answers((1, 164), (0, 36))
    found = kpi("value 1 - (share(x == 1) from o) over last month; target <= 24%; interval 95%", x=x)
    assert ends(found, 3) == "0.133–0.239"
    assert found.certainty == "met_certain"


def test_changes_of_shares_have_the_interval_of_newcombe() -> None:
    """56 of 70 after 48 of 80, in both segments; each compared by the whole and by itself."""
    x = answers((1, 56), (0, 14), (1, 48), (0, 32))
    at = days(*["2026-03-05"] * 70, *["2026-02-05"] * 80)
    table: Table = {"at": [*at, *at], "x": [*x, *x], "g": ["a"] * 150 + ["b"] * 150}
    results = evaluate(
        'source o { from arrow("o"); time at }\n'
        "kpi k { value share(x == 1) from o over last month; interval wilson 95%; by g; compare previous, 1 month earlier }",
        "2026-03-31",
        o=table,
    )
    VALIDATOR.validate(json.loads(results.to_json()))
    for segment in results.kpis[0].segments:
        assert segment.assessment.interval is not None
        for compared in segment.assessment.comparisons:
            assert compared.interval is not None
            assert (compared.interval.method, compared.interval.level) == ("newcombe", Decimal("0.95"))
            assert f"{compared.interval.low:.4f}–{compared.interval.high:.4f}" == "0.0524–0.3339"
    whole = results.kpis[0].assessment.comparisons[0].interval
    assert whole is not None
    assert whole.low is not None
    assert whole.low > Decimal("0.0524")  # twice as many, so less uncertain


@pytest.mark.parametrize(
    ("condition", "status"),
    [
        ("red when upper_bound < 87%", "red"),
        ("red when upper_bound < 86%", "green"),
        ("amber when lower_bound < 80%", "amber"),
        ("require lower_bound >= 77%", "no_data"),
        ("require lower_bound >= 76%", "green"),
    ],
)
def test_conditions_may_name_the_ends(condition: str, status: str) -> None:
    x = answers((1, 164), (0, 36))
    found = kpi(f"value share(x == 1) from o over last month; target >= 80%; interval 95%; {condition}", x=x)
    assert found.status == status


OUTCOME = """
source o {{ from arrow("o"); time at }}
outcome trust "People trust us" {{
  for residents; horizon 2025-01-01..2027-12-31; levels poor < fair < good; success good
  evidence survey {{
    measure share(x == 1) from o over last month
    level good >= 80%; level fair >= 60%
    interval wilson 95%
    {require}
  }}
  judge {{ need 1 evidence; level median }}
}}
"""


@pytest.mark.parametrize(
    ("require", "x", "usable", "certainty"),
    [
        ("", answers((1, 164), (0, 36)), True, "not_distinguishable"),
        ("", answers((1, 190), (0, 10)), True, "met_certain"),
        ("", answers((1, 20), (0, 180)), True, "missed_certain"),
        ("require lower_bound >= 76%", answers((1, 164), (0, 36)), True, "not_distinguishable"),
        ("require lower_bound >= 77%", answers((1, 164), (0, 36)), False, "not_distinguishable"),
    ],
)
def test_evidence_has_an_interval_and_says_whether_its_success_is_certain(
    require: str, x: list[int], usable: bool, certainty: str
) -> None:
    table: Table = {"at": days(*["2026-03-05"] * len(x)), "x": x}
    results = evaluate(OUTCOME.format(require=require), "2026-03-31", o=table)
    VALIDATOR.validate(json.loads(results.to_json()))
    (item,) = results.outcomes[0].evidence
    assert item.interval is not None
    assert (item.usable, item.certainty, item.interval.method) == (usable, certainty, "wilson")


def test_the_document_the_table_and_arrow_tell_them() -> None:
    results = evaluate(
        'source o { from arrow("o"); time at }\n'
        "kpi k { value share(x == 1) from o over last month; target >= 85%; interval wilson 95% }",
        "2026-03-31",
        o={"at": days(*["2026-03-05"] * 200), "x": answers((1, 164), (0, 36))},
    )
    document = json.loads(results.to_json())["kpis"][0]
    assert list(document["interval"]) == ["method", "level", "low", "high"]
    assert document["certainty"] == "not_distinguishable"
    assert "76.1 … 86.7 %  neither" in to_text(results)
    row = results.to_arrow().to_pylist()[0]
    assert (row["certainty"], round(row["interval_low"], 4)) == ("not_distinguishable", 0.7609)


@pytest.mark.parametrize(
    "value",
    ["avg(x) from o", "median(x) from o", "nps(x) from o", "ces(x) from o", "(sum(x) from o) / (sum(y) from o)"],
)
def test_the_change_of_what_is_no_share_has_no_interval(value: str) -> None:
    length = 28
    months = [f"2026-{month:02}-{day:02}" for month in (2, 3) for day in range(1, length + 1)]
    table: Table = {
        "at": days(*months),
        "x": [number * 7 % 11 for number in range(2 * length)],
        "y": [1 + number % 3 for number in range(2 * length)],
    }
    results = evaluate(
        'source o { from arrow("o"); time at }\n'
        f"kpi k {{ value ({value}) over 2026-03-01..2026-03-28; target >= 1; interval 95%; compare 4 weeks earlier }}",
        "2026-03-31",
        o=table,
    )
    found = results.kpis[0].assessment
    (compared,) = found.comparisons
    assert found.interval is not None
    assert found.interval.low is not None
    assert (compared.value_undefined, compared.change_undefined, compared.interval) == (None, None, None)
