"""What is said of the rest of a declaration when one of its statements cannot be read: what is wrong, and no more."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from kpidsl.pipeline import load
from semantic.cases import checked

WHOLE = (Path(__file__).parents[1] / "mutations" / "whole.kpi").read_text("utf-8")
STATEMENT = re.compile(r"^[ ]{2,}([a-z]\w+)[^\n{}]*$", re.MULTILINE)
STATEMENTS = [found.span(1) for found in STATEMENT.finditer(WHOLE)]
SEED, CASES = 20261129, 40


def ways(chance: random.Random, start: int, end: int) -> str:
    """The whole language with one statement made unreadable: its first word misspelt, a sign in it, or its end lost."""
    line_end = WHOLE.index("\n", end)
    match chance.choice(("misspelt", "sign", "lost", "continued")):
        case "misspelt":
            return WHOLE[: end - 1] + "x" + WHOLE[end:]
        case "sign":
            return WHOLE[:end] + " = =" + WHOLE[end:]
        case "continued":
            return WHOLE[:line_end] + "\n      ovr = =" + WHOLE[line_end:]
        case _:
            return WHOLE[:end] + WHOLE[line_end:]


@pytest.mark.parametrize("number", range(4))
def test_nothing_that_would_not_be_there_without_the_syntax_error_is_said(number: int) -> None:
    sound = {(one.code, one.message) for one in checked(("x.kpi", WHOLE)).problems}
    chance = random.Random(SEED + number)
    for start, end in chance.sample(STATEMENTS, CASES // 4):
        text = ways(chance, start, end)
        fresh = [one for one in checked(("x.kpi", text)).problems if (one.code, one.message) not in sound]
        wrong = [f"{one.code} {one.place} {one.message}" for one in fresh if one.severity.value == "error"]
        if any(one.startswith("K01") for one in wrong):  # a policy's rule may have any name
            assert all(one.startswith("K01") for one in wrong), (WHOLE[start:end], wrong)


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ('kpi a {\n value nope over last month\n owndr "x"\n}', ["K0204", "K0101"]),
        ('kpi a {\n owndr "x"\n value nope over last month\n}', ["K0101", "K0204"]),
        ("metric m {\n value count() from orders\n indicator soon\n ownr 3\n}", ["K0203", "K0303", "K0101"]),
        ("objective o {\n period last month\n key result k {\n reach 1 = 2\n weight 1\n}\n}", ["K0381", "K0101"]),
        ('kpi a {\n owner "a"\n owner "b"\n targt >= 1\n}', ["K0201", "K0101"]),
        # what comes of the missing statement is not said:
        ("kpi a {\n value = 1 over last month\n target >= 1\n}", ["K0101"]),
        ("kpi a {\n value 6\n targt >= 1\n amber >= 0.5\n}", ["K0101"]),
        ("metric m {\n value 6\n unt kg\n limits 0..5 kg\n}", ["K0101"]),
        ("kpi a {\n value sum(amount)\n frm orders over last month\n}", ["K0101"]),
        # nothing is said of what others say of it:
        ("kpi a {\n value 6\n targt >= 1\n}\nkpi b { value a + 1 }\nscorecard s { show a }", ["K0101"]),
        ('source s {\n from csv("s.csv")\n lte x = 1\n}\nmetric m = sum(x) from s where y == 3', ["K0101"]),
        ("kpi a {\n value 6\n target >= 1\n supports x", ["K0102", "K0204"]),
    ],
)  # fmt: skip
def test_one_statement_that_cannot_be_read_hides_no_other(text: str, codes: list[str]) -> None:
    found = checked(("x.kpi", text)).problems
    assert [one.code for one in found if one.severity.value == "error"] == codes


def test_two_half_read_declarations_do_not_see_each_other() -> None:
    found = checked(("x.kpi", "metric a {\n vlaue 6\n}\nkpi b {\n value a over last month\n targt >= 5 kg\n}"))
    assert found.codes == ["K0101", "K0101"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("kpi a {\n<<<<<<< HEAD\n value 6\n=======\n value 7\n>>>>>>> x\n}\nkpi b { value a }", "a merge conflict"),
        ("\n<!DOCTYPE html>\n<html>", "a web page"),
        ("kpi a {\n ow\0ner 3\n}", "a NUL"),
        ("kpi a {\r value 6\r}\rkpi b { value a }", "carriage returns"),
    ],
)
def test_of_what_is_no_spec_one_thing_is_said(text: str, words: str) -> None:
    (found,) = checked(("x.kpi", text), ("y.kpi", "kpi c { value a over last month }")).problems
    assert found.code == "K0112" and words in found.message and found.hint


def test_conflict_marks_in_a_long_text_are_a_text() -> None:
    text = 'metric a {\n value 6\n description """\n<<<<<<< HEAD\n=======\n>>>>>>> x\n"""\n}'
    assert checked(("x.kpi", text)).codes == []


def test_a_block_closed_too_early_is_told_where_it_is_closed() -> None:
    found = checked(("x.kpi", "objective o {\n }\n period 2026-Q2\n}\nmetric b = 6")).problems
    assert [one.code for one in found] == ["K0101"]
    assert found[0].hint == "if it belongs to the block above, take the `}` in line 2 out"


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("kpi a {\n value 6\n rde when value > 5\n}", "did you mean `red when …`?"),
        ("kpi a {\n value 6\n ambr when value > 5\n}", "did you mean `amber when …`?"),
        ("kpi a {\n value 6\n bad when value > 5\n}", "did you mean `red when …`?"),
        ('test "a" {\n as of 2026-01-01\n givne s { a\n 1\n }\n}', "did you mean `given`?"),
        ("kpi a {\n value 6,\n}", "leave it out: a statement ends with its line"),
    ],
)
def test_what_is_told_of_a_word_that_is_no_property(text: str, hint: str) -> None:
    assert checked(("x.kpi", text)).problems[0].hint == hint


TESTS = """\
source orders { from csv("orders.csv"); time at; column amount: EUR }
metric fees = sum(amount) from orders where status == "paid"
kpi monthly { value fees over last month; target >= 5 EUR }
test "a month" {
  as of 2026-03-31
  given orders {
    at,         status, amount
    2026-03-01, "paid", 10
    2026-03-02, "open", 5
  }
  expect fee over last month == 10 EUR
  expect fees over last month == 10 EUR
  expect monthly is green
}
"""


@pytest.mark.parametrize(
    ("right", "wrong", "codes"),
    [
        ("== 10 EUR\n  expect m", "= 10 EUR\n  expect m", ["K0204", "K0101"]),
        ("is green", "is gren", ["K0204", "K0303"]),
        ('"paid", 10', '"paid, 10', ["K0103", "K0204"]),
        ('"paid", 10', "paid, 10", ["K0107", "K0204"]),
        ('"paid", 10', '"paid", 10, 5', ["K0107", "K0204"]),
        ('"paid", 10\n    2026-03-02, "open", 5', "paid, 10\n    02.03.2026, open, 5", ["K0107", "K0107", "K0204"]),
        ("as of 2026-03-31", "as of 2026-13-31", ["K0104", "K0204"]),
        ("as of 2026-03-31", "as-of 2026-03-31", ["K0101", "K0204"]),
    ],
)
def test_the_lines_of_a_test_are_checked_beside_those_that_cannot_be_read(
    right: str, wrong: str, codes: list[str], tmp_path: Path
) -> None:
    assert right in TESTS
    file = tmp_path / "a.kpi"
    file.write_text(TESTS.replace(right, wrong), "utf-8")
    report = load([str(file)]).check(schemas=False)
    found = sorted((one for one in report.diagnostics), key=lambda one: one.span.start if one.span else 0)
    assert [one.code for one in found if one.severity.value == "error"] == codes
    assert [one.hint for one in found if one.code == "K0204"] == ["did you mean `fees`?"]


def test_a_property_that_cannot_be_built_hides_no_other() -> None:
    text = 'kpi a {\n value nope over last month\n target >= 5 starting 2026-02-30\n owner "a"\n owner "b"\n}'
    problems = checked(("x.kpi", f'source o {{ from csv("o.csv"); time at }}\n{text}')).problems
    assert [one.code for one in problems] == ["K0204", "K0104", "K0201"]
