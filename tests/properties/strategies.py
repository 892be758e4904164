"""Random cases for the engine: a spec, data and an as-of, small, but where time and numbers are at their worst.

A `Case` has the text of a spec, the rows of its sources with the Arrow type of each column, and an as-of. Metrics and
KPIs are made from the language's parts; times lie around the as-of, at month ends, leap days and clock changes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from properties.expressions import aggregations, conditions, dated, plain, valued, windows

Row = dict[str, object]
Types = dict[str, str]

ZONES = ("UTC", "Europe/Berlin", "America/New_York")
# Month ends, leap days, both clock changes of both zones, the turn of a year and of ISO years.
DAYS = (
    date(2024, 2, 28),
    date(2024, 2, 29),
    date(2024, 3, 1),
    date(2025, 2, 28),
    date(2026, 3, 8),
    date(2026, 3, 29),
    date(2026, 3, 31),
    date(2026, 4, 30),
    date(2026, 5, 16),
    date(2026, 10, 25),
    date(2026, 10, 31),
    date(2026, 11, 1),
    date(2025, 12, 31),
    date(2026, 1, 1),
    date(2021, 1, 3),
)
CLOCKS = (
    time(0, 0),
    time(0, 0, 0, 1),
    time(1, 30),
    time(2, 0),
    time(2, 30),
    time(3, 0),
    time(12, 0),
    time(22, 30),
    time(23, 59, 59, 999999),
)


@dataclass(frozen=True, slots=True)
class Case:
    """A spec, its data and an as-of. `types` maps a source's columns to the names of Arrow types."""

    spec: str
    rows: dict[str, list[Row]]
    types: dict[str, Types]
    as_of: str


# ---------------------------------------------------------------- values
wholes = st.one_of(st.integers(-3, 12), st.sampled_from([0, 2**62, -(2**62), 10**18]))
moneys = st.one_of(
    st.integers(-500, 5000).map(lambda cents: Decimal(cents).scaleb(-2)),
    st.sampled_from([Decimal("0.0001"), Decimal("99999999999999999999999.9999"), Decimal("-12345678901234567890.1")]),
)
reals = st.one_of(
    st.integers(-40, 400).map(lambda eighths: eighths / 8),
    st.sampled_from([0.1, 0.2, 1 / 3, -1e12, 1e-9, math.nan]),
)
texts = st.sampled_from(["a", "b", "B", "ä", ""])


def maybe(values: SearchStrategy[object]) -> SearchStrategy[object]:
    """NULL one time in five."""
    return st.integers(0, 4).flatmap(lambda pick: st.none() if pick == 0 else values)


@st.composite
def civil_times(draw: DrawFn, day: date) -> datetime:
    """A civil time near a day: on it, days, months or years away, at a nasty time of day."""
    away = draw(
        st.sampled_from([0, 0, 0, 0, 1, -1, -1, -2, -2, -7, -15, -27, -28, -30, -31, -45, -60, -90, -365, -366, 2, 30])
    )
    return datetime.combine(day + timedelta(days=away), draw(st.sampled_from(CLOCKS)))


@st.composite
def moments(draw: DrawFn, kind: str, day: date) -> object:
    """A value of a time column of a kind: `date`, `timestamp` (naive) or `instant`."""
    civil = draw(civil_times(day))
    if kind == "date":
        return civil.date()
    return civil.replace(tzinfo=UTC) if kind == "instant" else civil


# ---------------------------------------------------------------- sources
@st.composite
def event_rows(draw: DrawFn, kind: str, seen_kind: str, day: date) -> list[Row]:
    count = draw(st.sampled_from([3, 6, 9, 12, 14, 2, 1, 0]))
    return [
        {
            "id": number,
            "at": draw(maybe(moments(kind, day)) if draw(st.integers(0, 9)) == 0 else moments(kind, day)),
            "seen": draw(maybe(moments(seen_kind, day))),
            "dim": draw(maybe(texts)),
            "flag": draw(maybe(st.booleans())),
            "whole": draw(maybe(wholes)),
            "money": draw(maybe(moneys)),
            "price": draw(maybe(moneys)),
            "real": draw(maybe(reals)),
            "score": draw(maybe(st.integers(0, 10))),
            "rate": draw(maybe(st.integers(0, 1000).map(lambda n: Decimal(n).scaleb(-1)))),
            "ref": draw(maybe(st.integers(1, 4))),
            "opened": draw(maybe(moments("timestamp", day))),
            "closed": draw(maybe(moments("instant", day))),
        }
        for number in range(count)
    ]


EVENT_TYPES = {
    "id": "int64",
    "dim": "string",
    "flag": "bool",
    "whole": "int64",
    "money": "decimal(30,4)",
    "price": "decimal(30,4)",
    "real": "double",
    "score": "int32",
    "rate": "decimal(10,1)",
    "ref": "int64",
    "opened": "timestamp",
    "closed": "instant",
}
KINDS = ("timestamp", "timestamp", "instant", "date")


@st.composite
def events(draw: DrawFn, day: date) -> tuple[str, list[Row], Types]:
    """The source `ev`, its rows and types."""
    kind, seen_kind = draw(st.sampled_from(KINDS)), draw(st.sampled_from(KINDS))
    zone = draw(st.sampled_from(["", "", ' in "UTC"', ' in "America/New_York"'])) if kind == "timestamp" else ""
    lag = draw(st.sampled_from(["", "", "", "  complete after 2 days\n"]))
    fresh = draw(st.sampled_from(["", "", "  fresh within 5 days\n"]))
    spec = (
        f'source ev {{\n  from arrow("ev")\n  time at{zone}\n  key id\n'
        "  column rate: % as 0..100\n  column price: EUR\n"
        f"{lag}{fresh}"
        "  let big = whole > 3 or money > 10\n"
        "  let part = if flag then whole else score\n"
        "  join lookup on ref == id\n}\n"
        'source lookup { from arrow("lookup"); key id }\n'
    )
    rows = draw(event_rows(kind, seen_kind, day))
    return spec, rows, {**EVENT_TYPES, "at": kind, "seen": seen_kind}


@st.composite
def holders(draw: DrawFn, day: date) -> tuple[str, list[Row], Types]:
    """The source `st`, whose rows hold from … to."""
    kind = draw(st.sampled_from(["date", "timestamp", "instant"]))
    inclusive = draw(st.sampled_from(["", " inclusive"])) if kind == "date" else ""
    count = draw(st.integers(0, 6))
    rows: list[Row] = [
        {
            "began": draw(moments(kind, day)),
            "ended": draw(maybe(moments(kind, day))),
            "dim": draw(maybe(texts)),
            "whole": draw(maybe(st.integers(-3, 12))),
        }
        for _ in range(count)
    ]
    spec = f'source st {{ from arrow("st"); holds from began to ended{inclusive} }}\n'
    return spec, rows, {"began": kind, "ended": kind, "dim": "string", "whole": "int64"}


@st.composite
def followers(draw: DrawFn, day: date) -> tuple[str, list[Row], Types]:
    """The source `go`: what may follow upon events."""
    kind = draw(st.sampled_from(KINDS))
    lag = draw(st.sampled_from(["", "", "; complete after 1 day"]))
    rows: list[Row] = [
        {"when": draw(moments(kind, day)), "ref": draw(maybe(st.integers(1, 4))), "dim": draw(maybe(texts))}
        for _ in range(draw(st.integers(0, 8)))
    ]
    spec = f'source go {{ from arrow("go"); time when{lag} }}\n'
    return spec, rows, {"when": kind, "ref": "int64", "dim": "string"}


@st.composite
def plans(draw: DrawFn, day: date) -> tuple[str, list[Row], Types]:
    """The source `pl`: figures by month, read ahead of the anchor."""
    first = day.replace(day=1)
    rows: list[Row] = [
        {"month": month, "dim": dim, "goal": draw(maybe(st.integers(-5, 20)))}
        for month in {first, (first - timedelta(days=1)).replace(day=1), (first + timedelta(days=40)).replace(day=1)}
        for dim in draw(st.lists(texts, unique=True, max_size=3))
    ]
    spec = 'source pl { from arrow("pl"); time month; ahead }\n'
    return spec, rows, {"month": "date", "dim": "string", "goal": "int64"}


@st.composite
def references(draw: DrawFn) -> list[Row]:
    ids = draw(st.lists(st.integers(1, 4), unique=True, max_size=3))
    return [
        {"id": id_, "label": draw(maybe(st.sampled_from(["x", "y"]))), "weight": draw(maybe(moneys))} for id_ in ids
    ]


# ---------------------------------------------------------------- KPIs
OPERATORS = (">=", ">", "<=", "<")


def amount(goal: int, unit: str) -> str:
    return {"": f"{goal}", "EUR": f"{goal} EUR", "%": f"{goal * 5}%"}[unit]


@st.composite
def targets(draw: DrawFn, unit: str, day: date) -> list[str]:
    """Target and amber, which do not contradict each other."""
    operator = draw(st.sampled_from(OPERATORS))
    goal = draw(st.integers(2, 12))
    once, later = amount(goal, unit), amount(goal + 1, unit)
    match draw(st.integers(0, 7)):
        case 0:
            near = f"{amount(goal - 2, unit)}..{amount(goal + 6, unit)}"
            return [f"target {once}..{amount(goal + 4, unit)}", f"amber {near}"]
        case 1:
            starts = day - timedelta(days=draw(st.integers(0, 40)))
            return [
                f"target {operator} {once} starting {day - timedelta(days=400)}",
                f"target {operator} {later} starting {starts}",
            ]
        case 2:
            return [f"target {operator} {once} whole"]
        case 3 if not unit:
            return [f"target {operator} (sum(goal) from pl) over this month"]
        case 4:
            return []
        case 5:
            return [f"target {operator} {once}"]
        case _:
            return [f"target {operator} {once}", f"amber {operator} {'80%' if '>' in operator else '120%'} of target"]


@st.composite
def kpis(draw: DrawFn, name: str, day: date) -> str:
    value, unit = draw(valued())
    lines = [f"value {value}", *draw(targets(unit, day))]
    items = [item for item in ("previous", "1 month earlier", "1 year earlier") if draw(st.booleans())]
    if "@since" in value or "all time" in value:  # there is nothing before
        items = [item for item in items if item != "previous"]
    elif len(lines) > 1 and draw(st.integers(0, 3)) == 0:
        lines.append(f"red when value {draw(st.sampled_from('<>'))} 80% of previous")
    if len(lines) > 1 and draw(st.integers(0, 5)) == 0:
        lines.append(f"amber when n < {draw(st.integers(1, 4))}")
    if items:
        lines.append(f"compare {', '.join(items)}")
    dimensions = ["dim"] if " st" in value or any(" pl" in line for line in lines) else ["dim", "flag", "lookup.label"]
    if draw(st.booleans()):
        lines.append(
            f"by {', '.join(draw(st.lists(st.sampled_from(dimensions), unique=True, min_size=1, max_size=2)))}"
        )
    if draw(st.booleans()):
        period = draw(st.sampled_from(["months", "days", "weeks", "quarters", "hours"]))
        lines.append(f"trend {draw(st.integers(1, 4))} {period}")
    if draw(st.integers(0, 2)) == 0:
        lines.append(f"require n >= {draw(st.integers(1, 4))}")
    return f"kpi {name} {{\n" + "".join(f"  {line}\n" for line in lines) + "}\n"


# ---------------------------------------------------------------- the whole
@st.composite
def years_of_weeks(draw: DrawFn) -> str:
    """Fiscal years of whole weeks: each of these ends has a year of 53 weeks about one of the days."""
    pattern = draw(st.sampled_from(["4-4-5", "4-5-4", "5-4-4"]))
    ends = draw(
        st.sampled_from(
            [
                "sunday nearest 12-31",
                "last tuesday of march",
                "last saturday of february",
                "saturday nearest 01-31",
                "last saturday of october",
            ]
        )
    )
    named = draw(st.sampled_from(["", " named by end", " named by start"]))
    odd = draw(st.sampled_from(["", "blank", "week 1", "restated"]))
    week = f"  week 53 compares {odd}\n" if odd else ""
    return f"  pattern {pattern}\n  year ends {ends}{named}\n{week}"


@st.composite
def calendars(draw: DrawFn) -> str:
    week = draw(st.sampled_from(["monday", "monday", "sunday", "saturday"]))
    year = draw(
        st.one_of(
            st.sampled_from(["", "", "  year starts february named by end\n", "  year starts july named by start\n"]),
            years_of_weeks(),
        )
    )
    holidays = draw(st.sampled_from(["", '  holidays arrow("free")\n']))
    return f'calendar {{\n  timezone "{draw(st.sampled_from(ZONES))}"\n  week starts {week}\n{year}{holidays}}}\n'


@st.composite
def metrics(draw: DrawFn, name: str, day: date) -> str:
    value, _ = draw(valued())
    match draw(st.integers(0, 8)):
        case 0:
            # One part, so that there is one reason: which of several is told is not defined.
            changed = day - timedelta(days=draw(st.integers(0, 60)))
            value = f"({draw(aggregations())}) over {draw(windows())}"
            return f'metric {name} {{\n  value {value}\n  changed {changed} "new"\n}}\n'
        case 1 if " st" not in value:
            return f"metric {name} = ({value}) where {draw(conditions())}\n"
        case 2:
            return f"metric {name}_part = {draw(plain())}\nmetric {name} = {name}_part over {draw(windows())}\n"
        case _:
            return f"metric {name} = {value}\n"


@st.composite
def cases(draw: DrawFn) -> Case:
    day = draw(st.sampled_from(DAYS))
    spec = draw(calendars())
    rows: dict[str, list[Row]] = {}
    types: dict[str, Types] = {"lookup": {"id": "int64", "label": "string", "weight": "decimal(30,4)"}}
    for name, source in (("ev", events(day)), ("st", holders(day)), ("go", followers(day)), ("pl", plans(day))):
        text, rows[name], types[name] = draw(source)
        spec += text
    spec += f"param most = {draw(st.integers(0, 9))}\n"
    rows["lookup"] = draw(references())
    rows["free"] = [
        {"name": None, "date": day + timedelta(days=away)}
        for away in draw(st.lists(st.sampled_from([0, 1, -1, -2, -3, -7, -30, -60, -365, 30]), min_size=1, max_size=6))
    ]
    types["free"] = {"name": "string", "date": "date"}
    spec += "".join(draw(metrics(f"m{number}", day)) for number in range(draw(st.integers(1, 3))))
    spec += "".join(draw(kpis(f"k{number}", day)) for number in range(draw(st.integers(1, 2))))
    at = draw(st.sampled_from(["", "", "", "T00:00", "T02:30", "T18:15:30"]))
    return Case(dated(spec, day), rows, types, f"{day}{at}")
