"""Coded material in the oracle, against values worked out by hand."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest

from oracle import Oracle, Undefined

CODED = [
    {"on": date(2026, 3, day), "unit": unit, "coder": coder, "code": code}
    for day, (unit, coder, code) in enumerate(
        [
            (1, "a", 1), (1, "b", 1), (2, "a", 2), (2, "b", 4), (3, "a", 4), (3, "b", 4), (4, "a", 1), (4, "b", None),
            (3, "b", 2), (3, "b", 4), (None, "a", 9), (5, None, 9),
        ],
        1,
    )
]  # fmt: skip


@pytest.mark.parametrize(
    ("call", "is_", "n"),
    [
        # Units 1 1, 2 4, 4 4; values 1 1 2 4 4 4; what b said of unit 3 in between does not count.
        ("prevalence(code == 4 per unit)", Fraction(2, 5), 5),
        ("krippendorff_alpha(code by coder per unit, level: nominal)", 1 - 5 * Fraction(1, 11), 3),
        ("krippendorff_alpha(code by coder per unit, level: interval)", 1 - 5 * Fraction(4, 68), 3),
        ("krippendorff_alpha(code by coder per unit, level: ordinal)", 1 - 5 * Fraction(4, 90), 3),
        ("krippendorff_alpha(code by coder per unit, level: ratio)", 1 - 5 * Fraction(1, 9) / Fraction(2444, 900), 3),
        ("cohen_kappa(code by coder per unit)", Fraction(1, 2), 3),
        ("cohen_kappa(code by coder per unit, weights: linear)", 1 - Fraction(2, 3) / Fraction(14, 9), 3),
        ("fleiss_kappa(code by coder per unit)", "unequal_coders", None),
    ],
)  # fmt: skip
def test_coded_material(call: str, is_: object, n: int | None) -> None:
    spec = f'source s {{ from arrow("s"); time on }}\nmetric m = ({call} from s) over last month'
    found = Oracle(spec, {"s": CODED}, "2026-03-31").value("m")[0]
    assert (found.reason if isinstance(found, Undefined) else found.value) == is_
    assert n is None or found.n == n
