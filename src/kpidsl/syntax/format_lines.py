"""One statement on one line where it fits, else broken where the language lets a line end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from kpidsl.diagnostics.glyphs import columns
from kpidsl.syntax.format_tokens import Piece

WIDTH = 100  # columns
STEP = 2  # columns of one indent
DEEPEST = 60  # columns; a bracket that begins a line further in is not opened: hundreds of them would run off the page
_OPENING = frozenset({"LPAR", "LSQB"})
_CLOSING = frozenset({"RPAR", "RSQB"})
# What binds loosest is broken first. A condition after `where` binds tighter than all that stands outside of it.
_RANKS = {"STEP": 0, "OR": 3, "AND": 4, "WHERE": 7, "OVER": 7, "ON": 7, "PER": 7, "EACH": 7, "DEFAULT": 7}
_LISTED = 1
_CHOICE = 2  # before `then` and `else`, in brackets: line ends do not count there
_SUM = 5
_PRODUCT = 6
_BEHIND_WHERE = 10
_END_WHERE = frozenset({"STEP", "OVER", "EACH", "DEFAULT", "EARLIER", "AT", "PER"})


def width(text: str) -> int:
    """Columns of the widest line of a text."""
    return max(len(line) if line.isascii() else columns(line) for line in text.split("\n"))


def flat(pieces: Sequence[Piece]) -> str:
    """Pieces on one line, without the blanks before the first."""
    return "".join(f"{piece.before if index else ''}{piece.text}" for index, piece in enumerate(pieces))


def lay_out(pieces: Sequence[Piece], indent: int) -> list[str]:
    """The lines of a statement that begins at a column; where it has comments inside, its line ends are kept."""
    margin = " " * indent
    head = next((index for index, piece in enumerate(pieces) if piece.kind == "EQUAL"), None)
    if head is not None:
        hang = indent + STEP
    else:
        hang = indent + width(pieces[0].text + (pieces[1].before if len(pieces) > 1 else ""))
    if any(piece.remarks for piece in pieces):
        return _as_written(pieces, margin, hang)
    text = flat(pieces)
    if indent + width(text) <= WIDTH or len(pieces) == 1:
        return [margin + text]
    if head is not None and len(pieces) > head + 1:
        rest = _broken(pieces[head + 1 :], hang, hang, nested=False)
        return [margin + flat(pieces[: head + 1]), " " * hang + rest[0], *rest[1:]]
    rest = _broken(pieces[1:], hang, hang, nested=False)
    return [f"{margin}{pieces[0].text}{pieces[1].before}{rest[0]}", *rest[1:]]


def _broken(pieces: Sequence[Piece], start: int, hang: int, *, nested: bool) -> list[str]:
    """The lines of pieces that begin at column `start`: the first without its indent, the others indented to `hang`."""
    text = flat(pieces)
    if start + width(text) <= WIDTH:
        return [text]
    ranks = _ranks(pieces, nested=nested)
    if not ranks:
        return _bracket_opened(pieces, start, nested=nested)
    loosest = min(ranks.values())
    parts = _split(pieces, [index for index, rank in ranks.items() if rank == loosest])
    if loosest == _LISTED and all(" " not in flat(part) for part in parts):
        return _filled(parts, start, hang)
    lines = _broken(parts[0], start, hang + STEP, nested=nested)
    for part in parts[1:]:
        first, *rest = _broken(part, hang, hang + STEP, nested=nested)
        lines += [" " * hang + first, *rest]
    return lines


def _ranks(pieces: Sequence[Piece], *, nested: bool) -> dict[int, int]:
    """Where a line may end outside of the brackets among the pieces: indexes of what would begin the next line."""
    found: dict[int, int] = {}
    depth = 0
    behind_where = False
    for index, piece in enumerate(pieces):
        if index and piece.kind in _CLOSING:
            depth -= 1
        if depth == 0 and index:
            rank = _rank(piece, nested=nested)
            if pieces[index - 1].kind == "COMMA":
                rank = _LISTED
                behind_where = False
            if piece.kind in _END_WHERE:
                behind_where = False
            if rank is not None:
                found[index] = rank + (_BEHIND_WHERE if behind_where and rank != _LISTED else 0)
        if depth == 0 and piece.kind == "WHERE":
            behind_where = True
        if piece.kind in _OPENING:
            depth += 1
    return found


def _rank(piece: Piece, *, nested: bool) -> int | None:
    match piece.kind:
        case "BINARY":
            return _SUM if piece.text in "+-" else _PRODUCT
        case "THEN" | "ELSE":
            return _CHOICE if nested else None
        case kind:
            return _RANKS.get(kind)


def _split(pieces: Sequence[Piece], places: Sequence[int]) -> list[Sequence[Piece]]:
    edges = [0, *places, len(pieces)]
    return [pieces[edges[i] : edges[i + 1]] for i in range(len(edges) - 1)]


def _filled(parts: Sequence[Sequence[Piece]], start: int, hang: int) -> list[str]:
    """A list of single words, as many a line as there is room for."""
    lines: list[str] = []
    line = flat(parts[0])
    column = start
    for part in parts[1:]:
        longer = f"{line} {flat(part)}"
        if column + width(longer) <= WIDTH:
            line = longer
        else:
            lines.append(line)
            line, column = " " * hang + flat(part), 0
    return [*lines, line]


def _bracket_opened(pieces: Sequence[Piece], start: int, *, nested: bool) -> list[str]:
    """Pieces whose widest bracket stands open over several lines; on one line where there is none to open."""
    pair = _widest_bracket(pieces)
    if pair is None or start > DEEPEST:
        return [flat(pieces)]
    opens, closes = pair
    inside = pieces[opens + 1 : closes]
    column = start + STEP
    ranks = _ranks(inside, nested=True)
    parts = [inside]
    if ranks and min(ranks.values()) == _LISTED:
        parts = _split(inside, [index for index, rank in ranks.items() if rank == _LISTED])
    if all(" " not in flat(part) for part in parts):
        opened = _filled(parts, column, column)
    else:
        continued = column + (STEP if len(parts) > 1 else 0)
        laid = [_broken(part, column, continued, nested=True) for part in parts]
        opened = laid[0]
        for first, *rest in laid[1:]:
            opened += [" " * column + first, *rest]
    closing, *behind = _broken(pieces[closes:], start, start + STEP, nested=nested)
    return [flat(pieces[: opens + 1]), " " * column + opened[0], *opened[1:], " " * start + closing, *behind]


def _widest_bracket(pieces: Sequence[Piece]) -> tuple[int, int] | None:
    open_at: list[int] = []
    found: tuple[int, int] | None = None
    widest = 0
    for index, piece in enumerate(pieces):
        if piece.kind in _OPENING:
            open_at.append(index)
        elif piece.kind in _CLOSING and open_at:
            begin = open_at.pop()
            room = width(flat(pieces[begin + 1 : index])) if not open_at else 0
            if room > widest:
                found, widest = (begin, index), room
    return found


def _as_written(pieces: Sequence[Piece], margin: str, hang: int) -> list[str]:
    """The lines of a statement with comments inside: line ends as they were, indents and blanks as they should be."""
    lines: list[str] = []
    line = margin
    depth = 0
    for index, piece in enumerate(_signs_parted(pieces)):
        depth -= piece.kind in _CLOSING
        if index and piece.new_line:
            indent = " " * (hang + STEP * depth)
            for remark in piece.remarks:
                if remark.own_line:
                    lines.append(line)
                    line = indent + remark.text
                else:
                    line += f"  {remark.text}"
            lines.append(line)
            line = indent + piece.text
        else:
            line += (piece.before if index else "") + piece.text
        depth += piece.kind in _OPENING
    return [*lines, line]


def _signs_parted(pieces: Sequence[Piece]) -> list[Piece]:
    """The same pieces; a sign that begins a line keeps a blank behind it, or the line would be a statement."""
    result: list[Piece] = []
    depth = 0
    for index, piece in enumerate(pieces):
        above = pieces[index - 1] if index else None
        leads = above is not None and above.kind == "SIGN" and above.new_line and depth == 0
        result.append(replace(piece, before=" ") if leads else piece)
        depth += (piece.kind in _OPENING) - (piece.kind in _CLOSING)
    return result
