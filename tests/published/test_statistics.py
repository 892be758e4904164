"""Quantiles, intervals, agreement, growth: what manuals and papers print, asked in specs."""

from __future__ import annotations

from datetime import date
from decimal import Context, Decimal
from fractions import Fraction

import pytest

from engine.evaluating import Table, days, kpi, money, value
from kpidsl.assess.results import Value
from kpidsl.stats.intervals import quantile_ranks

DAY = "2026-03-02"


def of(expression: str, numbers: object) -> Value | str | None:
    x = list(numbers) if isinstance(numbers, list | tuple) else numbers
    return value(f"{expression} from o over 2026-03", "2026-03-31", {"at": days(*[DAY] * len(x)), "x": x})  # type: ignore[arg-type, dict-item]


def rounded(number: object, digits: int) -> str:
    return str(Context(prec=digits).plus(Decimal(str(number))).normalize())


# ---------------------------------------------------------------- quantiles
# Microsoft's pages of PERCENTILE.INC, QUARTILE.INC, MEDIAN, VAR.S and STDEV.S, such as
# support.microsoft.com/en-us/office/stdev-s-function-7d69cf97-0c1f-4acf-be27-f3e83904cc23
BREAKING = [1345, 1301, 1368, 1322, 1310, 1370, 1318, 1350, 1303, 1299]
# NIST/SEMATECH e-Handbook 7.2.6.2: twelve gauges; what it names Excel's way, type 7 of Hyndman and Fan (1996).
GAUGES = [
    "95.1772",
    "95.1567",
    "95.1937",
    "95.1959",
    "95.1442",
    "95.0610",
    "95.1591",
    "95.1195",
    "95.1065",
    "95.0925",
    "95.1990",
    "95.1682",
]


@pytest.mark.parametrize(
    ("expression", "numbers", "printed"),
    [
        ("percentile(x, 30%)", [1, 2, 3, 4], "1.9"),
        ("percentile(x, 25%)", [1, 2, 4, 7, 8, 9, 10, 12], "3.5"),
        ("median(x)", [1, 2, 3, 4, 5], "3"),
        ("median(x)", [1, 2, 3, 4, 5, 6], "3.5"),
        ("stddev(x)", BREAKING, "27.46391572"),
        ("variance(x)", BREAKING, "754.2666667"),
        ("percentile(x, 90%)", money(*GAUGES, scale=4), "95.1957"),
        ("percentile(x, 90%)", [float(one) for one in GAUGES], "95.1957"),
        ("avg(x)", money(*GAUGES, scale=4), "95.1478"),
    ],
)
def test_what_manuals_print(expression: str, numbers: object, printed: str) -> None:
    assert rounded(of(expression, numbers), len(printed.replace(".", ""))) == printed


@pytest.mark.parametrize(
    ("number", "whole", "two"),
    [("2.5", 3, "2.5"), ("-2.5", -3, "-2.5"), ("2.15", 2, "2.15"), ("-1.475", -1, "-1.48"), ("2.149", 2, "2.15"), ("1.005", 1, "1.01")],
)  # fmt: skip
def test_rounding_is_that_of_spreadsheets(number: str, whole: int, two: str) -> None:
    """Microsoft's page of ROUND: halves go away from zero."""
    assert of("sum(round(x))", money(number, scale=3)) == whole
    assert of("sum(round(x, 2))", money(number, scale=3)) == Decimal(two)


# Miles a gallon and cylinders of 32 cars (Henderson and Velleman 1981), as R has them in `mtcars`.
MPG = [
    "21.0",
    "21.0",
    "22.8",
    "21.4",
    "18.7",
    "18.1",
    "14.3",
    "24.4",
    "22.8",
    "19.2",
    "17.8",
    "16.4",
    "17.3",
    "15.2",
    "10.4",
    "10.4",
    "14.7",
    "32.4",
    "30.4",
    "33.9",
    "21.5",
    "15.5",
    "15.2",
    "13.3",
    "19.2",
    "27.3",
    "26.0",
    "30.4",
    "15.8",
    "19.7",
    "15.0",
    "21.4",
]
CYLINDERS = [*map(int, "66468684466888888444488884448684")]


@pytest.mark.parametrize("floats", [False, True])
@pytest.mark.parametrize(
    ("function", "whole", "four", "six", "eight"),
    [
        ("avg(x)", "20.09062", "26.66364", "19.74286", "15.1"),
        ("median(x)", "19.2", "26", "19.7", "15.2"),
        ("percentile(x, 25%)", "15.425", "22.8", "18.65", "14.4"),
        ("percentile(x, 75%)", "22.8", "30.4", "21", "16.25"),
        ("stddev(x)", "6.026948", "4.509828", "1.453567", "2.560048"),
        ("min(x)", "10.4", "21.4", "17.8", "10.4"),
        ("max(x)", "33.9", "33.9", "21.4", "19.2"),
    ],
)
def test_cars_by_cylinders(function: str, whole: str, four: str, six: str, eight: str, floats: bool) -> None:
    """What R's `summary`, `tapply` and `aggregate` print; from two panes that the months cut."""
    x = [float(one) for one in MPG] if floats else money(*MPG, scale=1)
    rows = {"at": days(*["2026-02-03", "2026-03-02"] * 16), "x": x, "cyl": CYLINDERS}
    expressions = [f"{function} from o where cyl == {cyl}" for cyl in (4, 6, 8)]
    printed = (whole, four, six, eight)
    for expression, is_printed in zip((f"{function} from o", *expressions), printed, strict=True):
        found = kpi(f"value ({expression}) over last quarter; trend 3 months", "2026-03-31", o=rows)
        assert rounded(found.value, len(is_printed.replace(".", ""))) == is_printed


# Student (1908), Biometrika 6, table: hours of sleep gained by ten patients with L-hyoscyamine more than with D-.
def test_the_interval_of_students_sleepers() -> None:
    """As R's `t.test(sleep)` prints it (rstudio-pubs-static.s3.amazonaws.com/127695_2da0c0c1c2a045d0954016154faf6136.html):
    1.58, from 0.7001142 to 2.4598858.
    """
    gained = money(*["1.2", "2.4", "1.3", "1.3", "0.0", "1.0", "1.8", "0.8", "4.6", "1.4"])
    rows: Table = {"at": days(*[DAY] * 10), "x": gained}
    found = kpi("value avg(x) from o over 2026-03; interval 95%; target >= 0", "2026-03-31", o=rows)
    assert found.interval is not None
    low, high = found.interval.low, found.interval.high
    assert (found.value, rounded(low, 7), rounded(high, 8)) == (Decimal("1.58"), "0.7001142", "2.4598858")


@pytest.mark.parametrize(
    ("n", "ranks"),
    [(5, None), (6, (1, 6)), (10, (2, 9)), (12, (3, 10)), (15, (4, 12)), (20, (6, 15)), (25, (8, 18)), (50, (18, 33)), (100, (40, 61))],
)  # fmt: skip
def test_ranks_around_a_median_are_those_of_the_sign_tests_tables(n: int, ranks: tuple[int, int] | None) -> None:
    """W. J. Dixon, F. J. Massey, *Introduction to Statistical Analysis*, table of confidence limits for the median, 95 %."""
    assert quantile_ranks(n, Fraction(1, 2), Fraction(95, 100)) == ranks


# ---------------------------------------------------------------- agreement
def coded(table: list[list[int]]) -> Table:
    """A square table of counts as two coders' codes, from 1."""
    pairs = [(down, across) for down, row in enumerate(table, 1) for across, n in enumerate(row, 1) for _ in range(n)]
    codes = [code for pair in pairs for code in pair]
    units = [unit for unit in range(len(pairs)) for _ in "AB"]
    return {"at": days(*[DAY] * len(codes)), "unit": units, "coder": ["A", "B"] * len(pairs), "code": codes}


@pytest.mark.parametrize(
    ("table", "weights", "printed"),
    [
        # SAS/STAT, PROC FREQ: two dermatologists on skin conditions
        # see support.sas.com/documentation/cdl/en/statug/63033/HTML/default/statug_freq_sect004.htm
        ([[10, 4, 1, 0], [5, 10, 12, 2], [2, 4, 12, 5], [0, 2, 6, 13]], "", "0.3449"),
        ([[10, 4, 1, 0], [5, 10, 12, 2], [2, 4, 12, 5], [0, 2, 6, 13]], ", weights: linear", "0.5082"),
        # A. Agresti, Modelling patterns of agreement and disagreement (1988), as `SexualFun` of R's vcd
        ([[7, 7, 2, 3], [2, 8, 3, 7], [1, 5, 4, 9], [2, 8, 9, 14]], "", "0.1293"),
        ([[7, 7, 2, 3], [2, 8, 3, 7], [1, 5, 4, 9], [2, 8, 9, 14]], ", weights: linear", "0.2374"),
        # A. Agresti, Categorical Data Analysis, 10.5: two pathologists on carcinomas
        ([[22, 2, 2, 0], [5, 7, 14, 0], [0, 2, 36, 0], [0, 1, 17, 10]], "", "0.493"),
        ([[22, 2, 2, 0], [5, 7, 14, 0], [0, 2, 36, 0], [0, 1, 17, 10]], ", weights: quadratic", "0.784"),
        ([[20, 5], [10, 15]], "", "0.4"),
        ([[45, 15], [25, 15]], "", "0.1304"),
        ([[25, 35], [5, 35]], "", "0.2593"),
    ],
)
def test_kappas_as_printed(table: list[list[int]], weights: str, printed: str) -> None:
    found = value(f"cohen_kappa(code by coder per unit{weights}) from o over 2026-03", "2026-03-31", coded(table))
    assert rounded(found, len(printed) - 2) == printed


def test_a_kappa_of_fourteen_raters() -> None:
    """J. L. Fleiss' coefficient of the ten subjects and five categories of the encyclopaedias: 0.210."""
    counts = ["0000E", "02642", "00356", "03920", "22811", "77000", "32630", "25322", "65210", "02237"]
    rows = [
        (unit, coder, code)
        for unit, row in enumerate(counts)
        for coder, code in enumerate(code for code, n in enumerate(row) for _ in range(int(n, 16)))
    ]
    units, coders, codes = zip(*rows, strict=True)
    table = {"at": days(*[DAY] * len(rows)), "unit": units, "coder": coders, "code": codes}
    found = value("fleiss_kappa(code by coder per unit) from o over 2026-03", "2026-03-31", table)
    assert rounded(found, 3) == "0.21"


@pytest.mark.parametrize(("level", "printed"), [("nominal", "0.691"), ("interval", "0.811")])
def test_an_alpha_with_codes_missing(level: str, printed: str) -> None:
    """K. Krippendorff's three observers of fifteen units, of whom each left some out."""
    codes = {"A": "*****3412113303".replace("303", "3*3"), "B": "1*213343*******", "C": "**21344*21133*4"}
    rows = [(unit, coder, code) for coder, one in codes.items() for unit, code in enumerate(one) if code != "*"]
    units, coders, found = zip(*rows, strict=True)
    table = {"at": days(*[DAY] * len(rows)), "unit": units, "coder": coders, "code": [int(one) for one in found]}
    alpha = value(
        f"krippendorff_alpha(code by coder per unit, level: {level}) from o over 2026-03", "2026-03-31", table
    )
    assert rounded(alpha, 3) == printed


# ---------------------------------------------------------------- growth
# U.S. Bureau of Labor Statistics, CPI-U, all items, 1982-84 = 100: December of each year, and its 12-month change in %.
DECEMBERS = {2019: "256.974", 2020: "260.474", 2021: "278.802", 2022: "296.797", 2023: "306.746", 2024: "315.605"}
CHANGES = {2020: "1.4", 2021: "7.0", 2022: "6.5", 2023: "3.4", 2024: "2.9"}


@pytest.mark.parametrize("year", CHANGES)
def test_inflation_as_published(year: int) -> None:
    rows = {"at": [date(one, 12, 15) for one in DECEMBERS], "x": money(*DECEMBERS.values(), scale=3)}
    found = kpi("value avg(x) from o over last month; compare 1 year earlier", f"{year}-12-31", o=rows)
    (compared,) = found.comparisons
    assert compared.change_relative is not None
    assert f"{100 * compared.change_relative:.1f}" == CHANGES[year]
    growth = "(avg(x) from o over last month) / (avg(x) from o over last month 1 year earlier) - 1"
    assert value(growth, f"{year}-12-31", rows) == pytest.approx(compared.change_relative, abs=Decimal("1e-14"))


def test_a_compound_rate_of_growth() -> None:
    """10,000 that became 13,000, 14,000 and 19,500 in three years grew by 24.93 % a year (Investopedia)."""
    rows = {"at": days("2021-01-01", "2022-01-01", "2023-01-01", "2024-01-01"), "x": [10_000, 13_000, 14_000, 19_500]}
    found = value("cagr(sum(x) from o each year) over 2021-01-01..2024-12-31", "2024-12-31", rows)
    assert f"{100 * Decimal(str(found)):.2f}" == "24.93"
