"""Diagnostics as programs read them: JSON, SARIF, GitHub."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import jsonschema
from hypothesis import given
from hypothesis import strategies as st

import kpidsl.diagnostics.sarif as sarif_module
from diagnostics.cases import SHOP, at, diagnostics, error
from diagnostics.sarif_schema import SARIF
from kpidsl.diagnostics import Diagnostic, Fix, Label, Severity
from kpidsl.diagnostics.codes import CODES
from kpidsl.diagnostics.github import render_github
from kpidsl.diagnostics.json import render_json
from kpidsl.diagnostics.places import bounds
from kpidsl.diagnostics.sarif import render_sarif
from kpidsl.source_text import Source, Span

PLACE = at(SHOP, "reveneu")
FOUND = Diagnostic(
    "K0101",
    Severity.ERROR,
    "there is no metric `reveneu`",
    (Label(PLACE, "not found"), Label(at(SHOP, "revenue"), "near")),
    notes=("a note",),
    hint="did you mean `revenue`?",
    fix=Fix("write `revenue`", PLACE, "revenue"),
    affects=("monthly",),
)
BARE = Diagnostic("K0601", Severity.WARNING, "no answer")


def test_json_has_every_key_and_the_first_place_is_the_primary_one() -> None:
    document = json.loads(render_json([FOUND, BARE]))
    assert document == {
        "schema": "kpidsl/diagnostics/1",
        "summary": {"errors": 1, "warnings": 1, "notes": 0},
        "diagnostics": [
            {
                "code": "K0101",
                "severity": "error",
                "message": "there is no metric `reveneu`",
                "places": [
                    {
                        "path": "specs/shop.kpi",
                        "line": 4,
                        "column": 12,
                        "end_line": 4,
                        "end_column": 19,
                        "text": "not found",
                    },
                    {
                        "path": "specs/shop.kpi",
                        "line": 2,
                        "column": 8,
                        "end_line": 2,
                        "end_column": 15,
                        "text": "near",
                    },
                ],
                "notes": ["a note"],
                "hint": "did you mean `revenue`?",
                "fix": {
                    "title": "write `revenue`",
                    "path": "specs/shop.kpi",
                    "line": 4,
                    "column": 12,
                    "end_line": 4,
                    "end_column": 19,
                    "text": "revenue",
                },
                "affects": ["monthly"],
            },
            {
                "code": "K0601",
                "severity": "warning",
                "message": "no answer",
                "places": [],
                "notes": [],
                "hint": None,
                "fix": None,
                "affects": [],
            },
        ],
    }
    assert [*document["diagnostics"][0]] == [*document["diagnostics"][1]]


def test_no_diagnostics_are_a_document_too_but_no_commands() -> None:
    assert json.loads(render_json([])) == {
        "schema": "kpidsl/diagnostics/1",
        "summary": {"errors": 0, "warnings": 0, "notes": 0},
        "diagnostics": [],
    }
    assert render_github([]) == ""
    (run,) = json.loads(render_sarif([], "1.2.3"))["runs"]
    assert (run["results"], run["tool"]["driver"]["rules"]) == ([], [])


def offset(text: str, line: int, column: int) -> int:
    """Where a line and column from 1 are in a text, found without `Source`."""
    return sum(len(each) + 1 for each in text.split("\n")[: line - 1]) + column - 1


@given(diagnostics())
def test_lines_and_columns_lead_back_to_the_stretch(found: Diagnostic) -> None:
    (entry,) = json.loads(render_json([found]))["diagnostics"]
    (result,) = json.loads(render_sarif([found], "1"))["runs"][0]["results"]
    located = [*result["locations"], *result.get("relatedLocations", [])]
    for label, place, location in zip(found.labels, entry["places"], located, strict=True):
        region = location["physicalLocation"]["region"]
        text = label.span.source.text
        start = offset(text, place["line"], place["column"])
        assert (start, offset(text, place["end_line"], place["end_column"])) == bounds(label.span)
        assert (region["startLine"], region["startColumn"]) == (place["line"], place["column"])
        assert (region["endLine"], region["endColumn"]) == (place["end_line"], place["end_column"])


def test_sarif_says_where_what_and_how_to_mend_it() -> None:
    log = json.loads(render_sarif([FOUND, BARE, replace(FOUND, severity=Severity.NOTE)], "1.2.3"))
    (run,) = log["runs"]
    driver = run["tool"]["driver"]
    assert (log["version"], driver["name"], driver["version"]) == ("2.1.0", "kpidsl", "1.2.3")
    assert run["columnKind"] == "unicodeCodePoints"
    assert [rule["id"] for rule in driver["rules"]] == ["K0101", "K0601"]
    assert [rule["shortDescription"]["text"] for rule in driver["rules"]] == [CODES["K0101"], CODES["K0601"]]
    first, bare, note = run["results"]
    assert [result["level"] for result in run["results"]] == ["error", "warning", "note"]
    assert [driver["rules"][result["ruleIndex"]]["id"] for result in run["results"]] == ["K0101", "K0601", "K0101"]
    assert first["message"]["text"] == "there is no metric `reveneu`\nnote: a note\nhelp: did you mean `revenue`?"
    (location,) = first["locations"]
    file = {"uri": "specs/shop.kpi", "uriBaseId": "%SRCROOT%"}
    region = {"startLine": 4, "startColumn": 12, "endLine": 4, "endColumn": 19}
    assert location == {
        "physicalLocation": {"artifactLocation": file, "region": region},
        "message": {"text": "not found"},
    }
    assert [related["id"] for related in first["relatedLocations"]] == [1]
    assert first["fixes"] == [
        {
            "description": {"text": "write `revenue`"},
            "artifactChanges": [
                {
                    "artifactLocation": file,
                    "replacements": [{"deletedRegion": region, "insertedContent": {"text": "revenue"}}],
                }
            ],
        }
    ]
    assert first["properties"] == {"affects": ["monthly"]}
    assert (bare["locations"], note["ruleId"]) == ([], "K0101")


@given(st.lists(diagnostics(), max_size=3))
def test_sarif_keeps_to_its_schema(found: list[Diagnostic]) -> None:
    log = json.loads(render_sarif(found, "1.2.3"))
    jsonschema.Draft202012Validator(SARIF).validate(log)
    (run,) = log["runs"]
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
    for region in regions(log):
        start = (region["startLine"], region["startColumn"])
        assert start <= (region["endLine"], region["endColumn"])


def regions(found: Any) -> Iterator[dict[str, int]]:
    """Every region anywhere in a log."""
    match found:
        case {"startLine": _}:
            yield found
        case dict():
            for value in found.values():
                yield from regions(value)
        case list():
            for value in found:
                yield from regions(value)


def uri(path: str) -> dict[str, str]:
    log = json.loads(render_sarif([error("x", (Span(Source(path, "a"), 0, 1), ""))], "1"))
    found: dict[str, str] = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
    return found


def test_paths_become_uris() -> None:
    assert uri("a b/ü#%.kpi") == {"uri": "a%20b/%C3%BC%23%25.kpi", "uriBaseId": "%SRCROOT%"}
    assert uri("c:d/<stdin>") == {"uri": "c%3Ad/%3Cstdin%3E", "uriBaseId": "%SRCROOT%"}
    assert uri("/home/a b.kpi") == {"uri": "file:///home/a%20b.kpi"}
    assert uri(r"C:\specs\a b.kpi") == {"uri": "file:///C:/specs/a%20b.kpi"}


def test_a_message_is_neither_placeholder_nor_link() -> None:
    found = replace(error("write `{0}` or `{` and [a](1) or [a]"), hint="{12}")
    message = json.loads(render_sarif([found], "1"))["runs"][0]["results"][0]["message"]["text"]
    assert message == "write `{{0}}` or `{` and \\[a](1) or [a]\nhelp: {{12}}"


def test_a_code_with_a_page_has_it_as_help() -> None:
    rule = sarif_module.rule("K0601")
    assert rule["help"] == {"text": sarif_module.explain("K0601"), "markdown": sarif_module.explain("K0601")}
    assert sarif_module.rule("K0999") == {"id": "K0999"}


def test_github_commands() -> None:
    note = Diagnostic("K0999", Severity.NOTE, "50% of, that: is\nmuch", (Label(Span(SHOP, 0, 60), "all"),))
    source = Source("a,b:c%\n.kpi", "x")
    odd = Diagnostic("K0999", Severity.WARNING, "odd", (Label(Span(source, 1, 1)),), fix=Fix("type", PLACE, "x"))
    message = (
        "there is no metric `reveneu`%0Anot found%0Aspecs/shop.kpi:2: near%0A"
        "note: a note%0Ahelp: did you mean `revenue`?%0Ahelp: write `revenue`"
    )
    assert render_github([FOUND, BARE, note, odd]).split("\n") == [
        f"::error file=specs/shop.kpi,line=4,col=12,endLine=4,endColumn=19,title=K0101%3A {CODES['K0101']}::{message}",
        f"::warning title=K0601%3A {CODES['K0601']}::no answer",
        "::notice file=specs/shop.kpi,line=1,endLine=2,title=K0999::50%25 of, that: is%0Amuch%0Aall",
        "::warning file=a%2Cb%3Ac%25%0A.kpi,line=1,col=2,endLine=1,endColumn=2,title=K0999::odd%0Ahelp: type",
        "",
    ]


def unescaped(text: str) -> str:
    """What the runner makes of a value."""
    for written, meant in (("%3A", ":"), ("%2C", ","), ("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
        text = text.replace(written, meant)
    return text


@given(st.lists(diagnostics(), max_size=3))
def test_github_commands_are_a_line_each_and_are_read_back_as_meant(found: list[Diagnostic]) -> None:
    lines = render_github(found).split("\n")
    assert lines.pop() == ""
    for each, line in zip(found, lines, strict=True):
        _, head, message = line.split("::", 2)
        level, _, listed = head.partition(" ")
        properties = {name: unescaped(value) for name, _, value in (part.partition("=") for part in listed.split(","))}
        assert level == {"error": "error", "warning": "warning", "note": "notice"}[each.severity.value]
        assert properties["title"].startswith(each.code)
        assert "\r" not in line
        assert message.count("%") == len(re.findall("%25|%0A", message))
        if each.span is not None:
            assert properties["file"].replace("\ufffd", "?") == re.sub(
                "[\ud800-\udfff\ufffd]", "?", each.span.source.path
            )
            assert ("col" in properties) == (properties["line"] == properties["endLine"])
