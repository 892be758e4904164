"""A stream that can be read once, for a reader that asks twice: DuckDB first wants to see the schema.

A stream has one schema, and its batches come without theirs: of one that has other columns the bytes would be taken for
what they are not. pyarrow's reader over batches does not look, so here they are looked at as they pass.

By the Arrow C stream interface (arrow.apache.org/docs/format/CStreamInterface.html) the structure behind a capsule
may be moved by copying its bytes, its functions find their state through `private_data`, and the schema may be asked
for as often as one likes.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from kpidsl.diagnostics import SourceError
from kpidsl.hookspecs import ArrowStream
from kpidsl.sources.arrow_types import STREAM, StreamStructure, require_distinct, structure_of, unreadable

if TYPE_CHECKING:
    from pyarrow import RecordBatch, RecordBatchReader, Schema

_new_capsule = ctypes.pythonapi.PyCapsule_New
_new_capsule.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
_new_capsule.restype = ctypes.py_object


def _release(address: int) -> None:
    """The release function of a copy: it marks the copy as released, as it must, and leaves the stream to its owner."""
    StreamStructure.from_address(address).release = None


_hand_back = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(_release)


class ReadOnce:
    """The one stream of an object, lent to each who asks; whoever reads first gets the rows.

    It is released with this object. Raises SourceError where it has a column that cannot be read, unless it is to be
    read `partly`: then those are left out, and are in `unread`. `label` is the stream's in messages.
    """

    def __init__(self, table: ArrowStream, label: str, *, partly: bool = False) -> None:
        capsule = _alike(table).__arrow_c_stream__()
        self.unread = unreadable(structure_of(capsule), label)
        if self.unread and not partly:
            raise next(iter(self.unread.values()))
        self._capsule = without(capsule, self.unread) if self.unread else capsule
        self._stream = structure_of(self._capsule)
        self._lent: list[StreamStructure] = []

    def require_distinct(self, label: str) -> None:
        """Raise SourceError where a column is there twice."""
        require_distinct(self._stream, label)

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """A capsule with a copy of the structure."""
        copy = StreamStructure.from_buffer_copy(self._stream)
        copy.release = ctypes.cast(_hand_back, ctypes.c_void_p).value
        self._lent.append(copy)
        capsule: object = _new_capsule(ctypes.addressof(copy), STREAM, None)
        return capsule


def without(capsule: object, unread: Mapping[str, SourceError]) -> object:
    """The stream of a capsule without the columns that cannot be read. Raises the SourceError of the first where
    nothing here can take them out.
    """
    first = next(iter(unread.values()))
    try:
        import pyarrow as pa
    except ImportError as error:
        raise first from error
    try:
        reader = pa.RecordBatchReader.from_stream(_Held(capsule))
    except pa.ArrowException as error:
        raise first from error
    places = [place for place, name in enumerate(reader.schema.names) if name not in unread]
    schema = pa.schema([reader.schema.field(place) for place in places])
    left = pa.RecordBatchReader.from_batches(schema, (batch.select(places) for batch in reader))
    return left.__arrow_c_stream__()


class _Held:
    """A capsule as an object that has a stream."""

    def __init__(self, capsule: object) -> None:
        self._capsule = capsule

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return self._capsule


def _alike(stream: ArrowStream) -> ArrowStream:
    """The stream, which ends with SourceError K0602 at a batch that has not its columns: where that can be told, as of
    a reader of pyarrow.
    """
    kind: Any = type(stream)
    if (kind.__module__, kind.__name__) != ("pyarrow.lib", "RecordBatchReader"):
        return stream
    reader: Any = stream
    made: ArrowStream = kind.from_batches(reader.schema, _looked_at(reader))
    return made


def _looked_at(reader: RecordBatchReader) -> Iterator[RecordBatch]:
    expected = reader.schema
    for number, batch in enumerate(reader, 1):
        if not batch.schema.equals(expected) and _columns(batch.schema) != _columns(expected):
            found, said = (", ".join(_columns(one)) for one in (batch.schema, expected))
            raise SourceError(
                f"batch {number} has the columns {found}, and its stream said {said}",
                code="K0602",
                hint="this is a fault of the provider: all batches of a stream have one schema",
            )
        yield batch


def _columns(schema: Schema) -> list[str]:
    return [f"`{field.name}` {field.type}" for field in schema]
