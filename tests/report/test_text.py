"""The table, looked at as a person would."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from kpidsl.assess.results import ErrorResult, Segment, WindowResult
from kpidsl.diagnostics.glyphs import columns
from kpidsl.report import to_text
from kpidsl.report.table import fitted
from kpidsl.report.text import SEGMENTS, STATUSES
from report.sample import assessment, at_least, compared, instant, kpi, metric, results, shop, trend

HERE = Path(__file__).parent
ANSI = re.compile(r"\x1b\[[0-9;]*m")


@pytest.mark.parametrize("width", [80, 100, 120, 160])
def test_the_shop_looks_as_it_did(width: int, accept: bool) -> None:
    golden = HERE / f"shop-{width}.txt"
    shown = to_text(shop(), width=width)
    if accept:
        golden.write_text(shown, "utf-8")
    assert shown == golden.read_text("utf-8"), "run `pytest --accept` and read the difference"


@pytest.mark.parametrize("width", [72, 80, 100, 120, 160])
def test_no_line_is_wider_than_the_terminal_and_none_ends_in_blanks(width: int) -> None:
    for line in to_text(shop(), width=width).splitlines():
        assert columns(line) <= width, line
        assert line == line.rstrip()


@pytest.mark.parametrize("width", [1, 20, 40])
def test_a_very_narrow_terminal_still_shows_every_value(width: int) -> None:
    shown = to_text(shop(), width=width)
    for value in ("118,250.50 EUR", "79.96 %", "4.25 degC", "3,912 item"):
        assert value in shown


@pytest.mark.parametrize("width", [80, 160])
def test_colour_adds_nothing_but_colour(width: int) -> None:
    plain, coloured = to_text(shop(), width=width), to_text(shop(), width=width, colour=True)
    assert ANSI.sub("", coloured) == plain
    assert "\x1b[31m✗ red\x1b[0m" in coloured
    assert "\x1b" not in plain


def test_a_cell_that_has_no_room_is_told_beneath() -> None:
    wide = next(line for line in to_text(shop(), width=160).splitlines() if "Monthly revenue" in line)
    assert "-1,749.50" in wide
    assert "last month" in wide
    narrow = to_text(shop(), width=80).splitlines()
    first = next(number for number, line in enumerate(narrow) if "Monthly revenue" in line)
    beneath = " ".join(line.strip() for line in narrow[first + 1 : first + 4])
    assert "gap -1,749.50" in narrow[first] + beneath
    assert "last month" in beneath
    assert "98.5% of target" in beneath


def test_a_window_that_the_title_names_is_not_told_again() -> None:
    told = to_text(results(kpi(title="Revenue", unit="kilogram"), kpi(title="Costs, last month")), width=40)
    assert "Window" not in told
    assert "✓ green  Revenue" in told
    assert told.count("last month") == 2, "in one title, and beneath the other"


def test_every_status_has_a_sign_and_a_word() -> None:
    found = results(*(kpi(f"k_{status}", assessment("1", status, "because")) for status in STATUSES))
    shown = to_text(found)
    assert len({each.sign for each in STATUSES.values()}) == len(STATUSES)
    for status, look in STATUSES.items():
        assert re.search(rf"^{re.escape(str(look))} +k_{status} ", shown, re.MULTILINE)


def test_reasons_are_given_for_what_is_not_green() -> None:
    shown = to_text(
        results(
            kpi("good", assessment("1", "green", "REASON-GREEN")),
            kpi("bad", assessment("1", "red", "REASON-RED")),
            kpi("gone", assessment(None, "no_data", "REASON-GONE")),
            kpi("idle", assessment(None, "no_target", "", value_undefined="zero_denominator")),
        )
    )
    assert "REASON-GREEN" not in shown
    assert "REASON-RED" in shown
    assert "REASON-GONE" in shown
    assert "zero denominator" in shown


def segments(*statuses: str) -> tuple[Segment, ...]:
    return tuple(Segment((("rep", f"s{number:03}"),), assessment("1", each)) for number, each in enumerate(statuses))


def test_of_many_segments_the_worst_are_shown_in_their_order() -> None:
    found = segments(*["green"] * 20, "red", *["green"] * 10, "amber", "green", "red")
    shown = to_text(results(kpi(segments=found)))
    names = re.findall(r"s\d{3}", shown)
    assert len(names) == SEGMENTS
    assert {"s020", "s031", "s033"} <= set(names)
    assert names == sorted(names)
    assert f"… {34 - SEGMENTS} more: {34 - SEGMENTS} green" in shown


def test_one_segment_too_many_is_shown_rather_than_counted() -> None:
    shown = to_text(results(kpi(segments=segments(*["green"] * (SEGMENTS + 1)))))
    assert "more:" not in shown
    assert len(re.findall(r"s\d{3}", shown)) == SEGMENTS + 1


def test_members_of_every_kind_have_a_name() -> None:
    by = (
        (("country", None),),
        (("member", True), ("tier", Decimal("2.0"))),
        (("city", ""),),
        (("city", "Łódź"), ("x", "y")),
    )
    shown = to_text(results(kpi(segments=tuple(Segment(each, assessment()) for each in by))))
    for name in ("(no country)", "member true / tier 2 ", '""', "Łódź / y"):
        assert name in shown


def test_a_segment_repeats_no_target_of_the_whole() -> None:
    judged = assessment("5", target=at_least("4"))
    own = assessment("5", target=at_least("3"))
    shown = to_text(
        results(kpi("k", judged, segments=(Segment((("a", "same"),), judged), Segment((("a", "own"),), own))))
    )
    assert shown.count("≥ 4") == 1
    assert shown.count("≥ 3") == 1


def test_the_change_column_is_about_the_comparison_most_kpis_make() -> None:
    shown = to_text(
        results(
            kpi("a", assessment(comparisons=(compared("previous", "1", "0.5", "0.5"),))),
            kpi("b", assessment(comparisons=(compared("previous", "1", "0.1", "0.1"),))),
            kpi("c", assessment(comparisons=(compared("1 year earlier", "1", "0.2", "0.2"),))),
            kpi("d", assessment(comparisons=(compared("previous", None),))),
        ),
        width=160,
    )
    assert "vs previous" in shown.splitlines()[0]
    assert "vs 1 year earlier +20.0 %" in shown


def test_open_actions_for_the_status_are_shown() -> None:
    shown = to_text(shop())
    assert "→ Check the price list (due 2026-04-08)" in shown
    assert "Call the ten largest accounts" not in shown, "that one is for red"


def test_text_of_a_stranger_cannot_steer_the_terminal() -> None:
    nasty = "\x1b[2J\x07ev\nil\u202e"
    found = results(
        kpi(
            "k",
            assessment("x\x1b[31m", reason=nasty, status="red"),
            title=nasty,
            segments=(Segment(((nasty, nasty),), assessment()),),
        ),
        metrics=(metric("m", title=nasty, unit=nasty),),
        errors=(ErrorResult("K0601", nasty, nasty, nasty, (nasty,)),),
        timezone=nasty,
    )
    shown = to_text(found)
    assert not set("\x1b\x07\u202e") & set(shown)
    assert "\nil" not in shown.replace("\n  il", "")


def test_wide_characters_keep_the_columns_straight() -> None:
    shown = to_text(
        results(kpi("a", assessment("1"), title="顧客満足度"), kpi("b", assessment("1"), title="Satisfied"))
    ).splitlines()
    assert columns(shown[1].split("1")[0]) == columns(shown[2].split("1")[0])


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({}, "as of the end of 2026-03-31 (Europe/Berlin)"),
        ({"as_of": instant(2026, 3, 31, 18, 30)}, "as of 2026-03-31 18:30:00 (Europe/Berlin)"),
        (
            {"as_of": instant(2026, 3, 31, 18, 30), "as_of_is_now": True},
            "as of now, 2026-03-31 18:30:00 (Europe/Berlin)",
        ),
    ],
)
def test_the_anchor_is_said_as_it_is_given(fields: dict[str, object], says: str) -> None:
    assert to_text(results(**fields)).rstrip().endswith(says)


def test_the_last_line_counts() -> None:
    found = results(kpi("a"), kpi("b", assessment("1", "red")), metrics=(metric(),))
    assert to_text(found).splitlines()[-1].startswith("2 KPIs: 1 green, 1 red · 1 metric · as of ")
    assert to_text(results()).startswith("nothing to show · as of ")
    assert "1 error" in to_text(results(errors=(ErrorResult("K0601", "gone", None, "", ()),)))


def test_errors_name_code_place_hint_and_what_is_affected() -> None:
    names = tuple(f"kpi_{number}" for number in range(11))
    shown = to_text(results(errors=(ErrorResult("K0601", "first line\nsecond line", "type this", "a.kpi:7", names),)))
    for part in ("error[K0601]: first line\n  second line", "--> a.kpi:7", "help: type this", "kpi_7 and 3 more"):
        assert part in shown


def test_sql_is_shown_where_it_was_asked_for() -> None:
    shown = to_text(shop())
    assert "How monthly_revenue came about" in shown
    assert "    SELECT sum(amount)\n    FROM orders\n" in shown
    quiet = replace(shop(), kpis=tuple(replace(each, inputs=()) for each in shop().kpis))
    assert "came about" not in to_text(quiet)


def test_a_long_trend_shows_its_newest_values() -> None:
    found = trend(*["9"] * 30, *["1", "2"] * 12)
    shown = to_text(results(kpi("k", assessment(trend=found))))
    assert "▁█" * 12 in shown
    assert "██" not in shown


def test_a_window_without_a_start_has_a_name() -> None:
    assert "all time" in to_text(results(kpi(window=WindowResult("all time", None, instant(2026, 4, 1)))), width=160)


@pytest.mark.parametrize("width", [60, 72])
def test_what_is_said_of_a_key_result_is_told_whole(width: int) -> None:
    shown = to_text(shop(), width=width)
    told = " ".join(shown[shown.index("Objective ") :].split())
    assert "33.3% of the way, 50.5% expected; at risk from 75% of expected" in told
    assert "→ Ask those who left (Ana, overdue since 2026-05-01)" in told
    assert "checked in 2026-04-30 by Ana, 60% confident · slow · ~ stale: older than 1 week" in told


def test_members_that_a_bound_is_not_met_by_are_named_with_their_values() -> None:
    assert "not met by DE (6.0 %), (none) (5.5 %)" in to_text(shop(), width=100)


@pytest.mark.parametrize(("words", "lines"), [(5, 1), (24, 4), (25, 4), (80, 4)])
def test_the_name_of_a_segment_is_told_whole_unless_it_takes_more_lines_than_four(words: int, lines: int) -> None:
    name = " ".join(f"part{number:03}" for number in range(words))
    one = kpi("sales", assessment("1"), segments=(Segment((("shop", name),), assessment("1")),))
    shown = [line for line in to_text(results(one), width=100).splitlines() if "part" in line]
    assert len(shown) == lines
    assert ("…" in shown[-1]) == (words > 24)


def test_a_text_is_cut_where_it_is_too_wide() -> None:
    assert fitted("abcdef", 6) == "abcdef"
    assert fitted("abcdefg", 6) == "abcde…"
    assert fitted("abc def", 5) == "abc…"
    assert fitted("東京大阪", 6) == "東京…"
    assert fitted("e\u0301" * 9, 4) == "e\u0301" * 3 + "…"
    assert fitted("ab", 1) == "…"
    assert fitted("", 0) == ""


@pytest.mark.parametrize("letter", ["x", "ß"])
def test_a_text_of_a_million_letters_is_cut_at_once(letter: str) -> None:
    """Letter by letter from its end, that took longer the longer it was, times itself: hours."""
    assert fitted(letter * 1_000_000, 40) == letter * 39 + "…"
