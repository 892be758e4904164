"""What a metric's expression gives: its unit and its kind, straight from the language's definition."""

from __future__ import annotations

import pytest

from semantic.cases import checked, in_shop

VALUES = [
    # aggregations
    ("count() from orders", None, "flow"),
    ("count(status) from orders", None, "flow"),
    ("count_distinct(customer_id) from orders", None, "distinct"),
    ("sum(amount) from orders", "EUR", "flow"),
    ("avg(amount) from orders", "EUR", "mean"),
    ("min(amount) from orders", "EUR", "quantile"),
    ("median(amount) from orders", "EUR", "quantile"),
    ("percentile(amount, 95%) from orders", "EUR", "quantile"),
    ("stddev(amount) from orders", "EUR", "mean"),
    ("variance(amount) from orders", "EUR^2", "mean"),
    ("first(amount) from orders", "EUR", "stock"),
    ("share(late) from orders", "%", "ratio"),
    ("nps(score) from orders", None, "ratio"),
    ("top_box(score, 2 of 5) from orders", "%", "ratio"),
    ("conversion_rate(orders to orders per customer_id within 7 days)", "%", "ratio"),
    # where rows stand in time
    ("count() from orders on delivered_at where late", None, "flow"),
    ("count() from orders at end", None, "stock"),
    ("count() from orders where late at end per (customer_id, country)", None, "stock"),
    ("count() from staff at end", None, "stock"),
    ("count() from staff at start over last month", None, "stock"),
    # rows
    ("sum(if late then amount else 0) from orders", "EUR", "flow"),
    ("sum(coalesce(amount, 0 EUR)) from orders", "EUR", "flow"),
    ("avg(delivered_at - ordered_at) from orders", "seconds", "mean"),
    ("avg(days_between(ordered_at, delivered_at)) from orders", "days", "mean"),
    ("share(delivered_at - ordered_at <= 30 minutes) from orders", "%", "ratio"),
    ("sum(energy * 0.4 kg/kWh) from orders", "kg", "flow"),
    ("sum(2 * energy * 0.4 EUR/kWh/km) from orders", "EUR/km", "flow"),
    ("(sum(energy) from orders) * 0.4 kg/kWh", "kg", "flow"),
    ("share(ordered_at + 18 weeks < as_of) from orders", "%", "ratio"),
    ("share(day in next fiscal quarter) from orders", "%", "ratio"),
    ('share(status not in ["a", "b",] and delivered_at is not null) from orders', "%", "ratio"),
    ('share(lower(status) matches "^p" or customers.country == "DE") from orders', "%", "ratio"),
    ("count() from orders where weekday(ordered_at) in [6, 7] and hour(ordered_at) < 8", None, "flow"),
    ("count() from orders where rate <= 85% and not late == true", None, "flow"),
    # units
    ("sum(amount) from orders / count() from orders", "EUR", "ratio"),
    ("revenue + 5k EUR", "EUR", "flow"),
    ("revenue - 0", "EUR", "flow"),
    ("(sum(energy) from orders) + (sum(power_used) from orders)", "kWh", "flow"),
    ("(sum(amount) from orders) / (sum(energy) from orders)", "EUR/kWh", "ratio"),
    ("90% of revenue", "EUR", "flow"),
    ("70 per 100_000", None, "constant"),
    ("-5", None, "constant"),
    ("1.5M EUR", "EUR", "constant"),
    ("(paid_share over last month) - (paid_share over last month 1 year earlier)", "pp", "ratio"),
    ("100% - paid_share", "%", "ratio"),
    ("paid_share + 5pp", "%", "ratio"),
    ("sum(rate) from orders / count() from orders", "%", "ratio"),
    ("paid_share / paid_share", None, "ratio"),
    # windows, filters, vectors
    ("sum(amount) from orders where late over last month 1 year earlier default 0", "EUR", "flow"),
    ('revenue over last fiscal quarter where country == "DE"', "EUR", "flow"),
    ("avg(revenue each day) over last month", "EUR", "mean"),
    ("avg(((revenue over trailing 28 days) each day)) over last month", "EUR", "mean"),
    ("max(revenue each customers.country) over last month", "EUR", "quantile"),
    ("sum(sum(revenue each country each day)) over last month", "EUR", "flow"),
    ("share(paid_share each day >= 99.9%) over last 28 days", "%", "ratio"),
    ("cagr(revenue each year) over last 3 years", "%", "ratio"),
]  # fmt: skip


@pytest.mark.parametrize(("expression", "unit", "kind"), VALUES, ids=[value[0] for value in VALUES])
def test_the_unit_and_kind_of_a_value(expression: str, unit: str | None, kind: str) -> None:
    found = in_shop(f"metric m = {expression}")
    assert found.codes == []
    assert (found.named("m").unit.label, found.named("m").value.info.kind) == (unit, kind)


WINDOWS = (
    "last month", "last 28 days", "last 4 weeks", "next quarter", "next 2 months", "trailing 28 days",
    "trailing 36 hours",
    "month to date", "fiscal year to date", "week to date", "this quarter", "this fiscal year", "2026", "2026-H1",
    "2026-Q1",
    "2026-03", "2026-W05", "FY2026", "FY2026-Q2", "2026-01-15..2026-02-14", "since 2026-01-01", "all time",
)  # fmt: skip


@pytest.mark.parametrize("window", WINDOWS)
def test_every_window_stands_behind_over(window: str) -> None:
    ahead = ["K0375"] if window.startswith("next") else []  # orders are no plans
    assert in_shop(f"kpi k {{ value revenue over {window} }}").codes == ahead


KPIS = (
    "value revenue over last month; target >= 120_000 EUR; amber >= 90% of target",
    "value revenue over last month; target >= 0",
    "value revenue over last month; target >= 100k EUR starting 2026-01-01; target >= 120k EUR starting 2026-07-01",
    "value revenue over last month; target >= 5 EUR whole; by country; by customers.country; status worst of segments",
    "value revenue over last month; target >= revenue over last month 1 year earlier; compare previous, 1 year earlier",
    "value revenue over last month; target > 105% of previous; red when value < 80% of previous; require n >= 30",
    "value paid_share over last month; target >= 85%; green when value > 99% and n >= 30; trend 12 months",
    "value avg(temperature) from orders over last month; target 18..22 degC; amber 16..24 degC",
    "value avg(delivered_at - ordered_at) from orders over last month; target <= 4 hours",
    "value sum(energy) from orders over last month; target <= 3600 MJ",
    "value (revenue / orders_paid) over last month; target >= 5 EUR/order; amber >= 4 EUR/order",
    "value share(revenue each customers.country >= 5 EUR) over last month; target >= 70%",
    "value paid_share over last month; red when value - previous <= -5pp",
    'value revenue over last month; action "Call" { owner "sales"; due 5 days; when red }; tags a, b; review monthly',
)


@pytest.mark.parametrize("body", KPIS)
def test_kpis(body: str) -> None:
    found = in_shop(f"unit order\nmetric orders_paid {{ value count() from orders; unit order }}\nkpi k {{ {body} }}")
    assert found.codes == []
    assert found.named("k").name == "k"


@pytest.mark.parametrize(
    "expression",
    [
        "share(closed_at - opened_at <= 4 hours) from calls",
        "share(closed_at - seen_at <= 4 hours) from calls",
        "count() from calls where 4 hours >= closed_at - seen_at",
    ],
)
def test_times_whose_columns_are_not_known_are_as_far_apart_as_others(expression: str) -> None:
    source = 'source calls { from csv("calls.csv"); time opened_at }\n'
    assert checked(("spec.kpi", f"{source}metric m = {expression}")).codes == []


def test_a_length_of_time_from_the_time_of_a_source_has_its_unit_without_the_data() -> None:
    source = 'source calls { from csv("calls.csv"); time opened_at }\n'
    metric = "metric m = avg(closed_at - opened_at) from calls\n"
    assert checked(("spec.kpi", f"{source}{metric}kpi k {{ value m over last month; target <= 4 hours }}")).codes == []
    assert checked(("spec.kpi", f"{source}{metric}kpi k {{ value m over last month; target <= 4 }}")).codes == ["K0310"]
