"""Random expressions of the language over the sources of `strategies`, without contradictions of unit or type."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

# ---------------------------------------------------------------- row expressions
CONDITIONS = (
    'dim == "a"',
    'dim != "b"',
    'dim in ["a", "ä"]',
    'dim not in ["a"]',
    "dim is null",
    "whole is not null",
    "flag",
    "not flag",
    "big",
    "whole > 3",
    "money <= 0",
    "real < 12.5",
    "rate >= 50%",
    "part > 2",
    "score >= 9",
    'lookup.label == "x"',
    "lookup.weight > 1",
    "seen < as_of",
    "seen in last month",
    "closed > opened",
    "closed - opened <= 36 hours",
    "opened + 2 days < closed",
    "hour(closed) < 12",
    "month(opened) == 2",
    "days_between(opened, closed) > 1 days",
    "business_days_between(opened, closed) > 1 days",
    "business_days_between(seen, at) <= -2 days",
    "opened in month to date",
    "seen >= 2026-03-01",
    "whole + score > 5",
    "coalesce(whole, 0) == 0",
    "whole < param.most",
    "price > 1.5 EUR",
)
TERMS = ("whole", "money", "score", "rate", "whole * 2", "money - whole", "part", "coalesce(score, 1)", "lookup.weight")


@st.composite
def conditions(draw: DrawFn) -> str:
    first = draw(st.sampled_from(CONDITIONS))
    match draw(st.integers(0, 4)):
        case 0:
            return f"({first}) and ({draw(st.sampled_from(CONDITIONS))})"
        case 1:
            return f"({first}) or ({draw(st.sampled_from(CONDITIONS))})"
        case 2:
            return f"not ({first})"
        case _:
            return first


# ---------------------------------------------------------------- metric expressions
CALLS: tuple[Callable[[str], str], ...] = (
    lambda term: f"sum({term})",
    lambda term: f"avg({term})",
    lambda term: f"min({term})",
    lambda term: f"max({term})",
    lambda term: f"median({term})",
    lambda term: f"percentile({term}, 90%)",
    lambda term: f"first({term})",
    lambda term: f"last({term})",
    lambda term: f"count({term})",
    lambda term: f"count_distinct({term})",
)
SPREADS = ("stddev", "variance")
SURVEYS = (
    "nps(score)",
    "ces(score)",
    "ces(score, 5)",
    "ces(part, 9)",
    "ces_net(score, 2 of 5)",
    "ces_net(score, 3 of 7)",
)
CODINGS = (
    "krippendorff_alpha(score by dim per ref, level: nominal)",
    "krippendorff_alpha(whole by dim per ref, level: ordinal)",
    "krippendorff_alpha(money by dim per ref, level: interval)",
    "krippendorff_alpha(score by dim per ref, level: ratio)",
    "krippendorff_alpha(dim by flag per ref, level: nominal)",
    "krippendorff_alpha(part by lookup.label per score, level: interval)",
    "cohen_kappa(score by flag per ref)",
    "cohen_kappa(score by flag per ref, weights: linear)",
    "cohen_kappa(whole by flag per dim, weights: quadratic)",
    "fleiss_kappa(dim by flag per ref)",
    "fleiss_kappa(flag by dim per ref)",
)


@st.composite
def calls(draw: DrawFn) -> str:
    """An aggregation's call over `ev`, without a unit."""
    match draw(st.integers(0, 7)):
        case 0 | 1:
            return "count()"
        case 2:
            return f"{draw(st.sampled_from(SPREADS))}({draw(st.sampled_from(['score', 'part', 'real', 'whole']))})"
        case 3:
            function = draw(st.sampled_from(["count", "count_distinct"]))
            return f"{function}({draw(st.sampled_from(['dim', 'seen', 'flag']))})"
        case 4:
            return draw(st.sampled_from(SURVEYS))
        case 5:
            return f"{draw(st.sampled_from(['sum', 'avg', 'min', 'max']))}(real)"
        case _:
            term = draw(st.sampled_from([term for term in TERMS if term != "rate"]))
            return draw(st.sampled_from(CALLS))(term)


UNITS = ("ref", "ref", "dim", "score", "lookup.label")
STEPS = ("ev", "ev", "st_", 'ev where dim == "a"', "ev where flag", "ev where whole > 3", "ev where not flag")
WITHIN = ("1 day", "7 days", "30 days", "2 weeks", "36 hours", "30 minutes", "365 days")


@st.composite
def conversions(draw: DrawFn, *, rate: bool = False) -> str:
    """First events of `ev`, and what converts them: other rows of it, or those of `go`."""
    first = draw(st.sampled_from([step for step in STEPS if step != "st_"]))
    then = draw(st.sampled_from(STEPS)).replace("st_", "go")
    keys = draw(st.sampled_from(["ref", "ref", "dim", "ref, dim"]))
    function = "conversion_rate" if rate else "conversions"
    return f"{function}({first} to {then} per {keys} within {draw(st.sampled_from(WITHIN))})"


@st.composite
def aggregations(draw: DrawFn, *, flows: bool = False, share: bool = False) -> str:
    """`AGG(…) from ev …`, or of the staff that hold; `flows`: with a value wherever there are rows at all."""
    if share:
        shares = [
            f"share({draw(conditions())})",
            "top_box(score, 2 of 5)",
            "avg(rate)",
            "csat(score)",
            "ces(score, 3 of 7)",
        ]
        call = draw(st.sampled_from([*shares, f"prevalence({draw(conditions())} per {draw(st.sampled_from(UNITS))})"]))
    elif flows:
        call = draw(st.sampled_from(["count()", "sum(whole)", "sum(money)", "count(dim)", "count_distinct(dim)"]))
    else:
        call = draw(calls())
    if draw(st.integers(0, 7)) == 0:
        return draw(conversions(rate=share))
    if not share and draw(st.integers(0, 7)) == 0:
        where = draw(st.sampled_from(["", ' where dim == "a"', " where whole > 3"]))
        of = draw(st.sampled_from(["count()", "sum(whole)", "avg(whole)", "max(whole)"]))
        return f"{of} from st{where} at {draw(st.sampled_from(['end', 'end', 'start']))}"
    on = draw(st.sampled_from(["", "", "", " on seen"]))
    if not share and not flows and draw(st.integers(0, 9)) == 0:
        where = draw(st.sampled_from(["", " where flag", " where score > 2"]))
        # Never above 1, which the bounds of a KPI would not fit.
        return f"10 * ({draw(st.sampled_from(CODINGS))} from ev{on}{where})"
    where = f" where {draw(conditions())}" if draw(st.integers(0, 2)) == 0 else ""
    if call.startswith("prevalence"):
        return f"{call} from ev{on}{where}"
    at = draw(st.sampled_from(["", "", "", "", "", "", "", "", "", " at end", " at start", " at end per ref"]))
    return f"{call} from ev{on}{where}{at}"


# Those that begin with `@` are written for the day of the case: see `dated`.
WINDOWS = (
    "last month",
    "last 2 months",
    "last 3 months",
    "last 28 days",
    "last 60 days",
    "last 4 weeks",
    "last 2 quarters",
    "last year",
    "last fiscal quarter",
    "last fiscal week",
    "last 2 fiscal weeks",
    "last fiscal month",
    "last fiscal year",
    "fiscal week to date",
    "fiscal month to date",
    "this fiscal quarter",
    "trailing 2 fiscal months",
    "last 30 hours",
    "next month",
    "next 2 weeks",
    "trailing 28 days",
    "trailing 36 hours",
    "trailing 2 months",
    "trailing 1 year",
    "month to date",
    "quarter to date",
    "year to date",
    "fiscal year to date",
    "week to date",
    "this quarter",
    "this month",
    "@quarter",
    "@month",
    "@week",
    "@half",
    "@year",
    "@fiscal",
    "@range",
    "@since",
    "all time",
)
# Windows in which there are rows more often than not.
WIDE = (
    "trailing 1 year",
    "last 60 days",
    "year to date",
    "all time",
    "@year",
    "@range",
    "@since",
    "last 3 months",
    "this quarter",
)
SERIES = ("last month", "last 10 days", "month to date", "this month", "@month", "trailing 36 hours", "last 2 weeks")
LONGER = ("last 3 months", "year to date", "fiscal year to date", "last fiscal quarter", "trailing 2 months")
# What can be prorated.
ADDING_UP = (
    "count() from ev",
    "sum(money) from ev",
    "2 * (count() from ev where flag) - (sum(whole) from ev)",
    "(sum(whole) from ev) default 3",
    "sum((sum(money) from ev) each dim)",
)
EARLIER = (
    "",
    "",
    "",
    " 1 month earlier",
    " 1 year earlier",
    " 4 weeks earlier",
    " 1 quarter earlier",
    " 2 years earlier",
    " 1 fiscal quarter earlier",
    " 52 weeks earlier",
    " 1 day earlier",
)
MAKES = ("avg", "min", "max", "sum", "median", "stddev", "count", "first", "last")


def windows() -> SearchStrategy[str]:
    return st.one_of(st.sampled_from(WIDE), st.sampled_from(WINDOWS))


@st.composite
def plain(draw: DrawFn, *, flows: bool = False) -> str:
    """A metric expression without a window."""
    one = draw(aggregations(flows=flows))
    match draw(st.integers(0, 12)):
        case 0:
            return f"({one}) / ({draw(aggregations(flows=flows))})"
        case 1:
            return f"({one}) - ({draw(aggregations(flows=flows))})"
        case 2:
            return f"({one}) * 2 + ({draw(aggregations(flows=flows))})"
        case 3:
            return f"({one}) default 0"
        case 4:
            return f"(({one}) where {draw(conditions_of_both())})"
        case 5:
            return f"-({one}) / ({draw(aggregations(flows=flows))} default 1)"
        case _:
            return one


def conditions_of_both() -> SearchStrategy[str]:
    """Predicates on columns that both sources have."""
    return st.sampled_from(['dim == "a"', "dim is null", "whole > 3", 'dim in ["a", "b"]'])


@st.composite
def series(draw: DrawFn) -> tuple[str, str]:
    """A series brought back to one value, with its window, and its unit."""
    make = draw(st.sampled_from(MAKES))
    inner = draw(plain(flows=draw(st.booleans())))
    if draw(st.integers(0, 1)):
        inner = f"({inner}) default {draw(st.integers(0, 2))}"
    dimensions = ["dim", "dim"] if " st" in inner else ["dim", "flag", "lookup.label"]
    by = draw(st.sampled_from(["day", "day", "week", "hour", "month", "fiscal week", "fiscal month", *dimensions]))
    window = draw(st.sampled_from(SERIES if not by.endswith("month") else LONGER))
    if by in dimensions and make in ("first", "last"):
        make = "max"
    if by == "hour":
        window = draw(st.sampled_from(["last 2 days", "trailing 36 hours", "@day"]))
    if by not in dimensions:
        partial = draw(st.sampled_from(["", "", "", " partial exclude", " partial to date", " partial prorate"]))
        if partial == " partial prorate":
            return f"{make}(({draw(st.sampled_from(ADDING_UP))}) each {by}{partial}) over {window}", ""
        by += partial
    match draw(st.integers(0, 5)):
        case 0:
            return f"share(({inner}) each {by} >= 1) over {window}", "%"
        case 1 if by.startswith("day"):
            return f"{make}(((({inner}) over trailing 3 days) each day)) over {window}", ""
        case 2 if by.startswith(("day", "week", "fiscal week")):
            return f"{make}((max(({inner}) each dim) default 0) each {by}) over {window}", ""
        case _:
            return f"{make}(({inner}) each {by}) over {window}", ""


@st.composite
def valued(draw: DrawFn) -> tuple[str, str]:
    """A metric expression that says its window, and its unit."""
    window = f"{draw(windows())}{draw(st.sampled_from(EARLIER))}"
    match draw(st.integers(0, 7)):
        case 0 | 1:
            return draw(series())
        case 2:
            return f"({draw(aggregations(share=True))}) over {window}", "%"
        case 3:
            call = draw(st.sampled_from(["sum(price)", "avg(price)", "last(price)", "median(price)"]))
            return f"({call} from ev) over {window}", "EUR"
        case _:
            return f"({draw(plain(flows=draw(st.booleans())))}) over {window}", ""


def dated(spec: str, day: date) -> str:
    """A spec whose windows that begin with `@` are the periods around a day."""
    quarter, half = (day.month + 2) // 3, (day.month + 5) // 6
    year, week, _ = day.isocalendar()
    before, after = day - timedelta(days=16), day + timedelta(days=2)
    written = {
        "@quarter": f"{day.year}-Q{quarter}",
        "@month": f"{day:%Y-%m}",
        "@week": f"{year}-W{min(week, 52):02}",
        "@half": f"{day.year}-H{half}",
        "@year": f"{day.year}",
        "@fiscal": f"FY{day.year}-Q{quarter}",
        "@range": f"{before}..{after}",
        "@day": f"{day}..{day}",
        "@since": f"since {before}",
    }
    for token, text in written.items():
        spec = spec.replace(token, text)
    return spec
