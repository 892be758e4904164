"""Where decimals are cut so that the squares of their parts, and sums of these, fit in 38 digits."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal

import pytest

from kpidsl.sql.halves import cut_of

_WIDE = Context(prec=200, rounding=ROUND_HALF_UP)


@pytest.mark.parametrize("rows", [2, 1_000, 10_000_000, 4_000_000_000])
def test_no_sum_of_products_has_more_than_38_digits(rows: int) -> None:
    found = 0
    for digits in range(1, 39):
        for behind in range(min(digits, 38) + 1):
            cut = cut_of(digits, behind, rows)
            if cut is None:
                continue
            found += 1
            unit, half = Decimal(1).scaleb(-cut.places), Decimal("0.5").scaleb(-cut.places)
            greatest = _WIDE.quantize(Decimal(10**digits - 1).scaleb(-behind), unit)
            assert greatest < 10 ** (cut.width - cut.places)
            assert half < 1
            for product, places in (
                (greatest * greatest, 2 * cut.places),
                (greatest * half, cut.places + behind),
                (half * half, 2 * behind),
                (greatest, cut.places),
                (half, behind),
            ):
                assert places <= 38
                assert _WIDE.scaleb(_WIDE.multiply(product, rows), places) < 10**38, (digits, behind, cut)
            assert 2 * cut.width <= 38
            assert cut.width + behind <= 38
    assert found > 50


def test_what_programs_write_of_floats_can_be_cut() -> None:
    assert cut_of(22, 18, 10_000_000) is not None
    assert cut_of(16, 13, 10_000_000) is not None
    assert cut_of(38, 0, 10) is None
