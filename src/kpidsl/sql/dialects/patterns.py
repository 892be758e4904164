"""Regular expressions in the part of RE2's language that other engines have, too, written without anything that one of
them reads otherwise.
"""

from __future__ import annotations

from kpidsl.sql.dialects.statement import Untranslatable

_CLASSES = {"d": "0-9", "w": "0-9A-Za-z_", "s": "\\t\\n\\f\\r "}
_SPECIAL = frozenset(".^$*+?()[]{}|\\")
BLANKS = "".join(map(chr, (0x20, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000)))
"""What DuckDB's `trim` takes away: Unicode's space separators."""
_CONTROL = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}


def common(pattern: str) -> str:
    """A pattern that says the same in POSIX' extended, Java's, and Perl's regular expressions, when `.` and `[^a]` meet
    line ends as written, `^` and `$` only the ends of the text, and letters their own case alone.

    Raises Untranslatable for one with flags, named groups, word boundaries, Unicode classes and the like.
    """
    return _Reader(pattern).read()


def anchored(pattern: str) -> str:
    """A `common` pattern for an engine whose `$` meets the end of the last line, too: `\\z` does not."""
    found: list[str] = []
    is_escaped = in_class = False
    for char in pattern:
        if is_escaped:
            is_escaped = False
        elif char == "\\":
            is_escaped = True
        elif char == "[":
            in_class = True
        elif char == "]":
            in_class = False
        elif char == "$" and not in_class:
            char = "\\z"
        found.append(char)
    return "".join(found)


class _Reader:
    def __init__(self, pattern: str) -> None:
        self.text = pattern
        self.at = 0
        self.written: list[str] = []

    def refuse(self, what: str) -> Untranslatable:
        return Untranslatable(f"the pattern `{self.text}` has {what}, which engines read differently")

    def take(self) -> str:
        char = self.text[self.at : self.at + 1]
        self.at += 1
        return char

    def read(self) -> str:
        while self.at < len(self.text):
            self.one(self.take())
        return "".join(self.written)

    def one(self, char: str) -> None:
        match char:
            case ".":
                self.written.append("[^\n]")
            case "[":
                self.bracket()
            case "\\":
                self.escape()
            case "(":
                if self.text[self.at : self.at + 2] == "?:":
                    self.at += 2
                elif self.text[self.at : self.at + 1] == "?":
                    raise self.refuse("a flag or a named group")
                self.written.append("(")
            case ")" | "|" | "$" | "^":
                self.written.append(char)
            case "*" | "+" | "?":
                self.repeated(char)
            case "{":
                self.counted()
            case "]" | "}":
                self.written.append(f"\\{char}")
            case _:
                self.written.append(_plain(char))

    def repeated(self, char: str) -> None:
        # A lazy repetition finds the same texts as an eager one; only where it ends differs.
        if self.text[self.at : self.at + 1] == "?":
            self.at += 1
        if self.text[self.at : self.at + 1] in ("*", "+", "?", "{") and self.at < len(self.text):
            raise self.refuse("a repetition of a repetition")
        if not self.written or self.written[-1] in ("(", "|", "^", "$"):
            raise self.refuse("a repetition of nothing")
        self.written.append(char)

    def counted(self) -> None:
        end = self.text.find("}", self.at)
        inside = self.text[self.at : end] if end > 0 else ""
        low, _, high = inside.partition(",")
        if not (low.isascii() and low.isdecimal() and (not high or (high.isascii() and high.isdecimal()))):
            raise self.refuse("a brace that counts nothing")
        if max(int(low), int(high or 0)) > 255:
            raise self.refuse("more than 255 repetitions")
        self.at = end + 1
        self.repeated("{" + inside + "}")

    def escape(self) -> None:
        char = self.take()
        if char in _CLASSES:
            self.written.append("[" + _class(char) + "]")
        elif char in ("D", "W", "S"):
            self.written.append("[^" + _class(char.lower()) + "]")
        elif char in _CONTROL:
            self.written.append(_CONTROL[char])
        elif char and char.isascii() and not char.isalnum():
            self.written.append(_plain(char))
        else:
            raise self.refuse(f"`\\{char}`")

    def bracket(self) -> None:
        """A class of characters: those that some engine reads otherwise are written as a group of their own."""
        negated = self.text[self.at : self.at + 1] == "^"
        self.at += negated
        found: list[str] = []
        is_first = True
        while True:
            char = self.take()
            if not char:
                raise self.refuse("a class that does not end")
            if char == "]" and not is_first:
                break
            is_first = False
            if char == "[" and self.text[self.at : self.at + 1] in (":", ".", "="):
                raise self.refuse("a named class")
            if char == "\\":
                char = self.take()
                if char in _CLASSES:
                    found.append(_class(char))
                    continue
                if char in _CONTROL:
                    char = _CONTROL[char]
                elif not char or not char.isascii() or char.isalnum():
                    raise self.refuse(f"`\\{char}` in a class")
            if char in ("[", "]", "\\", "^", "&", "~") or (char == "-" and self.text[self.at : self.at + 1] != "]"):
                raise self.refuse(f"`{char}` in a class")
            if self.text[self.at : self.at + 1] == "-" and self.text[self.at + 1 : self.at + 2] not in ("]", ""):
                self.at += 1
                last = self.take()
                if last in ("\\", "[") or char > last:
                    raise self.refuse("a range of a class")
                found.append(f"{char}-{last}")
            else:
                found.append(char)
        # A hyphen stands last, where every engine takes it for itself.
        parts = sorted(found, key=lambda one: one == "-")
        self.written.append("[" + ("^" if negated else "") + "".join(parts) + "]")


def _class(name: str) -> str:
    return _CLASSES[name].replace("\\t", "\t").replace("\\n", "\n").replace("\\f", "\f").replace("\\r", "\r")


def _plain(char: str) -> str:
    return f"\\{char}" if char in _SPECIAL else char
