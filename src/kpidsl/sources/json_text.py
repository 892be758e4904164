"""JSON read record by record, with line numbers, in bounded memory, every number as the text that was written."""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Final

from kpidsl.diagnostics import SourceError
from kpidsl.records import dataclass
from kpidsl.semantic.types import DataType
from kpidsl.sources.csv_text import Dialect, broken_pack, open_text

_CHUNK: Final = 1 << 20
_PLAIN: Final = Dialect()
_HALF: Final = re.compile("[\ud800-\udfff]")


class Numeral(str):
    """A number as it stands in the file."""

    __slots__ = ()
    kind = DataType.DECIMAL


class _Whole(Numeral):
    """A number without a fraction or an exponent."""

    __slots__ = ()
    kind = DataType.INTEGER


class _Floating(Numeral):
    """A number with an exponent, or an infinite one."""

    __slots__ = ()
    kind = DataType.FLOAT


def _fraction(text: str) -> Numeral:
    return _Floating(text) if "e" in text or "E" in text else Numeral(text)


@dataclass(frozen=True, slots=True)
class JsonRecord:
    """One object, and where it begins: `line` from 1, or None where the whole document had to be read first; `number`
    counts records from 1.
    """

    line: int | None
    number: int
    value: dict[str, Any]

    def place(self, name: str) -> str:
        return f"{name}:{self.line}" if self.line is not None else f"{name}, record {self.number}"


def records(path: Path, name: str, within: str | None = None) -> Iterator[JsonRecord]:
    """The objects of a file: of an array, or one behind the other; with `within` (`data.items`), of the array there.

    Raises SourceError: K0603 for what is no JSON or no object, K0602 for bytes that are no UTF-8, K0606 for an empty
    file.
    """
    try:
        with open_text(path, _PLAIN, newline=None, errors="strict") as text:
            yield from _inside(text, name, within) if within is not None else _stream(text, name)
    except UnicodeError as error:
        raise SourceError(
            f"{name} holds bytes that are not utf-8", code="K0602", hint="JSON is written in UTF-8: convert the file"
        ) from error
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise broken_pack(name, "gzip") from error
    except RecursionError as error:
        raise SourceError(f"{name} nests too deeply", code="K0603", hint="write flat records") from error
    except OSError as error:
        raise SourceError(f"{name} cannot be read: {error.strerror or error}", code="K0602") from error


def without_halves(text: str) -> str:
    """A text with U+FFFD for each half of a character, as programs write that cut texts (`\\ud83d` without its other
    half): it is no Unicode, and no engine takes it.
    """
    return text if text.isascii() else _HALF.sub("\ufffd", text)


def _decoder() -> json.JSONDecoder:
    return json.JSONDecoder(parse_float=_fraction, parse_int=_Whole, parse_constant=_constant)


def _constant(word: str) -> Numeral | None:
    return None if word == "NaN" else _Floating(word.replace("Infinity", "inf"))


def _stream(text: IO[str], name: str) -> Iterator[JsonRecord]:
    decode = _decoder().raw_decode
    buffer, at, line, number = "", 0, 1, 0
    ended = array = separated = False
    while True:
        # Skip to the next record, counting lines; read on where the text at hand ends.
        while True:
            start = at
            while at < len(buffer) and buffer[at] in " \t\r\n":
                at += 1
            line += buffer.count("\n", start, at)
            if at < len(buffer) or ended:
                break
            buffer, at = text.read(_CHUNK), 0
            ended = not buffer
        if at >= len(buffer):
            break
        char = buffer[at]
        if char == "[" and number == 0 and not array:
            array, separated, at = True, True, at + 1
            continue
        if array and char == "]":
            at += 1
            rest = (buffer[at:] + text.read()).strip()
            if rest:
                raise _broken(name, line, "something follows the end of the array")
            return
        if array and char == ",":
            if separated:
                raise _broken(name, line, "a comma without a record before it")
            separated, at = True, at + 1
            continue
        if array and not separated:
            raise _broken(name, line, "a comma is missing between two records")
        value, after = None, at
        while True:
            try:
                value, after = decode(buffer, at)
                if after < len(buffer) or ended:
                    break
            except json.JSONDecodeError as error:
                if ended:
                    raise _broken(name, line + buffer.count("\n", at, error.pos), error.msg) from error
            more = text.read(_CHUNK)
            ended = not more
            buffer, at = buffer[at:] + more, 0
        number += 1
        if not isinstance(value, dict):
            raise _broken(name, line, "a record is an object with names and values")
        yield JsonRecord(line, number, value)
        line += buffer.count("\n", at, after)
        at, separated = after, False
    if array:
        raise _broken(name, line, "the array is never closed")
    if number == 0:
        raise SourceError(
            f"{name} is empty", code="K0606", hint="a table without rows is written []; is the file complete?"
        )


def _inside(text: IO[str], name: str, within: str) -> Iterator[JsonRecord]:
    whole = text.read()
    if not whole.strip():
        raise SourceError(f"{name} is empty", code="K0606", hint="is the file complete?")
    try:
        found: Any = json.loads(whole, parse_float=_fraction, parse_int=_Whole, parse_constant=_constant)
    except json.JSONDecodeError as error:
        raise _broken(name, error.lineno, error.msg) from error
    walked: list[str] = []
    for part in within.split("."):
        if not isinstance(found, dict) or part not in found:
            have = ", ".join(found) if isinstance(found, dict) else "no names"
            where = f"`{'.'.join(walked)}`" if walked else "the document"
            raise SourceError(
                f"{name} has no `{within}`: {where} has {have}",
                code="K0605",
                hint="`records` is the path to the array of records",
            )
        found = found[part]
        walked.append(part)
    if not isinstance(found, list):
        raise SourceError(
            f"`{within}` of {name} is no array of records",
            code="K0603",
            hint="`records` is the path to the array of records",
        )
    for number, value in enumerate(found, start=1):
        if not isinstance(value, dict):
            raise SourceError(f"{name}, record {number}: a record is an object with names and values", code="K0603")
        yield JsonRecord(None, number, value)


def _broken(name: str, line: int, what: str) -> SourceError:
    return SourceError(
        f"{name}:{line}: this is no JSON: {what[:1].lower()}{what[1:]}",
        code="K0603",
        hint="mend the record; a file holds an array of objects, or one object after the other",
    )
