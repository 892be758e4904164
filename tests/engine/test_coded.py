"""Coded material and survey scales, through a spec: published answers, and what has none."""

from __future__ import annotations

import pytest

import kpidsl
from engine.evaluating import Table, days, evaluate, value

# K. Krippendorff (2011), Computing Krippendorff's alpha-reliability, C: four coders, twelve units.
CODERS = {
    "A": "1 2 3 3 2 1 4 1 2 . . .",
    "B": "1 2 3 3 2 2 4 1 2 5 . 3",
    "C": ". 3 3 3 2 3 4 2 2 5 1 .",
    "D": "1 2 3 3 2 4 4 1 2 5 1 .",
}
LEVELS = {"nominal": "0.743", "ordinal": "0.815", "interval": "0.849", "ratio": "0.797"}
SPEC = """
source codes {{ from csv("codes.csv"); time at; column at: date }}
{metrics}
kpi agreed {{ value krippendorff_alpha(code by coder per unit, level: ordinal) from codes over last month
  target >= 0.8; by half; trend 2 months }}
"""


def csv() -> str:
    rows = [
        f"2026-03-{unit:02},{unit},{coder},{code if code != '.' else ''},{'first' if unit < 7 else 'second'}"
        for coder, codes in CODERS.items()
        for unit, code in enumerate(codes.split(), 1)
    ]
    return "\n".join(["at,unit,coder,code,half", *rows]) + "\n"


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> kpidsl.Results:
    folder = tmp_path_factory.mktemp("codes")
    (folder / "codes.csv").write_text(csv())
    metrics = "\n".join(
        f"metric {level} = krippendorff_alpha(code by coder per unit, level: {level}) from codes over 2026-03"
        for level in LEVELS
    )
    (folder / "codes.kpi").write_text(SPEC.format(metrics=metrics))
    return kpidsl.load(folder).evaluate(as_of="2026-03-31")


@pytest.mark.parametrize(("level", "printed"), LEVELS.items())
def test_the_published_alphas_through_a_spec(published: kpidsl.Results, level: str, printed: str) -> None:
    (found,) = (one for one in published.metrics if one.name == level)
    assert isinstance(found.value, object)
    assert f"{found.value:.3f}" == printed
    assert found.n == 11  # of twelve units one was coded once


def test_an_agreement_has_a_status_segments_and_a_trend(published: kpidsl.Results) -> None:
    (kpi,) = published.kpis
    assert (kpi.assessment.status, kpi.unit, kpi.kind) == ("green", None, "ratio")
    assert [(segment.by[0][1], segment.assessment.n) for segment in kpi.segments] == [("first", 6), ("second", 5)]
    assert [point.value_undefined for point in kpi.assessment.trend] == ["no_rows", None]


def coded(*rows: tuple[object, object, object]) -> Table:
    """Rows of (unit, coder, code), a day apart."""
    units, coders, codes = zip(*rows, strict=True)
    at = days(*(f"2026-03-{day:02}" for day in range(1, len(rows) + 1)))
    return {"at": at, "unit": units, "coder": coders, "code": codes}


def over(call: str, table: Table) -> object:
    return value(f"({call} from o) over 2026-03", "2026-03-31", table)


ALPHA = "krippendorff_alpha(code by coder per unit, level: interval)"
COHEN = "cohen_kappa(code by coder per unit)"
FLEISS = "fleiss_kappa(code by coder per unit)"


@pytest.mark.parametrize("call", [ALPHA, COHEN, FLEISS])
def test_one_value_alone_is_no_agreement(call: str) -> None:
    assert over(call, coded((1, "a", 3), (1, "b", 3), (2, "a", 3), (2, "b", 3))) == "no_variation"


@pytest.mark.parametrize("call", [ALPHA, COHEN, FLEISS])
def test_all_agree_and_codes_vary(call: str) -> None:
    assert over(call, coded((1, "a", 3), (1, "b", 3), (2, "a", 4), (2, "b", 4))) == 1


@pytest.mark.parametrize("call", [ALPHA, COHEN, FLEISS])
def test_what_is_coded_once_is_too_little(call: str) -> None:
    assert over(call, coded((1, "a", 3), (2, "b", 3), (3, "b", 4))) == "insufficient_sample"


@pytest.mark.parametrize("call", [ALPHA, COHEN, FLEISS])
def test_unknown_units_coders_and_codes_are_none(call: str) -> None:
    unknown: Table = {"at": days("2026-03-01"), "unit": [None], "coder": ["a"], "code": [1]}
    assert over(call, unknown) == "no_rows"
    rows = coded((1, "a", 3), (1, "b", 3), (2, "a", 4), (2, "b", 4), (None, "a", 9), (1, None, 9), (2, "c", None))
    assert over(call, rows) == 1


def test_a_coder_who_codes_again_says_what_came_last() -> None:
    rows = coded((1, "a", 9), (1, "b", 3), (2, "a", 4), (2, "b", 4), (1, "a", 3))
    assert over(ALPHA, rows) == 1
    assert over(COHEN, rows) == 1


def test_kappas_are_for_their_own_kind_of_data() -> None:
    three = coded((1, "a", 1), (1, "b", 1), (2, "a", 2), (2, "c", 2))
    assert over(COHEN, three) == "not_two_coders"
    assert over(FLEISS, coded((1, "a", 1), (1, "b", 1), (2, "a", 2), (2, "b", 2), (2, "c", 2))) == "unequal_coders"


def test_a_table_of_cohen_through_a_spec() -> None:
    rows: list[tuple[object, object, object]] = []
    table = [[0, 4, 1], [0, 8, 0], [0, 1, 5]]
    pairs = [(one, other) for one, row in enumerate(table) for other, count in enumerate(row) for _ in range(count)]
    for unit, (one, other) in enumerate(pairs):
        rows += [(unit, "x", one), (unit, "y", other)]
    units, coders, codes = zip(*rows, strict=True)
    o: Table = {"at": days(*["2026-03-01"] * len(rows)), "unit": units, "coder": coders, "code": codes}
    found = value(f"({COHEN} from o) over 2026-03", "2026-03-31", o)
    assert f"{found:.4f}" == "0.4842"


def test_a_prevalence_counts_units_not_rows() -> None:
    """Three interviews, one of them coded with the theme twice; of a fourth nothing is known."""
    o: Table = {
        "at": days(*["2026-03-01"] * 6),
        "interview": [1, 1, 2, 3, 3, 4],
        "theme": ["trust", "trust", "cost", "trust", None, None],
    }
    results = evaluate(
        'source o { from arrow("o"); time at }\n'
        'metric m = (prevalence(theme == "trust" per interview) from o) over 2026-03\n'
        'metric other = (prevalence(theme == "trust" per interview) from o where theme is not null) over last 2 months',
        "2026-03-31",
        o=o,
    )
    first, second = results.metrics
    assert (f"{first.value:.6f}", first.n, first.n_unknown, first.unit) == ("0.666667", 3, 1, "%")
    assert (second.value, second.n, second.n_unknown) == (first.value, 3, None)


@pytest.mark.parametrize(
    ("call", "is_"),
    [
        ("csat(score)", "0.5"),
        ("csat(score, 1 of 5)", "0.25"),
        ("ces(score)", "4.0"),  # 1 3 4 5 7, and 9 is outside of the scale
        ("ces(score, 5)", "3.25"),
        ("ces(score, 3 of 7)", "0.4"),
        ("ces_net(score, 3 of 7)", "0"),
        ("ces_net(score, 1 of 7)", "0"),
    ],
)
def test_survey_scales(call: str, is_: str) -> None:
    o: Table = {"at": days(*["2026-03-01"] * 7), "score": [1, 3, 4, 5, 7, 9, None]}
    found = value(f"({call} from o) over 2026-03", "2026-03-31", o)
    assert float(str(found)) == float(is_)
