"""Lark's parse table walked in one loop, tokens and all: a text that is right, read in less than half Lark's time."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any

from kpidsl.syntax.branches import Branch, Leaf
from kpidsl.syntax.tables import Tables, tables

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*").match
_LETTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_")
_OPENING = frozenset({"LPAR", "LSQB"})
_CLOSING = frozenset({"RPAR", "RSQB"})
_GOES_ON_AFTER = frozenset({"EQUAL", "COMMA"})
_ENDING = frozenset({"_NL", "SEMICOLON"})
MOST_BRACKETS = 200  # open at once: reading more costs time and means nothing
MOST_WORDS = 15_000  # words and signs of one statement
Match = Callable[[str, int, int], "re.Match[str] | None"]


class Reading:
    """The tables with their patterns compiled, each when it is first needed."""

    def __init__(self, made: Tables) -> None:
        self.tables = made
        self.line_end: Match = re.compile(made.line_end).match
        self.continuation: Match = re.compile(made.continuation).match
        self._compiled: dict[str, Match] = {}
        self._readers: list[tuple[dict[str, str], bool, Match | None, Match] | None] = [None] * len(made.readers)

    def reader(self, state: int) -> tuple[dict[str, str], bool, Match | None, Match]:
        number = self.tables.reader_of[state]
        found = self._readers[number]
        if found is None:
            keywords, takes_name, special, rest = self.tables.readers[number]
            found = (keywords, takes_name, self._match(special) if special is not None else None, self._match(rest))
            self._readers[number] = found
        return found

    def _match(self, pattern: str) -> Match:
        if pattern not in self._compiled:
            self._compiled[pattern] = re.compile(pattern).match
        return self._compiled[pattern]


@cache
def _reading() -> Reading | None:
    made = tables()
    return None if made is None else Reading(made)


def drive(text: str, start: int, end: int, tokens: list[Leaf] | None = None) -> Branch | None:
    """The tree of `text[start:end]`, with places in the whole text; None where the grammar does not accept it. `tokens`
    gets every token, those too that the tree leaves out.

    What Lark's contextual lexer and `LineEnds` do with a text is done here as well, token by token: a keyword is one
    only where the grammar expects it, and line ends inside brackets, after `=` and after a comma do not count.
    """
    reading = _reading()
    if reading is None:
        return None
    table = reading.tables
    states, rules, punctuation = table.states, table.rules, table.punctuation
    state = table.start
    stack = [state]
    values: list[Any] = []
    starts: list[int] = []
    ends: list[int] = []
    at, depth, words, before = start, 0, 0, ""
    while True:
        # ------------------------------------------------------------ the next token
        while True:
            while at < end and text[at] in " \t":
                at += 1
            if at >= end:
                kind, word, stop = "$END", "", at
                break
            character = text[at]
            if character in punctuation:
                kind, word, stop = punctuation[character], character, at + 1
            elif character in _LETTERS:
                keywords, takes_name, special, _ = reading.reader(state)
                found = special(text, at, end) if special is not None else None
                if found is not None:
                    assert found.lastgroup is not None
                    kind, word, stop = found.lastgroup, found.group(), found.end()
                else:
                    found = _WORD(text, at, end)
                    assert found is not None
                    word, stop = found.group(), found.end()
                    kind = keywords.get(word, "NAME" if takes_name else "")
            elif character in "\r\n":
                found = reading.continuation(text, at, end)
                if found is not None:
                    at = found.end()
                    continue
                found = reading.line_end(text, at, end)
                if found is None:
                    if character == "\n":
                        return None
                    at += 1
                    continue
                stop = found.end()
                if depth or before in _GOES_ON_AFTER:
                    at = stop
                    continue
                kind, word = "_NL", ""
            elif character == "#":
                at = text.find("\n", at, end)
                if at < 0:
                    at = end
                continue
            elif character == "\f":
                at += 1
                continue
            else:
                found = reading.reader(state)[3](text, at, end)
                if found is None:
                    return None
                assert found.lastgroup is not None
                kind, word, stop = found.lastgroup, found.group(), found.end()
            break
        words += 1
        if kind in _OPENING:
            depth += 1
        elif depth and kind in _CLOSING:
            depth -= 1
        elif kind in _ENDING:
            if before in _ENDING:
                at = stop  # one ends a statement as well as many
                continue
            words = 0
        if words > MOST_WORDS or depth > MOST_BRACKETS:
            return None
        before = kind
        # ------------------------------------------------------------ reduce what it ends, then take it
        while True:
            step = states[state].get(kind)
            if step is None:
                return None
            if step >= 0:
                state = step
                stack.append(state)
                leaf = Leaf(kind, word, at, stop)
                values.append(leaf)
                if tokens is not None:
                    tokens.append(leaf)
                starts.append(at)
                ends.append(stop)
                at = stop
                break
            size, origin, kept, after, single, name, inlined = rules[~step]
            if size:
                children = values[-size:]
                first, last = starts[-size], ends[-1]
                del values[-size:], starts[-size:], ends[-size:], stack[-size:]
            else:
                children, first, last = [], at, at
            if kept is not None:
                chosen: list[Any] = []
                for index, stands_for, left_out in kept:
                    if left_out:
                        chosen += [None] * left_out
                    if not stands_for:
                        chosen.append(children[index])
                    elif chosen:
                        chosen += children[index]
                    else:
                        chosen = children[index]
                if after:
                    chosen += [None] * after
                children = chosen
            value: Any = children
            if single and len(children) == 1:
                value = children[0]
            elif not inlined:
                value = Branch(name, children, first, last)
            state = states[stack[-1]][origin]
            stack.append(state)
            values.append(value)
            starts.append(first)
            ends.append(last)
            if kind == "$END" and state == table.end:
                assert isinstance(value, Branch)
                return value
