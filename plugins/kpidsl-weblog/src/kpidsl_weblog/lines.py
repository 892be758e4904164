"""From files to matches: unpacked, whole lines, in the order of time, with each line that does not match told."""

from __future__ import annotations

import contextlib
import heapq
import logging
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

from kpidsl.diagnostics import SourceError
from kpidsl.sources import files

Match = tuple[bytes, ...]
"""The groups of one line."""
CHUNK: Final = 1 << 20
LONGEST: Final = 1 << 20
_TOLD: Final = 3
_EARLY: Final = 20_000  # lines after which a file that is none of these logs is given up
_log = logging.getLogger("kpidsl_weblog")


@dataclass(slots=True)
class Tally:
    """Lines that were read, and those that are not of the format, the first ones with their place."""

    most: float
    lines: int = 0
    bad: int = 0
    first: list[tuple[str, bytes]] = field(default_factory=list)

    def add_bad(self, place: str, line: bytes) -> None:
        self.bad += 1
        if len(self.first) < _TOLD:
            self.first.append((place, line))

    def check_early(self) -> None:
        """Raise where more than half of many lines are bad."""
        if self.lines > _EARLY and self.bad * 2 > self.lines and self.most < 0.5:
            raise self._too_many()

    def close(self) -> None:
        """Raise K0603 for too many bad lines; tell of the others."""
        if self.bad > self.most * self.lines:
            raise self._too_many()
        if self.bad:
            _log.warning("%s; left out", self._words())

    def _words(self) -> str:
        shown = "; ".join(f"{place}: {_shown(line)}" for place, line in self.first)
        more = f", and {self.bad - len(self.first)} more" if self.bad > len(self.first) else ""
        return (
            f"{self.bad:,} of {self.lines:,} lines {'is' if self.bad == 1 else 'are'} not of the format: {shown}{more}"
        )

    def _too_many(self) -> SourceError:
        from kpidsl_weblog.formats import NAMED, parsed

        line = self.first[0][1]
        fits = next((name for name in NAMED if parsed(name).pattern(()).match(line)), None)
        hint = (
            f'such lines are `format: "{fits}"`'
            if fits
            else "write the server's `log_format` as `format`; or `max_bad`"
        )
        return SourceError(self._words(), code="K0603", hint=hint)


@dataclass(frozen=True, slots=True)
class Log:
    """A file, what messages call it, and the pattern of its lines."""

    path: Path
    name: str
    pattern: re.Pattern[bytes]

    def matches(self, tally: Tally, is_good: Callable[[Match], bool]) -> Iterator[list[Match]]:
        """The matches of all lines, some thousands at a time. Raises SourceError for what cannot be unpacked or read,
        and for a line without an end.
        """
        number = 0
        rest = b""
        single = self.pattern.groups == 1
        with self._opened() as stream:
            while True:
                with self._sound():
                    chunk = stream.read(CHUNK)
                text = rest + chunk if rest else chunk
                end = len(text) if not chunk else text.rfind(b"\n") + 1
                rest, text = text[end:], text[:end]
                if len(rest) > LONGEST:
                    line = number + text.count(b"\n") + 1
                    raise SourceError(
                        f"{self.name}:{line}: the line is longer than {LONGEST >> 20} MiB",
                        code="K0603", hint="is it a log of text?",
                    )  # fmt: skip
                if text:
                    lines = text.count(b"\n") + (not text.endswith(b"\n"))
                    matched = self.pattern.findall(text)
                    found: list[Match] = [(one,) for one in matched] if single else matched
                    if len(found) != lines or not all(map(is_good, found)):
                        found = self._one_by_one(text, number, tally, is_good)
                    else:
                        tally.lines += lines
                    number += lines
                    if found:
                        yield found
                    tally.check_early()
                if not chunk:
                    return

    def _one_by_one(self, text: bytes, number: int, tally: Tally, is_good: Callable[[Match], bool]) -> list[Match]:
        """The matches of lines of which at least one does not match. Blank lines do not count."""
        found: list[Match] = []
        for offset, line in enumerate(text.split(b"\n")):
            if not line.strip():
                continue
            tally.lines += 1
            match = self.pattern.match(line)
            groups = tuple(group or b"" for group in match.groups()) if match is not None else None
            if groups is None or match is None or match.end() != len(line) or not is_good(groups):
                tally.add_bad(f"{self.name}:{number + offset + 1}", line)
            else:
                found.append(groups)
        return found

    def _opened(self) -> IO[bytes]:
        suffix = self.path.suffix.lower()
        with self._sound():
            match suffix:
                case ".gz":
                    import gzip

                    return gzip.open(self.path, "rb")  # type: ignore[return-value]
                case ".bz2":
                    import bz2

                    return bz2.open(self.path, "rb")
                case ".zst":
                    import pyarrow as pa

                    stream: IO[bytes] = pa.input_stream(str(self.path), compression="zstd")
                    return stream
                case _:
                    return self.path.open("rb")

    @contextlib.contextmanager
    def _sound(self) -> Iterator[None]:
        try:
            yield
        except (FileNotFoundError, PermissionError) as error:
            raise files.cannot_read(self.name, error) from error
        except (EOFError, zlib.error, OSError) as error:
            raise SourceError(
                f"{self.name} cannot be unpacked: {error}" if self.path.suffix in _PACKED
                else f"{self.name} cannot be read: {error}",
                code="K0602", hint="is the file complete? Fetch or pack it again",
            ) from error  # fmt: skip


_PACKED: Final = frozenset({".gz", ".bz2", ".zst"})


class InOrder:
    """The matches of several logs in the order of their times, whatever the files are called: rotated logs one after
    another, those of several servers merged. `time_of` gives a line's microseconds since 1970.
    """

    def __init__(self, logs: Sequence[Log], tally: Tally, time_of: Callable[[Match], int | None]) -> None:
        self._tally, self._time_of = tally, time_of
        self._logs = logs

    def __iter__(self) -> Iterator[list[Match]]:
        # Files without a good line come first: they are read for what is wrong with them.
        waiting = sorted(((self._first(log), number) for number, log in enumerate(self._logs)), reverse=True)
        running: list[tuple[int, int, int, list[Match], Iterator[list[Match]]]] = []
        while waiting or running:
            if not running or (waiting and waiting[-1][0] <= running[0][0]):
                _, number = waiting.pop()
                self._push(running, number, self._logs[number].matches(self._tally, self._is_good))
                continue
            if len(running) == 1:
                _, number, start, chunk, stream = running[0]
                if not waiting or waiting[-1][0] > max(map(self._time, chunk[-1000:])):
                    yield chunk[start:] if start else chunk
                    running.clear()
                    self._push(running, number, stream)
                    continue
            yield self._merged(running, waiting[-1][0] if waiting else None)

    def _merged(
        self, running: list[tuple[int, int, int, list[Match], Iterator[list[Match]]]], until: int | None
    ) -> list[Match]:
        """Some lines of several logs, by time, up to the time at which another log begins."""
        found: list[Match] = []
        while running and len(found) < 10_000 and (until is None or running[0][0] < until):
            _, number, index, chunk, stream = heapq.heappop(running)
            found.append(chunk[index])
            if index + 1 < len(chunk):
                heapq.heappush(running, (self._time(chunk[index + 1]), number, index + 1, chunk, stream))
            else:
                self._push(running, number, stream)
        return found

    def _push(
        self, running: list[tuple[int, int, int, list[Match], Iterator[list[Match]]]], number: int,
        stream: Iterator[list[Match]],
    ) -> None:  # fmt: skip
        chunk = next(stream, None)
        if chunk:
            heapq.heappush(running, (self._time(chunk[0]), number, 0, chunk, stream))

    def _first(self, log: Log) -> int:
        """The time of a log's first good line; 0 without one."""
        found = next(log.matches(Tally(1.0), self._is_good), None)
        return self._time(found[0]) if found else 0

    def _is_good(self, match: Match) -> bool:
        return self._time_of(match) is not None

    def _time(self, match: Match) -> int:
        time = self._time_of(match)
        assert time is not None
        return time


def _shown(line: bytes) -> str:
    text = line[:80].decode("utf-8", "backslashreplace")
    printable = "".join(letter if letter.isprintable() else f"\\x{ord(letter):02x}" for letter in text)
    return f'"{printable}{"…" if len(line) > 80 else ""}"'
