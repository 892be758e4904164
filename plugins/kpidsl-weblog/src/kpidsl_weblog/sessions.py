"""Sessions: the requests of a visitor without a pause that is longer than the idle time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from kpidsl.semantic.types import DataType
from kpidsl_weblog.agents import Memo, paths
from kpidsl_weblog.fields import Requests, arrow_type, hosts, texts
from kpidsl_weblog.lines import Match
from kpidsl_weblog.options import WeblogOptions

SWEEP: Final = 3600 * 1_000_000
"""Microseconds of the log after which sessions that are over are let go."""
COLUMNS: Final = {
    "session": DataType.TEXT,
    "visitor": DataType.TEXT,
    "time": DataType.INSTANT,
    "ended": DataType.INSTANT,
    "seconds": DataType.INTEGER,
    "requests": DataType.INTEGER,
    "pages": DataType.INTEGER,
    "bytes": DataType.INTEGER,
    "errors": DataType.INTEGER,
    "entry": DataType.TEXT,
    "exit": DataType.TEXT,
    "referrer_host": DataType.TEXT,
    "bot": DataType.BOOLEAN,
    "bounced": DataType.BOOLEAN,
    "converted": DataType.BOOLEAN,
}
"""What a session has."""
_FROM: Final = {"bytes": "bytes", "referrer_host": "referrer_host", "bot": "user_agent"}
"""Columns that there are only where the format has a field for them."""
_RAW: Final = ("time", "status", "path", "visitor", "page", "bytes", "referrer_host", "bot")


class Marks:
    """The session that each request belongs to: the visitor, and when it began."""

    def __init__(self, idle_minutes: float) -> None:
        self._idle = round(idle_minutes * 60_000_000)
        self._open: dict[str, tuple[int, str]] = {}
        self._swept = 0

    def of(self, visitors: Sequence[str], moments: Sequence[int]) -> list[str]:
        """The sessions of requests, which come in the order of time."""
        found = []
        known, idle = self._open, self._idle
        for visitor, moment in zip(visitors, moments, strict=True):
            last, mark = known.get(visitor, (moment - idle - 1, ""))
            if moment - last > idle:
                mark = f"{visitor}-{moment // 1_000_000}"
            known[visitor] = (max(last, moment), mark)
            found.append(mark)
        if moments and moments[-1] - self._swept > SWEEP:
            self._swept = moments[-1]
            self._open = {visitor: one for visitor, one in known.items() if moments[-1] - one[0] <= idle}
        return found


class Session:
    """What is known of a session that may still go on."""

    __slots__ = (
        "bot",
        "bytes",
        "converted",
        "entry",
        "errors",
        "exit",
        "last",
        "mark",
        "pages",
        "referrer",
        "requests",
        "start",
    )

    def __init__(self, mark: str, start: int, referrer: bytes, bot: bool) -> None:
        self.mark, self.start, self.last, self.referrer, self.bot = mark, start, start, referrer, bot
        self.requests = self.pages = self.bytes = self.errors = 0
        self.entry: bytes | None = None
        self.exit: bytes | None = None
        self.converted = False


class Sessions:
    """Sessions as rows, each as soon as it is over."""

    def __init__(self, requests: Requests, options: WeblogOptions) -> None:
        self._requests, self._options = requests, options
        self._idle = round(options.idle_minutes * 60_000_000)
        self._open: dict[str, Session] = {}
        self._swept = 0
        self._goals: Memo[bytes, bool] = Memo(paths(options.goal) if options.goal else lambda _: False)

    def add(self, found: Sequence[Match]) -> Iterator[tuple[str, Session]]:
        """The sessions that are over after some more requests, which come in the order of time; with their visitors."""
        requests, known, idle, goals = self._requests, self._open, self._idle, self._goals
        nothing = [b""] * len(found)
        moments, visitors, pages = requests.moments(found), requests.visitors(found), requests.pages(found)
        statuses, paths_ = requests.raw(found, "status"), requests.raw(found, "path")
        sizes = requests.raw(found, "bytes") if "bytes" in requests.index else nothing
        referrers = requests.raw(found, "referrer") if "referrer" in requests.index else nothing
        bots = requests.bots(found) if "user_agent" in requests.index else [False] * len(found)
        for moment, visitor, page, status, path, size, referrer, bot in zip(
            moments, visitors, pages, statuses, paths_, sizes, referrers, bots, strict=True
        ):
            one = known.get(visitor)
            if one is None or moment - one.last > idle:
                if one is not None:
                    yield visitor, one
                one = known[visitor] = Session(f"{visitor}-{moment // 1_000_000}", moment, referrer, bot)
            one.last = max(one.last, moment)
            one.requests += 1
            one.errors += status[:1] == b"5"
            if size and size != b"-":
                one.bytes += int(size)
            if page:
                one.pages += 1
                one.exit = path
                if one.entry is None:
                    one.entry = path
            if status[:1] in (b"2", b"3") and goals[path]:
                one.converted = True
        if moments and moments[-1] - self._swept > SWEEP:
            self._swept = moments[-1]
            over = [visitor for visitor, one in known.items() if moments[-1] - one.last > idle]
            for visitor in over:
                yield visitor, known.pop(visitor)

    def rest(self) -> Iterator[tuple[str, Session]]:
        """Those that were open when the logs ended."""
        yield from self._open.items()


def kinds(requests: Requests, options: WeblogOptions) -> dict[str, DataType]:
    """The columns that sessions have in a format."""
    found = dict(COLUMNS)
    for name, field in _FROM.items():
        if field not in requests.known:
            del found[name]
    if not options.goal:
        del found["converted"]
    return found


def needed(known: dict[str, DataType]) -> list[str]:
    """The columns of requests that sessions are made of."""
    return [name for name in _RAW if name in known]


def column(rows: Sequence[tuple[str, Session]], name: str) -> Any:
    """A column of sessions as an Arrow array."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = arrow_type(COLUMNS[name])
    match name:
        case "session":
            return pa.array([one.mark for _, one in rows], kind)
        case "visitor":
            return pa.array([visitor for visitor, _ in rows], kind)
        case "time":
            return pa.array([one.start for _, one in rows], kind)
        case "ended":
            return pa.array([one.last for _, one in rows], kind)
        case "seconds":
            return pa.array([(one.last - one.start) // 1_000_000 for _, one in rows], kind)
        case "entry" | "exit":
            return texts([getattr(one, name) or b"-" for _, one in rows], "path")
        case "referrer_host":
            return hosts([one.referrer for _, one in rows])
        case "bounced":
            # Who saw no page at all neither stayed nor left.
            return pa.array([one.pages == 1 if one.pages else None for _, one in rows], kind)
        case _:
            return pc.cast(pa.array([getattr(one, name) for _, one in rows]), kind)
