"""Files written whole or not at all."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from kpidsl import leftovers


def write_file(target: Path, text: str | Iterable[str]) -> None:
    """Write a file, from a text or its pieces, so that a reader sees the old text or the new one, never half of it.

    A symbolic link stays one: the file behind it is replaced. What is no file (a pipe, a device) is written to.
    Raises OSError; then the target is as it was and nothing is left beside it.
    """
    content = (piece.encode("utf-8") for piece in ((text,) if isinstance(text, str) else text))
    target = Path(os.path.realpath(target))
    with suppress(FileNotFoundError):
        mode = target.stat().st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(None, "is a folder", str(target))
        if not stat.S_ISREG(mode):
            with target.open("wb") as stream:
                stream.writelines(content)
            return
    handle, name = tempfile.mkstemp(prefix=f".{target.name[:64]}.", suffix=".tmp", dir=target.parent)
    with leftovers.passing(Path(name)) as beside:
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.writelines(content)
                stream.flush()
                os.fsync(stream.fileno())
            beside.chmod(_mode(target))
            beside.replace(target)
        except BaseException:
            with suppress(OSError):
                beside.unlink()
            raise
    _keep_entry(target.parent)


def _mode(target: Path) -> int:
    """The permissions of the file that is there, or those a new one gets."""
    try:
        return stat.S_IMODE(target.stat().st_mode)
    except OSError:
        mask = os.umask(0)
        os.umask(mask)
        return 0o666 & ~mask


def _keep_entry(folder: Path) -> None:
    """Ask that the renaming itself outlives a crash, where the system can."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
