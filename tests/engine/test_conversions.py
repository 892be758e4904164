"""Conversions worked by hand: which first event one belongs to, what is in time, what is still open."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import pytest

from engine.evaluating import Table, at, days, evaluate
from kpidsl.assess.results import Assessment, MetricResult, Value

VISITS = 'source visits { from arrow("visits"); time at; key id }\n'
BUYS = 'source buys { from arrow("buys"); time at }\n'
RATE = "conversion_rate(visits to buys per who within 7 days)"
NUMBER = "conversions(visits to buys per who within 7 days)"


def visits(*rows: tuple[str, str | None], **columns: Sequence[object]) -> Table:
    return {
        "id": list(range(len(rows))),
        "at": [at(moment) for moment, _ in rows],
        "who": [who for _, who in rows],
        **columns,
    }


def buys(*rows: tuple[str, str | None]) -> Table:
    return {"at": [at(moment) for moment, _ in rows], "who": [who for _, who in rows]}


def found(
    expression: str, visited: Table, bought: Table, as_of: str = "2026-12-31", calendar: str = ""
) -> MetricResult:
    results = evaluate(f"{calendar}\n{VISITS}{BUYS}metric m = {expression}", as_of, visits=visited, buys=bought)
    assert not results.errors
    return results.metrics[0]


def numbers(
    expression: str, visited: Table, bought: Table, as_of: str = "2026-12-31", calendar: str = ""
) -> tuple[Value | str | None, int | None, int | None]:
    """Value or reason, n, and how many are open."""
    metric = found(expression, visited, bought, as_of, calendar)
    return (metric.value if metric.value is not None else metric.value_undefined), metric.n, metric.n_open


# ---------------------------------------------------------------- which one
def test_a_conversion_belongs_to_the_latest_first_event_before_it() -> None:
    visited = visits(("2026-03-01", "a"), ("2026-03-03", "a"), ("2026-03-09", "a"))
    bought = buys(("2026-03-05", "a"))
    assert numbers(f"{RATE} over 2026-03", visited, bought) == (Decimal("0.333333333333333"), 3, 0)
    assert numbers(f"{NUMBER} over 2026-03-03..2026-03-03", visited, bought) == (1, 1, 0)
    assert numbers(f"{NUMBER} over 2026-03-01..2026-03-02", visited, bought) == (0, 0, 0)


def test_several_conversions_of_one_first_event_convert_it_once() -> None:
    visited = visits(("2026-03-01", "a"), ("2026-03-01", "b"))
    bought = buys(("2026-03-02", "a"), ("2026-03-03", "a"), ("2026-03-04", "a"))
    assert numbers(f"{NUMBER} over 2026-03", visited, bought) == (1, 1, 0)
    assert numbers(f"{RATE} over 2026-03", visited, bought) == (Decimal("0.5"), 2, 0)


def test_the_window_is_the_first_events() -> None:
    visited = visits(("2026-02-28T23:59:59.999999", "a"), ("2026-03-01", "b"), ("2026-03-31T23:59", "c"))
    bought = buys(("2026-03-01", "a"), ("2026-03-02", "b"), ("2026-04-05", "c"), ("2026-04-05", "d"))
    assert numbers(f"{NUMBER} over 2026-03", visited, bought) == (2, 2, 0)
    assert numbers(f"{NUMBER} over 2026-02", visited, bought) == (1, 1, 0)
    # Nothing happens between the first and the newest visit; after it, nothing is known.
    assert numbers(f"{NUMBER} over 2026-03-10..2026-03-20", visited, bought) == (0, 0, None)
    assert numbers(f"{RATE} over 2026-03-10..2026-03-20", visited, bought) == ("no_rows", 0, None)
    assert numbers(f"{NUMBER} over 2026-05", visited, bought) == ("no_rows", 0, None)


def test_a_first_event_after_the_window_takes_what_comes_after_it() -> None:
    visited = visits(("2026-03-31", "a"), ("2026-04-02", "a"))
    assert numbers(f"{NUMBER} over 2026-03", visited, buys(("2026-04-03", "a"))) == (0, 0, 0)


def test_at_the_same_instant_a_conversion_is_after() -> None:
    assert numbers(f"{NUMBER} over 2026-03", visits(("2026-03-05", "a")), buys(("2026-03-05", "a"))) == (1, 1, 0)


def test_of_first_events_of_one_instant_the_last_by_key_converts() -> None:
    visited = visits(*[("2026-03-05", "a")] * 3, page=["home", "news", "shop"])
    bought = buys(("2026-03-05", "a"))
    assert numbers(f"{NUMBER} over 2026-03", visited, bought) == (1, 1, 0)
    assert numbers(f'{NUMBER} where page == "shop" over 2026-03', visited, bought) == (1, 1, 0)
    assert numbers(f'{NUMBER} where page == "home" over 2026-03', visited, bought) == (0, 0, 0)


def test_null_keys_never_match() -> None:
    visited = visits(("2026-03-05", None), ("2026-03-05", "a"))
    bought = buys(("2026-03-06", None), ("2026-03-06", "a"))
    assert numbers(f"{RATE} over 2026-03", visited, bought) == (Decimal("0.5"), 2, 0)


def test_all_keys_must_match() -> None:
    spec = 'source v { from arrow("v"); time at }\nsource b { from arrow("b"); time at }\n'
    spec += "metric m = conversions(v to b per who, shop within 7 days) over 2026-03"
    first = {"at": days("2026-03-01", "2026-03-01"), "who": ["a", "a"], "shop": [1, 2]}
    then = {"at": days("2026-03-02", "2026-03-02"), "who": ["a", "b"], "shop": [2, 1]}
    assert evaluate(spec, "2026-12-31", v=first, b=then).metrics[0].value == 1


# ---------------------------------------------------------------- one source for both steps
EVENTS = 'source events { from arrow("events"); time at }\n'


def of_events(expression: str, *rows: tuple[str, str, str]) -> object:
    table = {"at": days(*(row[0] for row in rows)), "who": [row[1] for row in rows], "what": [row[2] for row in rows]}
    (metric,) = evaluate(f"{EVENTS}metric m = {expression}", "2026-12-31", events=table).metrics
    return metric.value, metric.n


def test_both_steps_may_be_of_one_source() -> None:
    step = 'events where what == "visit" to events where what == "buy" per who within 7 days'
    rows = [("2026-03-01", "a", "buy"), ("2026-03-01", "a", "visit"), ("2026-03-09", "b", "visit")]
    assert of_events(f"conversion_rate({step}) over 2026-03", *rows) == (Decimal("0.5"), 2)


def test_no_row_converts_itself() -> None:
    again = "conversion_rate(events to events per who within 7 days) over 2026-03"
    assert of_events(again, ("2026-03-01", "a", ""), ("2026-03-05", "a", ""), ("2026-03-20", "a", "")) == (
        Decimal("0.333333333333333"), 3,
    )  # fmt: skip
    # Nor do two of one time convert each other.
    assert of_events(again, ("2026-03-01", "a", ""), ("2026-03-01", "a", "")) == (0, 2)


# ---------------------------------------------------------------- in time
def test_within_is_elapsed_time_and_its_last_moment_counts() -> None:
    visited = visits(("2026-03-01T12:00", "a"), ("2026-03-01T12:00", "b"))
    bought = buys(("2026-03-08T12:00", "a"), ("2026-03-08T12:00:00.000001", "b"))
    assert numbers(f"{NUMBER} over 2026-03", visited, bought) == (1, 1, 0)


def test_a_day_is_24_hours_whatever_clocks_do() -> None:
    berlin = 'calendar { timezone "Europe/Berlin" }'
    visited, bought = visits(("2026-10-24T12:00", "a")), buys(("2026-10-25T12:00", "a"))
    one_day = "conversions(visits to buys per who within 1 day) over 2026-10"
    assert numbers(one_day, visited, bought, calendar=berlin)[0] == 0
    assert numbers(one_day, visited, bought)[0] == 1
    hours = "conversions(visits to buys per who within 25 hours) over 2026-10"
    assert numbers(hours, visited, bought, calendar=berlin)[0] == 1


def test_between_civil_days_civil_days_are_counted() -> None:
    spec = f'calendar {{ timezone "Europe/Berlin" }}\n{VISITS}{BUYS}metric m = {NUMBER} over 2026-10'
    first = {"id": [1, 2], "at": days("2026-10-24", "2026-10-24"), "who": ["a", "b"]}
    then = {"at": days("2026-10-31", "2026-11-01"), "who": ["a", "b"]}
    assert evaluate(spec, "2026-12-31", visits=first, buys=then).metrics[0].value == 1


# ---------------------------------------------------------------- what is open
OPENING = visits(
    ("2026-03-10", "a"), ("2026-03-24", "b"), ("2026-03-25", "c"), ("2026-03-30", "d"), ("2026-03-31", "e")
)
BOUGHT = buys(("2026-03-11", "a"), ("2026-03-30", "d"), ("2026-04-01", "c"), ("2026-04-01", "e"))


def test_a_rate_leaves_out_what_is_open_and_says_how_many() -> None:
    # On 2026-04-01 at midnight the time of c, who came at midnight seven days before, is not over: its last moment is
    # not read yet. d has converted and is open all the same, else a rate would only ever see those who hurry.
    assert numbers(f"{RATE} over 2026-03", OPENING, BOUGHT, "2026-03-31") == (Decimal("0.5"), 2, 3)
    assert numbers(f"{RATE} over 2026-03", OPENING, BOUGHT, "2026-04-01T00:00:00") == (Decimal("0.5"), 2, 3)
    assert numbers(f"{RATE} over 2026-03", OPENING, BOUGHT, "2026-04-01T00:00:01") == (
        Decimal("0.666666666666667"),
        3,
        2,
    )
    assert numbers(f"{RATE} over 2026-03", OPENING, BOUGHT, "2026-04-08") == (Decimal("0.8"), 5, 0)


def test_a_number_counts_what_has_converted_so_far() -> None:
    assert numbers(f"{NUMBER} over 2026-03", OPENING, BOUGHT, "2026-03-31") == (2, 2, 3)
    assert numbers(f"{NUMBER} over 2026-03", OPENING, BOUGHT, "2026-04-01") == (4, 4, 2)


def test_a_rate_of_what_is_all_open_is_too_early() -> None:
    assert numbers(f"{RATE} over trailing 7 days", OPENING, BOUGHT, "2026-03-31") == ("too_early", 0, 3)
    spec = f"{VISITS}{BUYS}kpi k {{ value {RATE} over trailing 7 days; target >= 50% }}"
    judged = evaluate(spec, "2026-03-31", visits=OPENING, buys=BOUGHT).kpis[0].assessment
    assert (judged.status, judged.reason) == ("no_data", "the time to convert is over for none of the first events")


def test_civil_days_are_open_until_their_last_day_is_read() -> None:
    spec = f"{VISITS}{BUYS}metric m = {RATE} over 2026-03"
    first = {"id": [1, 2], "at": days("2026-03-24", "2026-03-25"), "who": ["a", "b"]}
    then = {"at": days("2026-03-31"), "who": ["a"]}
    results = evaluate(spec, "2026-03-31", visits=first, buys=then).metrics[0]
    assert (results.value, results.n, results.n_open) == (1, 1, 1)


def test_arithmetic_keeps_what_is_open() -> None:
    assert numbers(f"100% - ({RATE}) over 2026-03", OPENING, BOUGHT, "2026-03-31") == (Decimal("0.5"), 2, 3)
    assert numbers(f"(({NUMBER}) / (count() from visits)) over 2026-03", OPENING, BOUGHT, "2026-03-31") == (
        Decimal("0.4"), 5, 3,
    )  # fmt: skip


# ---------------------------------------------------------------- filters, segments, series
def kpi(properties: str, as_of: str, visited: Table, bought: Table) -> tuple[Assessment, dict[object, Assessment]]:
    results = evaluate(f"{VISITS}{BUYS}kpi k {{ {properties} }}", as_of, visits=visited, buys=bought)
    assert not results.errors
    return results.kpis[0].assessment, {one.by[0][1]: one.assessment for one in results.kpis[0].segments}


PAGES = visits(("2026-03-01", "a"), ("2026-03-02", "a"), ("2026-03-02", "b"), page=["home", "shop", "home"])


def test_a_step_says_what_qualifies_and_what_stands_around_only_narrows() -> None:
    bought = buys(("2026-03-03", "a"))
    home = 'conversions(visits where page == "home" to buys per who within 7 days)'
    assert numbers(f"{home} over 2026-03", PAGES, bought)[0] == 1
    assert numbers(f'{NUMBER} where page == "home" over 2026-03', PAGES, bought)[0] == 0


def test_segments_add_up_to_the_whole() -> None:
    whole, segments = kpi(f"value ({NUMBER}) over 2026-03; by page", "2026-12-31", PAGES, buys(("2026-03-03", "a")))
    assert whole.value == 1
    assert {page: one.value for page, one in segments.items()} == {"home": 0, "shop": 1}
    _, rates = kpi(f"value ({RATE}) over 2026-03; by page", "2026-12-31", PAGES, buys(("2026-03-03", "a")))
    assert {page: (one.value, one.n) for page, one in rates.items()} == {"home": (0, 2), "shop": (1, 1)}


def test_each_anchor_knows_what_was_known_then() -> None:
    visited, bought = visits(("2026-02-27", "a"), ("2026-03-02", "b")), buys(("2026-03-02", "a"), ("2026-03-03", "b"))
    judged, _ = kpi(
        f"value ({NUMBER}) over last month; compare previous; trend 2 months", "2026-03-31", visited, bought
    )
    assert (judged.value, judged.comparisons[0].value) == (1, 1)
    # At the end of February the purchase of the second of March was not known.
    assert [point.value for point in judged.trend] == [0, 1]


def test_in_a_series_the_end_of_each_period_is_the_anchor() -> None:
    visited = visits(("2026-03-02", "a"), ("2026-03-05", "b"), ("2026-03-10", "c"))
    bought = buys(("2026-03-02", "a"), ("2026-03-12", "b"))
    rolling = f"(({RATE}) over trailing 14 days) each week"
    # At the end of the week of the second all visits are open; of the ninth a and b are known, of the sixteenth c.
    assert numbers(f"max({rolling}) over 2026-03-02..2026-03-22", visited, bought)[0] == "too_early"
    assert numbers(f"max({rolling}) over 2026-03-09..2026-03-22", visited, bought)[0] == 1
    assert numbers(f"min({rolling}) over 2026-03-09..2026-03-22", visited, bought)[0] == 0


def test_the_larger_lag_of_both_sources_counts() -> None:
    late = BUYS.replace("time at", "time at; complete after 3 days")
    spec = f"{VISITS}{late}metric m = {NUMBER} over last day"
    rows = {"visits": visits(("2026-03-28", "a"), ("2026-03-30", "b")), "buys": buys(("2026-03-28", "a"))}
    results = evaluate(spec, "2026-03-31", **rows).metrics[0]
    assert results.window is not None
    assert (results.window.start.isoformat()[:10] if results.window.start else None, results.value) == ("2026-03-28", 1)


def test_a_source_that_is_old_makes_a_conversion_stale() -> None:
    old = BUYS.replace("time at", "time at; fresh within 2 days")
    spec = f"{VISITS}{old}kpi k {{ value ({NUMBER}) over 2026-03; target >= 1 }}"
    rows = {"visits": visits(("2026-03-30", "a")), "buys": buys(("2026-03-05", "a"))}
    assert evaluate(spec, "2026-03-31", **rows).kpis[0].assessment.status == "stale"


def test_a_second_step_may_look_at_a_joined_source() -> None:
    spec = VISITS + 'source buys { from arrow("buys"); time at; join items on item == id }\n'
    spec += 'source items { from arrow("items") }\n'
    spec += 'metric m = conversions(visits to buys where items.kind == "book" per who within 7 days) over 2026-03'
    first = visits(("2026-03-01", "a"), ("2026-03-01", "b"))
    then = {**buys(("2026-03-02", "a"), ("2026-03-02", "b")), "item": [1, 2]}
    items = {"id": [1, 2], "kind": ["book", "pen"]}
    assert evaluate(spec, "2026-12-31", visits=first, buys=then, items=items).metrics[0].value == 1
    twice = {"id": [1, 1], "kind": ["book", "book"]}
    results = evaluate(spec, "2026-12-31", visits=first, buys=then, items=twice)
    assert [error.code for error in results.errors] == ["K0612"]


@pytest.mark.parametrize("name", ["visits", "buys"])
def test_a_source_that_fails_is_told(name: str) -> None:
    spec = f"{VISITS}{BUYS}metric m = {NUMBER} over 2026-03\n".replace(f'arrow("{name}")', 'csv("nowhere.csv")')
    tables = {"visits": PAGES, "buys": buys(("2026-03-03", "a"))}
    del tables[name]
    results = evaluate(spec, "2026-03-31", **tables)
    assert results.metrics[0].value_undefined == "source_error"
    assert [error.code for error in results.errors] == ["K0601"]


def test_windows_and_anchors_share_one_query() -> None:
    spec = (
        f"{VISITS}{BUYS}kpi k {{ value ({RATE}) over last month; compare previous, 1 year earlier; trend 12 months }}"
    )
    spec += f"\nkpi j {{ value ({NUMBER}) over last week; trend 5 weeks }}"
    spec += f'\nkpi i {{ value ({NUMBER} where page == "home") over last quarter }}'
    import pyarrow as pa

    import kpidsl

    rows = {"visits": pa.table(dict(PAGES)), "buys": pa.table(dict(buys(("2026-03-03", "a"))))}
    shown = kpidsl.load("-", stdin_text=spec).show("sql", as_of="2026-03-31", sources=rows)
    assert shown.count("ASOF JOIN") == 1
