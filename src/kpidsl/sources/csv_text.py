"""A CSV file read in plain Python, record by record with line numbers: its header, and the row that DuckDB could not
read.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import IO, BinaryIO, Final, NamedTuple, cast

from kpidsl.diagnostics import SourceError
from kpidsl.engine import duck
from kpidsl.records import dataclass
from kpidsl.sources import zstd
from kpidsl.sources.kinds_of_file import other_kind

_UNDECODED: Final = re.compile("[\udc80-\udcff]")
_NO_MARK: Final = "\n\n"  # no line has it


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a file is written.

    `escape` equal to `quote`: a quote inside quotes is doubled. `quote` empty: nothing is quoted.
    """

    delimiter: str = ","
    quote: str = '"'
    escape: str = '"'
    encoding: str = "utf-8"
    skip: int = 0
    comment: str | None = None

    @property
    def is_utf8(self) -> bool:
        return self.encoding == "utf-8"


class Record(NamedTuple):
    """One row as its texts; `line` is the line (from 1) where it begins, `last_line` where it ends."""

    line: int
    last_line: int
    fields: tuple[str, ...]


def open_text(path: Path, dialect: Dialect, *, newline: str | None = "", errors: str = "surrogateescape") -> IO[str]:
    """The file as text, unpacked by its suffix.

    Bytes that are not UTF-8 come as lone surrogates unless `errors` says otherwise.
    """
    if path.suffix == ".zst":
        unpacked = cast(BinaryIO, _Unpacked(path))
        return io.TextIOWrapper(unpacked, encoding="utf-8", errors=errors, newline=newline)
    encoding = "utf-8-sig" if dialect.is_utf8 else dialect.encoding
    raw = gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")  # noqa: SIM115 - the wrapper closes it
    return io.TextIOWrapper(raw, encoding=encoding, errors=errors if dialect.is_utf8 else "strict", newline=newline)


def records(
    path: Path, dialect: Dialect, name: str, kept: IO[str] | None = None, passing: Callable[[str], bool] | None = None
) -> Iterator[Record]:
    """The records of a file, blank lines and comments left out; `name` is the file's in messages.

    `kept`, where given, gets the lines as they are, without the comments. Lines without quotes, which are records
    of their own, are passed over where `passing` says so. Raises SourceError K0603 for an
    unterminated quote or a byte that is not in the encoding, K0602 for a file that cannot be unpacked.
    """
    csv.field_size_limit(sys.maxsize)
    at = [0, True]  # lines read, and whether the next one begins a record

    def lines(text: IO[str]) -> Iterator[str]:
        for line in text:
            at[0] += 1
            if at[0] <= dialect.skip or (at[1] and dialect.comment and line.startswith(dialect.comment)):
                continue
            if at[1]:
                start[0] = at[0]
            if not line.isascii() and _UNDECODED.search(line):
                raise other_kind(path, name) or not_decoded(name, start[0], dialect)
            if at[1] and passing is not None and passing(line) and quote not in line and escape not in line:
                continue
            at[1] = False
            if kept is not None:
                kept.write(line)
            yield line

    start = [1]
    doubled = dialect.escape == dialect.quote
    quote, escape = dialect.quote or _NO_MARK, dialect.escape or _NO_MARK
    try:
        with open_text(path, dialect) as text:
            reader = csv.reader(
                lines(text),
                delimiter=dialect.delimiter,
                quotechar=dialect.quote or None,
                quoting=csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE,
                doublequote=doubled,
                escapechar=None if doubled or not dialect.escape else dialect.escape,
                skipinitialspace=dialect.delimiter != " ",  # as DuckDB does before a quote
                strict=True,
            )
            for fields in reader:
                at[1] = True
                if not fields:
                    continue
                yield Record(start[0], at[0], tuple(fields))
    except UnicodeError as error:
        raise other_kind(path, name) or not_decoded(name, at[0] + 1, dialect) from error
    except csv.Error as error:
        raise SourceError(
            f"{name}:{start[0]}: the row cannot be read: {_csv_words(str(error))}",
            code="K0603",
            hint="mend the quotes in that row; a quote inside quotes is doubled, or `escape:` says how",
        ) from error
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise broken_pack(name, "gzip") from error
    except OSError as error:
        raise SourceError(f"{name} cannot be read: {error.strerror or error}", code="K0602") from error


def check_pack(path: Path, name: str) -> None:
    """Raise SourceError K0602 for a zstd file that is cut off."""
    if path.suffix == ".zst" and path.stat().st_size and not zstd.is_whole(path):
        raise broken_pack(name, "zstd")


def verify_pack(path: Path, name: str) -> None:
    """Raise SourceError K0602 for a gzip file whose contents are not what its checksum says: DuckDB does not look."""
    if path.suffix != ".gz":
        return
    try:
        with gzip.open(path, "rb") as file:
            while file.read(1 << 20):
                pass
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise broken_pack(name, "gzip") from error


def broken_pack(name: str, pack: str) -> SourceError:
    return SourceError(
        f"{name} is no whole {pack} file",
        code="K0602",
        hint="fetch it again: it is cut off or damaged; the suffix must tell how it is packed",
    )


def not_decoded(name: str, line: int, dialect: Dialect) -> SourceError:
    others = '`encoding: "latin-1"` or `encoding: "utf-16"`' if dialect.is_utf8 else '`encoding: "utf-8"`'
    return SourceError(
        f"{name}:{line}: the row holds bytes that are not {dialect.encoding}",
        code="K0603",
        hint=f"if the file is written in another encoding, say so: {others}",
    )


def _csv_words(message: str) -> str:
    if "unexpected end of data" in message:
        return "a quote is opened and never closed"
    if "expected after" in message:
        return "a quoted text goes on after its closing quote"
    return message


class _Unpacked(io.BufferedIOBase):
    """The bytes of a zstd file, unpacked by DuckDB (Python 3.11 cannot), one line after the other."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._lines = self._read(path)
        self._rest = b""

    @staticmethod
    def _read(path: Path) -> Iterator[bytes]:
        file = duck.literal(duck.path_pattern(str(path)))
        source = f"read_csv({file}, header=false, auto_detect=false, delim='\x02', quote='', escape='', "
        source += "strict_mode=false, parallel=false, nullstr='\x01', compression='zstd', columns={'line': 'VARCHAR'})"
        with closing(duck.connect(threads=1)) as connection:
            rows = connection.execute(f"SELECT line FROM {source}")
            while batch := rows.fetchmany(10_000):
                yield "".join(f"{line or ''}\n" for (line,) in batch).encode("utf-8", "surrogateescape")

    def readable(self) -> bool:
        return True

    def read1(self, size: int | None = -1) -> bytes:
        """At most `size` bytes, fewer where that is what there is at hand; none at the end."""
        if not self._rest:
            self._rest = next(self._lines, b"")
        taken = self._rest if size is None or size < 0 else self._rest[:size]
        self._rest = self._rest[len(taken) :]
        return taken

    def read(self, size: int | None = -1) -> bytes:
        """At most `size` bytes, all that is left for a negative one."""
        if size is not None and size >= 0:
            return self.read1(size)
        return b"".join(iter(self.read1, b""))
