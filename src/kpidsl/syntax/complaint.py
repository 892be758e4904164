"""Syntax errors in words: what stands there, what was expected, what to type."""

from __future__ import annotations

import re

from lark import Token
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from kpidsl.diagnostics import Fix, Problems
from kpidsl.diagnostics.suggest import is_slip
from kpidsl.source_text import Source, Span
from kpidsl.syntax import habits
from kpidsl.syntax.drive import MOST_BRACKETS, MOST_WORDS
from kpidsl.syntax.expected import SYNONYMS, found_phrase, phrase, spellings, window_meant, word_meant
from kpidsl.syntax.grammar import TooMuch
from kpidsl.syntax.misspelt import misspelt, word_around
from kpidsl.syntax.recovery import Chunk, open_marks
from kpidsl.syntax.slips import slip
from kpidsl.syntax.spoken import of_calendar
from kpidsl.syntax.units_said import unit_said

_CLOSING = {"{": "}", "(": ")", "[": "]"}
_IN_CALENDAR = re.compile(r"\bcalendar[ \t]*\{[^}]*\Z")
_QUOTES = {"'", "‘", "’", "“", "”", "«", "»"}


def report(error: UnexpectedInput, offset: int, source: Source, chunk: Chunk, problems: Problems) -> None:
    """One problem for one syntax error."""
    if isinstance(error, UnexpectedToken | UnexpectedCharacters) and offset < chunk.end:
        found = (
            misspelt(source.text, offset)
            or unit_said(source.text, offset)
            or slip(source.text, offset, accepted(error))
        )
        if found is not None:
            replaced = Span(source, found.start, found.end)
            fix = Fix(found.hint, replaced, found.instead) if found.instead is not None else None
            span = Span(source, *found.at) if found.at is not None else replaced
            problems.error(found.code, found.message, span, hint=found.hint, fix=fix)
            return
    if isinstance(error, UnexpectedToken):
        _token(error, offset, source, chunk, problems)
    elif isinstance(error, TooMuch) and error.what == "words":
        problems.error(
            "K0110",
            f"this statement has more than {MOST_WORDS:_} words and signs",
            Span(source, offset, offset + 1),
            "this is one too many",
            hint="give parts of it a name: `metric part = …`; long lists belong into a file that is joined",
        )
    elif isinstance(error, TooMuch):
        problems.error(
            "K0105",
            f"more than {MOST_BRACKETS} brackets are open here",
            Span(source, offset, offset + 1),
            hint="give parts of it a name: `metric part = …`",
        )
    elif isinstance(error, UnexpectedCharacters):
        _character(offset, source, problems)
    else:
        _not_closed(source, chunk, problems, "")


def _token(error: UnexpectedToken, offset: int, source: Source, chunk: Chunk, problems: Problems) -> None:
    token = error.token
    accepted_here = accepted(error)
    window = habits.window_before(source.text[chunk.start : offset], accepted_here)
    if window is not None:
        word, said, replacement = window
        start = source.text.rindex(word, chunk.start, offset)
        place = Span(source, start, start + len(word))
        fix = Fix(said, place, replacement) if replacement is not None else None
        problems.error("K0101", f"`{word}` is no window", place, hint=said, fix=fix)
        return
    if token.type == "$END":
        _not_closed(source, chunk, problems, phrase(accepted_here))
        return
    if token.value == "given" and _table(source, offset, chunk, problems):
        return
    span = (
        Span(source, offset, offset + max(1, len(token.value))) if token.type != "_NL" else Span(source, offset, offset)
    )
    hint, fix = _advice(token, accepted_here, span, source, chunk)
    # One word may be several to the parser: what stands there is not what was expected.
    others = {name for name in accepted_here if spellings().get(name) != found_phrase(token)}
    problems.error(
        "K0101",
        f"{found_phrase(token)} cannot stand here",
        span,
        f"expected {phrase(others)}",
        hint=hint,
        fix=fix,
    )


_TABLE = re.compile(r"given[ \t]+[A-Za-z_][A-Za-z0-9_.]*[ \t]*\{")
_IN_TABLE = re.compile(r'"(?:\\.|[^"\\\n])*+(?P<closed>"?)|#[^\n]*|[{}]')


def _table(source: Source, offset: int, chunk: Chunk, problems: Problems) -> bool:
    """Report what keeps a `given` from being a table: a text or a block in it that is not closed."""
    opened = _TABLE.match(source.text, offset, chunk.end)
    if opened is None:
        return False
    for piece in _IN_TABLE.finditer(source.text, opened.end(), chunk.end):
        if piece["closed"] == "":
            _unclosed(source, piece.start(), problems)
            return True
        if piece[0] == "}":
            return False
        if piece[0] == "{":
            break
    problems.error(
        "K0102", "this table is not closed", Span(source, opened.end() - 1, opened.end()), "opened here",
        hint="close it with `}` behind its last row",
    )  # fmt: skip
    return True


def accepted(error: UnexpectedInput) -> set[str]:
    """The terminals that may stand where the parser stopped; none where that is not known."""
    if isinstance(error, UnexpectedCharacters):
        return set(error.allowed or ())
    if not isinstance(error, UnexpectedToken):
        return set()
    return set(error.interactive_parser.accepts())  # type: ignore[no-untyped-call]


def _advice(
    token: Token, accepted: set[str], span: Span, source: Source, chunk: Chunk
) -> tuple[str | None, Fix | None]:
    text = str(token.value)
    before = source.text[chunk.start : span.start]
    after = source.text[span.end : chunk.end]
    habit = habits.advice(text, before, after, accepted)
    if habit is not None:
        said, replacement = habit
        return said, Fix(said, span, replacement) if replacement is not None else None
    meant = word_meant(token, accepted)
    if meant:
        sure = text.lower() in SYNONYMS or window_meant(text) is not None or is_slip(text, meant)
        fix = Fix(f"write `{meant}`", span, meant) if sure else None
        return f"did you mean `{meant}`?", fix
    off = habits.misplaced(text, before, after, accepted)
    if off is not None:
        return off[0], Fix(off[0], span, off[1]) if off[1] is not None else None
    return habits.last_resort(text, before, accepted), None


def _character(offset: int, source: Source, problems: Problems) -> None:
    text = source.text
    character = text[offset] if offset < len(text) else ""
    span = Span(source, offset, min(len(text), offset + 1))
    if character == '"':
        _unclosed(source, offset, problems)
    elif character in _QUOTES:
        problems.error(
            "K0103", f"`{character}` is no quote here", span, hint='texts stand in straight double quotes: "text"'
        )
    elif character == "{":
        problems.error("K0102", "this block is not closed", span, "opened here", hint="close it with `}`")
    else:
        shown = character if character.isprintable() else f"U+{ord(character or chr(0)):04X}"
        hints = {"\0": "take it out; is this a text file?", "!": "write `not`", "\\": "a long statement needs no `\\`"}
        if character.isalpha() and not character.isascii():
            _name(offset, source, problems)
            return
        problems.error("K0101", f"`{shown}` is no part of the language", span, hint=hints.get(character))


def _unclosed(source: Source, offset: int, problems: Problems) -> None:
    """A text whose line ends before it does."""
    line_end = source.text.find("\n", offset)
    span = Span(source, offset, len(source.text) if line_end < 0 else line_end)
    problems.error(
        "K0103",
        "this text has no closing quote",
        span,
        "it begins here",
        hint='close it with `"` on the same line; longer texts stand between `"""` and `"""`',
        fix=_closed_quote(source, span),
    )


def _name(offset: int, source: Source, problems: Problems) -> None:
    """A word with letters that no name has; a column may have them."""
    text = source.text
    start, word = word_around(text, offset)
    span = Span(source, start, start + len(word))
    meant = f"`{word}`"
    line = text[text.rfind("\n", 0, start) + 1 : start]
    is_column = re.search(r"(\b(column|time|key|by)\s+|[(,]\s*)$", line)
    problems.error(
        "K0101",
        f"{meant} has letters that names do not have here",
        span,
        hint=f"a column is written in backquotes: {meant}; what a spec declares is called with a to z, digits and `_`",
        fix=Fix(f"write {meant}", span, meant) if is_column else None,
    )


def report_stray(source: Source, offset: int, problems: Problems) -> None:
    """A `}` where nothing is open: it may be the one that a block above lacks, which is told there."""
    if any(one.code == "K0102" and one.span is not None and one.span.source is source for one in problems.as_found):
        return
    hint = "take it out"
    span = Span(source, offset, offset + 1)
    problems.error("K0101", "this `}` closes nothing", span, hint=hint, fix=Fix(hint, span, ""))


def report_open(source: Source, place: int, needed: int, problems: Problems) -> None:
    """A brace or bracket that is still open where its statement or block must have ended."""
    text = source.text
    mark = text[place]
    before = len(text[:needed].rstrip())
    if mark == "{":
        line = text.rfind("\n", 0, place) + 1
        indent = re.match(r"[ \t]*", text[line:place])
        inserted = f"\n{indent[0] if indent else ''}}}"
        lines = text[:needed].split("\n")
        while len(lines) > 1 and (not lines[-1].strip() or lines[-1].lstrip().startswith("#")):
            lines.pop()
        before = len("\n".join(lines))
    else:
        inserted = _CLOSING[mark]
    problems.error(
        "K0102",
        f"this `{mark}` is not closed",
        Span(source, place, place + 1),
        "opened here",
        also=[(Span(source, needed, needed + len(_word_at(text, needed))), "this stands outside of it")],
        hint=f"close it with `{_CLOSING[mark]}`",
        fix=Fix(f"close it with `{_CLOSING[mark]}`", Span(source, before, before), inserted),
    )


def report_closed(source: Source, place: int, outside: int, problems: Problems) -> None:
    """A property outside of any block, since the block above it is closed at `place`."""
    text = source.text
    word = _word_at(text, outside)
    closing = Span(source, place, place + 1)
    hint = f"if it belongs to the block above, take the `}}` in line {closing.line} out"
    if not _IN_CALENDAR.search(text[:place]):
        rest = text[outside + len(word) :].partition("\n")[0].partition(";")[0].rstrip()
        hint = of_calendar(word, rest) or hint
    problems.error(
        "K0101",
        f"`{word}` stands outside of any block",
        Span(source, outside, outside + len(word)),
        also=[(closing, "the block above ends here")],
        hint=hint,
    )


def report_comma(source: Source, place: int, problems: Problems) -> None:
    """A comma at the end of a line that no further name follows."""
    span = Span(source, place, place + 1)
    problems.error(
        "K0101",
        "nothing follows this `,`: the next line begins something else",
        span,
        "expected one more, or the end of the line",
        hint="leave it out",
        fix=Fix("leave it out", span, ""),
    )


def _word_at(text: str, offset: int) -> str:
    found = re.match(r"\w+|.", text[offset : offset + 100])
    return found[0] if found else ""


def _closed_at_end(source: Source, chunk: Chunk, opened: list[int]) -> Fix | None:
    """A `}` behind the last line of a declaration, where nothing else is open and it stands at the left edge."""
    text = source.text
    line = text.rfind("\n", 0, opened[0]) + 1
    if len(opened) > 1 or text[opened[0]] != "{" or text[line : line + 1].isspace():
        return None
    lines = text[chunk.start : chunk.end].split("\n")
    while lines and (not lines[-1].strip() or lines[-1].startswith("#")):
        lines.pop()
    end = chunk.start + len("\n".join(lines).rstrip())
    return Fix("close it with `}`", Span(source, end, end), "\n}" if len(lines) > 1 else " }")


def _closed_quote(source: Source, span: Span) -> Fix | None:
    """The quote that a text on one line is missing, where nothing behind it can be meant as anything else."""
    plain = re.match(r'"[^"\\{}()\[\];,#=<>]*[^"\\{}()\[\];,#=<>\s](?=\s*\{?\s*$)', span.text)
    if plain is None:
        return None
    end = span.start + plain.end()
    return Fix('close it with `"`', Span(source, end, end), '"')


def _not_closed(source: Source, chunk: Chunk, problems: Problems, wanted: str) -> None:
    """The text of the declaration ends inside a block or bracket: the place is where that was opened."""
    opened = open_marks(source.text, chunk.start, chunk.end)
    if opened:
        problems.error(
            "K0102",
            f"this `{source.text[opened[-1]]}` is not closed",
            Span(source, opened[-1], opened[-1] + 1),
            "opened here",
            hint=f"close it with `{_CLOSING[source.text[opened[-1]]]}`",
            fix=_closed_at_end(source, chunk, opened),
        )
    else:
        end = chunk.start + len(source.text[chunk.start : chunk.end].rstrip())
        last = Span(source, max(chunk.start, end - 1), end)
        problems.error(
            "K0102",
            "this declaration ends too early",
            last,
            f"expected {wanted} after this" if wanted else "",
            hint="go on here; a statement is continued by a line that begins with `where`, `over`, `and` or a sign",
        )
