"""What is sound and hardly meant: which specs are warned of, which are not, and that a fix ends the warning."""

from __future__ import annotations

from pathlib import Path

import pytest

import kpidsl
from kpidsl.diagnostics import Severity
from kpidsl.semantic.types import DataType as D
from semantic.cases import checked, in_shop, schema

HERE = Path(__file__).parent
LINTS = sorted((HERE.parent / "errors" / "lints").glob("*.kpi"))
ORDERS = 'source orders { from csv("orders.csv"); time at; join customers on customer_id }\n'
CUSTOMERS = 'source customers { from csv("customers.csv"); key customer_id }\n'


def codes(body: str) -> list[str]:
    """What is said of one KPI or metric over the shop's orders."""
    return in_shop(body).codes


SERIES = [
    ("sum(count_distinct(customer_id) from orders each day)", ["K0360"]),
    ("sum(count_distinct(customer_id) from orders each country)", ["K0360"]),
    ("sum((count_distinct(customer_id) from orders default 0) each week)", ["K0360"]),
    ("(count_distinct(customer_id) from orders where late) + (count_distinct(customer_id) from orders)", ["K0360"]),
    ("avg(paid_share each day)", ["K0361"]),
    ("avg((paid_share * 2) each day)", ["K0361"]),
    ("avg((revenue / count() from orders) each country)", ["K0361"]),
    ("avg(revenue each day / (count() from orders) each day)", ["K0361"]),
    ("avg(avg(amount) from orders each day)", ["K0361"]),
    ("avg(nps(score) from orders each day)", ["K0361"]),
    ("sum(paid_share each country)", ["K0361"]),
    ("sum(avg(amount) from orders each day)", ["K0361"]),
    ("sum(percentile(wait, 95%) from orders each day)", ["K0361"]),
    # sound
    ("avg(count_distinct(customer_id) from orders each day)", []),
    ("max(count_distinct(customer_id) from orders each day)", []),
    ("sum(count_distinct(customer_id) from orders each customers.country)", []),
    ("sum(count_distinct(customer_id) from orders each customer_id)", []),
    ("(count_distinct(customer_id) from orders) + (count_distinct(country) from orders)", []),
    ("(count_distinct(customer_id) from orders) - (count_distinct(customer_id) from orders where late)", []),
    ("sum(revenue each country)", []),
    ("avg((revenue / 1000) each day)", []),
    ("avg(count() from staff at end each day)", []),
    ("avg((sum(items) from orders at end / count() from orders at end) each day)", []),
    ("avg((paid_share over trailing 28 days) each day)", []),
    ("median(paid_share each country)", []),
    ("sum(max(wait) from orders each day)", []),
    ("sum(avg(items) from orders each country)", []),
]


@pytest.mark.parametrize(("expression", "expected"), SERIES, ids=[one[0] for one in SERIES])
def test_series(expression: str, expected: list[str]) -> None:
    assert codes(f"kpi k {{ value ({expression}) over last month; compare previous }}") == expected
    assert codes(f"metric m = {expression}") == expected


WITHIN = [
    # value over last month, target, what is said
    ("count() from orders", "< 0", ["K0352"]),
    ("count() from orders", "<= -1", ["K0352"]),
    ("count_distinct(customer_id) from orders", "< 0", ["K0352"]),
    ("paid_share", "> 100%", ["K0352"]),
    ("paid_share", "101%..120%", ["K0352"]),
    ("100% - paid_share", "< 0%", ["K0352"]),
    ("top_box(score, 2 of 5) from orders", ">= 250%", ["K0352"]),
    ("nps(score) from orders", ">= 110", ["K0352"]),
    ("stddev(amount) from orders", "< 0 EUR", ["K0352"]),
    ("avg(count() from orders each day)", "< 0", ["K0352"]),
    ("share(revenue each day >= 5 EUR)", "> 100%", ["K0352"]),
    ("(count() from orders) / (count_distinct(customer_id) from orders)", "< 0", ["K0352"]),
    ("count() from orders", ">= 0", ["K0363"]),
    ("count() from orders", "> -1", ["K0363"]),
    ("paid_share", "<= 100%", ["K0363"]),
    ("paid_share", "-5%..100%", ["K0363"]),
    # possible
    ("count() from orders", "<= 0", []),
    ("count() from orders", "> 0", []),
    ("paid_share", ">= 100%", []),
    ("paid_share", "0%..99%", []),
    ("revenue", "< 0 EUR", []),
    ("(count() from orders) - (count_distinct(customer_id) from orders)", "< 0", []),
    ("nps(score) from orders", ">= -20", []),
    ("(count() from orders) default -5", "< 0", []),
]


@pytest.mark.parametrize(("value", "target", "expected"), WITHIN, ids=[" ".join(one[:2]) for one in WITHIN])
def test_targets_that_none_or_all_values_meet(value: str, target: str, expected: list[str]) -> None:
    assert codes(f"kpi k {{ value ({value}) over last month; target {target} }}") == expected


def test_limits_of_the_metric_count_in_its_unit() -> None:
    metric = "metric wait_time { value avg(wait) from orders; limits 0 minutes..2 hours }\n"
    assert codes(metric + "kpi k { value wait_time over last month; target <= 120 minutes }") == ["K0363"]
    assert codes(metric + "kpi k { value wait_time over last month; target >= 3 hours }") == ["K0352"]


WHOLE = [
    ("revenue over last month", "target >= 5 EUR; by country", ["K0362"]),
    ("avg(amount) from orders over last month", "target >= 5 EUR; by country", []),
    ("max(items) from orders over last month", "target >= 5; by country", []),
    ("count() from staff at end", "target >= 5; by department", ["K0362"]),
    ("avg(revenue each day) over last month", "target >= 5 EUR; by country", ["K0362"]),
    ("max(revenue each customers.country) over last month", "target >= 5 EUR; by country", []),
    ("(revenue / count() from orders) over last month", "target >= 5 EUR; by country", []),
    ("share(revenue each day >= 5 EUR) over last month", "target >= 0.5; by country", []),
    ("slope(revenue each day) over last month", "target >= 5 EUR; by country", []),
    ("revenue over last month", "target >= revenue over last month 1 year earlier; by country", []),
    ("revenue over last month", "target >= 105% of previous; by country", []),
    ("revenue over last month", "target >= 5 EUR", []),
]


@pytest.mark.parametrize(("value", "rest", "expected"), WHOLE, ids=[" ".join(one[:2]) for one in WHOLE])
def test_a_number_for_the_whole_and_its_parts(value: str, rest: str, expected: list[str]) -> None:
    assert codes(f"kpi k {{ value {value}; {rest} }}") == expected


COUNTS = [
    ('count(status == "paid") from orders', ["K0378"]),
    ("count(late) from orders where items > 1", ["K0378"]),
    ("count(not late and items > 1) from orders", ["K0378"]),
    ("count(revenue each day > 5 EUR)", ["K0378"]),
    ("count(revenue each country > 5 EUR and revenue each country < 9 EUR)", ["K0378"]),
    ("(count() from orders) / (count(items > 1) from orders)", ["K0378"]),
    ("count(items) from orders where late", []),
    ("count() from orders where late is not null", []),
    ("count(revenue each day)", []),
    ("share(revenue each day > 5 EUR)", []),
]


@pytest.mark.parametrize(("value", "expected"), COUNTS, ids=[one[0] for one in COUNTS])
def test_counts_of_conditions(value: str, expected: list[str]) -> None:
    assert codes(f"metric m = ({value}) over last month") == expected


SHIFTS = [
    ("last week", "1 year", "52 weeks"),
    ("last 2 weeks", "1 month", "4 weeks"),
    ("week to date", "1 year", "52 weeks"),
    ("trailing 4 weeks", "2 years", "104 weeks"),
    ("last 1 day", "1 month", "4 weeks"),
    ("trailing 90 days", "1 quarter", "13 weeks"),
    ("trailing 36 hours", "1 month", "4 weeks"),
    ("last month", "4 weeks", "1 month"),
    ("last month", "365 days", "1 year"),
    ("last quarter", "26 weeks", "2 quarters"),
    ("this year", "52 weeks", "1 year"),
    ("last week", "4 weeks", None),
    ("last 28 days", "1 year", None),
    ("last 28 days", "12 weeks", None),
    ("last month", "1 year", None),
    ("last month", "1 day", None),
    ("month to date", "1 month", None),
    ("2026-01-15..2026-02-14", "1 year", None),
    ("all time", "1 year", None),
]


@pytest.mark.parametrize(("window", "shift", "better"), SHIFTS, ids=[" ".join(one[:2]) for one in SHIFTS])
def test_shifts(window: str, shift: str, better: str | None) -> None:
    compared = f"kpi k {{ value revenue over {window}; compare {shift} earlier }}"
    written = f"metric m = revenue over {window} {shift} earlier"
    for text in (compared, written):
        found = in_shop(text).problems
        assert [(one.code, one.hint) for one in found] == (
            [] if better is None else [("K0365", f"write `{better} earlier`")]
        )
        for one in found:
            assert one.fix is not None
            assert one.fix.span.text == shift


TRENDS = [
    ("last month", "12 weeks", ["K0366"]),
    ("last quarter", "12 months", ["K0366"]),
    ("last week", "14 days", ["K0366"]),
    ("last month", "12 months", []),
    ("last 3 months", "12 months", []),
    ("last 28 days", "12 weeks", []),
    ("trailing 3 months", "12 weeks", []),
    ("month to date", "12 weeks", []),
    ("last week", "12 months", []),
]


@pytest.mark.parametrize(("window", "trend", "expected"), TRENDS, ids=[" ".join(one[:2]) for one in TRENDS])
def test_trends(window: str, trend: str, expected: list[str]) -> None:
    assert codes(f"kpi k {{ value revenue over {window}; trend {trend} }}") == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("metric m = max(count() from orders on day each hour) over last month", ["K0367"]),
        ("metric m = count() from orders on day over trailing 36 hours", ["K0367"]),
        ("kpi k { value count() from orders on day over last week; trend 12 hours }", ["K0367"]),
        ("metric m = count() from staff at end over last 3 hours", ["K0367"]),
        ("metric m = max(count() from orders each hour) over last month", []),
        ("metric m = max(count() from orders on day each day) over last month", []),
    ],
)
def test_hours_of_days(body: str, expected: list[str]) -> None:
    assert codes(body) == expected


@pytest.mark.parametrize(
    ("key", "time", "per", "expected"),
    [
        ("account", D.DATE, "", ["K0368"]),  # a row for each account, at a time of its own
        ("at, account", D.TIMESTAMP, "", ["K0368"]),
        ("at, account", D.DATE, "", []),  # every account, each day: a whole picture
        ("at", D.TIMESTAMP, "", []),
        ("account", D.DATE, " per account", []),
    ],
)
def test_levels_of_keys_that_do_not_report_together(key: str, time: D, per: str, expected: list[str]) -> None:
    text = f'source accounts {{ from csv("a.csv"); time at; key {key} }}\nmetric m = sum(balance) from accounts at end{per}'
    found = checked(("spec.kpi", text), schemas={"accounts": schema(at=time, account=D.TEXT, balance=D.DECIMAL)})
    assert found.codes == expected


FILTERS = [
    ('status == "a" and status == "b"', True),
    ('status == "a" and status != "a"', True),
    ('status in ["a", "b"] and status in ["c"]', True),
    ('status == "a" and status is null', True),
    ("status is null and status is not null", True),
    ("late and not late", True),
    ("late == true and late == false", True),
    ("items > 5 and items < 3", True),
    ("items > 5 and items <= 5", True),
    ("10 <= items and items == 3", True),
    ("day >= 2026-02-01 and day < 2026-01-01", True),
    ('not status == "a" and status == "a"', True),
    ('status == "a" or status == "b"', False),
    ('status == "a" and country == "b"', False),
    ('status in ["a", "b"] and status in ["b"]', False),
    ('status != "a" and status != "b"', False),
    ("items >= 5 and items <= 5", False),
    ("items > 3 and items < 4", False),
    ("items + 1 > 5 and items < 5", False),
    ('status > "b" and status < "a"', False),  # which text comes first, the data's order says
]


@pytest.mark.parametrize(("predicate", "never"), FILTERS, ids=[one[0] for one in FILTERS])
def test_filters_that_no_row_passes(predicate: str, never: bool) -> None:
    assert codes(f"metric m = count() from orders where {predicate}") == (["K0369"] if never else [])


def test_a_filter_is_held_against_that_of_the_metric_it_narrows() -> None:
    (found,) = in_shop('kpi k { value revenue over last month where status == "open"; compare previous }').problems
    assert (found.code, found.span and found.span.text) == ("K0369", 'status == "open"')
    assert in_shop('metric m = revenue where country == "DE"').codes == []


def test_a_param_may_be_set_to_something_else() -> None:
    assert codes('param state = "open"\nmetric m = revenue where status == param.state') == []


def test_a_derived_column_that_hides_one_of_the_data_is_told() -> None:
    source = CUSTOMERS + ORDERS.replace(" }", "; let country = customers.country }")
    known = {
        "orders": schema(at=D.DATE, customer_id=D.TEXT, country=D.TEXT),
        "customers": schema(customer_id=D.TEXT, country=D.TEXT),
    }
    assert checked(("spec.kpi", source), schemas=known).codes == ["K0370"]
    assert checked(("spec.kpi", source)).codes == []  # which columns the data has is not known


@pytest.mark.parametrize("fixture", LINTS, ids=lambda path: path.stem)
def test_a_fix_ends_its_warning_and_breaks_nothing(fixture: Path) -> None:
    text = fixture.read_text("utf-8")
    before = checked((fixture.name, text)).problems
    for problem in before:
        if problem.fix is None:
            continue
        start, end = problem.fix.span.start, problem.fix.span.end
        after = checked((fixture.name, text[:start] + problem.fix.text + text[end:])).problems
        assert len(after) == len(before) - 1
        assert sorted(one.code for one in after) == sorted(one.code for one in before if one is not problem)


def test_lints_are_warnings_and_do_not_fail_a_check() -> None:
    found = kpidsl.load("-", stdin_text=(HERE.parent / "errors/lints/times.kpi").read_text("utf-8")).check(
        schemas=False
    )
    assert found.ok
    assert {one.severity for one in found.diagnostics} == {Severity.WARNING}


# ---------------------------------------------------------------- told by `check` alone
def tidied(*files: tuple[str, str]) -> list[tuple[str, str]]:
    found = checked(*files, tidily=True).problems
    return [(one.code, one.span.text if one.span is not None else "") for one in found]


USED = 'source s { from csv("s.csv"); time at }\nmetric m = count() from s\nkpi k { value m over last month; target >= 5 }\n'


def test_what_everything_refers_to_is_used() -> None:
    assert tidied(("a.kpi", USED)) == []


@pytest.mark.parametrize(
    ("more", "what"),
    [
        ('source other { from csv("o.csv") }', "other"),
        ("metric spare = count() from s", "spare"),
        ("param p = 5", "p"),
        ("unit crate", "crate"),
        ('goal g "Better"', "g"),
    ],
)
def test_what_nothing_refers_to(more: str, what: str) -> None:
    assert tidied(("a.kpi", USED + more)) == [("K0372", what)]


@pytest.mark.parametrize(
    "more",
    [
        "metric spare = count() from s over last month",  # it has a value by itself
        'metric spare = count() from s\nscorecard c { section "x" { show spare over last month } }',
        'metric spare = count() from s\nobjective o "O" { period 2026-Q1; key result r { reach spare over last month >= 5 } }',
        'metric spare = count() from s\ntest "t" { as of 2026-03-31; expect spare over last month == 0 }',
        'source other { from csv("o.csv") }\ntest "t" { as of 2026-03-31; given other { at\n 2026-03-01\n } }',
        'goal g "Better"\nobjective o "O" { period 2026-Q1; supports g; key result r { reach m over last month >= 5 } }',
        "unit crate\nmetric spare { value count() from s over last month; unit crate }",
        "param p = 5\nmetric spare = count() from s where size >= param.p over last month",
    ],
)
def test_what_something_refers_to(more: str) -> None:
    assert tidied(("a.kpi", USED + more)) == []


def test_a_file_of_metrics_is_a_library() -> None:
    assert tidied(("a.kpi", USED), ("b.kpi", "metric spare = count() from s")) == []


def test_names_of_a_namespace_are_found_from_inside_and_outside() -> None:
    inside = 'namespace shop\nsource s { from csv("s.csv"); time at }\nmetric m = count() from s\nmetric spare = count() from s\n'
    inside += "kpi k { value m over last month; target >= 5 }"
    assert tidied(("a.kpi", inside)) == [("K0372", "spare")]
    assert tidied(("a.kpi", inside), ("b.kpi", "kpi j { value shop.spare over last month; target >= 5 }")) == []


def test_nothing_is_called_unused_where_something_is_wrong() -> None:
    assert tidied(
        ("a.kpi", USED + "metric spare = count() from s\nkpi j { value nn over last month; target >= 5 }")
    ) == [("K0204", "nn")]


@pytest.mark.parametrize(
    ("rest", "expected"),
    [
        ('owner "x"', ["K0371"]),
        ("by a", ["K0371"]),
        ("compare previous", []),
        ("trend 12 months", []),
        ("red when value < 5", []),
    ],
)
def test_a_kpi_that_nothing_judges(rest: str, expected: list[str]) -> None:
    assert [code for code, _ in tidied(("a.kpi", USED + f"kpi j {{ value m over last month; {rest} }}"))] == expected


def test_an_imported_file_need_not_be_used_whole_and_results_are_not_told(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "s.csv").write_text("at\n2026-03-01\n", "utf-8")
    (tmp_path / "lib" / "more.kpi").write_text("unit crate\nunit parcel\nparam p = 5\n", "utf-8")
    (tmp_path / "a.kpi").write_text(
        'import "lib/more.kpi"\n' + USED + "unit box\nkpi j { value m over last month }", "utf-8"
    )
    spec = kpidsl.load(tmp_path / "a.kpi")
    assert [(one.code, one.span and one.span.text) for one in spec.check().diagnostics] == [
        ("K0372", "box"),
        ("K0371", "j"),
    ]
    assert {one.code for one in spec.evaluate(as_of="2026-03-31").warnings} == {"K0701"}
