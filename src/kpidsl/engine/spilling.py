"""The folder where DuckDB puts what does not fit into memory, and what processes that were killed left of theirs."""

from __future__ import annotations

import os
from contextlib import suppress
from functools import cache
from pathlib import Path

from kpidsl import leftovers

_PREFIX = "kpidsl-spill-"
_SETTLED = 60  # seconds: a younger folder may belong to a process that is about to lock it


@cache
def spill_folder(process: int) -> Path:
    """The folder where the connections of this process spill to: nobody else's to read, and gone with the process.

    It is locked while the process lives. At its end, a process removes its own folder, and beside it those of this user
    that nobody has locked: their processes were killed. (Where there are no such locks, on Windows, they stay.)
    """
    import atexit

    folder = _new_folder()
    _lock(folder)
    leftovers.add(folder)
    atexit.register(_leave, process, folder)
    return folder


def _new_folder() -> Path:
    """A new folder that only this user may look into, where `tempfile` would make it: importing that, for a folder that
    few runs use, costs more than all statements that open a connection.
    """
    chosen = [os.environ[name] for name in ("TMPDIR", "TEMP", "TMP") if os.environ.get(name)]
    for base in (*chosen, "/tmp"):  # noqa: S108 -- made with rights for nobody else, under a name that nobody can know
        folder = Path(base).absolute() / f"{_PREFIX}{os.urandom(16).hex()}"
        with suppress(OSError):
            folder.mkdir(mode=0o700)
            return folder
    from tempfile import mkdtemp

    return Path(mkdtemp(prefix=_PREFIX))


def _lock(folder: Path) -> bool:
    """Lock a folder until this process ends, however it ends. False where another has it, or there are no locks."""
    try:
        import fcntl
    except ImportError:
        return False
    try:
        place = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(place)
        return False
    return True


def _leave(process: int, folder: Path) -> None:
    if os.getpid() != process:  # a fork does not own what its parent made
        return
    _remove(folder)
    if os.name != "posix":
        return
    with suppress(OSError):
        for left in _settled(folder.parent):
            if _lock(left):
                _remove(left)


def _settled(base: Path) -> list[Path]:
    """The folders of this user that were not made just now."""
    import time

    until = time.time() - _SETTLED
    found: list[Path] = []
    with os.scandir(base) as entries:
        for entry in entries:
            if not entry.name.startswith(_PREFIX) or not entry.is_dir(follow_symlinks=False):
                continue
            with suppress(OSError):
                told = entry.stat(follow_symlinks=False)
                if told.st_uid == os.getuid() and told.st_mtime < until:
                    found.append(Path(entry.path))
    return found


def _remove(folder: Path) -> None:
    try:
        folder.rmdir()  # nothing was spilled
    except OSError:
        from shutil import rmtree

        rmtree(folder, ignore_errors=True)
