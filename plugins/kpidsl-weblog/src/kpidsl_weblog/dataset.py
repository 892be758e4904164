"""Access logs as a dataset: columns from the format, rows as Arrow, in a file where they are many."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from kpidsl.diagnostics import SourceError, closest
from kpidsl.hookspecs import ArrowStream, Context, ScanRequest
from kpidsl.leftovers import passing
from kpidsl.semantic.types import Column, DataType, Schema
from kpidsl.sources import files
from kpidsl_weblog import fields, sessions
from kpidsl_weblog.fields import Requests, arrow_type
from kpidsl_weblog.formats import parsed
from kpidsl_weblog.lines import InOrder, Log, Match, Tally
from kpidsl_weblog.options import WeblogOptions

IN_MEMORY: Final = 128 << 20
"""Bytes of rows that are kept in memory; more go to a temporary file, from which they are read."""


class WeblogDataset:
    """The lines of one or more logs. All are read before the first row is handed out: of logs of which one is broken
    nothing is used.
    """

    def __init__(self, options: WeblogOptions, context: Context) -> None:
        self._options, self._context = options, context
        self._paths = files.expand(options.path, context, "weblog")
        self._format = parsed(options.format)

    def fingerprint(self) -> tuple[tuple[str, int, int], ...] | None:
        """(path, size, modified) of the logs."""
        return files.fingerprint(self._paths)

    def schema(self) -> Schema:
        """The columns, which follow from the format."""
        return Schema(tuple(Column(name, kind) for name, kind in self._kinds().items()))

    def scan(self, request: ScanRequest) -> ArrowStream:
        """The rows. Raises SourceError for too many lines that are not of the format."""
        import pyarrow as pa

        kinds = self._kinds()
        names = [self._known(kinds, one.name) for one in request.columns]
        schema = pa.schema([(name, arrow_type(kinds[name])) for name in names] or [("present", pa.bool_())])
        tally = Tally(self._options.max_bad)
        batches = self._sessions(names, tally) if self._options.rows == "sessions" else self._requests(names, tally)
        stream = _kept(batches, schema)
        tally.close()
        return stream

    def _kinds(self) -> dict[str, DataType]:
        if self._options.rows == "sessions":
            return sessions.kinds(Requests(self._format, self._options, ()), self._options)
        return fields.kinds(self._format, self._options)

    def _known(self, kinds: dict[str, DataType], name: str) -> str:
        if name not in kinds:
            near = closest(name, kinds)
            raise SourceError(
                f"{', '.join(self._options.path)} has no column `{name}`", code="K0605",
                hint=f"did you mean `{near}`?" if near else f"there are {', '.join(kinds)}",
            )  # fmt: skip
        return name

    def _logs(self, requests: Requests) -> list[Log]:
        return [Log(path, files.shown(path, self._context), requests.pattern) for path in self._paths]

    def _requests(self, names: Sequence[str], tally: Tally) -> Iterator[list[Any]]:
        requests = Requests(self._format, self._options, names)
        marks = sessions.Marks(self._options.idle_minutes)
        for found in self._found(requests, tally, is_ordered="session" in names):
            arrays = []
            for name in names:
                if name == "session":
                    import pyarrow as pa

                    arrays.append(pa.array(marks.of(requests.visitors(found), requests.moments(found)), pa.string()))
                else:
                    arrays.append(fields.column(requests, found, name))
            yield arrays or [_present(len(found))]

    def _sessions(self, names: Sequence[str], tally: Tally) -> Iterator[list[Any]]:
        plain = fields.kinds(self._format, self._options)
        requests = Requests(self._format, self._options, sessions.needed(plain))
        made = sessions.Sessions(requests, self._options)
        for found in self._found(requests, tally, is_ordered=True):
            over = list(made.add(found))
            if over:
                yield [sessions.column(over, name) for name in names] or [_present(len(over))]
        rest = list(made.rest())
        if rest:
            yield [sessions.column(rest, name) for name in names] or [_present(len(rest))]

    def _found(self, requests: Requests, tally: Tally, *, is_ordered: bool) -> Iterator[list[Match]]:
        logs = self._logs(requests)
        if is_ordered:
            yield from InOrder(logs, tally, requests.time_of)
            return
        for log in logs:
            yield from log.matches(tally, lambda match: requests.time_of(match) is not None)


def _present(count: int) -> Any:
    import pyarrow as pa

    return pa.array([True] * count, pa.bool_())


def _kept(batches: Iterator[list[Any]], schema: Any) -> ArrowStream:
    """All rows, in memory or in a temporary file that is gone when the last of them was read."""
    import pyarrow as pa

    kept: list[Any] = []
    size = 0
    for arrays in batches:
        kept.append(pa.RecordBatch.from_arrays(arrays, schema=schema))
        size += kept[-1].nbytes
        if size > IN_MEMORY:
            return _spooled(kept, batches, schema)
    stream: ArrowStream = pa.RecordBatchReader.from_batches(schema, kept)
    return stream


def _spooled(kept: list[Any], batches: Iterator[list[Any]], schema: Any) -> ArrowStream:
    import pyarrow as pa

    folder = tempfile.gettempdir()
    try:
        with (
            tempfile.NamedTemporaryFile(prefix="kpidsl-weblog-", suffix=".arrow", dir=folder) as file,
            passing(Path(file.name)),
        ):
            with pa.ipc.new_stream(file, schema, options=pa.ipc.IpcWriteOptions(compression="lz4")) as writer:
                for batch in kept:
                    writer.write_batch(batch)
                kept.clear()
                for arrays in batches:
                    writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=schema))
            file.flush()
            # What is open stays readable after its name is gone.
            stream: ArrowStream = pa.ipc.open_stream(pa.memory_map(file.name))
            return stream
    except OSError as error:
        raise SourceError(
            f"the rows of the logs cannot be kept in {folder}: {error.strerror or error}", code="K0602",
            hint="make room there, or name another folder in the environment variable TMPDIR",
        ) from error  # fmt: skip
