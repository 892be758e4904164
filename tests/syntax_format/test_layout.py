"""What the one layout is: files before and after, and single rules."""

from __future__ import annotations

from pathlib import Path

import pytest

from kpidsl.diagnostics import Problems
from kpidsl.source_text import Source
from kpidsl.syntax import format as formatter
from kpidsl.syntax import parse
from kpidsl.syntax.format_tokens import read_blocks
from syntax_format.laid_out import examples, laid_out, tree

CASES = Path(__file__).resolve().parent / "cases"
EXAMPLES = examples()


@pytest.mark.parametrize("before", sorted(CASES.glob("*.before.kpi")), ids=lambda path: path.name.split(".")[0])
def test_a_file_before_and_after(before: Path) -> None:
    after = before.with_name(before.name.replace(".before.", ".after."))
    assert laid_out(before.read_text("utf-8")) == after.read_text("utf-8")


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_keeps_its_meaning(name: str) -> None:
    laid_out(EXAMPLES[name])


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("", ""),
        ("\n\n", ""),
        ("# a", "# a\n"),
        ("\n\n# a  \n\n\n# b\n\n", "# a\n\n# b\n"),
        ("metric a=-b*c", "metric a = -b * c\n"),
        ("metric a = - ( b )+ -c", "metric a = -(b) + -c\n"),
        ("metric a = ( b+c ) /d over last 3  days", "metric a = (b + c) / d over last 3 days\n"),
        ("metric a = b . c", "metric a = b.c\n"),
        ("metric a = f ( x ,y )from s", "metric a = f(x, y) from s\n"),
        ("metric a = b where x in [ 1,2 ,3 ]", "metric a = b where x in [1, 2, 3]\n"),
        ("metric a = b where c and(d or e)", "metric a = b where c and (d or e)\n"),
        ("metric a = b where not(c)", "metric a = b where not (c)\n"),
        ("metric a = b default - 3", "metric a = b default -3\n"),
        ("metric a = b / 70   per   100_000", "metric a = b / 70 per 100_000\n"),
        ("metric a = b over 2026-01-01 .. 2026-02-01", "metric a = b over 2026-01-01..2026-02-01\n"),
        ("metric a = x over month  to\tdate", "metric a = x over month to date\n"),
        ("metric a = 1_200.50 + 1.5M + 85%", "metric a = 1_200.50 + 1.5M + 85%\n"),
        ("metric a = b\r\n\r\n\r\nmetric c = d\r\n", "metric a = b\n\nmetric c = d\n"),
        ("unit pct = 1 %", "unit pct = 1 %\n"),
        ("unit v = 1 m / s ^ 2", "unit v = 1 m/s^2\n"),
        ("unit a;unit b", "unit a\nunit b\n"),
        ("objective o{}", "objective o {}\n"),
        (
            "objective o { key result a{reach b<=6  from   -  1} }",
            "objective o { key result a { reach b <= 6 from -1 } }\n",
        ),
        (
            'objective o { key result a{deliver "b"  due 2026-04-01   weight  2,"c" weight 0} }',
            'objective o { key result a { deliver "b" due 2026-04-01 weight 2, "c" weight 0 } }\n',
        ),
        ("objective o {\n\n}", "objective o {}\n"),
        ("objective o { # c\n}", "objective o {  # c\n}\n"),
        ("policy p {\n\n\n  a b > 1\n\n\n  # c\n\n}", "policy p {\n  a b > 1\n\n  # c\n}\n"),
        ('goal g "t" {kind goal}# c', 'goal g "t" { kind goal }  # c\n'),
        ("kpi a { value b; red   when c > 1 }", "kpi a { value b; red when c > 1 }\n"),
        ("kpi a { value b\n red\twhen c > 1 }", "kpi a {\n  value    b\n  red when c > 1\n}\n"),
        ("metric a { value b; limits .. 3 }", "metric a { value b; limits ..3 }\n"),
        ("metric a { value b; limits 0 EUR .. }", "metric a { value b; limits 0 EUR.. }\n"),
        ("metric a { value b; limits - 1 .. + 2 }", "metric a { value b; limits -1..+2 }\n"),
        ("source s { from p( x :-1, ) }", "source s { from p(x: -1,) }\n"),
        ('metric a = """\n  x  \n"""', 'metric a =\n  """\n  x  \n"""\n'),
    ],
)
def test_blanks_and_line_ends(text: str, after: str) -> None:
    if '"""' in text:
        assert laid_out(text).count("  x  \n") == 1
    else:
        assert laid_out(text) == after


def test_a_word_that_would_continue_the_line_above_keeps_its_semicolon() -> None:
    text = "policy p { x progress > 1; over - 5 < progress # c\n; on a > 2 }"
    assert laid_out(text) == "policy p {\n  x    progress > 1;\n  over -5 < progress;  # c\n  on   a > 2\n}\n"


def test_a_sign_after_a_comment_does_not_become_a_statement() -> None:
    assert laid_out("kpi k { value # c\n - 5 * x\n}") == "kpi k {\n  value  # c\n        - 5 * x\n}\n"


def test_one_long_word_does_not_push_the_values_of_all() -> None:
    text = "evidence a { measure b\n method c\n stakeholder d }"
    assert laid_out(f"outcome o {{ {text} }}") == (
        "outcome o {\n  evidence a {\n    measure b\n    method  c\n    stakeholder d\n  }\n}\n"
    )


def test_a_block_on_one_line_that_does_not_fit_is_broken() -> None:
    fits = f'goal g "{"x" * 77}" {{ kind goal }}'
    assert len(fits) == 100
    assert laid_out(fits) == fits + "\n"
    wider = fits.replace("x", "xx", 1)
    assert laid_out(wider) == wider.replace("{ kind goal }", "{\n  kind goal\n}\n")


@pytest.mark.parametrize("text", ["(" * 190 + "b" + ")" * 190, "f(" * 90 + "b, c" + ")" * 90])
def test_brackets_without_end_do_not_run_off_the_page(text: str) -> None:
    after = laid_out(f"metric a = {text}")
    assert max(len(line) - len(line.lstrip()) for line in after.splitlines()) <= 64


def test_wide_characters_count_as_the_columns_they_take() -> None:
    text = 'test "t" {\n given o {\n a, b\n "日本", 1\n "x", 2\n }\n }'
    assert laid_out(text) == 'test "t" {\n  given o {\n    a,      b\n    "日本", 1\n    "x",    2\n  }\n}\n'


def test_line_ends_inside_of_a_long_text_are_its_own() -> None:
    after = laid_out('metric a { value b\r\n description """x\r\n y """ }')
    assert '"""x\r\n y """' in after
    assert after.count("\r") == 1


@pytest.mark.parametrize("text", ["metric a = {", "metric a = b +", "kpi {", 'metric a = "x'])
def test_a_text_with_errors_has_no_layout(text: str) -> None:
    problems = Problems()
    parse(Source("test.kpi", text), problems)
    assert problems.has_errors


@pytest.mark.parametrize(
    ("wrong", "says"), [("metric a = c\n# d\n", "what it means"), ("metric a = b\n", "lose a comment"), ("}", "means")]
)
def test_a_layout_that_is_not_the_same_spec_is_refused(monkeypatch: pytest.MonkeyPatch, wrong: str, says: str) -> None:
    monkeypatch.setattr(formatter, "lay_out_file", lambda whole: wrong)
    with pytest.raises(formatter.LayoutFault, match=says):
        formatter.format_spec(tree("metric a=b\n# d\n"))


@pytest.mark.parametrize("name", EXAMPLES)
def test_lark_reads_the_statements_that_the_loop_over_its_tables_reads(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = EXAMPLES[name]
    found = read_blocks(text)
    monkeypatch.setattr("kpidsl.syntax.format_tokens.drive", lambda *_: None)
    assert read_blocks(text) == found
