"""What a parse needs of Lark's parser, as plain tables: made by Lark from `grammar/`, and kept.

Reading them takes a hundredth of the time that Lark takes to start, and `drive.py` walks them in less than half the
time of Lark's own loop (docs/adr/0010-driving-larks-tables.md). What is right and wrong is still Lark's word: a text
these tables do not accept is given to Lark, which says where and why.
"""

from __future__ import annotations

import marshal
import sys
from functools import cache
from typing import TYPE_CHECKING, Any

from kpidsl import kept_files
from kpidsl.records import dataclass
from kpidsl.syntax.grammar_files import grammar_text, makers

if TYPE_CHECKING:
    from lark.lexer import TerminalDef

KEYWORD_END = r"(?![A-Za-z0-9_])"
LINE_END = "_NL"
CONTINUATION = "CONTINUATION"
BLANK = r"[ \t\r\f]+"
PUNCTUATION = "(){}[],:;^~*/"

# How a rule's value is made of its children: how many there are; what the rule is called; which children are kept, each
# with whether its own children stand for it and how many are left out before it; how many are left out at the end;
# whether a single child stands for the rule; the name of its branch; whether its children stand for it in any case.
Recipe = tuple[int, str, tuple[tuple[int, bool, int], ...] | None, int, bool, str, bool]
# How a state reads on: its keywords, whether a name may stand there, and patterns for what begins with a letter and
# ranks above keywords, and for all that does not begin with one.
Reader = tuple[dict[str, str], bool, str | None, str]


class Unsupported(Exception):
    """Lark's parser is not built as these tables expect."""


@dataclass(frozen=True, slots=True)
class Tables:
    """`states`: by state, what a terminal or rule leads to: a state to go to, or `~` the number of a rule to reduce."""

    start: int
    end: int
    states: tuple[dict[str, int], ...]
    rules: tuple[Recipe, ...]
    reader_of: tuple[int, ...]
    readers: tuple[Reader, ...]
    punctuation: dict[str, str]
    line_end: str
    continuation: str


@cache
def tables() -> Tables | None:
    """The tables of the grammar; None where Lark's parser is built in a way they do not know."""
    name = kept_files.key(grammar_text().encode(), makers(), str(sys.version_info).encode())
    kept = kept_files.load("tables", name)
    if kept is not None:
        return Tables(*marshal.loads(kept))  # noqa: S302 -- our own, from a folder only the user may write
    try:
        made = _made()
    except (Unsupported, AttributeError, TypeError, ValueError, KeyError):
        return None
    kept_files.save("tables", name, marshal.dumps(made))
    return Tables(*made)


def _made() -> tuple[Any, ...]:
    from lark.parsers.lalr_analysis import Shift

    from kpidsl.syntax.grammar import parser

    frontend = parser().parser
    loop = frontend.parser.parser
    lexer = frontend.lexer.lexer
    numbers = {rule: number for number, rule in enumerate(loop.callbacks)}
    rules = tuple(_recipe(rule, made) for rule, made in loop.callbacks.items())
    order = sorted(loop.parse_table.states)
    place = {state: at for at, state in enumerate(order)}
    states = tuple(
        {
            str(symbol): place[argument] if action is Shift else ~numbers[argument]
            for symbol, (action, argument) in loop.parse_table.states[state].items()
        }
        for state in order
    )
    known: dict[int, int] = {}
    readers: list[Reader] = []
    for state in order:
        own = lexer.lexers[state]
        if id(own) not in known:
            known[id(own)] = len(readers)
            readers.append(_reader(own))
    terminals = {terminal.name: terminal for terminal in lexer.root_lexer.terminals}
    punctuation = {
        str(terminal.pattern.value): str(name)
        for name, terminal in terminals.items()
        if terminal.pattern.type == "str" and terminal.pattern.value in PUNCTUATION
    }
    return (
        place[loop.parse_table.start_states["start"]],
        place[loop.parse_table.end_states["start"]],
        states,
        rules,
        tuple(known[id(lexer.lexers[state])] for state in order),
        tuple(readers),
        punctuation,
        terminals[LINE_END].pattern.to_regexp(),
        terminals[CONTINUATION].pattern.to_regexp(),
    )


def _recipe(rule: Any, made: Any) -> Recipe:
    """A rule's recipe, from the chain of functions by which Lark builds its tree."""
    from lark.parse_tree_builder import ChildFilter, ExpandSingleChild, PropagatePositions

    kept: tuple[tuple[int, bool, int], ...] | None = None
    after = 0
    single = False
    while True:
        match made:
            case PropagatePositions():
                pass
            case ExpandSingleChild():
                single = True
            case ChildFilter():
                kept = tuple((item[0], bool(item[1]), item[2] if item[2:] else 0) for item in made.to_include)
                after = getattr(made, "append_none", 0)
            case _:
                break
        made = made.node_builder
    origin = str(rule.origin.name)
    if not isinstance(made.args[0], str):
        raise Unsupported
    return len(rule.expansion), origin, kept, after, single, str(made.args[0]), origin.startswith("_")


def _reader(lexer: Any) -> Reader:
    """How a state reads on, from Lark's lexer of that state, whose terminals stand in the order they are tried."""
    scanner = lexer.scanner  # made on first use, and the callbacks with it
    if lexer.callback or len(lexer.ignore_types) != 3:
        raise Unsupported
    keywords: dict[str, str] = {}
    letters: list[TerminalDef] = []
    rest: list[TerminalDef] = []
    takes_name = False
    for terminal in scanner.terminals:
        pattern = terminal.pattern.to_regexp()
        word = pattern.removesuffix(KEYWORD_END)
        if terminal.name == "NAME":
            takes_name = True
        elif word != pattern and word.isidentifier():
            keywords[word] = str(terminal.name)
        elif terminal.name == "PERIOD":
            letters.append(terminal)
            rest.append(terminal)
        elif _begins_with_letter(terminal):
            letters.append(terminal)
        elif terminal.name not in (LINE_END, CONTINUATION, "COMMENT") and pattern != BLANK:
            rest.append(terminal)
    special = _either(letters)
    if special is not None:
        import re

        # Lark tries terminals by priority: one of these that is also a keyword here would need its order.
        read = re.compile(special)
        if any(read.match(word) and not _outranks(letters, word) for word in keywords):
            raise Unsupported
    return keywords, takes_name, special, _either(rest) or r"(?!)"


def _begins_with_letter(terminal: TerminalDef) -> bool:
    import re

    first = re.match(r"(?:\(\?:)?\(*([A-Za-z])", terminal.pattern.to_regexp())
    return first is not None


def _outranks(letters: list[TerminalDef], word: str) -> bool:
    import re

    return all(
        terminal.priority > 1 for terminal in letters if re.match(terminal.pattern.to_regexp(), word) is not None
    )


def _either(terminals: list[TerminalDef]) -> str | None:
    if not terminals:
        return None
    return "|".join(f"(?P<{terminal.name}>{terminal.pattern.to_regexp()})" for terminal in terminals)
