"""Figures of safety, reliability, subscriptions and hospitals as their pages print them, asked in specs."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random

import kpidsl
from engine.evaluating import at, days, evaluate, money
from kpidsl.assess.results import Assessment, KpiResult


def shown(found: kpidsl.Results, form: str = "g") -> dict[str, str]:
    return {one.name: f"{one.assessment.value:{form}}" for one in found.kpis}


def test_recordable_incidents_in_200_000_hours() -> None:
    """3 in 50,000 hours are 12.0 (safetymanualtoday.com/trir-calculator-total-recordable-incident-rate-calculator), 2 in
    40,000 are 10 (codingace.net/finance/trir.html).
    """
    spec = """
    source injuries { from arrow("injuries"); time at }
    source sheets { from arrow("sheets"); time at; column worked: hours }
    metric trir = (count() from injuries where recordable) * 200_000 hours / (sum(worked) from sheets)
    kpi safety { value trir over last year; target <= 3; compare previous }
    """
    injuries = {
        "at": days("2020-03-03", "2020-04-01", "2021-02-01", "2021-05-02", "2021-08-09", "2021-09-09"),
        "recordable": [True] * 5 + [False],
    }
    sheets = {"at": days("2020-06-30", "2021-06-30", "2021-12-31"), "worked": [40_000, 30_000, 20_000]}
    (found,) = evaluate(spec, "2021-12-31", injuries=injuries, sheets=sheets).kpis
    assert (found.assessment.value, found.assessment.status, found.unit) == (12, "red", None)
    assert [one.value for one in found.assessment.comparisons] == [10]


def test_an_error_budget_and_how_fast_it_burns() -> None:
    """15,000 of the 25,000 failures that 99.95 % of 50 million requests leave, half-way: 60 % used, and a burn rate of
    1.2 (novacalculator.com/slaerrorbudgetburnratecalculator).
    """
    spec = """
    source calls { from arrow("calls"); time at }
    source expected { from arrow("expected"); time at; ahead }
    metric failed = sum(failed) from calls
    metric budget = 0.05% of sum(requests) from expected over this month
    kpi used { value (failed over month to date) / budget; unit %; target <= 100% }
    kpi burn { value failed / (sum(requests) from calls) / 0.05% over month to date; target <= 1 }
    """.replace(
        "failed / (sum(requests) from calls) / 0.05% over", "(failed / (sum(requests) from calls) / 0.05%) over"
    )
    fortnight = [date(2026, 6, day) for day in range(1, 16)]
    calls = {"at": fortnight, "requests": [1_666_667] * 14 + [1_666_662], "failed": [1_000] * 15}
    found = evaluate(spec, "2026-06-15", calls=calls, expected={"at": days("2026-06-01"), "requests": [50_000_000]})
    assert shown(found) == {"used": "0.6", "burn": "1.2"}
    assert [one.assessment.status for one in found.kpis] == ["green", "red"]


def test_revenue_that_stays() -> None:
    """(200,000 − 6,000 − 4,000 + 20,000) / 200,000 = 105 % (dnoise.online/en/metrics/nrr-ndr)."""
    spec = """
    source moves { from arrow("moves"); time at; column mrr: USD }
    metric opening = sum(mrr) from moves where kind == "opening"
    metric grown   = sum(mrr) from moves where kind == "expansion"
    metric lost    = sum(mrr) from moves where kind in ["contraction", "churn"]
    kpi nrr { value ((opening + grown - lost) / opening) over last month; unit %; target >= 100% }
    kpi grr { value ((opening - lost) / opening) over last month; unit %; target >= 90% }
    """
    moves = {
        "at": days("2026-03-01", "2026-03-03", "2026-03-09", "2026-03-20", "2026-02-20"),
        "kind": ["opening", "expansion", "contraction", "churn", "churn"],
        "mrr": money("200000", "20000", "4000", "6000", "77"),
    }
    assert shown(evaluate(spec, "2026-03-31", moves=moves)) == {"nrr": "1.05", "grr": "0.95"}


WARDS = """
source stays { from arrow("stays"); key id; holds from admitted to discharged }
source discharges { from arrow("stays"); key id; time discharged }
source admissions { from arrow("stays"); key id; time admitted }
metric census = count() from stays at end
kpi bed_days { value sum(census each day) over 2026-H1; by ward }
kpi occupancy { value (avg(census each day) / 50) over 2026-H1; unit %; target 80%..100% }
kpi length_of_stay { value avg(days_between(admitted, discharged)) from discharges over 2026-H1; by ward }
kpi readmitted { value conversion_rate(discharges to admissions per patient within 30 days) over 2026-H1; by ward }
"""


def test_a_ward_of_fifty_beds_and_its_inpatient_days() -> None:
    """9,001 of 50 · 181 inpatient days from January to June are 99.5 % (indextestingapp.uonbi.ac.ke/preguntia/29138385)."""
    spec = WARDS.replace("; by ward", "")
    start, end = at("2026-01-01"), at("2026-07-01")
    stays = [{"admitted": start, "discharged": end} for _ in range(49)]
    stays += [{"admitted": start, "discharged": start + timedelta(days=132)}]
    columns = {name: [one[name] for one in stays] for name in ("admitted", "discharged")}
    found = evaluate(spec, "2026-06-30", stays={**columns, "id": list(range(50)), "patient": list(range(50))})
    assert shown(found, ".4g")["bed_days"] == "9001"
    assert shown(found, ".3f")["occupancy"] == "0.995"


def test_wards_as_they_are_counted_by_hand() -> None:
    """Random stays of two wards, some of whose patients come back, some within the minute they left."""
    chance = Random(20260630)
    rows: list[tuple[int, int, str, datetime, datetime | None]] = []
    for number in range(400):
        came = at("2025-12-01") + timedelta(minutes=chance.randrange(215 * 1440))
        left = came + timedelta(minutes=chance.randrange(60, 12 * 1440)) if chance.random() > 0.05 else None
        rows.append((number, chance.randrange(150), chance.choice("AB"), came, left))
        if left is not None and chance.random() < 0.1:
            rows.append((1000 + number, rows[-1][1], chance.choice("AB"), left, left + timedelta(days=2)))
    names = ("id", "patient", "ward", "admitted", "discharged")
    columns = dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))
    found = {one.name: one for one in evaluate(WARDS, "2026-06-30", stays=columns).kpis}
    start, anchor = at("2026-01-01"), at("2026-07-01")
    for ward in (None, "A", "B"):
        mine = [row for row in rows if ward in (None, row[2])]
        nights = [datetime.combine(date(2026, 1, 2) + timedelta(days=day), time()) for day in range(181)]
        census = sum(row[3] < night and (row[4] is None or row[4] >= night) for night in nights for row in mine)
        left = [row for row in mine if row[4] is not None and start <= row[4] < anchor]
        stayed = sum((row[4].date() - row[3].date()).days for row in left if row[4] is not None) / len(left)
        closed = [row for row in left if row[4] is not None and row[4] + timedelta(days=30) < anchor]
        back = sum(_comes_back(row, rows, anchor) for row in closed)
        for name, expected in (
            ("bed_days", census),
            ("length_of_stay", stayed),
            ("readmitted", back / len(closed)),
        ):
            of = found[name].assessment if ward is None else _segment(found[name], ward)
            assert of.value is not None
            assert abs(float(of.value) - expected) < 1e-12 * max(1, expected), (name, ward)  # type: ignore[arg-type]


def _segment(kpi: KpiResult, ward: str) -> Assessment:
    (found,) = (one.assessment for one in kpi.segments if dict(one.by) == {"ward": ward})
    return found


def _comes_back(
    stay: tuple[int, int, str, datetime, datetime | None],
    rows: list[tuple[int, int, str, datetime, datetime | None]],
    anchor: datetime,
) -> bool:
    """Whether an admission of the same patient, not that of the stay itself, belongs to its discharge: no other
    discharge lies between.
    """
    number, patient, _, _, left = stay
    assert left is not None
    others = [(row[4], row[0]) for row in rows if row[1] == patient and row[4] is not None]
    for row in rows:
        if row[1] != patient or row[0] == number or not left <= row[3] <= left + timedelta(days=30) or row[3] >= anchor:
            continue
        before = [one for one in others if one[0] <= row[3] and one[1] != row[0]]
        if max(before) == (left, number):
            return True
    return False


def test_which_visit_a_purchase_belongs_to() -> None:
    """Of bob's three visits the first and the last led to one of his two purchases, within seven days, and the second to
    none (docs.getdbt.com/docs/build/conversion).
    """
    spec = """
    source visits { from arrow("visits"); time at }
    source buys { from arrow("buys"); time at }
    kpi rate { value conversion_rate(visits to buys per user within 6 days) over 2020-01-01..2020-01-31; by referrer }
    kpi number { value conversions(visits to buys per user within 6 days) over 2020-01-01..2020-01-31; by referrer }
    """
    visits = {"at": days("2020-01-01", "2020-01-04", "2020-01-07"), "user": ["bob"] * 3}
    visits["referrer"] = ["facebook", "google", "amazon"]
    buys = {"at": days("2020-01-02", "2020-01-07"), "user": ["bob"] * 2}
    rate, number = evaluate(spec, "2020-02-10", visits=visits, buys=buys).kpis
    assert (rate.assessment.value, number.assessment.value) == (Decimal("0.666666666666667"), 2)
    for found in (rate, number):
        members = {segment.by[0][1]: segment.assessment.value for segment in found.segments}
        assert members == {"facebook": 1, "google": 0, "amazon": 1}
