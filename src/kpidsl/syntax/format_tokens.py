"""The statements of a file as the formatter sees them: every token, and the comments and blank lines between them."""

from __future__ import annotations

import re
from bisect import bisect, bisect_left
from collections.abc import Iterator
from itertools import pairwise

from lark import Token, Tree

from kpidsl.records import dataclass
from kpidsl.syntax.grammar import parser

CONTINUES = re.compile(r"(?:where|over|on|per|each|default|and|or)(?![A-Za-z0-9_])")
_GAP = re.compile(r"#[^\n]*|\n|;")
_BLANKS = re.compile(r"[ \t]+")
_BLANK_CHARACTERS = " \t\r\f\v"
_SEPARATORS = frozenset({"_NL", "SEMICOLON"})
_STEPS = frozenset({"TO", "PER", "WITHIN"})
_OPERATORS = frozenset({"SIGN", "STAR", "SLASH"})
_HOLDS_BLANKS = frozenset({"COLOUR_WHEN", "PER_NUMBER"})
_GLUED_TO_BOTH = frozenset({".", "^"})
_GLUED_TO_LEFT = frozenset({")", "]", ",", ":"})
_GLUED_TO_RIGHT = frozenset({"(", "["})


@dataclass(frozen=True, slots=True)
class Remark:
    """A comment. `own_line` where nothing stands before it, `blank_above` where a blank line does."""

    text: str
    own_line: bool
    blank_above: bool


@dataclass(frozen=True, slots=True)
class Piece:
    """A token of a statement, what stands between it and the one before it, and how it was written.

    `kind` is the terminal; `BINARY` for an operator between two values, so that `SIGN` is the sign of a number; `STEP`
    for the words between the parts of a conversion. `before` are the blanks to the left, `remarks` the comments there,
    `new_line` says that it began a line.
    """

    kind: str
    text: str
    before: str
    remarks: tuple[Remark, ...] = ()
    new_line: bool = False


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement: its tokens, then the block it opens, if it opens one.

    `note` is the comment at its end.
    """

    pieces: tuple[Piece, ...]
    block: Block | None
    note: str | None
    blank_above: bool

    @property
    def kind(self) -> str:
        """The word that says what it is: `source`, `value`, `red when`; `key result`, not to be taken for a `key`."""
        first = self.pieces[0].text
        return "key result" if first == "key" and self.block is not None else first

    @property
    def has_remarks(self) -> bool:
        return any(piece.remarks for piece in self.pieces)


@dataclass(frozen=True, slots=True)
class Block:
    """What stands between braces, or in a whole file. `note` is the comment behind `{`."""

    items: tuple[Statement | Remark, ...]
    note: str | None
    one_line: bool

    def comments(self) -> Iterator[str]:
        """Every comment in it but those inside of `given` tables."""
        if self.note is not None:
            yield self.note
        for item in self.items:
            match item:
                case Remark():
                    yield item.text
                case Statement():
                    yield from (remark.text for piece in item.pieces for remark in piece.remarks)
                    if item.block is not None:
                        yield from item.block.comments()
                    if item.note is not None:
                        yield item.note

    def tables(self) -> Iterator[str]:
        """The text of every `given` table in it."""
        for item in self.items:
            if isinstance(item, Statement):
                yield from (piece.text for piece in item.pieces if piece.kind == "GIVEN")
                if item.block is not None:
                    yield from item.block.tables()


@dataclass(frozen=True, slots=True)
class _Gap:
    """What stands between two tokens: comments, line ends, and whether a statement ends there."""

    remarks: tuple[Remark, ...]
    new_line: bool
    blank_above: bool
    ends: bool


def read_blocks(text: str) -> Block:
    """The statements of a text without syntax errors. Raises lark's UnexpectedInput where there are any."""
    reading = parser().parse_interactive(text)
    tokens = list(reading.iter_parse())
    tree = reading.feed_eof()  # type: ignore[no-untyped-call] # lark leaves this one method bare
    return _Reader(text, tokens, tree).whole()


class _Reader:
    """Walks over the tokens of one text; `at` is the index of the next one."""

    def __init__(self, text: str, tokens: list[Token], tree: Tree[Token]) -> None:
        self.text = text
        self.tokens = [token for token in tokens if token.type not in _SEPARATORS]
        self.ends = {_start(token) for token in tokens if token.type in _SEPARATORS}
        self.binary = {
            _start(child)
            for branch in tree.find_data("binary")
            for child in branch.children
            if isinstance(child, Token) and child.type in _OPERATORS
        }
        self.calls = {
            branch.children[0].meta.end_pos
            for name in ("call", "provider_call")
            for branch in tree.find_data(name)
            if isinstance(branch.children[0], Tree)
        }
        starts = [_start(token) for token in self.tokens]
        self.steps = {
            _start(token)
            for branch in tree.find_data("conversion")
            for left, right in pairwise(branch.children[1:])
            if isinstance(left, Tree) and isinstance(right, Tree)
            for token in self.tokens[bisect(starts, left.meta.start_pos) : bisect_left(starts, right.meta.start_pos)]
            if token.type in _STEPS and _start(token) >= left.meta.end_pos
        }
        edges = [0, *(edge for token in self.tokens for edge in (_start(token), _end(token))), len(text)]
        self.gaps = [self._gap(edges[i], edges[i + 1]) for i in range(0, len(edges), 2)]
        self.at = 0

    def whole(self) -> Block:
        items: list[Statement | Remark] = []
        self._fill(items)
        return Block(tuple(items), None, one_line=False)

    def _gap(self, start: int, end: int) -> _Gap:
        remarks: list[Remark] = []
        lines = 0 if start else 1
        seen = False
        for part in _GAP.finditer(self.text, start, end):
            match part[0]:
                case "\n":
                    lines += 1
                case ";":
                    lines = 0
                case comment:
                    remarks.append(Remark(comment.rstrip(_BLANK_CHARACTERS), lines > 0, lines > 1))
                    lines = 0
            seen = seen or part[0] == "\n"
        ends = any(place in self.ends for place in range(start, end))
        return _Gap(tuple(remarks), seen or not start, lines > 1, ends)

    def _fill(self, items: list[Statement | Remark]) -> str | None:
        """Read statements up to a closing brace or the end. Returns the comment before the first line end."""
        opening: str | None = None
        while True:
            gap = self.gaps[self.at]
            remarks = list(gap.remarks)
            if remarks and not remarks[0].own_line:
                note = remarks.pop(0).text
                last = items[-1] if items else None
                if isinstance(last, Statement):
                    items[-1] = Statement(last.pieces, last.block, note, last.blank_above)
                else:
                    opening = note
            items.extend(remarks)
            if self.at == len(self.tokens) or self.tokens[self.at].type == "RBRACE":
                return opening
            items.append(self._statement(gap))

    def _statement(self, above: _Gap) -> Statement:
        pieces: list[Piece] = []
        block: Block | None = None
        while True:
            token = self.tokens[self.at]
            if token.type == "LBRACE":
                block = self._block()
                break
            if pieces:
                gap = self.gaps[self.at]
                before = "" if self._glued(self.tokens[self.at - 1], token) else " "
                pieces.append(Piece(self._kind(token), _spelt(token), before, gap.remarks, gap.new_line))
            else:
                pieces.append(Piece(self._kind(token), _spelt(token), ""))
            self.at += 1
            if self.gaps[self.at].ends or self.at == len(self.tokens) or self.tokens[self.at].type == "RBRACE":
                break
        return Statement(tuple(pieces), block, None, above.blank_above)

    def _block(self) -> Block:
        opens = _end(self.tokens[self.at])
        self.at += 1
        items: list[Statement | Remark] = []
        note = self._fill(items)
        one_line = "\n" not in self.text[opens : _start(self.tokens[self.at])]
        self.at += 1
        return Block(tuple(items), note, one_line)

    def _kind(self, token: Token) -> str:
        if _start(token) in self.binary:
            return "BINARY"
        return "STEP" if _start(token) in self.steps else token.type

    def _glued(self, left: Token, right: Token) -> bool:
        match (left.value, right.value):
            case (one, other) if one in _GLUED_TO_BOTH or other in _GLUED_TO_BOTH:
                return True
            case (one, other) if one in _GLUED_TO_RIGHT or other in _GLUED_TO_LEFT:
                return True
            case ("..", _):
                return True
            case (_, ".."):
                return left.type != "LIMITS"
            case (_, "("):
                return (
                    left.type in ("CODED", "CONVERSION", "APPROXIMATE") or _end(left) in self.calls or self._tight(left)
                )
            case _:
                return self._tight(left) or (right.type in ("STAR", "SLASH") and self._tight(right))

    def _tight(self, token: Token) -> bool:
        """Whether it is the sign of a number (`-5`) or an operator between units (`km/h`)."""
        return token.type in _OPERATORS and _start(token) not in self.binary


def _spelt(token: Token) -> str:
    return _BLANKS.sub(" ", token.value) if token.type in _HOLDS_BLANKS else str(token.value)


def _start(token: Token) -> int:
    assert token.start_pos is not None
    return token.start_pos


def _end(token: Token) -> int:
    assert token.end_pos is not None
    return token.end_pos


def consecutive(items: tuple[Statement | Remark, ...]) -> Iterator[tuple[int, ...]]:
    """Runs of statements of one kind, as indexes: no blank line and no comment line parts them."""
    run: list[int] = []
    for index, (above, item) in enumerate(pairwise((None, *items))):
        joined = (
            isinstance(item, Statement)
            and isinstance(above, Statement)
            and above.kind == item.kind
            and not item.blank_above
        )
        if not joined and run:
            yield tuple(run)
            run = []
        if isinstance(item, Statement):
            run.append(index)
    if run:
        yield tuple(run)
