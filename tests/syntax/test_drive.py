"""The loop over Lark's tables gives the trees that Lark gives, and refuses what Lark refuses."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from lark import TextSlice
from lark.exceptions import UnexpectedInput

from kpidsl.syntax.branches import Branch, Leaf
from kpidsl.syntax.drive import drive
from kpidsl.syntax.grammar import parser
from kpidsl.syntax.mend import branch_of
from kpidsl.syntax.tables import tables

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"```kpi\n(.*?)```", re.DOTALL)
SPECS = [*sorted(ROOT.glob("specs/**/*.kpi")), *sorted(ROOT.glob("tests/**/*.kpi")), *sorted(ROOT.glob("src/**/*.kpi"))]
PAGES = [*sorted(ROOT.glob("docs/**/*.md")), *sorted(ROOT.glob("src/**/*.md"))]
PIECES = re.compile(r"\s+|\w+|.", re.DOTALL)


def texts() -> Iterator[tuple[str, str]]:
    for file in SPECS:
        yield file.relative_to(ROOT).as_posix(), file.read_text("utf-8", errors="replace")
    for page in PAGES:
        for number, block in enumerate(BLOCK.findall(page.read_text("utf-8"))):
            yield f"{page.relative_to(ROOT).as_posix()}#{number}", block


def by_lark(text: str, start: int, end: int) -> Branch | None:
    try:
        return branch_of(parser().parse(TextSlice(text, start, end)), start)
    except UnexpectedInput:
        return None


def flat(tree: Branch | None) -> list[object]:
    """Every branch and leaf with its place, outermost first."""
    found: list[object] = []
    left: list[Branch | Leaf | None] = [tree]
    while left:
        one = left.pop()
        if one is None:
            found.append(None)
        elif isinstance(one, Leaf):
            found.append((one.type, one.value, one.start_pos, one.end_pos))
        else:
            place = (one.start_pos, one.end_pos) if one.children else ()
            found.append((one.data, len(one.children), *place))
            left.extend(reversed(one.children))
    return found


def test_the_tables_know_larks_parser() -> None:
    assert tables() is not None


@pytest.mark.parametrize(
    "written",
    [lambda text: text, lambda text: text.replace("\n", "\r\n"), lambda text: text.replace(" ", "\t \f")],
    ids=["as it is", "with carriage returns", "with other blanks"],
)
def test_every_text_here_gives_larks_tree(written) -> None:
    accepted = 0
    for name, text in texts():
        changed = written(text)
        expected = by_lark(changed, 0, len(changed))
        found = drive(changed, 0, len(changed))
        assert flat(found) == flat(expected), name
        accepted += expected is not None
    assert accepted > 100


def test_a_stretch_of_a_text_is_read_as_if_it_stood_alone() -> None:
    text = "kpi { metric a = sum(x) from s where y == 1  # no\n and"
    start, end = text.index("metric"), text.index("  #")
    assert flat(drive(text, start, end)) == flat(by_lark(text, start, end))
    assert drive(text, start, end) is not None


@pytest.mark.slow
def test_texts_with_a_piece_changed_are_read_or_refused_as_lark_does() -> None:
    chosen = random.Random(4)
    whole = [text for _, text in texts() if 100 < len(text) < 4_000]
    pieces = sorted({piece for text in whole for piece in PIECES.findall(text)})
    for _ in range(600):
        parts = PIECES.findall(chosen.choice(whole))
        for _ in range(chosen.randint(1, 2)):
            at = chosen.randrange(len(parts))
            parts[at : at + chosen.randint(0, 2)] = [chosen.choice(pieces)] * chosen.randint(0, 2)
        text = "".join(parts)
        assert flat(drive(text, 0, len(text))) == flat(by_lark(text, 0, len(text))), text
