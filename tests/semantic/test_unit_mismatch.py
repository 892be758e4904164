"""Units that do not fit: what is proposed can be typed, and then they fit."""

from __future__ import annotations

import pytest

from semantic.cases import checked

SPEC = """
unit order
unit parcel
source orders {{
  from csv("orders.csv"); time at
  column amount: EUR; column cost: USD; column rate: %; column energy: kWh; column wait: minutes; column dist: km
  column speed: km/h; column price: EUR/kWh; column parcels: parcel; column temperature: degC
}}
metric fees = sum(amount) from orders
metric late = avg(rate) from orders
kpi k {{ value {value}; target {target}{more} }}
"""
SHARE = "(avg(rate) from orders) over last month - (avg(rate) from orders) over last month 1 year earlier"
ENERGY = "sum(energy) from orders over last month"
PACE = "(sum(energy) from orders / sum(wait) from orders) over last month"


def said(value: str, target: str, more: str = "") -> list[tuple[str, str]]:
    spec = SPEC.format(value=value, target=target, more=more)
    return [(one.code, one.hint or "") for one in checked(("k.kpi", spec), schemas={}).problems]


@pytest.mark.parametrize(
    ("value", "wrong", "hint", "right"),
    [
        ("sum(wait) from orders over last month", "<= 5 EUR", "`5 minutes`", ("", "<= 5 minutes")),
        ("sum(wait) from orders over last month", "<= 5", "`5 minutes`", ("", "<= 5 minutes")),
        ("sum(amount) from orders over last month", ">= 1k USD", "`1k EUR`", ("", ">= 1k EUR")),
        ("sum(amount) from orders over last month", ">= 85%", "`85% of …`", ("", ">= 85% of previous")),
        ("sum(amount) from orders over last month", ">= 85%", "`85 EUR`", ("", ">= 85 EUR")),
        ("sum(amount) from orders over last month", "80..90", "`90 EUR`", ("", "80..90 EUR")),
        ("avg(rate) from orders over last month", ">= 90 days", "`90%`", ("", ">= 90%")),
        ("avg(rate) from orders over last month", ">= 90 EUR", "`90%`", ("", ">= 90%")),
        ("avg(rate) from orders over last month", "80..90", "`90%`", ("", "80..90%")),
        ("avg(rate) from orders over last month", ">= 1.5", "`150%` if", ("", ">= 150%")),
        ("avg(rate) from orders over last month", ">= 80%; unit EUR", "leave `unit` out", ("", ">= 80%")),
        ("avg(rate) from orders over last month", ">= 5pp", "`5%`", ("", ">= 5%")),
        (SHARE, ">= 2%", "`2pp`", ("", ">= 2pp")),
        (PACE, "<= 5 kWh", "`5 kWh/minutes`", ("", "<= 5 kWh/minutes")),
        (PACE, "<= 5 kWh", "`(…) * 1 minutes`", (f"({PACE}) * 1 minutes", "<= 5 kWh")),
        ("avg(speed) from orders over last month", "<= 50 km", "`50 km/h`", ("", "<= 50 km/h")),
        ("(sum(dist) from orders) over last month", "<= 9 km/h", "`(…) / 1 h`", ("((sum(dist) from orders) over last month) / 1 h", "<= 9 km/h")),
        ("avg(price) from orders over last month", "<= 0.3 EUR", "`0.3 EUR/kWh`", ("", "<= 0.3 EUR/kWh")),
        ("sum(parcels) from orders over last month", ">= 5 order", "`5 parcel`", ("", ">= 5 parcel")),
        ("count() from orders over last month", ">= 5 order", "`5`", ("", ">= 5")),
        ("count() from orders over last month", ">= 5 order", "`unit order`", ("", ">= 5 order; unit order")),
        ("(sum(amount) from orders / count() from orders) over last month", ">= 5 EUR/order", "`(…) / 1 order`",
         ("(sum(amount) from orders / count() from orders) over last month / 1 order", ">= 5 EUR/order")),
        ("avg(temperature) from orders over last month", "18..22 K", "write it in degC", ("", "18..22 degC")),
    ],
)  # fmt: skip
def test_a_bound_in_another_unit(value: str, wrong: str, hint: str, right: tuple[str, str]) -> None:
    ((code, found),) = said(value, wrong)
    assert code == "K0310"
    assert hint in found
    assert said(right[0] or value, right[1]) == []


@pytest.mark.parametrize(
    ("value", "hint", "right"),
    [
        (
            "(avg(speed) from orders + sum(dist) from orders) over last month",
            "`(avg(speed) from orders) * 1 h`",
            "((avg(speed) from orders) * 1 h + sum(dist) from orders) over last month",
        ),
        (
            "(fees - 10%) over last month",
            "`10% of fees`",
            "(fees - 10% of fees) over last month",
        ),
        (
            "(fees + late) over last month",
            "`fees * late`",
            "(fees * late) over last month",
        ),
        (
            "(sum(amount) from orders + count() from orders) over last month",
            "`… * 1 EUR`",
            "(sum(amount) from orders + (count() from orders) * 1 EUR) over last month",
        ),
    ],
)
def test_both_sides_are_lined_up(value: str, hint: str, right: str) -> None:
    (one,) = checked(("k.kpi", SPEC.format(value=value, target="> 0", more="")), schemas={}).problems
    assert hint in (one.hint or "")
    assert [label.text for label in one.labels] != ["", ""]
    left, last = one.notes
    assert (left.startswith("left:  "), last.startswith("right: ")) == (True, True)
    assert said(right, "> 0") == []


def test_what_a_unit_measures_is_said_beside_it() -> None:
    (one,) = checked(("k.kpi", SPEC.format(value=PACE, target="<= 5 kWh", more="")), schemas={}).problems
    assert one.notes == ("the value: kWh/minutes  (energy / time)", "this:      kWh          (energy)")
