"""Whatever the texts and places are, a diagnostic can be shown, and what is shown harms no terminal."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from diagnostics.cases import diagnostics, sources
from kpidsl.diagnostics import Diagnostic, Label, Severity
from kpidsl.diagnostics.glyphs import columns, glyphs, visible
from kpidsl.diagnostics.text import render_text
from kpidsl.source_text import Source, Span

widths = st.none() | st.integers(-5, 200)
UNSAFE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


@given(st.lists(diagnostics(), max_size=3), widths)
def test_every_diagnostic_can_be_shown(found: list[Diagnostic], width: int | None) -> None:
    plain = render_text(found, colour=False, width=width)
    assert not UNSAFE.search(plain)
    assert plain.encode("utf-8").decode("utf-8") == plain
    assert re.sub(r"\x1b\[[0-9;]*m", "", render_text(found, colour=True, width=width)) == plain
    assert plain.endswith("\n") == bool(found)


@given(diagnostics(), st.integers(40, 200))
def test_source_lines_and_marks_stay_within_the_width(found: Diagnostic, width: int) -> None:
    rows = [
        row for row in render_text([found], colour=False, width=width).split("\n") if re.match(r" *\d+ [-+|] ", row)
    ]
    assert all(columns(row) <= width for row in rows)


@given(sources(), st.data())
def test_the_carets_are_as_long_as_what_they_mark_and_start_where_it_starts(
    source: Source, data: st.DataObject
) -> None:
    number = data.draw(st.integers(1, source.text.count("\n") + 1))
    line = source.line(number)
    start = data.draw(st.integers(0, len(line)))
    end = data.draw(st.integers(start, len(line)))
    begin = source.text.split("\n")[: number - 1]
    before = sum(len(each) + 1 for each in begin)
    found = Diagnostic("K0999", Severity.ERROR, "x", (Label(Span(source, before + start, before + end)),))
    if columns(line) > 10_000 or len(line) > 4_000:
        return
    rows = render_text([found], colour=False, width=20_000).split("\n")
    marks = next(row for row in rows if re.fullmatch(r" *\| *\^+", row))
    signs = glyphs(line)
    lead = marks.index("|") + 2
    assert marks.index("^") == lead + sum(wide for _, wide in signs[:start])
    assert marks.count("^") == max(1, sum(wide for _, wide in signs[start:end]))


@given(diagnostics())
def test_every_word_is_shown(found: Diagnostic) -> None:
    text = "".join(render_text([found], colour=False, width=200).split())
    for label in found.labels:
        assert "".join(visible(label.text).split()) in text.replace("|", "") or "|" in label.text
    assert "".join(visible(found.message).split()) in text
