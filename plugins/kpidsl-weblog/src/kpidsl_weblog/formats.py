"""The formats of lines: from a `log_format` of nginx or a `LogFormat` of Apache to a pattern with a group a field."""

from __future__ import annotations

import functools
import re
from collections.abc import Collection, Mapping
from typing import Final

from kpidsl.patterns import regex
from kpidsl.records import dataclass

COMMON: Final = '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent'
COMBINED: Final = f'{COMMON} "$http_referer" "$http_user_agent"'
NAMED: Final = {"common": COMMON, "combined": COMBINED}
_NGINX: Final[Mapping[str, str]] = {
    "remote_addr": "ip",
    "remote_user": "user",
    "time_local": "time",
    "time_iso8601": "time",
    "msec": "time",
    "body_bytes_sent": "bytes",
    "http_referer": "referrer",
    "http_user_agent": "user_agent",
    "request_method": "method",
    "server_protocol": "protocol",
    "uri": "path",
    "args": "query",
    "query_string": "query",
}
_APACHE: Final[Mapping[str, str]] = {
    "h": "remote_addr",
    "a": "remote_addr",
    "l": "ident",
    "u": "remote_user",
    "r": "request",
    "s": "status",
    "b": "body_bytes_sent",
    "B": "body_bytes_sent",
    "O": "bytes_sent",
    "I": "request_length",
    "D": "microseconds",
    "T": "seconds",
    "v": "server_name",
    "V": "host",
    "p": "server_port",
    "m": "request_method",
    "U": "uri",
    "q": "args",
    "H": "server_protocol",
    "P": "pid",
}
INTEGERS: Final = frozenset(
    {"status", "bytes", "bytes_sent", "request_length", "microseconds", "connection", "connection_requests", "pid"}
)
DECIMALS: Final = frozenset({"request_time", "seconds"})
_TIMES: Final = {
    "time_local": rb"[0-9]{2}/[A-Za-z]{3}/[0-9]{4}:[0-9]{2}:[0-9]{2}:[0-9]{2} [+-][0-9]{4}",
    "time_iso8601": rb"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:[+-][0-9]{2}:[0-9]{2}|Z)",
    "msec": rb"[0-9]{1,11}\.[0-9]{3}",
}
_VARIABLE: Final = regex(r"\$(?:\{(?P<braced>[a-zA-Z0-9_]+)\}|(?P<bare>[a-zA-Z0-9_]+))")
_DIRECTIVE: Final = regex(r"%(?:[!0-9,]*)(?:[<>])?(?:\{(?P<name>[^}]+)\}(?P<kind>\^?[a-zA-Z]+)|(?P<letter>[a-zA-Z%]))")


@dataclass(frozen=True, slots=True)
class Field:
    """A variable of a format and the column it is; `quoted`: characters in it may be written as escapes."""

    variable: str
    column: str
    quoted: bool


@dataclass(frozen=True, slots=True)
class Format:
    """A format in pieces: texts that stand in each line, and fields between them."""

    pieces: tuple[str | Field, ...]

    @property
    def fields(self) -> tuple[Field, ...]:
        return tuple(piece for piece in self.pieces if isinstance(piece, Field))

    def splits(self, field: Field) -> bool:
        """Whether a field is a request line, which has parts."""
        return field.column == "request" and field.quoted

    def pattern(self, wanted: Collection[str]) -> re.Pattern[bytes]:
        """What matches a whole line; groups, named by column, for the wanted ones alone."""
        parts = [b"^"]
        for index, piece in enumerate(self.pieces):
            if isinstance(piece, str):
                parts.append(re.escape(piece.encode("utf-8")))
                continue
            after = self.pieces[index + 1] if index + 1 < len(self.pieces) else ""
            parts.append(_field(piece, after if isinstance(after, str) else "", wanted))
        return re.compile(b"".join(parts) + rb"\r?$", re.MULTILINE)


@functools.lru_cache(maxsize=64)
def parsed(text: str) -> Format:
    """A format by its name or as the server's configuration has it. Raises ValueError for one that cannot be read."""
    text = NAMED.get(text, text).strip()
    if "$" not in text and "%" in text:
        text = _DIRECTIVE.sub(_apache, text.replace('\\"', '"'))
    found: list[str | Field] = []
    position = 0
    for match in _VARIABLE.finditer(text):
        if match.start() > position:
            found.append(text[position : match.start()])
        position = match.end()
        variable = match["braced"] or match["bare"]
        if found and isinstance(found[-1], Field):
            raise ValueError(f"in `format` nothing separates {found[-1].variable} from {variable}")
        is_quoted = bool(found) and str(found[-1]).endswith('"')
        found.append(Field(variable, _NGINX.get(variable, variable), is_quoted))
    if text[position:]:
        found.append(text[position:])
    made = Format(tuple(found))
    if not made.fields:
        raise ValueError(f"`format` is {' or '.join(NAMED)}, or a format with fields: {COMMON}")
    names = [name for field in made.fields for name in (field.column, *(REQUEST if made.splits(field) else ()))]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ValueError(f"`format` has two fields that are the column `{twice}`")
    return made


def _apache(match: re.Match[str]) -> str:
    """A directive of Apache as nginx would write it."""
    letter, name, kind = match["letter"], match["name"], match["kind"]
    if letter == "%":
        return "%"
    if letter == "t":
        return "[${time_local}]"
    if letter is not None:
        if letter not in _APACHE:
            raise ValueError(f"`format` has %{letter}, which is not known")
        return "${" + _APACHE[letter] + "}"
    if kind == "t":
        raise ValueError(f"`format` has %{{{name}}}t: a time in a format of its own is not read; write %t")
    prefix = {"i": "http_", "C": "cookie_", "o": "sent_http_"}.get(kind, "")
    return "${" + prefix + re.sub("[^a-z0-9]+", "_", name.lower()) + "}"


REQUEST: Final = ("method", "path", "query", "protocol")
"""The parts of a request line."""
_METHOD: Final = rb"[A-Z]{1,20}"
_PATH: Final = rb'[^ "\\?\n]*(?:\\[^\n][^ "\\?\n]*)*'
_QUERY: Final = rb'[^ "\\\n]*(?:\\[^\n][^ "\\\n]*)*'
_QUOTED: Final = rb'[^"\\\n]*(?:\\[^\n][^"\\\n]*)*'
_PROTOCOL: Final = rb"HTTP/[0-9.]{1,5}"


def _group(column: str, pattern: bytes, wanted: Collection[str]) -> bytes:
    return b"(?P<" + column.encode("ascii") + b">" + pattern + b")" if column in wanted else b"(?:" + pattern + b")"


def _field(field: Field, after: str, wanted: Collection[str]) -> bytes:
    if field.column == "request" and field.quoted:
        split = (
            _group("method", _METHOD, wanted) + b" " + _group("path", _PATH, wanted)
            + rb"(?:\?" + _group("query", _QUERY, wanted) + b")?(?: " + _group("protocol", _PROTOCOL, wanted) + b")?"
        )  # fmt: skip
        # What is no request line is taken as a whole: binary noise, or nothing at all.
        return _group("request", b"(?:" + split + b'(?=")|' + _QUOTED + b")", wanted)
    if field.column == "time":
        return _group("time", _TIMES[field.variable], wanted)
    if field.column == "status":
        return _group("status", rb"[0-9]{3}|-", wanted)
    if field.column in INTEGERS:
        return _group(field.column, rb"[0-9]{1,18}|-", wanted)
    if field.column in DECIMALS:
        return _group(field.column, rb"[0-9]{1,9}(?:\.[0-9]{1,6})?|-", wanted)
    if field.quoted:
        return _group(field.column, _QUOTED, wanted)
    if after.startswith(" ["):  # a user's name may have spaces in it
        return _group(field.column, rb"[^\[\n]*", wanted)
    stop = re.escape(after[:1].encode("utf-8")) if after else b""
    return _group(field.column, b"[^" + stop + rb"\n\r]*", wanted)
