"""__CLASS__ as a data source for kpidsl: `from __NAME__("rows.tsv")`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from kpidsl.diagnostics import SourceError
from kpidsl.hookspecs import ArrowStream, Context, Provider, ScanRequest, hookimpl
from kpidsl.semantic.types import Column, DataType, Schema

BATCH = 10_000  # rows


@dataclass(frozen=True)
class __CLASS__Options:
    """What a spec may write between the brackets; checked before anything is opened."""

    path: str = field(metadata={"positional": True, "help": "the file; relative to the spec"})


@dataclass(frozen=True)
class __CLASS__Dataset:
    """One file: a header, and a tab between the columns; an empty field is NULL."""

    file: Path

    def schema(self) -> Schema:
        return Schema(tuple(Column(name, DataType.TEXT) for name in self.columns()))

    def fingerprint(self) -> tuple[tuple[str, int, int], ...]:
        found = self.file.stat()
        return ((str(self.file), found.st_size, found.st_mtime_ns),)

    def scan(self, request: ScanRequest) -> ArrowStream:
        """The rows as a stream of batches, so that a file larger than memory can be read."""
        import pyarrow as pa

        names = [column.name for column in request.columns]
        schema = pa.schema([(name, pa.string()) for name in names])

        def batches() -> Iterator[pa.RecordBatch]:
            rows = self.rows()
            while some := list(islice(rows, BATCH)):
                yield pa.RecordBatch.from_pylist([{name: row[name] for name in names} for row in some], schema)

        return pa.RecordBatchReader.from_batches(schema, batches())

    # ------------------------------------------------------------ replace from here on
    def columns(self) -> list[str]:
        try:
            with self.file.open(encoding="utf-8") as lines:
                return next(lines, "").rstrip("\n").split("\t")
        except (OSError, UnicodeDecodeError) as error:
            raise self.failed(error) from error

    def rows(self) -> Iterator[dict[str, str | None]]:
        names = self.columns()
        with self.file.open(encoding="utf-8") as lines:
            next(lines)
            for number, line in enumerate(lines, 2):
                values = line.rstrip("\n").split("\t")
                if len(values) != len(names):
                    raise SourceError(
                        f"{self.file}:{number}: {len(values)} fields, and the header has {len(names)}",
                        code="K0603",
                        hint="mend the line",
                    )
                yield {name: value or None for name, value in zip(names, values, strict=True)}

    def failed(self, error: OSError | UnicodeDecodeError) -> SourceError:
        why = getattr(error, "strerror", None) or "it is not UTF-8"
        return SourceError(f"cannot read {self.file}: {why.lower()}", code="K0601", hint="name a file that is there")


def open___NAME__(options: __CLASS__Options, context: Context) -> __CLASS__Dataset:
    file = (context.base / options.path).resolve()
    if context.untrusted and not file.is_relative_to(context.root.resolve()):
        raise SourceError(
            f"{file} lies outside of the specs, which are not trusted", code="K0607", hint="move it there"
        )
    if not file.is_file():
        raise SourceError(f"there is no file {file}", code="K0601", hint="name a file that is there")
    return __CLASS__Dataset(file)


@hookimpl
def kpidsl_providers() -> tuple[Provider, ...]:
    return (Provider("__NAME__", __CLASS__Options, open___NAME__, "text files with a tab between the columns"),)
