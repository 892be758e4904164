"""What people decide and claim, and what the KPIs beside an outcome say."""

from __future__ import annotations

from datetime import date

from outcomes.judging import item, outcome, results

DAY = date(2026, 3, 2)
S = {"at": [DAY] * 4, "v": [5, 4, 2, 5]}
EMPTY = {"at": [DAY], "v": [0]}
A = "evidence a { measure share(v >= 4) from s over last month; level excellent >= 90%; level good >= 70%; strength maryland 3 }"
B = 'evidence b { judged poor by "Ben" on 2026-03-05 }'


def test_a_decision_stands_beside_the_judgement() -> None:
    text = f'{A}\noverride adequate by "board" on 2026-03-20 "too few places"\noverride poor by "board" on 2026-04-20'
    found = outcome(text, "2026-03-31", s=S, t=EMPTY)
    assert (found.state, found.level) == ("achieved", "good")
    assert found.override is not None
    assert (found.override.decided.said, found.override.state) == ("adequate", "partly")
    assert found.override.decided.why == "too few places"
    assert outcome(text, "2026-03-19", s=S, t=EMPTY).override is None


def test_a_claim_goes_no_further_than_the_strongest_evidence() -> None:
    text = f'{A}\ncontribution established by "team" on 2026-03-20 see "claim.md"'
    found = outcome(text, "2026-03-31", s=S, t=EMPTY).contribution
    assert found is not None
    assert (found.level, found.ceiling, found.claim.said, found.claim.see) == (
        "probable",
        "probable",
        "established",
        "claim.md",
    )
    assert found.reason == "`a` is of strength 3, which allows probable"
    modest = outcome(f'{A}\ncontribution plausible by "team" on 2026-03-20', "2026-03-31", s=S, t=EMPTY).contribution
    assert modest is not None and modest.level == "plausible"


def test_evidence_that_does_not_count_carries_no_claim() -> None:
    text = f'{A.replace("strength", "require n >= 9; strength")}\ncontribution plausible by "team" on 2026-03-20'
    found = outcome(text, "2026-03-31", s=S, t=EMPTY).contribution
    assert found is not None
    assert (found.level, found.reason) == ("none", "no usable evidence says its strength, which allows none")


def test_both_sides_of_what_is_contested_are_shown() -> None:
    found = outcome(f"{A}\n{B}\njudge {{ contested when spread >= 2 levels }}", "2026-03-31", s=S, t=EMPTY)
    assert (found.state, found.reason) == ("contested", "b says poor, a good")
    assert [(side.level, side.evidence) for side in found.sides] == [("poor", ("b",)), ("good", ("a",))]


def test_a_cap_and_a_hurdle() -> None:
    capped = outcome(f"{A}\n{B}\njudge {{ level 1 of 2; cap adequate when b < good }}", "2026-03-31", s=S, t=EMPTY)
    assert (capped.state, capped.level, capped.cap) == ("partly", "adequate", "cap adequate when b < good")
    weak = outcome(f"{A}\njudge {{ cap poor when strength < 4 }}", "2026-03-31", s=S, t=EMPTY)
    assert (weak.level, weak.reason) == ("poor", "poor: cap poor when strength < 4; success is good")
    missed = outcome(f"{A}\n{B}\njudge {{ level 1 of 2; hurdle b >= adequate }}", "2026-03-31", s=S, t=EMPTY)
    assert (missed.state, missed.reason) == (
        "not_achieved",
        "poor: `b` does not take the hurdle of adequate; success is good",
    )
    unknown = outcome(f"{A}\n{B}\njudge {{ hurdle b >= adequate }}", "2026-03-04", s=S, t=EMPTY)
    assert (unknown.state, unknown.reason) == (
        "insufficient_evidence",
        "0 of 1 items of evidence; no usable `b`, which is a hurdle",
    )


KPI = "kpi k { value count() from s over last month; target >= 3; supports o }\n"
OUTCOME = "outcome o { levels poor < adequate < good < excellent; success good\n%s }"


def test_green_kpis_beside_an_outcome_that_is_not_there() -> None:
    found = results(KPI + OUTCOME % B, "2026-03-31", s=S, t=EMPTY)
    divergence = found.outcomes[0].divergence
    assert divergence is not None
    assert (divergence.kpis, divergence.reason) == (
        (("k", "green"),),
        "its KPI is green, and the outcome is not achieved",
    )
    (warning,) = [one for one in found.warnings if one.code == "K0703"]
    assert warning.affects == ("o", "k")


def test_a_red_kpi_beside_an_outcome_that_is() -> None:
    red = KPI.replace(">= 3", ">= 30")
    found = results(red + OUTCOME % A, "2026-03-31", s=S, t=EMPTY).outcomes[0]
    assert found.divergence is not None and found.divergence.reason == "k is red, and the outcome is achieved"
    agreeing = results(KPI + OUTCOME % A, "2026-03-31", s=S, t=EMPTY).outcomes[0]
    assert agreeing.divergence is None


def test_a_kpi_is_evidence_with_its_own_window() -> None:
    spec = "kpi k { value share(v >= 4) from s over last month; target >= 80% }\n"
    spec += OUTCOME % "evidence a { measure k; level good >= 70% }"
    found = results(spec, "2026-03-31", s=S, t=EMPTY).outcomes[0]
    assert (item(found, "a").kpis, item(found, "a").level) == (("k",), "good")
    assert found.divergence is not None  # the KPI misses a target that is none of the outcome's levels
