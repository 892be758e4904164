"""The statements of a file as the formatter sees them: every token, and the comments and blank lines between them."""

from __future__ import annotations

import re
from bisect import bisect, bisect_left
from collections.abc import Iterator
from itertools import pairwise

from kpidsl.records import dataclass
from kpidsl.syntax.branches import Branch, Leaf
from kpidsl.syntax.drive import drive
from kpidsl.syntax.hidden import hides_lines

CONTINUES = re.compile(r"(?:where|over|on|per|each|default|and|or)(?![A-Za-z0-9_])")
_GAP = re.compile(r"#[^\n]*|\n|;")
_BLANKS = re.compile(r"[ \t]+")
_BLANK_CHARACTERS = " \t\r\f\v"
_SEPARATORS = frozenset({"_NL", "SEMICOLON"})
_STEPS = frozenset({"TO", "PER", "WITHIN"})
_OPERATORS = frozenset({"SIGN", "STAR", "SLASH"})
_HOLDS_BLANKS = frozenset({"COLOUR_WHEN", "PER_NUMBER"})
_TELLING = ("binary", "call", "provider_call", "conversion")
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
    tokens: list[Leaf] = []
    tree = drive(text, 0, len(text), tokens) if not hides_lines(text) else None
    if tree is None:
        tokens, tree = _by_lark(text)
    return _Reader(text, tokens, tree).whole()


def _by_lark(text: str) -> tuple[list[Leaf], Branch]:
    from kpidsl.syntax.grammar import parser
    from kpidsl.syntax.mend import branch_of

    reading = parser().parse_interactive(text)
    tokens = [
        Leaf(token.type, str(token.value), token.start_pos or 0, token.end_pos or 0) for token in reading.iter_parse()
    ]
    tree = reading.feed_eof()  # type: ignore[no-untyped-call] # lark leaves this one method bare
    return tokens, branch_of(tree, 0)


class _Reader:
    """Walks over the tokens of one text; `at` is the index of the next one."""

    def __init__(self, text: str, tokens: list[Leaf], tree: Branch) -> None:
        self.text = text
        self.tokens = [token for token in tokens if token.type not in _SEPARATORS]
        self.ends = {token.start_pos for token in tokens if token.type in _SEPARATORS}
        found = _branches(tree)
        self.binary = {
            child.start_pos
            for branch in found["binary"]
            for child in branch.children
            if isinstance(child, Leaf) and child.type in _OPERATORS
        }
        self.calls = {
            branch.children[0].end_pos
            for branch in (*found["call"], *found["provider_call"])
            if isinstance(branch.children[0], Branch)
        }
        starts = [token.start_pos for token in self.tokens]
        self.steps = {
            token.start_pos
            for branch in found["conversion"]
            for left, right in pairwise(branch.children[1:])
            if isinstance(left, Branch) and isinstance(right, Branch)
            for token in self.tokens[bisect(starts, left.start_pos) : bisect_left(starts, right.start_pos)]
            if token.type in _STEPS and token.start_pos >= left.end_pos
        }
        edges = [0, *(edge for token in self.tokens for edge in (token.start_pos, token.end_pos)), len(text)]
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
        opens = self.tokens[self.at].end_pos
        self.at += 1
        items: list[Statement | Remark] = []
        note = self._fill(items)
        one_line = "\n" not in self.text[opens : self.tokens[self.at].start_pos]
        self.at += 1
        return Block(tuple(items), note, one_line)

    def _kind(self, token: Leaf) -> str:
        if token.start_pos in self.binary:
            return "BINARY"
        return "STEP" if token.start_pos in self.steps else token.type

    def _glued(self, left: Leaf, right: Leaf) -> bool:
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
                    left.type in ("CODED", "CONVERSION", "APPROXIMATE")
                    or left.end_pos in self.calls
                    or self._tight(left)
                )
            case _:
                return self._tight(left) or (right.type in ("STAR", "SLASH") and self._tight(right))

    def _tight(self, token: Leaf) -> bool:
        """Whether it is the sign of a number (`-5`) or an operator between units (`km/h`)."""
        return token.type in _OPERATORS and token.start_pos not in self.binary


def _spelt(token: Leaf) -> str:
    return _BLANKS.sub(" ", token.value) if token.type in _HOLDS_BLANKS else str(token.value)


def _branches(tree: Branch) -> dict[str, list[Branch]]:
    """The branches that tell how tokens are meant, by their rules."""
    found: dict[str, list[Branch]] = {name: [] for name in _TELLING}
    left = [tree]
    while left:
        branch = left.pop()
        if branch.data in found:
            found[branch.data].append(branch)
        left.extend(child for child in branch.children if isinstance(child, Branch))
    return found


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
