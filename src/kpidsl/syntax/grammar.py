"""The grammar of `grammar/`, read once and kept as a Lark parser. The only module that builds a `Lark`."""

from __future__ import annotations

import hashlib
import os
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Literal

import lark
from lark import Lark, Token
from lark.exceptions import UnexpectedInput
from lark.lexer import PatternRE, PatternStr, TerminalDef

_OPENING = frozenset({"LPAR", "LSQB"})
_CLOSING = frozenset({"RPAR", "RSQB"})
_ENDING = frozenset({"_NL", "SEMICOLON"})
_CONTINUES_AFTER = frozenset({"EQUAL", "COMMA"})
_WORD = re.compile(r"[A-Za-z_]+")
MOST_BRACKETS = 200  # open at once: reading more costs time and means nothing
MOST_WORDS = 15_000  # words and signs of one statement


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


def grammar_folder() -> Path:
    """Where the grammar lies: inside the installed package, or in the checkout of an editable install."""
    package = Path(__file__).resolve().parent.parent
    for folder in (package / "grammar", package.parent.parent / "grammar"):
        if folder.is_dir():
            return folder
    raise FileNotFoundError(f"the grammar of kpidsl is missing beside {package}: install kpidsl again")


@cache
def grammar_text() -> str:
    """All grammar files, concatenated in name order."""
    files = sorted(grammar_folder().glob("*.lark"))
    return "\n".join(file.read_text(encoding="utf-8") for file in files)


def cache_folder() -> Path | None:
    """The user's own cache folder for kpidsl (`KPIDSL_CACHE`, `XDG_CACHE_HOME`, `~/.cache`), or None where none can
    be had.

    What lies there is read back by Lark as a pickle, so a folder that others may write is not used.
    """
    chosen = os.environ.get("KPIDSL_CACHE")
    if chosen == "":
        return None
    base = Path(chosen) if chosen else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kpidsl"
    try:
        base.mkdir(mode=0o700, parents=True, exist_ok=True)
        state = base.stat()
    except OSError:
        return None
    if hasattr(os, "getuid") and (state.st_uid != os.getuid() or state.st_mode & 0o022):
        return None
    return base


def build(*, strict: bool = False, cached: str | None = None) -> Lark:
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
        cache=cached or False,
    )


@cache
def parser() -> Lark:
    """The parser, from the user's cache where one is kept for this grammar, Lark and Python."""
    folder = cache_folder()
    if folder is None:
        return build()
    key = f"{grammar_text()}\n{lark.__version__}\n{sys.version_info[:3]}\n{_source_digest()}"
    kept = folder / f"grammar-{hashlib.sha256(key.encode()).hexdigest()[:24]}.bin"
    if kept.exists():
        return build(cached=str(kept))
    fresh = folder / f"{kept.name}.{os.getpid()}.new"
    try:
        built = build(cached=str(fresh))
        fresh.replace(kept)
    except OSError:
        return build()
    return built


def _source_digest() -> str:
    # The terminals are edited by this module, which Lark's own key does not know of.
    return hashlib.sha256(Path(__file__).read_bytes()).hexdigest()
