"""The layout of blocks: one statement a line, the values of properties under each other, comments where they were."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from kpidsl.records import dataclass
from kpidsl.syntax.format_lines import STEP, WIDTH, flat, lay_out, width
from kpidsl.syntax.format_table import read_table, table_line, table_lines
from kpidsl.syntax.format_tokens import CONTINUES, Block, Piece, Remark, Statement, consecutive

LONGEST_WORD = 10  # characters; the value of a property with a longer word stands one blank behind it
LONGEST_NAME = 24  # characters; likewise for what is named, as in `let name = …`
WIDEST_CODE = 60  # columns; a longer line does not push the comments of the others
_ALIGNED = frozenset(
    {
        "calendar",
        "source",
        "metric",
        "kpi",
        "action",
        "signal",
        "objective",
        "outcome",
        "evidence",
        "policy",
        "scorecard",
    }
)
_STANDS_ALONE = frozenset({"key result", "evidence", "judge", "section"})
# What is named, in tokens, of the statements whose right sides stand under each other.
_NAMED = {"let": 2, "level": 2, "unit": 2, "param": 2}
_TOP = frozenset({"unit", "param"})


@dataclass(slots=True)
class _Entry:
    """The lines of an item of a block, and the comment that goes behind the last of them."""

    lines: list[str]
    note: str | None = None
    aligned: bool = True


def lay_out_file(whole: Block) -> str:
    """The text of a file."""
    lines = _lines(whole, 0, "")
    return "\n".join([*lines, ""]) if lines else ""


def _lines(block: Block, indent: int, kind: str) -> list[str]:
    entries: list[_Entry] = []
    items = _padded(block.items, kind)
    for index, item in enumerate(items):
        if item.blank_above and index:
            entries.append(_Entry([""]))
        match item:
            case Remark(text=text):
                entries.append(_Entry([" " * indent + text]))
            case Statement():
                lines = _statement(item, indent)
                if _would_continue(items[index + 1 :]):
                    lines[-1] += ";"
                entries.append(_Entry(lines, item.note, len(lines) == 1))
    _place_notes(entries, by_run=not kind)
    return [line for entry in entries for line in entry.lines]


def _would_continue(following: Sequence[Statement | Remark]) -> bool:
    """Whether the next statement begins with a word that would make it part of this one."""
    after = next((item for item in following if isinstance(item, Statement)), None)
    return after is not None and CONTINUES.match(after.pieces[0].text) is not None


def _statement(statement: Statement, indent: int) -> list[str]:
    block = statement.block
    if block is None:
        if statement.pieces[0].kind == "GIVEN":
            table = read_table(statement.pieces[0].text)
            line = table_line(table)
            return (
                [" " * indent + line]
                if line is not None and indent + width(line) <= WIDTH
                else table_lines(table, indent)
            )
        return lay_out(statement.pieces, indent)
    line = _on_one_line(statement)
    if line is not None and indent + width(line) <= WIDTH:
        return [" " * indent + line]
    empty = not block.items and block.note is None
    head = lay_out((*statement.pieces, Piece("LBRACE", "{}" if empty else "{", " ")), indent)
    if empty:
        return head
    if block.note is not None:
        head[-1] += f"  {block.note}"
    return [*head, *_lines(block, indent + STEP, statement.kind), " " * indent + "}"]


def _on_one_line(statement: Statement) -> str | None:
    """A statement on one line; None where its blocks were not written so, or have comments or lines of their own."""
    if statement.has_remarks:
        return None
    block = statement.block
    if block is None:
        if statement.pieces[0].kind == "GIVEN":
            return table_line(read_table(statement.pieces[0].text))
        text = flat(statement.pieces)
        return None if "\n" in text else text
    if not block.one_line:
        return None
    parts: list[str] = []
    for item in block.items:
        part = _on_one_line(item) if isinstance(item, Statement) and item.note is None else None
        if part is None:
            return None
        parts.append(part)
    inside = f"{{ {'; '.join(parts)} }}" if parts else "{}"
    return f"{flat(statement.pieces)} {inside}"


def _padded(items: Sequence[Statement | Remark], kind: str) -> tuple[Statement | Remark, ...]:
    """The items with the blanks that put values under each other."""
    result = list(items)
    if kind in _ALIGNED:
        words = [item for item in items if isinstance(item, Statement) and _is_property(item)]
        room = _room([len(item.pieces[0].text) for item in words], LONGEST_WORD)
        for index, item in enumerate(items):
            if isinstance(item, Statement) and _is_property(item):
                result[index] = _spread(item, 1, room - len(item.pieces[0].text))
    for run in consecutive(tuple(items)):
        first = items[run[0]]
        assert isinstance(first, Statement)
        count = _NAMED.get(first.kind)
        if count is None or bool(kind) == (first.kind in _TOP):
            continue
        named = [item for index in run if isinstance(item := result[index], Statement) and len(item.pieces) > count]
        room = _room([width(flat(item.pieces[1:count])) for item in named], LONGEST_NAME)
        for index in run:
            item = result[index]
            if isinstance(item, Statement) and len(item.pieces) > count:
                result[index] = _spread(item, count, room - width(flat(item.pieces[1:count])))
    return tuple(result)


def _is_property(statement: Statement) -> bool:
    return len(statement.pieces) > 1 and statement.kind not in _STANDS_ALONE


def _room(widths: Sequence[int], most: int) -> int:
    return max((each for each in widths if each <= most), default=0)


def _spread(statement: Statement, index: int, blanks: int) -> Statement:
    """The statement with more blanks before one of its tokens."""
    if blanks <= 0:
        return statement
    pieces = list(statement.pieces)
    pieces[index] = replace(pieces[index], before=pieces[index].before + " " * blanks)
    return replace(statement, pieces=tuple(pieces))


def _place_notes(entries: Sequence[_Entry], *, by_run: bool) -> None:
    """Put the comments at the ends of lines under each other: those of a block, or those between two blank lines."""
    group: list[_Entry] = []
    for entry in entries:
        if by_run and entry.lines == [""]:
            _place_group(group)
            group = []
        group.append(entry)
    _place_group(group)


def _place_group(group: Sequence[_Entry]) -> None:
    noted = [entry for entry in group if entry.note is not None]
    column = _room([width(entry.lines[-1]) for entry in noted if entry.aligned], WIDEST_CODE)
    for entry in noted:
        used = width(entry.lines[-1].split("\n")[-1])
        blanks = max(0, column - used) if entry.aligned and used <= WIDEST_CODE else 0
        entry.lines[-1] += f"{' ' * blanks}  {entry.note}"
