"""Characters that nobody sees, or that only look like others: what is said of them, and that the rest is read."""

from __future__ import annotations

import pytest

from kpidsl.diagnostics import Diagnostic, Problems
from kpidsl.diagnostics.edits import applied
from kpidsl.source_text import Source
from kpidsl.syntax import parse
from kpidsl.syntax.hidden import MOST_LINES
from kpidsl.syntax.nodes import Spec

SPEC = """\
# what came in
metric fees = sum(paid_up) from orders
kpi monthly "Fees, monthly" {
  value fees over last month  # net
  target >= 5_000 EUR
}
"""


def read(text: str) -> tuple[Spec, list[Diagnostic]]:
    problems = Problems()
    return parse(Source("a.kpi", text), problems), list(problems)


def mended(text: str, found: list[Diagnostic]) -> str:
    return applied(text, {one.fix for one in found if one.fix is not None})


@pytest.mark.parametrize("character", ["\u00a0", "\u202f", "\u3000", "\u2028", "\u2029", "\x0b", "\x85"])
@pytest.mark.parametrize("where", ["over last", "fees =", "value fees", "5_000 EUR"])
def test_what_only_looks_like_a_blank_is_told_and_read_as_one(character: str, where: str) -> None:
    spec, (one,) = read(SPEC.replace(where, where.replace(" ", character)))
    assert (len(spec.declarations), spec.broken) == (2, frozenset())
    assert f"U+{ord(character):04X}" in one.message
    assert one.hint == "write a plain space"
    assert mended(SPEC.replace(where, where.replace(" ", character)), [one]) == SPEC


@pytest.mark.parametrize("character", ["\u2028", "\u2029", "\x0b", "\x85"])
@pytest.mark.parametrize("where", ["month  # net\n", "orders\n", "{\n", "EUR\n", "came in\n", "# net\n"])
def test_what_only_looks_like_the_end_of_a_line_is_told_and_read_as_one(character: str, where: str) -> None:
    written = SPEC.replace(where, where.replace("\n", character))
    spec, (one,) = read(written)
    assert (len(spec.declarations), spec.half_read, spec.broken) == (2, (), frozenset())
    assert one.hint == "begin a new line"
    assert mended(written, [one]) == SPEC


def test_a_carriage_return_alone_hides_no_line_in_a_comment() -> None:
    written = SPEC.replace("# what came in\n", "# what came in\r")
    spec, (one,) = read(written)
    assert len(spec.declarations) == 2
    assert one.hint == "begin a new line"
    assert mended(written, [one]) == SPEC


def test_a_comment_may_hold_any_character_as_long_as_no_line_is_hidden_in_it() -> None:
    _, found = read(SPEC.replace("what came in", "what\u2028came\u00a0in\u200b \x85for us"))
    assert found == []


@pytest.mark.parametrize("character", ["\u200b", "\ufeff", "\u00ad", "\u200e", "\x1a", "\x1b", "\ue000"])
@pytest.mark.parametrize("where", ["tar|get", "paid|_up", "5_|000", "orders|\n", "|value", "EUR\n|"])
def test_what_nobody_sees_is_told_and_taken_out(character: str, where: str) -> None:
    written = SPEC.replace(where.replace("|", ""), where.replace("|", character))
    spec, (one,) = read(written)
    assert (len(spec.declarations), spec.broken) == (2, frozenset())
    assert [each.name.text for each in spec.declarations if hasattr(each, "name")] == ["fees", "monthly"]
    assert one.hint == "take it out"
    assert mended(written, [one]) == SPEC


@pytest.mark.parametrize(
    ("written", "meant"),
    [("５_０００ EUR", "5_000 EUR"), ("٥_٠٠٠ EUR", "5_000 EUR"), ("5\u00a0000 EUR", "5_000 EUR"), ("5_000 EUR；", "5_000 EUR;")],
)  # fmt: skip
def test_digits_and_signs_of_other_widths_and_scripts_are_read_as_what_they_mean(written: str, meant: str) -> None:
    text = SPEC.replace("5_000 EUR", written)
    spec, (one,) = read(text)
    assert (len(spec.declarations), spec.broken) == (2, frozenset())
    assert mended(text, [one]) == SPEC.replace("5_000 EUR", meant)


def test_texts_and_names_in_backquotes_keep_what_they_hold() -> None:
    _, found = read(
        SPEC.replace("Fees, monthly", "Fees,\u00a0\u2028monthly").replace("(paid_up)", "(`amount\u00a0net`)")
    )
    assert found == []


def test_what_stands_in_tables_of_tests_is_told_once_and_there() -> None:
    test = 'test "t" { given orders {\n  name, x\n  de\u00a0\u200bfg, ５\n}\n expect fees over last month == 5 }\n'
    assert [one.code for one in read(SPEC + test)[1]] == ["K0107"]
    spec, found = read(SPEC + test + "metric b = = 2\n")
    assert (len(spec.declarations), [one.code for one in found]) == (2, ["K0107", "K0101"])


def test_many_lines_with_them_are_told_once_and_mended_at_once() -> None:
    lines = "".join(f"metric m{number} = {number}\n" for number in range(MOST_LINES + 3))
    written = lines.replace(" = ", "\u00a0=\u00a0")
    spec, (one,) = read(written)
    assert len(spec.declarations) == MOST_LINES + 3
    assert one.notes == (f"and in {MOST_LINES + 2} more lines",)
    assert mended(written, [one]) == lines


@pytest.mark.parametrize("count", [2, MOST_LINES + 1])
def test_many_lines_that_one_comment_hides_are_all_read(count: int) -> None:
    lines = "# one\n" + "".join(f"metric m{number} = {number}\n" for number in range(count))
    written = lines.replace("\n", "\u2028", count)
    spec, found = read(written)
    assert len(spec.declarations) == count
    assert len(found) == (1 if count > MOST_LINES else count)
    assert mended(written, found) == lines


def test_other_mistakes_stay_in_their_lines() -> None:
    spec, found = read("# note\u2028metric a = 1\nmetric b\u00a0= = 2\n")
    assert [(one.span.line, one.span.column) for one in found if one.span is not None] == [(1, 7), (2, 9), (2, 12)]
    assert spec.broken == {"b"}
