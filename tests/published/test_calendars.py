"""Financial years, weeks and holidays against what companies, standards and governments published."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest

from engine.evaluating import days, evaluate, value
from kpidsl.calendar.holidays import holidays_of

FIRST = date(1976, 1, 1)
DAILY = [FIRST + timedelta(days=number) for number in range(19_000)]
ROWS = {"at": DAILY, "x": list(range(19_000))}


def spans(calendar: str, *windows: str) -> list[str]:
    """The first and the last day of windows, as rows of every day tell them; with the number of weeks, if they are."""
    lines = ['source o { from arrow("o"); time at }', calendar]
    for number, window in enumerate(windows):
        lines += [f"metric a{number} = min(x) from o over {window}", f"metric b{number} = max(x) from o over {window}"]
    metrics = {one.name: one.value for one in evaluate("\n".join(lines), "2027-12-31", o=ROWS).metrics}

    def day(name: str) -> date:
        number = metrics[name]
        assert isinstance(number, Decimal | int)
        return FIRST + timedelta(days=int(number))

    return [f"{day(f'a{number}')} {day(f'b{number}')}" for number in range(len(windows))]


# The ends of financial years as annual reports (Form 10-K) give them, and how many weeks they had.
@pytest.mark.parametrize(
    ("company", "rule", "years"),
    [
        ("Apple", "year ends last saturday of september named by end",
         {2006: "2006-09-30 53", 2011: "2011-09-24 52", 2012: "2012-09-29 53", 2017: "2017-09-30 53", 2022: "2022-09-24 52",
          2023: "2023-09-30 53", 2024: "2024-09-28 52"}),
        ("Costco", "year ends sunday nearest 08-31 named by end",
         {2012: "2012-09-02 53", 2016: "2016-08-28 52", 2017: "2017-09-03 53", 2022: "2022-08-28 52", 2023: "2023-09-03 53",
          2024: "2024-09-01 52"}),
        ("Target", "year ends saturday nearest 01-31",
         {2012: "2013-02-02 53", 2017: "2018-02-03 53", 2022: "2023-01-28 52", 2023: "2024-02-03 53", 2024: "2025-02-01 52"}),
        ("Cisco", "year ends last saturday of july named by end",
         {2016: "2016-07-30 53", 2021: "2021-07-31 53", 2022: "2022-07-30 52", 2023: "2023-07-29 52", 2024: "2024-07-27 52"}),
        ("Intel", "year ends last saturday of december",
         {2011: "2011-12-31 53", 2016: "2016-12-31 53", 2021: "2021-12-25 52", 2022: "2022-12-31 53", 2023: "2023-12-30 52"}),
        ("Disney", "year ends saturday nearest 09-30 named by end",
         {2009: "2009-10-03 53", 2014: "2014-09-27 52", 2015: "2015-10-03 53", 2020: "2020-10-03 53", 2022: "2022-10-01 52",
          2023: "2023-09-30 52"}),
        ("Johnson & Johnson", "year ends sunday nearest 12-31",
         {2015: "2016-01-03 53", 2020: "2021-01-03 53", 2021: "2022-01-02 52", 2022: "2023-01-01 52", 2023: "2023-12-31 52"}),
    ],
)  # fmt: skip
def test_years_of_whole_weeks_end_when_companies_say(company: str, rule: str, years: dict[int, str]) -> None:
    found = spans(f"calendar {{ pattern 4-4-5; {rule} }}", *(f"FY{year}" for year in years))
    said = {}
    for year, span in zip(years, found, strict=True):
        first, last = map(date.fromisoformat, span.split())
        said[year] = f"{last} {((last - first).days + 1) / 7:g}"
    assert said == years


NRF_2023 = """2023-01-29 2023-02-26 2023-04-02 2023-04-30 2023-05-28 2023-07-02 2023-07-30 2023-08-27 2023-10-01 2023-10-29
2023-11-26 2023-12-31"""
RESTATED_2023 = """2023-02-05 2023-03-05 2023-04-09 2023-05-07 2023-06-04 2023-07-09 2023-08-06 2023-09-03 2023-10-08 2023-11-05
2023-12-03 2024-01-07"""
NRF_2024 = """2024-02-04 2024-03-03 2024-04-07 2024-05-05 2024-06-02 2024-07-07 2024-08-04 2024-09-01 2024-10-06 2024-11-03
2024-12-01 2025-01-05"""


def test_months_of_the_national_retail_federation() -> None:
    """The 4-5-4 calendars of 2023 (53 weeks), 2024, and 2023 restated for comparison with 2024."""
    calendar = "calendar {{ pattern 4-5-4; year ends saturday nearest 01-31; week 53 compares {} }}"
    of_2023 = [f"FY2023-{month:02}" for month in range(1, 13)]
    of_2024 = [f"FY2024-{month:02}" for month in range(1, 13)]
    earlier = [f"{month} 1 year earlier" for month in of_2024]
    for windows, way, starts, last in (
        (of_2023, "blank", NRF_2023, "2024-02-03"),
        (of_2024, "blank", NRF_2024, "2025-02-01"),
        (earlier, "restated", RESTATED_2023, "2024-02-03"),
        (earlier, "blank", NRF_2023, "2024-02-03"),
    ):
        found = [span.split() for span in spans(calendar.format(way), *windows)]
        assert [first for first, _ in found] == starts.split()
        assert found[-1][1] == last
        assert all(
            date.fromisoformat(end) + timedelta(days=1) == date.fromisoformat(start)
            for (_, end), (start, _) in pairwise(found)
        )


@pytest.mark.parametrize(
    ("rule", "year", "span"),
    [
        ("year starts october named by end", "FY2024", "2023-10-01 2024-09-30"),  # the United States' government
        ("year starts april named by start", "FY2023", "2023-04-01 2024-03-31"),  # Japan; HM Treasury's 2023-24
        ("year starts july named by end", "FY2024", "2023-07-01 2024-06-30"),  # Australia; Microsoft
        ("year starts february named by end", "FY2024", "2023-02-01 2024-01-31"),  # Walmart
        ("year starts october named by end", "FY2024-Q1", "2023-10-01 2023-12-31"),
        ("year starts april named by start", "FY2023-Q4", "2024-01-01 2024-03-31"),
        ("year starts july named by end", "FY2024-H2", "2024-01-01 2024-06-30"),
        ("year starts february named by end", "FY2024-12", "2024-01-01 2024-01-31"),
    ],
)
def test_years_of_months(rule: str, year: str, span: str) -> None:
    assert spans(f"calendar {{ {rule} }}", year) == [span]


# ISO 8601 week dates as tables of the standard's weeks have them.
ISO_WEEKS = {
    "1976-W53": "1976-12-27 1977-01-02", "1977-W52": "1977-12-26 1978-01-01", "1978-W01": "1978-01-02 1978-01-08",
    "1978-W52": "1978-12-25 1978-12-31", "1979-W01": "1979-01-01 1979-01-07", "1979-W52": "1979-12-24 1979-12-30",
    "1980-W01": "1979-12-31 1980-01-06", "1980-W52": "1980-12-22 1980-12-28", "1981-W01": "1980-12-29 1981-01-04",
    "1981-W53": "1981-12-28 1982-01-03", "2008-W39": "2008-09-22 2008-09-28", "2009-W01": "2008-12-29 2009-01-04",
    "2009-W53": "2009-12-28 2010-01-03", "2020-W53": "2020-12-28 2021-01-03", "2026-W53": "2026-12-28 2027-01-03",
}  # fmt: skip


def test_weeks_of_iso_8601() -> None:
    assert dict(zip(ISO_WEEKS, spans("", *ISO_WEEKS), strict=True)) == ISO_WEEKS


def test_weeks_of_the_mmwr() -> None:
    """Weeks of the Morbidity and Mortality Weekly Report begin on Sundays: volume 62, numbers 51 and 52 have the 51st
    and 52nd of 2013, volume 64, number 4 the 4th of 2015, after a year of 53.
    """
    weeks = {"2013-W51": "2013-12-21", "2013-W52": "2013-12-28", "2014-W53": "2015-01-03", "2015-W04": "2015-01-31"}
    found = spans("calendar { week starts sunday }", *weeks)
    assert [span.split()[1] for span in found] == list(weeks.values())


# Holidays on weekdays, as published: gov.uk, mygov.scot, nidirect.gov.uk, opm.gov, the land's Feiertagsgesetz, nyse.com.
HOLIDAYS = {
    "GB-ENG": """2020-01-01 2020-04-10 2020-04-13 2020-05-08 2020-05-25 2020-08-31 2020-12-25 2020-12-28
        2021-01-01 2021-04-02 2021-04-05 2021-05-03 2021-05-31 2021-08-30 2021-12-27 2021-12-28
        2022-01-03 2022-04-15 2022-04-18 2022-05-02 2022-06-02 2022-06-03 2022-08-29 2022-09-19 2022-12-26 2022-12-27
        2023-01-02 2023-04-07 2023-04-10 2023-05-01 2023-05-08 2023-05-29 2023-08-28 2023-12-25 2023-12-26
        2024-01-01 2024-03-29 2024-04-01 2024-05-06 2024-05-27 2024-08-26 2024-12-25 2024-12-26
        2025-01-01 2025-04-18 2025-04-21 2025-05-05 2025-05-26 2025-08-25 2025-12-25 2025-12-26
        2026-01-01 2026-04-03 2026-04-06 2026-05-04 2026-05-25 2026-08-31 2026-12-25 2026-12-28
        2027-01-01 2027-03-26 2027-03-29 2027-05-03 2027-05-31 2027-08-30 2027-12-27 2027-12-28""",
    "GB-SCT": "2024-01-01 2024-01-02 2024-03-29 2024-05-06 2024-05-27 2024-08-05 2024-12-02 2024-12-25 2024-12-26",
    "GB-NIR": """2024-01-01 2024-03-18 2024-03-29 2024-04-01 2024-05-06 2024-05-27 2024-07-12 2024-08-26 2024-12-25
        2024-12-26""",
    "US": """2020-01-01 2020-01-20 2020-02-17 2020-05-25 2020-07-03 2020-09-07 2020-10-12 2020-11-11 2020-11-26 2020-12-25
        2021-01-01 2021-01-18 2021-02-15 2021-05-31 2021-06-18 2021-07-05 2021-09-06 2021-10-11 2021-11-11 2021-11-25
        2021-12-24 2021-12-31 2022-01-17 2022-02-21 2022-05-30 2022-06-20 2022-07-04 2022-09-05 2022-10-10 2022-11-11
        2022-11-24 2022-12-26 2023-01-02 2023-01-16 2023-02-20 2023-05-29 2023-06-19 2023-07-04 2023-09-04 2023-10-09
        2023-11-10 2023-11-23 2023-12-25 2024-01-01 2024-01-15 2024-02-19 2024-05-27 2024-06-19 2024-07-04 2024-09-02
        2024-10-14 2024-11-11 2024-11-28 2024-12-25""",
    "DE-NW": """2017-04-14 2017-04-17 2017-05-01 2017-05-25 2017-06-05 2017-06-15 2017-10-03 2017-10-31 2017-11-01
        2017-12-25 2017-12-26 2024-01-01 2024-03-29 2024-04-01 2024-05-01 2024-05-09 2024-05-20 2024-05-30 2024-10-03
        2024-11-01 2024-12-25 2024-12-26""",
    "NYSE": """2022-01-17 2022-02-21 2022-04-15 2022-05-30 2022-06-20 2022-07-04 2022-09-05 2022-11-24 2022-12-26
        2024-01-01 2024-01-15 2024-02-19 2024-03-29 2024-05-27 2024-06-19 2024-07-04 2024-09-02 2024-11-28 2024-12-25""",
}


@pytest.mark.parametrize("name", HOLIDAYS)
def test_holidays_as_published(name: str) -> None:
    listed = days(*HOLIDAYS[name].split())
    years = {day.year for day in listed}
    assert sorted(day for day in holidays_of(name) if day.year in years and day.weekday() < 5) == listed


@pytest.mark.parametrize(("free", "networkdays"), [((), 110), (("2012-11-22",), 109),
                                                   (("2012-11-22", "2012-12-04", "2013-01-21"), 107)])  # fmt: skip
def test_business_days_are_those_of_networkdays(free: tuple[str, ...], networkdays: int) -> None:
    """Microsoft's examples of NETWORKDAYS, which counts the first day, too: from 1 October 2012 to 1 March 2013."""
    rows = {"at": days("2012-10-01"), "end": days("2013-03-01")}
    expression = "sum(business_days_between(at, end)) from o over 2012-10"
    tables = {"o": rows, "free": {"date": days(*free) or days("2012-11-24")}}
    spec = 'calendar { holidays arrow("free") }\nsource o { from arrow("o"); time at }\nmetric m = ' + expression
    (found,) = evaluate(spec, "2012-10-31", **tables).metrics
    assert found.value == networkdays - 1


def test_business_days_of_a_year() -> None:
    """262 weekdays of 2024 less 8 bank holidays of England, 11 holidays of the United States, 11 of North Rhine-Westphalia."""
    rows = {"at": days("2023-12-31"), "end": days("2024-12-31")}
    expression = "sum(business_days_between(at, end)) from o over 2023-12"
    for name, count in (("GB-ENG", 254), ("US", 251), ("DE-NW", 251)):
        assert value(expression, "2023-12-31", rows, calendar=f'calendar {{ holidays "{name}" }}') == count
