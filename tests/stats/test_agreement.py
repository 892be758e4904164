"""Agreement: published tables to the printed digits, statsmodels and the definitions on random codings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from fractions import Fraction
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.inter_rater import aggregate_raters, cohens_kappa
from statsmodels.stats.inter_rater import fleiss_kappa as statsmodels_fleiss

from kpidsl.stats import agreement as a

# K. Krippendorff (2011), Computing Krippendorff's alpha-reliability, C: four coders, twelve units.
KRIPPENDORFF = [
    "1 2 3 3 2 1 4 1 2 . . .",
    "1 2 3 3 2 2 4 1 2 5 . 3",
    ". 3 3 3 2 3 4 2 2 5 1 .",
    "1 2 3 3 2 4 4 1 2 5 1 .",
]
# J. L. Fleiss (1971): thirty patients, six psychiatrists each, five diagnoses.
FLEISS = """
00060 03003 01401 00006 03030 20400 00402 20310 20040 00006 10050 11040 03300 10050 02031
00501 30012 51000 02040 10203 00006 01050 02013 20040 10041 05010 40002 02040 10500 00006
"""
CODE = st.one_of(st.none(), st.integers(0, 4))
TABLES = st.lists(st.lists(st.integers(0, 9), min_size=3, max_size=3), min_size=3, max_size=3)


def as_units(codings: Iterable[Sequence[int | None]]) -> dict[tuple[int, ...], int]:
    """Codings, a row a unit and a column a coder (None: not coded), as the units the coefficients take."""
    return dict(Counter(tuple(value for value in row if value is not None) for row in codings))


def table_pairs(table: Sequence[Sequence[int]]) -> dict[tuple[int, int], int]:
    """A square table of counts, the first coder's values down and the second's across, as pairs."""
    return {(down, across): count for down, row in enumerate(table) for across, count in enumerate(row)}


def units(rows: list[str]) -> dict[tuple[int, ...], int]:
    columns = zip(*(row.split() for row in rows), strict=True)
    return as_units([[None if one == "." else int(one) for one in column] for column in columns])


@pytest.mark.parametrize(
    ("level", "printed"), [("nominal", "0.743"), ("ordinal", "0.815"), ("interval", "0.849"), ("ratio", "0.797")]
)
def test_the_published_alphas(level: a.Level, printed: str) -> None:
    found = a.krippendorff_alpha(units(KRIPPENDORFF), level)
    assert isinstance(found, Fraction)
    assert f"{float(found):.3f}" == printed


def test_two_observers_of_two_values() -> None:
    """Krippendorff 2011, A: 0.095."""
    found = a.krippendorff_alpha(units(["0 1 0 0 0 0 0 0 1 0", "1 1 1 0 0 1 0 0 0 0"]), "nominal")
    assert f"{float(found):.3f}" == "0.095"  # type: ignore[arg-type]


def test_two_observers_of_many_values() -> None:
    """Krippendorff 2011, B: 0.692."""
    found = a.krippendorff_alpha(units(["1 1 2 2 4 3 3 3 5 4 4 1", "2 1 2 2 2 3 3 3 5 4 4 4"]), "nominal")
    assert isinstance(found, Fraction)
    assert f"{float(found):.3f}" in ("0.691", "0.692")


def test_the_published_kappa_of_fleiss() -> None:
    coded: Counter[tuple[int, ...]] = Counter()
    for row in FLEISS.split():
        coded[tuple(value for value, times in enumerate(row) for _ in range(int(times)))] += 1
    found = a.fleiss_kappa(coded)
    assert isinstance(found, Fraction)
    assert f"{float(found):.3f}" == "0.430"


def test_a_table_of_cohen() -> None:
    found = a.cohen_kappa(table_pairs([[0, 4, 1], [0, 8, 0], [0, 1, 5]]))
    assert isinstance(found, Fraction)
    assert f"{float(found):.4f}" == "0.4842"


def by_definition(codings: list[list[int | None]], level: a.Level) -> Fraction | None:
    """α = 1 − Dₒ/Dₑ over all pairs of values, one by one."""
    rows = [[one for one in row if one is not None] for row in codings]
    rows = [row for row in rows if len(row) > 1]
    values = [one for row in rows for one in row]
    counts = Counter(values)

    def squared(c: int, k: int) -> Fraction:
        low, high = min(c, k), max(c, k)
        match level:
            case "nominal":
                return Fraction(c != k)
            case "ordinal":
                between = sum(counts[one] for one in range(low, high + 1))
                return (Fraction(between) - Fraction(counts[c] + counts[k], 2)) ** 2
            case "interval":
                return Fraction(c - k) ** 2
            case "ratio":
                return Fraction(c - k, c + k) ** 2 if c + k else Fraction(0)

    n = len(values)
    if not n:
        return None
    expected = sum((squared(c, k) for c, k in permutations(values, 2)), Fraction(0)) / (n * (n - 1))
    if not expected:
        return None
    observed = sum((squared(c, k) / (len(row) - 1) for row in rows for c, k in permutations(row, 2)), Fraction(0)) / n
    return 1 - observed / expected


@given(st.lists(st.lists(CODE, min_size=3, max_size=3), max_size=8), st.sampled_from(a.LEVELS))
def test_alpha_is_its_definition(codings: list[list[int | None]], level: a.Level) -> None:
    found = a.krippendorff_alpha(as_units(codings), level)
    assert (None if isinstance(found, str) else found) == by_definition(codings, level)


@given(TABLES, st.sampled_from(a.WEIGHTS))
def test_cohens_kappa_is_statsmodels(table: list[list[int]], weights: a.Weights) -> None:
    found = a.cohen_kappa(table_pairs(table), weights)
    rows, columns = [sum(row) for row in table], [sum(column) for column in zip(*table, strict=True)]
    used = [one for one in range(3) if rows[one] or columns[one]]
    if not sum(rows):
        assert found == "insufficient_sample"
        return
    if len(used) == 1 or (max(rows) == max(columns) == sum(rows) and rows.index(sum(rows)) == columns.index(sum(rows))):
        assert found == "no_variation"
        return
    theirs = cohens_kappa(table, wt=None if weights == "none" else weights, return_results=False)
    assert float(found) == pytest.approx(theirs, abs=1e-12)


@given(st.lists(st.lists(st.integers(0, 3), min_size=4, max_size=4), min_size=1, max_size=12))
def test_fleiss_kappa_is_statsmodels(codings: list[list[int]]) -> None:
    found = a.fleiss_kappa(as_units(codings))
    if len({one for row in codings for one in row}) == 1:
        assert found == "no_variation"
        return
    theirs = statsmodels_fleiss(aggregate_raters(codings)[0])
    assert float(found) == pytest.approx(theirs, abs=1e-12)


def test_what_has_no_agreement_says_why() -> None:
    assert a.krippendorff_alpha({}, "nominal") == "insufficient_sample"
    assert a.krippendorff_alpha({(1,): 5}, "nominal") == "insufficient_sample"
    assert a.krippendorff_alpha({(1, 1): 5}, "interval") == "no_variation"
    assert a.krippendorff_alpha({(1, 1): 5, (2,): 1}, "interval") == "no_variation"
    assert a.cohen_kappa({}) == "insufficient_sample"
    assert a.cohen_kappa({(1, 1): 3}) == "no_variation"
    assert a.fleiss_kappa({}) == "insufficient_sample"
    assert a.fleiss_kappa({(1,): 3}) == "insufficient_sample"
    assert a.fleiss_kappa({(1, 1): 3}) == "no_variation"
    assert a.fleiss_kappa({(1, 1): 3, (1, 2, 2): 1}) == "unequal_coders"


def test_all_agree_and_values_vary() -> None:
    assert a.krippendorff_alpha({(1, 1): 1, (2, 2): 1}, "ratio") == 1
    assert a.cohen_kappa({(1, 1): 1, (2, 2): 1}) == 1
    assert a.fleiss_kappa({(1, 1, 1): 1, (2, 2, 2): 1}) == 1
