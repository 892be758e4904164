"""Where a statement ends, comments, line ends, and that none of them changes what is read."""

from __future__ import annotations

import pytest

from kpidsl.diagnostics import Problems
from kpidsl.source_text import Source
from kpidsl.syntax import Spec, parse

ONE_LINE = 'metric m = sum(a) from s where p == "x" and q or r over last month default 0 + n - 5 * 2'


def read(text: str) -> Spec:
    problems = Problems()
    spec = parse(Source("x.kpi", text), problems)
    assert [(problem.place, problem.message) for problem in problems] == []
    return spec


def test_a_line_that_begins_with_a_joining_word_continues_the_one_above() -> None:
    folded = ONE_LINE
    for word in ("where", "and", "or", "over", "default", "+ ", "- ", "* "):
        folded = folded.replace(f" {word}", f"  # c\n\n # c\n\t {word}")
    assert read(folded).declarations == read(ONE_LINE).declarations


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\n\n  # c\n", " # c\r\n", ";", ";;\n;"])
def test_whatever_ends_statements_the_same_is_read(ends: str) -> None:
    lines = ("kpi k {", 'owner "x"', "tags a, b", "value m over last month", "}", "param p = 5")
    assert read(ends.join(lines) + ends).declarations == read("\n".join(lines)).declarations


@pytest.mark.parametrize(
    "text",
    [
        "metric m =\n\n  # a comment\n  5",
        "metric m = f(\n1,\n2\n,\n)",
        'metric m = share(x in [\n"a", # one\n"b",\n]) from s',
        "kpi k { tags a,\n  b, # more\n  c\n}",
        'source s { from csv("a",\n  x: [1,\n2],\n) }',
        "\tmetric\tm\t=\t5\t# end without a line end",
        "\ufeff# not reached by files\n".removeprefix("\ufeff") + "metric m = 5",
        "#\n##\n### x\nmetric m = 5\n#",
        "",
        "   \n\n# nothing but this",
    ],
)
def test_lines_and_comments_where_they_do_not_count(text: str) -> None:
    read(text)


def test_a_documentation_comment_becomes_the_description() -> None:
    text = "## One line,\n##   and another.\nmetric m = 5\n\n## no\n\nkpi k { value m } ## nor this\nparam p = 1\n"
    assert [getattr(node, "doc", None) for node in read(text).declarations] == ["One line,\nand another.", None, None]


def test_places_are_exact() -> None:
    text = 'metric größe_ = 1\nmetric m = count() from s where a == "ü" over last month\n'.replace("größe_", "size")
    spec = read(text)
    assert [node.span.text for node in spec.declarations] == text.strip().split("\n")


@pytest.mark.parametrize(
    "text",
    ['"a\\nb\\t\\"\\\\\\u00e9"', '"""a "quoted" text\nin two lines # not a comment"""', '"# { } ( ; not a comment"'],
)
def test_texts(text: str) -> None:
    (node,) = read(f"param p = {text}").declarations
    expected = {'"a': 'a\nb\t"\\é', '""': 'a "quoted" text\nin two lines # not a comment'}
    assert node.default.value == expected.get(text[:2], "# { } ( ; not a comment")  # type: ignore[union-attr]
