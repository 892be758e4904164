"""Whether a file is still the one that was read: its content decides, and what the system says of it whether that has
to be looked at again.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from kpidsl.kept_files import read_kept, write_kept
from kpidsl.records import dataclass

_SETTLED_NS: Final = 2_000_000_000
"""A file changed so short a time ago might change again without its times showing it."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What tells that a file was touched: size, times of its content and of its entry, and which entry it is.

    The time of the entry cannot be set, so a copy that brings an old modification time with it is noticed.
    """

    size: int
    modified: int
    changed: int
    inode: int
    device: int

    @classmethod
    def of(cls, path: Path) -> Mark:
        seen = path.stat()
        return cls(seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns, seen.st_ino, seen.st_dev)

    def is_settled(self) -> bool:
        """Whether a later change would surely show."""
        return 0 < max(self.modified, self.changed) < time.time_ns() - _SETTLED_NS

    def row(self) -> list[int]:
        return [self.size, self.modified, self.changed, self.inode, self.device]


@dataclass(frozen=True, slots=True)
class Seen:
    """The files of a source as they were before anything was read; `names` tells their content and what else of them
    decides what is read: the last part of the path, and folders such as `month=2026-03`.
    """

    marks: dict[Path, Mark]
    names: dict[Path, str]

    def is_unchanged(self, paths: Iterable[Path]) -> bool:
        """Whether these files are, after they were read, still what they were before."""
        try:
            for path in paths:
                mark = Mark.of(path)
                if mark != self.marks[path]:
                    return False
                if not mark.is_settled() and not self.names[path].startswith(_content(path)):
                    return False
        except OSError:
            return False
        return True


def look(paths: Sequence[Path], kept: Path) -> Seen:
    """The files as they are now. What a file holds is looked at only where its mark is new to `kept`, which is brought
    up to date. Raises OSError for a file that cannot be read.
    """
    known = _load(kept)
    marks: dict[Path, Mark] = {}
    contents: dict[Path, str] = {}
    for path in paths:
        mark = marks[path] = Mark.of(path)
        row, content = known.get(str(path), (None, ""))
        contents[path] = content if row == mark.row() else _content(path)
    settled = {
        str(path): (mark.row(), contents[path])
        for path, mark in marks.items()
        if mark.is_settled() and Mark.of(path) == mark
    }
    if settled != known:
        write_kept(kept, json.dumps(settled).encode())
    return Seen(marks, _named(paths, contents))


def _named(paths: Sequence[Path], contents: dict[Path, str]) -> dict[Path, str]:
    names: dict[Path, str] = {}
    times: dict[str, int] = {}
    for path in paths:
        folders = [part for part in path.parts[:-1] if "=" in part]
        name = f"{contents[path]} {'/'.join((*folders, path.name))}"
        times[name] = times.get(name, 0) + 1
        # The same rows may lie in two folders, and are then counted twice.
        names[path] = name if times[name] == 1 else f"{name} {times[name]}"
    return names


def _content(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _load(kept: Path) -> dict[str, tuple[list[int] | None, str]]:
    payload = read_kept(kept)
    if payload is None:
        return {}
    return {path: (row, content) for path, (row, content) in json.loads(payload).items()}


def touch(file: Path) -> None:
    """Say that a kept file was of use."""
    try:
        os.utime(file)
    except OSError:
        return
