"""What a process would leave behind if it ended at once: files that are half written, and folders of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol, TypeVar

_there: set[Path] = set()
_kept: list[object] = []


def add(path: Path) -> None:
    """A file or folder that is not to outlive the process."""
    _there.add(path)


@contextmanager
def passing(path: Path) -> Iterator[Path]:
    """A file or folder that is not to outlive the process while this lasts."""
    _there.add(path)
    try:
        yield path
    finally:
        _there.discard(path)


class _Process:
    is_ending = False


class Closable(Protocol):
    def close(self) -> None: ...


C = TypeVar("C", bound=Closable)


def end_with_process() -> None:
    """This process does one thing and ends: what goes with its memory is not taken apart before."""
    _Process.is_ending = True


@contextmanager
def closing(thing: C) -> Iterator[C]:
    """Close something in memory behind this; one that was of use and that goes with the process is left to its end."""
    try:
        yield thing
    except BaseException:
        thing.close()
        raise
    if _Process.is_ending:
        _kept.append(thing)
    else:
        thing.close()


def remove_all() -> None:
    """Remove what is there. Other threads may go on writing: what they make from now on has no folder to be made in."""
    for path in tuple(_there):
        with suppress(OSError):
            _remove(path)


def forget_all() -> None:
    """What is there belongs to another process: the one that this was forked from."""
    _there.clear()


def _remove(path: Path) -> None:
    if not path.is_dir():
        path.unlink(missing_ok=True)
        return
    from shutil import rmtree

    gone = path.with_name(f"{path.name}.gone")
    path.rename(gone)
    rmtree(gone, ignore_errors=True)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=forget_all)
