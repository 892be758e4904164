"""A stream that can be read once, for a reader that asks twice: DuckDB first wants to see the schema.

By the Arrow C stream interface (arrow.apache.org/docs/format/CStreamInterface.html) the structure behind a capsule
may be moved by copying its bytes, its functions find their state through `private_data`, and the schema may be asked
for as often as one likes.
"""

from __future__ import annotations

import ctypes
from typing import Final

from kpidsl.hookspecs import ArrowStream

_NAME: Final = b"arrow_array_stream"

_pointer_of = ctypes.pythonapi.PyCapsule_GetPointer
_pointer_of.argtypes = [ctypes.py_object, ctypes.c_char_p]
_pointer_of.restype = ctypes.c_void_p
_new_capsule = ctypes.pythonapi.PyCapsule_New
_new_capsule.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
_new_capsule.restype = ctypes.py_object


class _Structure(ctypes.Structure):
    """struct ArrowArrayStream."""

    _fields_ = (
        ("get_schema", ctypes.c_void_p),
        ("get_next", ctypes.c_void_p),
        ("get_last_error", ctypes.c_void_p),
        ("release", ctypes.c_void_p),
        ("private_data", ctypes.c_void_p),
    )


def _release(address: int) -> None:
    """The release function of a copy: it marks the copy as released, as it must, and leaves the stream to its owner."""
    _Structure.from_address(address).release = None


_hand_back = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(_release)


class ReadOnce:
    """The one stream of an object, lent to each who asks; whoever reads first gets the rows.

    It is released with this object.
    """

    def __init__(self, table: ArrowStream) -> None:
        self._capsule = table.__arrow_c_stream__()
        self._stream = _Structure.from_address(_pointer_of(self._capsule, _NAME))
        self._lent: list[_Structure] = []

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """A capsule with a copy of the structure."""
        copy = _Structure.from_buffer_copy(self._stream)
        copy.release = ctypes.cast(_hand_back, ctypes.c_void_p).value
        self._lent.append(copy)
        capsule: object = _new_capsule(ctypes.addressof(copy), _NAME, None)
        return capsule
