"""The grammar of `grammar/`, read once and kept as a Lark parser. The only module that builds a `Lark`."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from functools import cache
from io import BytesIO
from typing import Literal

from lark import Lark, Token
from lark.exceptions import UnexpectedInput
from lark.lexer import PatternRE, PatternStr, TerminalDef

from kpidsl import kept_files
from kpidsl.syntax.drive import MOST_BRACKETS, MOST_WORDS
from kpidsl.syntax.grammar_files import grammar_text, makers

_OPENING = frozenset({"LPAR", "LSQB"})
_CLOSING = frozenset({"RPAR", "RSQB"})
_ENDING = frozenset({"_NL", "SEMICOLON"})
_CONTINUES_AFTER = frozenset({"EQUAL", "COMMA"})
_WORD = re.compile(r"[A-Za-z_]+")


class TooMuch(UnexpectedInput):
    """More brackets are open at once, or more words stand in one statement, than are read.

    `offset` is the place of the one too many.
    """

    def __init__(self, token: Token, what: Literal["brackets", "words"]) -> None:
        super().__init__(f"too many {what}")
        self.offset = token.start_pos or 0
        self.what = what


class LineEnds:
    """Drops the line ends that do not count: inside brackets, after `=` and after a comma."""

    always_accept = ("_NL",)

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        depth = 0
        words = 0
        before = ""
        for token in stream:
            kind = token.type
            words += 1
            if words > MOST_WORDS:
                raise TooMuch(token, "words")
            if kind in _OPENING:
                depth += 1
                if depth > MOST_BRACKETS:
                    raise TooMuch(token, "brackets")
            elif kind in _CLOSING:
                depth = max(0, depth - 1)
            elif kind == "_NL" and (depth or before in _CONTINUES_AFTER):
                continue
            elif kind in _ENDING:
                if before in _ENDING:
                    continue  # one ends a statement as well as many
                words = 0
            before = kind
            yield token


def whole_words(terminal: TerminalDef) -> None:
    """A keyword is a whole word: `overlap` is a name, not `over` and `lap`."""
    pattern = terminal.pattern
    if isinstance(pattern, PatternStr) and _WORD.fullmatch(pattern.value):
        terminal.pattern = PatternRE(pattern.value + r"(?![A-Za-z0-9_])")
        terminal.priority = 1


def build(*, strict: bool = False) -> Lark:
    """A fresh parser; `strict` refuses terminals that collide (development only, needs `interegular`)."""
    return Lark(
        grammar_text(),
        parser="lalr",
        lexer="contextual",
        propagate_positions=True,
        maybe_placeholders=True,
        edit_terminals=whole_words,
        postlex=LineEnds(),
        strict=strict,
    )


@cache
def parser() -> Lark:
    """The parser, from the user's cache where one is kept for this grammar, Lark and Python."""
    folder = kept_files.folder()
    if folder is None:
        return build()
    name = kept_files.key(grammar_text().encode(), makers(), str(sys.version_info).encode())
    known = kept_files.load("grammar", name)
    if known is not None:
        return Lark.load(BytesIO(known))
    # Not by Lark's own cache: the file's name would be part of what has to be the same.
    built, made = build(), BytesIO()
    built.save(made)
    kept_files.save("grammar", name, made.getvalue())
    return built
