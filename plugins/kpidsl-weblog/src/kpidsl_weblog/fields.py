"""Columns of requests: which there are in a format, what each is made of, and how it becomes Arrow."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from kpidsl.semantic.types import DataType
from kpidsl_weblog.agents import Memo, bots, paths, visitor
from kpidsl_weblog.formats import DECIMALS, INTEGERS, REQUEST, Format
from kpidsl_weblog.lines import Match
from kpidsl_weblog.options import WeblogOptions

_NAMES: Final = b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"
_MONTHS: Final = {name: number for number, name in enumerate(_NAMES.split(), 1)}
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_ESCAPE: Final = re.compile(rb"\\(?:x([0-9A-Fa-f]{2})|(.))", re.DOTALL)
_LETTERS: Final = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"b": b"\b", b"v": b"\v"}
_HOST: Final = r"^[A-Za-z][A-Za-z0-9+.-]*://(?:[^/?#@]*@)?(?P<host>[^/?#:\[]+|\[[0-9a-fA-F:.]+\])"
_PAGES: Final = frozenset({b"200", b"201", b"202", b"203", b"206", b"304"})
OFTEN_EMPTY: Final = frozenset({"request", *REQUEST, "referrer", "user_agent", "user"})
"""Fields that are unknown where nothing stands in them."""


def local_time(text: bytes) -> int | None:
    """Microseconds since 1970 of `10/Oct/2000:13:55:36 -0700`; None where it is no time."""
    try:
        year, month, day = int(text[7:11]), _MONTHS[text[3:6]], int(text[:2])
        hour, minute, second = int(text[12:14]), int(text[15:17]), min(int(text[18:20]), 59)  # a leap second is one
        moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except (ValueError, KeyError):
        return None
    minutes = int(text[22:24]) * 60 + int(text[24:26])
    seconds = int((moment - _EPOCH).total_seconds()) - (-minutes if text[21:22] == b"-" else minutes) * 60
    return seconds * 1_000_000


def iso_time(text: bytes) -> int | None:
    """Microseconds since 1970 of `2000-10-10T13:55:36-07:00`; None where it is no time."""
    try:
        moment = datetime.fromisoformat(text.decode("ascii"))
    except ValueError:
        return None
    return int((moment - _EPOCH).total_seconds()) * 1_000_000


def second_time(text: bytes) -> int | None:
    """Microseconds since 1970 of `971211336.000`."""
    return int(text.replace(b".", b"")) * 1000


TIMES: Final[Mapping[str, Callable[[bytes], int | None]]] = {
    "time_local": local_time,
    "time_iso8601": iso_time,
    "msec": second_time,
}


def kinds(made: Format, options: WeblogOptions) -> dict[str, DataType]:
    """The columns of requests and their types."""
    found: dict[str, DataType] = {}
    for field in made.fields:
        found[field.column] = kind_of(field.column)
        if made.splits(field):
            found.update(dict.fromkeys(REQUEST, DataType.TEXT))
        if field.column == "referrer":
            found["referrer_host"] = DataType.TEXT
    if "user_agent" in found:
        found["bot"] = DataType.BOOLEAN
    if "path" in found and "status" in found:
        found["page"] = DataType.BOOLEAN
    if options.visitor is not None or "ip" in found:
        found["visitor"] = DataType.TEXT
        if "time" in found:
            found["session"] = DataType.TEXT
    return found


def kind_of(column: str) -> DataType:
    if column == "time":
        return DataType.INSTANT
    if column in INTEGERS:
        return DataType.INTEGER
    return DataType.DECIMAL if column in DECIMALS else DataType.TEXT


class Requests:
    """What is made of matches: lists of values by column, for those that are `needed`."""

    def __init__(self, made: Format, options: WeblogOptions, needed: Iterable[str]) -> None:
        self.known = kinds(made, options)
        self._options = options
        raw = {name for column in needed for name in self._needs(column)}
        first = made.fields[0].column
        self.pattern = made.pattern(raw or {first})
        self.index = {name: number - 1 for name, number in self.pattern.groupindex.items()}
        variable = next((field.variable for field in made.fields if field.column == "time"), None)
        self.times: Memo[bytes, int | None] = Memo(TIMES.get(variable or "", lambda _: 0))
        self._bots = Memo(bots(options.bots))
        self._pages = Memo(paths(options.pages))
        self._visitors: Memo[tuple[bytes, ...], str] = Memo(visitor)

    def _needs(self, column: str) -> set[str]:
        """The fields that a column is made of; the time always, since a line without one is none."""
        time = {"time"} & set(self.known)
        match column:
            case "referrer_host":
                return time | {"referrer"}
            case "bot":
                return time | {"user_agent"}
            case "page":
                return time | ({"method", "status", "path"} & set(self.known))
            case "visitor" | "session":
                named = {self._options.visitor} if self._options.visitor is not None else set()
                return time | named | ({"ip", "user_agent"} & set(self.known))
            case _:
                return time | {column}

    def time_of(self, match: Match) -> int | None:
        """A line's microseconds since 1970; 0 in a format without a time."""
        place = self.index.get("time")
        return 0 if place is None else self.times[match[place]]

    def raw(self, found: Sequence[Match], column: str) -> list[bytes]:
        """The values of a field as they stand in the lines."""
        place = self.index[column]
        return [match[place] for match in found]

    def moments(self, found: Sequence[Match]) -> list[int]:
        times = self.times
        return [times[text] or 0 for text in self.raw(found, "time")]

    def bots(self, found: Sequence[Match]) -> list[bool]:
        memo = self._bots
        return [memo[agent] for agent in self.raw(found, "user_agent")]

    def pages(self, found: Sequence[Match]) -> list[bool]:
        """Whether each request asked for a page, and got one."""
        memo, paths_, statuses = self._pages, self.raw(found, "path"), self.raw(found, "status")
        methods = self.raw(found, "method") if "method" in self.index else [b"GET"] * len(found)
        return [
            status in _PAGES and method == b"GET" and memo[path]
            for method, status, path in zip(methods, statuses, paths_, strict=True)
        ]

    def visitors(self, found: Sequence[Match]) -> list[str]:
        """Who asked: by the field that the options name, else, and where it is empty, by address and agent."""
        memo = self._visitors
        both = [self.raw(found, name) for name in ("ip", "user_agent") if name in self.index]
        people: list[tuple[bytes, ...]] = list(zip(*both, strict=True)) if both else [()] * len(found)
        if self._options.visitor is not None:
            named = self.raw(found, self._options.visitor)
            people = [
                (b"named", name) if name not in (b"", b"-") else rest for name, rest in zip(named, people, strict=True)
            ]
        return [memo[person] for person in people]


def arrow_type(kind: DataType) -> Any:
    import pyarrow as pa

    match kind:
        case DataType.INSTANT:
            return pa.timestamp("us", "UTC")
        case DataType.INTEGER:
            return pa.int64()
        case DataType.DECIMAL:
            return pa.decimal128(18, 6)
        case DataType.BOOLEAN:
            return pa.bool_()
        case _:
            return pa.string()


def column(requests: Requests, found: Sequence[Match], name: str) -> Any:
    """A column of requests as an Arrow array; sessions have their own."""
    import pyarrow as pa
    import pyarrow.compute as pc

    match name:
        case "time":
            return pa.array(requests.moments(found), arrow_type(DataType.INSTANT))
        case "bot":
            return pa.array(requests.bots(found), pa.bool_())
        case "page":
            return pa.array(requests.pages(found), pa.bool_())
        case "visitor":
            return pa.array(requests.visitors(found), pa.string())
        case "referrer_host":
            return hosts(requests.raw(found, "referrer"))
        case _:
            values = texts(requests.raw(found, name), name)
            kind = requests.known[name]
            if kind is DataType.TEXT:
                return values
            numbers = values.cast(arrow_type(kind))
            return pc.fill_null(numbers, 0) if name == "bytes" else numbers  # Apache's %b writes - for nothing


def hosts(referrers: Sequence[bytes]) -> Any:
    """The hosts of URLs, in small letters; NULL where there is none."""
    import pyarrow.compute as pc

    return pc.utf8_lower(pc.struct_field(pc.extract_regex(texts(referrers, "referrer"), _HOST), "host"))


def texts(values: Sequence[bytes], name: str) -> Any:
    """Texts without their escapes; `-` is NULL, and in most fields so is nothing at all."""
    import pyarrow as pa
    import pyarrow.compute as pc

    found = pa.array(values, pa.binary())
    absent = pc.equal(found, b"-")
    if name in OFTEN_EMPTY:
        absent = pc.or_(absent, pc.equal(found, b""))
    if pc.any(pc.match_substring(found, b"\\")).as_py():
        found = pa.array([unescaped(value) if b"\\" in value else value for value in values], pa.binary())
    try:
        made = found.cast(pa.string())
    except pa.ArrowInvalid:  # bytes that are no UTF-8
        made = pa.array([value.decode("utf-8", "replace") for value in found.to_pylist()], pa.string())
    return pc.if_else(absent, pa.scalar(None, pa.string()), made)


def unescaped(value: bytes) -> bytes:
    r"""A value as it was before the server wrote `\x22` or `\"` for a quote."""

    def letter(match: re.Match[bytes]) -> bytes:
        if match[1] is not None:
            return bytes([int(match[1], 16)])
        return _LETTERS.get(match[2], match[2])

    return _ESCAPE.sub(letter, value)
