"""Diagnostics as a person sees them."""

from __future__ import annotations

import re
from dataclasses import replace
from textwrap import dedent

import pytest

from diagnostics.cases import SHOP, at, error
from kpidsl.diagnostics import Diagnostic, Fix, Label, Severity
from kpidsl.diagnostics.glyphs import columns
from kpidsl.diagnostics.text import MOST_SHOWN, render_text
from kpidsl.source_text import Source, Span


def shown(*diagnostics: Diagnostic, width: int | None = None) -> str:
    """What is printed, without the counts at the end."""
    text = render_text(diagnostics, colour=False, width=width)
    return text[: text.rstrip("\n").rfind("\n")].rstrip("\n") + "\n"


def expected(text: str) -> str:
    return dedent(text).lstrip("\n")


def test_one_place_with_a_hint_and_the_fix_as_what_to_type() -> None:
    place = at(SHOP, "reveneu")
    found = Diagnostic(
        "K0999",
        Severity.ERROR,
        "there is no metric `reveneu`",
        (Label(place, "not found"),),
        notes=("metrics are shared by all files of a spec",),
        hint="did you mean `revenue`?",
        fix=Fix("did you mean `revenue`?", place, "revenue"),
        affects=("monthly",),
    )
    assert shown(found) == expected(
        """
        error[K0999]: there is no metric `reveneu`
         --> specs/shop.kpi:4:12
          |
        4 |   value    reveneu over last month
          |            ^^^^^^^ not found
          |
          = note: metrics are shared by all files of a spec
          = affects: monthly
          = help: did you mean `revenue`?
          |
        4 -   value    reveneu over last month
        4 +   value    revenue over last month
        """
    )


def test_the_primary_place_has_carets_and_the_others_dashes_in_the_order_of_lines() -> None:
    found = error(
        "a target in % for a value in EUR",
        (at(SHOP, ">= 85%"), "a percentage"),
        (at(SHOP, "reveneu over last month"), "in EUR"),
        (at(SHOP, "orders {"), "from here"),
    )
    assert shown(found) == expected(
        """
        error[K0999]: a target in % for a value in EUR
         --> specs/shop.kpi:5:12
          |
        1 | source orders { from csv("orders.csv") }
          |        -------- from here
        ...
        4 |   value    reveneu over last month
          |            ----------------------- in EUR
        5 |   target   >= 85%
          |            ^^^^^^ a percentage
        """
    )


def test_labels_of_one_line_share_a_row_of_marks_and_hang_below_it_from_the_right() -> None:
    found = error(
        "three in a line",
        (at(SHOP, "国家"), "wide"),
        (at(SHOP, "by  ").to(at(SHOP, "by")), "a keyword"),
        (at(SHOP, "cou\u0301ntry"), "combining"),
    )
    assert shown(found) == expected(
        """
        error[K0999]: three in a line
         --> specs/shop.kpi:8:21
          |
        8 |   by       country, 国家, cou\u0301ntry
          |   ----              ^^^^  ------- combining
          |   |                 |
          |   |                 wide
          |   a keyword
        """
    )


def test_labels_on_the_same_place_stand_under_each_other_the_primary_first() -> None:
    place = at(SHOP, "reveneu")
    assert shown(error("twice", (place, "one"), (place, "two"))) == expected(
        """
        error[K0999]: twice
         --> specs/shop.kpi:4:12
          |
        4 |   value    reveneu over last month
          |            ^^^^^^^
          |            |
          |            one
          |            two
        """
    )


def test_a_place_in_another_file_is_a_block_of_its_own() -> None:
    other = Source("specs/other.kpi", 'calendar { timezone "UTC" }\r\nmetric revenue = count() from x')
    found = error("`revenue` is declared twice", (at(other, "revenue"), "again"), (at(SHOP, "revenue"), "first here"))
    assert shown(found) == expected(
        """
        error[K0999]: `revenue` is declared twice
         --> specs/other.kpi:2:8
          |
        2 | metric revenue = count() from x
          |        ^^^^^^^ again
          |
         ::: specs/shop.kpi:2:8
          |
        2 | metric revenue "Net revenue" = sum(amount) from orders
          |        ------- first here
        """
    )


def test_a_stretch_of_many_lines_has_a_bracket_and_its_middle_is_left_out() -> None:
    whole = at(SHOP, "kpi monthly").to(at(SHOP, "}\n", 1))
    whole = Span(SHOP, whole.start, whole.end - 1)
    assert shown(error("no value", (whole, "this kpi"), (at(SHOP, "supports"), "why"))) == expected(
        """
        error[K0999]: no value
          --> specs/shop.kpi:3:1
           |
         3 | / kpi monthly "Monthly revenue" {
         4 | |   value    reveneu over last month
        ...  |
        10 | |   supports nothing
           | |   -------- why
        11 | | }
           | |_^ this kpi
        """
    )


def test_stretches_that_meet_have_brackets_side_by_side() -> None:
    outer = Span(SHOP, at(SHOP, "{\n").start, at(SHOP, "85%").end)
    inner = at(SHOP, '"Monthly revenue" {\n  value')
    assert shown(error("two", (outer, "outer"), (inner, "inner"))) == expected(
        """
        error[K0999]: two
         --> specs/shop.kpi:3:31
          |
        3 |     kpi monthly "Monthly revenue" {
          |  _________________________________^
          | |  _____________-
        4 | | |   value    reveneu over last month
          | | |_______- inner
        5 | |     target   >= 85%
          | |___________________^ outer
        """
    )


def test_more_stretches_than_brackets_are_marked_on_their_first_line() -> None:
    source = Source("a.kpi", "abcdef\nghi")
    labels = [(Span(source, number, 9), f"number {number}") for number in range(6)]
    assert shown(error("many", *labels)) == expected(
        """
        error[K0999]: many
         --> a.kpi:1:1
          |
        1 | /       abcdef
          | |           -- number 5
          | |           |
          | |           number 4
          | |  ______-
          | | |  _____-
          | | | |  ____-
        2 | | | | | ghi
          | | | | |__- number 3
          | | | |____- number 2
          | | |______- number 1
          | |________^ number 0
        """
    )


@pytest.mark.parametrize(
    ("text", "span", "gutter", "row"),
    [
        ("", (0, 0), "1 |", "  | ^ here"),
        ("", (4, 9), "1 |", "  | ^ here"),
        ("", (-4, -2), "1 |", "  | ^ here"),
        ("abc", (3, 3), "1 | abc", "  |    ^ here"),
        ("abc", (2, 99), "1 | abc", "  |   ^ here"),
        ("abc", (2, 1), "1 | abc", "  |   ^ here"),
        ("abc\r\ndef", (3, 4), "1 | abc", "  |    ^ here"),
        ("abc\r\ndef", (0, 5), "1 | abc", "  | ^^^ here"),
        ("abc\ndef\n", (4, 8), "2 | def", "  | ^^^ here"),
        ("a\tb\tc", (2, 3), "1 | a   b   c", "  |     ^ here"),
        ("a\tb\tc", (1, 4), "1 | a   b   c", "  |  ^^^^^^^ here"),
        ("国家 x", (1, 2), "1 | 国家 x", "  |   ^^ here"),
        ("e\u0301e\u0301 x", (2, 4), "1 | e\u0301e\u0301 x", "  |  ^ here"),
        ("\u0301x", (1, 2), "1 | \u25cc\u0301x", "  |  ^ here"),
        ("ａ한글x", (3, 4), "1 | ａ한글x", "  |       ^ here"),
        ("\u1112\u1161\u11abx", (3, 4), "1 | \u1112\u1161\u11abx", "  |   ^ here"),
        ("👩\u200d🚀 x", (4, 5), "1 | 👩\u200d🚀 x", "  |      ^ here"),
        ("\x1b[2Jx", (4, 5), "1 | ␛[2Jx", "  |     ^ here"),
        ("a\u202eb\u2066c", (4, 5), "1 | a\ufffdb\ufffdc", "  |     ^ here"),
        ("a\udc80b", (2, 3), "1 | a\ufffdb", "  |   ^ here"),
        ("a\rb", (2, 3), "1 | a␍b", "  |   ^ here"),
        ("a\u3000b", (2, 3), "1 | a b", "  |   ^ here"),
    ],
)
def test_the_caret_stands_under_its_place(text: str, span: tuple[int, int], gutter: str, row: str) -> None:
    lines = shown(error("x", (Span(Source("a.kpi", text), *span), "here"))).splitlines()
    assert (gutter, row) == (lines[-2], lines[-1])


def test_an_empty_line_is_shown_with_the_one_before_it() -> None:
    end = len(SHOP.text)
    assert shown(error("expected `}`", (Span(SHOP, end, end), "the file ends here"))) == expected(
        """
        error[K0999]: expected `}`
          --> specs/shop.kpi:12:1
           |
        11 | }
        12 |
           | ^ the file ends here
        """
    )


def long_line() -> tuple[Source, Span]:
    source = Source("long.kpi", "metric x = " + "1 + " * 5_000 + "bad" + " + 2" * 5_000)
    return source, at(source, "bad")


@pytest.mark.parametrize("width", [None, 40, 80, 200])
def test_a_long_line_is_cut_around_the_place(width: int | None) -> None:
    source, place = long_line()
    head, _, _, line, marks, *_ = shown(error("x", (place, "here")), width=width).splitlines()
    assert (head, place.source) == ("error[K0999]: x", source)
    assert line.startswith("1 | …")
    assert line.endswith("…")
    assert len(line) == (width or 120)
    assert line.index("bad") == marks.index("^^^")


def test_a_place_at_either_end_of_a_long_line_is_shown_with_that_end() -> None:
    source, _ = long_line()
    start, end = Span(source, 0, 6), Span(source, len(source.text), len(source.text))
    *_, line, marks = shown(error("x", (start, "here")), width=60).splitlines()
    assert line.startswith("1 | metric x = 1 + 1")
    assert (line[-1], marks) == ("…", "  | ^^^^^^ here")
    *_, line, marks = shown(error("x", (end, "")), width=60).splitlines()
    assert line.startswith("1 | …")
    assert line.endswith("+ 2 + 2")
    assert marks.index("^") == len(line)


def test_what_is_cut_off_is_pointed_at_where_it_was_cut() -> None:
    source, place = long_line()
    found = error(
        "x", (place, "here"), (Span(source, 0, 6), "left"), (Span(source, len(source.text) - 1, 99_999), "right")
    )
    *_, line, marks, lines, right, here, left = shown(found, width=60).splitlines()
    assert len(line) == 60
    assert line.index("bad") == marks.index("^^^") == lines.index("|", 5) == here.index("here")
    assert (marks[4], marks[-1], len(marks)) == ("-", "-", 60)
    assert right.endswith(" right")
    assert len(right) == 60
    assert left == "  | left"


def test_words_that_would_pass_the_edge_are_moved_to_the_left_and_broken() -> None:
    source = Source("a.kpi", "metric m = 1 + 2 + bad")
    word = "this is no number, and it says so at length"
    assert shown(error("x", (at(source, "bad"), word)), width=40) == expected(
        """
        error[K0999]: x
         --> a.kpi:1:20
          |
        1 | metric m = 1 + 2 + bad
          |                    ^^^
          |                    |
          | this is no number, and it says so at
          | length
        """
    )


def test_notes_are_broken_to_the_width_and_paths_stay_whole() -> None:
    path = "/a/very/long/path/" * 4
    found = replace(error("x"), notes=(f"one two three four five six seven eight nine ten {path}",), hint="a\nb")
    lines = shown(found, width=40).splitlines()
    assert lines[:3] == [
        "error[K0999]: x",
        "  = note: one two three four five six",
        "          seven eight nine ten",
    ]
    assert lines[3:] == [f"          {path}", "  = help: a", "          b"]
    assert f"nine ten {path}" in shown(found)


def test_without_a_place_there_is_no_block() -> None:
    found = Diagnostic(
        "K0601", Severity.WARNING, "no answer\nfrom the host", hint="try again", affects=tuple("abcdefghij")
    )
    assert shown(found) == expected(
        """
        warning[K0601]: no answer
          from the host
          = affects: a, b, c, d, e, f, g, h and 2 more
          = help: try again
        """
    )


def fixed(place: Span, text: str, title: str = "do") -> list[str]:
    found = replace(error("x", (at(SHOP, "kpi"), "")), fix=Fix(title, place, text))
    return shown(found).splitlines()[6:]


def test_a_fix_shows_the_lines_it_changes_and_no_others() -> None:
    end = at(SHOP, "85%").end
    assert fixed(Span(SHOP, end, end), "\n  amber >= 80%") == ["  = help: do", "  |", "6 +   amber >= 80%"]
    assert fixed(at(SHOP, "  amber    >= 90% of target\n"), "") == [
        "  = help: do",
        "  |",
        "6 -   amber    >= 90% of target",
    ]
    assert fixed(at(SHOP, "85"), "85") == ["  = help: do"]
    assert fixed(at(SHOP, "\n\n"), "\n") == ["  = help: do", "  |", "7 -"]


def test_a_fix_in_another_file_names_it_and_a_large_one_is_shortened() -> None:
    other = Source("lib.kpi", "a\n" * 30)
    lines = fixed(Span(other, 0, 40), "b\n" * 20)
    assert lines[:4] == ["   = help: do", "  ::: lib.kpi:1:1", "   |", " 1 - a"]
    assert lines[10:14] == [" 8 - a", "   - … and 12 more lines", " 1 + b", " 2 + b"]
    assert fixed(Span(other, 0, 40), "b\n" * 20_000)[0].endswith("help: do")


def test_the_counts_name_what_there_is() -> None:
    kinds = (Severity.ERROR, Severity.WARNING, Severity.ERROR, Severity.NOTE)
    found = [replace(error("x"), severity=severity) for severity in kinds]
    assert render_text(found, colour=False).splitlines()[-2:] == ["", "2 errors, 1 warning, 1 note"]
    assert render_text(found[1:2], colour=False) == "warning[K0999]: x\n\n1 warning\n"
    assert render_text([], colour=False) == ""


def test_colour_changes_nothing_but_colour() -> None:
    place = at(SHOP, "reveneu")
    found = replace(
        error("no metric", (place, "here"), (at(SHOP, "kpi monthly").to(place), "in this")),
        notes=("n",),
        fix=Fix("write", place, "revenue"),
    )
    coloured = render_text([found], colour=True)
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == render_text([found], colour=False)
    assert "\x1b[1;31merror[K0999]\x1b[0m" in coloured
    assert "\x1b[1;31m^^^^^^^\x1b[0m" in coloured
    assert "\x1b" not in render_text([found], colour=False)


def test_the_widths_of_texts() -> None:
    assert [columns(text) for text in ("", "abc", "国家", "e\u0301", "a\tb", "\x1b", "👩", "ｱ", "…")] == [
        0, 3, 4, 1, 5, 1, 2, 1, 1,
    ]  # fmt: skip


def test_of_very_many_the_first_are_shown_and_errors_before_warnings() -> None:
    place = at(SHOP, "reveneu")
    few = [replace(error(f"number {number}", (place, "")), severity=Severity.WARNING) for number in range(5)]
    many = [error(f"error {number}", (place, "")) for number in range(MOST_SHOWN + 3)]
    text = render_text([*few, *many], colour=False)
    assert text.count("error[") == MOST_SHOWN and "warning[" not in text
    assert "error 199" in text and "error 200" not in text
    assert "\n8 more are not shown; `kpidsl check --format json` tells them all\n" in text
    assert text.endswith("203 errors, 5 warnings\n")
    text = render_text([*few, *many[: MOST_SHOWN - 5]], colour=False)
    assert "warning[" in text and "more are not shown" not in text
