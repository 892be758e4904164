"""Whether a zstd file is whole.

DuckDB reads a truncated one as if it ended there, which would drop rows without a word.
"""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO, Final

_MAGIC: Final = 0xFD2FB528
_SKIPPABLE: Final = range(0x184D2A50, 0x184D2A60)


def is_whole(path: Path) -> bool:
    """Whether every frame of the file ends where the format says (RFC 8878, section 3.1); reads the block headers
    only. Raises OSError.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        while file.tell() < size:
            if not _frame(file) or file.tell() > size:
                return False
    return size > 0


def _frame(file: BinaryIO) -> bool:
    magic = int.from_bytes(file.read(4), "little")
    if magic in _SKIPPABLE:
        length = file.read(4)
        file.seek(int.from_bytes(length, "little"), 1)
        return len(length) == 4
    head = file.read(1)
    if magic != _MAGIC or not head:
        return False
    single, checksum = head[0] >> 5 & 1, head[0] >> 2 & 1
    dictionary = (0, 1, 2, 4)[head[0] & 3]
    content = (single, 2, 4, 8)[head[0] >> 6]
    file.seek((0 if single else 1) + dictionary + content, 1)
    while True:
        block = file.read(3)
        bits = int.from_bytes(block, "little")
        kind, size = bits >> 1 & 3, bits >> 3
        if len(block) < 3 or kind == 3:
            return False
        file.seek(1 if kind == 1 else size, 1)
        if bits & 1:
            file.seek(4 * checksum, 1)
            return True
