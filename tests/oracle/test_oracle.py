"""The oracle against values worked out by hand from the definitions."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

import pytest

from oracle import Form, Oracle, Undefined, Value

ORDERS = """
source orders { from arrow("orders"); time at; key id; let big = amount > 50; join customers on customer == id }
source customers { from arrow("customers"); key id }
"""


def order(id_: int, day: str, amount: str | None, status: str = "paid", customer: int | None = 1) -> dict[str, object]:
    return {
        "id": id_,
        "at": datetime.fromisoformat(day),
        "amount": None if amount is None else Decimal(amount),
        "status": status,
        "customer": customer,
    }


ROWS = {
    "orders": [
        order(1, "2026-01-10", "10.10"),
        order(2, "2026-03-02", "20.20", customer=2),
        order(3, "2026-03-03", None, customer=None),
        order(4, "2026-03-03T12:00", "60", "refunded"),
        order(5, "2026-03-31T23:59", "99.70", customer=9),
        order(6, "2026-04-01", "1000"),
    ],
    "customers": [{"id": 1, "country": "DE"}, {"id": 2, "country": "FR"}],
}


def value(expression: str, at: str = "2026-03-31", spec: str = ORDERS) -> object:
    outcome, _ = Oracle(f"{spec}\nmetric m = {expression}", ROWS, at).value("m")
    return outcome.reason if isinstance(outcome, Undefined) else outcome.value


def n(expression: str) -> object:
    return Oracle(f"{ORDERS}\nmetric m = {expression}", ROWS, "2026-03-31").value("m")[0].n


@pytest.mark.parametrize(
    ("expression", "is_"),
    [
        ("count() from orders over last month", 4),
        ("count(amount) from orders over last month", 3),
        ("sum(amount) from orders over last month", Fraction("179.9")),
        ("avg(amount) from orders over last month", Fraction("179.9") / 3),
        ("min(amount) from orders over last month", Fraction("20.2")),
        ("max(amount) from orders over last month", Fraction("99.7")),
        ("median(amount) from orders over last month", 60),
        ("percentile(amount, 75%) from orders over last month", Fraction("79.85")),
        ("first(amount) from orders over last month", Fraction("20.2")),
        ("last(amount) from orders over last month", Fraction("99.7")),
        ("count_distinct(status) from orders over last month", 2),
        ("variance(id) from orders over last month", Fraction(5, 3)),
        ("share(big) from orders over last month", Fraction(2, 3)),
        ('count() from orders where customers.country == "FR" over last month', 1),
        ('(count() from orders where status == "paid") over last month', 3),
        ("count() from orders where not big over last month", 1),
        ('count() from orders where customers.country != "FR" over last month', 1),
        # Nothing between the first and the newest row is 0; before the first row and after the newest, no rows.
        ("count() from orders over 2026-02", 0),
        ("sum(amount) from orders over 2026-02", 0),
        ("avg(amount) from orders over 2026-02", "no_rows"),
        ("count() from orders over 2025", "no_rows"),
        ("count() from orders over next month", "no_rows"),
        ("sum(amount) from orders over 2025 default 0", 0),
        ("((sum(amount) from orders) / (count() from orders)) over 2026-02", "zero_denominator"),
        ("((sum(amount) from orders) / (count() from orders) default 0) over 2026-02", "zero_denominator"),
        ("sum(amount) from orders over last month 2 months earlier", Fraction("10.1")),
        ("stddev(amount) from orders over 2026-01", "insufficient_sample"),
        ("90% of (count() from orders) over last month", Fraction(18, 5)),
        # Series.
        ("avg((count() from orders) each day) over last month", Fraction(4, 31)),
        ("max((count() from orders) each day) over last month", 2),
        ("avg((avg(amount) from orders) each day) over last month", "no_rows"),
        ("sum((avg(amount) from orders default 0) each day) over last month", Fraction("179.9")),
        ("count((count() from orders) each month) over 2026-Q1", 3),
        ("share((count() from orders) each month >= 1) over 2026-Q1", Fraction(2, 3)),
        ("max((count() from orders) each status) over last month", 3),
        ("avg(((count() from orders) over trailing 2 days) each day) over last month", Fraction(7, 31)),
        # A stock is the newest instant's rows, found before `where`.
        ("sum(amount) from orders at end over last month", Fraction("99.7")),
        ('count() from orders where status == "refunded" at end over last month', 0),
        ("sum(amount) from orders at start over last month", Fraction("20.2")),
        ("sum(amount) from orders at end per status over last month", Fraction("159.7")),
        ("sum(amount) from orders at end", Fraction("99.7")),
    ],
)
def test_values(expression: str, is_: object) -> None:
    assert value(expression) == is_


@pytest.mark.parametrize(
    ("expression", "is_"),
    [
        ("count() from orders over last month", 4),
        ("sum(amount) from orders over last month", 3),
        ("share(big) from orders over last month", 3),
        ("((sum(amount) from orders) / (count() from orders)) over last month", 4),
        ("((sum(amount) from orders) + (count() from orders)) over last month", 3),
        ("((sum(amount) from orders) / 2) over last month", 3),
        ("avg((count() from orders) each day) over last month", 31),
        ("avg(amount) from orders over 2026-02", 0),
    ],
)
def test_n(expression: str, is_: int) -> None:
    assert n(expression) == is_


def test_a_share_says_how_many_were_unknown() -> None:
    outcome, _ = Oracle(f"{ORDERS}\nmetric m = share(big) from orders over last month", ROWS, "2026-03-31").value("m")
    assert outcome == Value(Fraction(2, 3), 3, outcome.form, 1)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("call", "is_"),
    [
        ("nps(score)", Fraction(100 * (2 - 2), 5)),
        ("top_box(score, 2 of 10)", Fraction(2, 4)),
        ("share(score >= 9)", Fraction(3, 6)),
    ],
)
def test_surveys_leave_answers_off_the_scale_out(call: str, is_: Fraction) -> None:
    spec = 'source s { from arrow("s"); time on }\nmetric m = ' + call + " from s over last month"
    scores = [0, 6, 8, 9, 10, 11, None]
    rows = [{"on": date(2026, 3, 5), "score": score} for score in scores]
    assert Oracle(spec, {"s": rows}, "2026-03-31").value("m")[0].value == is_  # type: ignore[union-attr]


STAFF: list[dict[str, object]] = [
    {"hired": date(2025, 1, 1), "left": None},
    {"hired": date(2026, 3, 1), "left": date(2026, 4, 1)},
    {"hired": date(2026, 3, 1), "left": date(2026, 3, 31)},
    {"hired": date(2026, 4, 1), "left": None},
]


@pytest.mark.parametrize(
    ("at", "inclusive", "is_"),
    [("end", "", 2), ("end", "inclusive", 3), ("start", "", 3), ("start", "inclusive", 3)],
)
def test_rows_that_hold_over_a_time(at: str, inclusive: str, is_: int) -> None:
    spec = f'source staff {{ from arrow("s"); holds from hired to left {inclusive} }}'
    oracle = Oracle(f"{spec}\nmetric m = count() from staff at {at} over 2026-03", {"staff": STAFF}, "2026-04-30")
    assert oracle.value("m")[0].value == is_  # type: ignore[union-attr]


def test_a_register_covers_every_moment_since_its_first_row() -> None:
    spec = 'source staff { from arrow("s"); holds from hired to left }\n'
    spec += "metric m = count() from staff where left < hired at "
    rows = {"staff": STAFF[:1]}
    assert Oracle(spec + "end over 2025-12", rows, "2026-04-30").value("m")[0] == Value(Fraction(0), 0)
    assert Oracle(spec + "end over 2024-12", rows, "2026-04-30").value("m")[0] == Undefined("no_rows")
    assert Oracle(spec + "start over 2025-01", rows, "2026-04-30").value("m")[0] == Value(Fraction(0), 0)


LOGIC: list[dict[str, object]] = [
    {"on": date(2026, 3, 1), "a": None, "b": True, "x": 1, "d": Decimal("0.5"), "t": "Ab ", "rate": Decimal("85.5")},
    {"on": date(2026, 3, 2), "a": False, "b": True, "x": None, "d": Decimal("-2.5"), "t": None, "rate": None},
    {"on": date(2026, 3, 3), "a": True, "b": None, "x": 3, "d": None, "t": "ab", "rate": Decimal(0)},
]


@pytest.mark.parametrize(
    ("call", "is_"),
    [
        # NULL is unknown: `where` keeps what is true, `if` takes `else`, `in` and `!=` leave it out.
        ("count() from r where a or b", 3),
        ("count() from r where a and b", 0),
        ("count() from r where not (a and b)", 1),
        ("count() from r where x != 1", 1),
        ("count() from r where x in [1, 2]", 1),
        ("count() from r where x not in [1, 2]", 1),
        ("count() from r where x is null", 1),
        ("sum(if a then 1 else 10) from r", 21),
        ("sum(coalesce(x, 100)) from r", 104),
        ("sum(x * 2 + 1) from r", 10),
        ("sum(x / 2) from r", 2),
        ("sum(x / 0) from r default -1", 0),
        ("sum(abs(d)) from r", 3),
        ("sum(floor(d)) from r", -3),
        ("sum(ceil(d)) from r", -1),
        ("sum(-d) from r", 2),
        ('count() from r where lower(trim(t)) == "ab"', 2),
        ('count() from r where t matches "^a"', 1),
        ("count() from r where on in 2026-03-02..2026-03-03", 2),
        ("count() from r where on < as_of", 3),
        ("count() from r where on >= 2026-03-02", 2),
        ("count() from r where day(on) == 2 or weekday(on) == 7", 2),
        ("max(days_between(2026-02-27, on)) from r", 4),
        ("sum(rate) from r", Fraction("0.855")),
        ("count() from r where rate >= 85.5%", 1),
        ("count() from r where x >= param.least", 1),
        ("share(a) from r", Fraction(1, 2)),
    ],
)
def test_row_expressions(call: str, is_: object) -> None:
    spec = 'param least = 2\nsource r { from arrow("r"); time on; column rate: % as 0..100 }\n'
    expression = f"({call}) over last month" if "default" in call else f"{call} over last month"
    outcome, _ = Oracle(f"{spec}metric m = {expression}", {"r": LOGIC}, "2026-03-31").value("m")
    assert isinstance(outcome, Value)
    assert outcome.value == is_


def test_members_are_the_union_over_every_part() -> None:
    spec = (
        'source a { from arrow("a"); time on }\nsource b { from arrow("b"); time on }\n'
        "metric m = MAKE(((sum(x) from a) / (sum(y) from b)) each who) over last month\n"
    )
    rows: dict[str, list[dict[str, object]]] = {
        "a": [{"on": date(2026, 3, 1), "who": "p", "x": 3}, {"on": date(2026, 3, 1), "who": "q", "x": 1}],
        "b": [{"on": date(2026, 3, 1), "who": who, "y": 2} for who in ("p", "q", None)],
    }
    assert Oracle(spec.replace("MAKE", "avg"), rows, "2026-03-31").value("m")[0] == Value(
        Fraction(2, 3), 3, Form.DIVIDED
    )
    fewer = {**rows, "b": rows["b"][:1]}
    assert Oracle(spec.replace("MAKE", "avg"), fewer, "2026-03-31").value("m")[0] == Undefined("zero_denominator", 2)


def test_a_publication_lag_moves_windows_back() -> None:
    spec = ORDERS.replace("key id; let", "complete after 3 days; key id; let")
    expression = "sum(amount) from orders over last month"
    assert value(expression, "2026-04-02", spec) == 0  # March is not complete: February
    assert value(expression, "2026-04-03", spec) == Fraction("179.9")


def test_a_changed_definition_cuts_windows() -> None:
    spec = ORDERS + 'metric c { value count() from orders; changed 2026-03-02 "new" }'
    assert value("c over last month", spec=spec) == "definition_changed"
    assert value("c over 2026-03-02..2026-03-31", spec=spec) == 4
    assert value("c over 2026-02-01..2026-03-01", spec=spec) == 0
    kpi = "\nkpi k { value c over last 30 days; compare previous; target >= 4 }"
    result = Oracle(spec + kpi, ROWS, "2026-03-31").kpi("k").whole
    assert result.outcome == Value(Fraction(4), 4)
    assert result.comparisons[0].outcome == Undefined("definition_changed")


@pytest.mark.parametrize(
    ("properties", "status"),
    [
        ("target >= 4", "green"),
        ("target > 4", "red"),
        ("target > 4; amber >= 90% of target", "amber"),
        ("target >= 5; amber >= 90% of target", "red"),
        ("target 3..4", "green"),
        ("target 1..2; amber 0..4", "amber"),
        ("target >= 4 starting 2026-03-31; target >= 9 starting 2026-01-01", "green"),
        ("target >= 4; target >= 9 starting 2026-04-01", "green"),
        ("target >= 4; red when value < 500% of previous", "green"),  # there is no previous: the guard is silent
        ("target >= 4; red when value >= 4; amber when value >= 4", "red"),
        ("target >= 4; amber when n >= 4", "amber"),
        ("target >= 4; require n >= 5", "no_data"),
        ("target >= 4; require n >= 4", "green"),
        ("target >= (avg(amount) from orders where id > 99 over last month)", "no_data"),
        ("compare previous", "no_target"),
    ],
)
def test_statuses(properties: str, status: str) -> None:
    spec = f"{ORDERS}\nkpi k {{ value count() from orders over 2026-03; {properties} }}"
    rows = {**ROWS, "orders": ROWS["orders"][1:]}
    assert Oracle(spec, rows, "2026-04-15").kpi("k").whole.status == status


def test_stale_comes_after_no_data_and_before_colours() -> None:
    spec = ORDERS.replace("key id; let", "fresh within 2 days; key id; let")
    kpi = "\nkpi k { value count() from orders over 2026-03; target >= 1; red when value > 0 }"
    assert Oracle(spec + kpi, ROWS, "2026-04-02").kpi("k").whole.status == "red"
    assert Oracle(spec + kpi, ROWS, "2026-04-03").kpi("k").whole.status == "stale"
    assert Oracle(spec + kpi.replace("2026-03", "2025-03"), ROWS, "2026-04-03").kpi("k").whole.status == "no_data"


def test_segments_come_from_value_comparisons_trend_and_target() -> None:
    spec = ORDERS + (
        "kpi k { value sum(amount) from orders over last month; target >= 20; by customer; compare 2 months earlier }"
    )
    result = Oracle(spec, ROWS, "2026-03-31").kpi("k")
    found = {members[0][1]: (judged.outcome, judged.status) for members, judged in result.segments}
    assert found == {
        1: (Value(Fraction(60), 1), "green"),
        2: (Value(Fraction("20.2"), 1), "green"),
        9: (Value(Fraction("99.7"), 1), "green"),
        None: (Value(Fraction(0), 0), "red"),
    }


def test_change_gap_and_attainment() -> None:
    spec = ORDERS + (
        "kpi k { value sum(amount) from orders over last month; target >= 200; compare 2 months earlier, previous }"
    )
    whole = Oracle(spec, ROWS, "2026-03-31").kpi("k").whole
    assert isinstance(whole.gap, Value)
    assert isinstance(whole.attainment, Value)
    assert whole.gap.number == Fraction("-20.1")
    assert whole.attainment.number == Fraction("0.8995")
    earlier, before = whole.comparisons
    assert isinstance(earlier.change, Value)
    assert isinstance(earlier.relative, Value)
    assert earlier.change.number == Fraction("169.8")
    assert earlier.relative.number == Fraction("169.8") / Fraction("10.1")
    assert before.relative == Undefined("zero_denominator")


def test_a_trend_is_the_value_at_each_anchor() -> None:
    spec = ORDERS + "kpi k { value count() from orders over last month; trend 3 months }"
    trend = Oracle(spec, ROWS, "2026-03-31").kpi("k").whole.trend
    # Nothing happened in February: the rows of March tell, though they are after the end of it.
    assert [outcome for _, outcome in trend] == [Value(Fraction(1), 1), Value(Fraction(0), 0), Value(Fraction(4), 4)]


FUNNEL = """
source visits { from arrow("visits"); time at; key id }
source buys { from arrow("buys"); time at }
metric rate = conversion_rate(visits to buys per who within 2 days) over 2026-03
metric number = conversions(visits to buys per who within 2 days) over 2026-03
metric again = conversions(visits to visits per who within 2 days) over 2026-03
"""


def visit(id_: int, at: str, who: str | None) -> dict[str, object]:
    return {"id": id_, "at": datetime.fromisoformat(at), "who": who}


def test_conversions() -> None:
    rows = {
        "visits": [
            visit(1, "2026-03-01", "a"),  # b of the second day is after 2
            visit(2, "2026-03-02", "a"),  # converted twice, the second time at its last moment
            visit(3, "2026-03-10", None),
            visit(4, "2026-03-30T12:00", "b"),  # its time is over at noon of the first of April
            visit(5, "2026-03-31", "c"),
        ],
        "buys": [
            visit(0, "2026-03-02", "a"),
            visit(0, "2026-03-04", "a"),
            visit(0, "2026-03-10", None),
            visit(0, "2026-03-31", "c"),
        ],
    }
    oracle = Oracle(FUNNEL, rows, "2026-03-31")
    assert oracle.value("rate")[0] == Value(Fraction(1, 3), 3, Form.DIVIDED, open=2)
    assert oracle.value("number")[0] == Value(Fraction(2), 2, open=2)
    assert oracle.value("again")[0] == Value(Fraction(1), 1, open=2)
    later = Oracle(FUNNEL, rows, "2026-04-01")
    assert later.value("rate")[0] == Value(Fraction(1, 4), 4, Form.DIVIDED, open=1)


def test_business_days_of_a_calendar_with_holidays() -> None:
    spec = """calendar { holidays arrow("free") }
source o { from arrow("o"); time at }
metric there = sum(business_days_between(at, end)) from o over 2026
metric back = sum(business_days_between(end, at)) from o over 2026
"""
    rows = {
        "o": [{"at": date(2026, 4, 2), "end": date(2026, 4, 8)}],
        "free": [{"date": date(2026, 4, 3)}, {"date": date(2026, 4, 6)}],
    }
    oracle = Oracle(spec, rows, "2026-12-31")
    assert [oracle.value(name)[0].value for name in ("there", "back")] == [2, -2]  # type: ignore[union-attr]
