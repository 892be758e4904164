"""What is made once and kept in the user's own cache folder: found again by its content, never trusted when damaged."""

from __future__ import annotations

import hashlib
import os
import stat
import sys
import time
from contextlib import suppress
from functools import cache
from pathlib import Path
from threading import get_ident

from kpidsl import leftovers

SUFFIX = ".kept"
_DIGEST = 32
_DAY = 86_400
UNUSED_DAYS = 30
PRUNED = "pruned"


def folder() -> Path | None:
    """The user's own cache folder for kpidsl (`KPIDSL_CACHE`, `XDG_CACHE_HOME`, `~/.cache`), or None where none can
    be had; `KPIDSL_CACHE=` (empty) keeps nothing.

    What lies there is read back as Python objects, so a folder that others own or may write is not used.
    """
    chosen = os.environ.get("KPIDSL_CACHE")
    if chosen == "":
        return None
    base = Path(chosen) if chosen else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kpidsl"
    try:
        base.mkdir(mode=0o700, parents=True, exist_ok=True)
        state = base.stat()
    except (OSError, RuntimeError):
        return None
    if hasattr(os, "getuid") and (state.st_uid != os.getuid() or state.st_mode & (stat.S_IWGRP | stat.S_IWOTH)):
        return None
    return base


@cache
def maker() -> bytes:
    """What made whatever is kept: this installation of kpidsl, file by file, and this Python."""
    found = [sys.version]
    folders = [os.path.dirname(__file__)]  # noqa: PTH120 -- four times faster than paths, for some four hundred files
    while folders:
        with os.scandir(folders.pop()) as entries:
            for entry in sorted(entries, key=lambda one: one.name):
                if entry.is_dir():
                    if entry.name != "__pycache__":
                        folders.append(entry.path)
                elif not entry.name.endswith((".pyc", ".md")):
                    state = entry.stat()
                    found.append(f"{entry.path} {state.st_size} {state.st_mtime_ns}")
    return hashlib.sha256("\n".join(found).encode()).digest()


def key(*parts: bytes) -> str:
    """A file name for what was made from these parts, and from nothing else."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(f"{len(part)}:".encode() + part)
    return digest.hexdigest()[:40]


def load(kind: str, name: str) -> bytes | None:
    """What was kept under a name; None where nothing was, or what is there is torn or damaged."""
    base = folder()
    if base is None:
        return None
    return read_kept(base / f"{kind}-{name}{SUFFIX}")


def read_kept(file: Path) -> bytes | None:
    """What a file keeps; None where there is none, or it is torn or damaged."""
    try:
        data = file.read_bytes()
    except OSError:
        return None
    payload = data[_DIGEST:]
    if hashlib.sha256(payload).digest() != data[:_DIGEST]:
        return None
    return payload


def save(kind: str, name: str, payload: bytes) -> None:
    """Keep something; where the folder cannot be written, nothing is kept and nothing is said."""
    base = folder()
    if base is None:
        return
    if write_kept(base / f"{kind}-{name}{SUFFIX}", payload):
        with suppress(OSError):
            prune(base)


def write_kept(file: Path, payload: bytes) -> bool:
    """Keep something in a file that is there as a whole or not at all; whether that could be done."""
    try:
        put(file, payload)
    except OSError:
        return False
    return True


def put(file: Path, payload: bytes) -> None:
    """As `write_kept`. Raises OSError; then the file is as it was."""
    fresh = file.with_suffix(f".{os.getpid()}-{get_ident()}.new")
    with leftovers.passing(fresh):
        try:
            fresh.write_bytes(hashlib.sha256(payload).digest() + payload)
            fresh.replace(file)
        except BaseException:
            with suppress(OSError):
                fresh.unlink(missing_ok=True)
            raise


def prune(base: Path, starts: tuple[str, ...] = ("",)) -> None:
    """Once a day, remove what was made long ago, of the files whose names start so: what is still needed is made
    again.
    """
    mark = base / PRUNED
    now = time.time()
    try:
        if now - mark.stat().st_mtime < _DAY:
            return
    except FileNotFoundError:
        pass
    mark.touch(mode=0o600)
    for file in base.iterdir():
        if not file.name.startswith(starts) or file.suffix not in (SUFFIX, ".new", ".bin"):
            continue
        if now - file.stat().st_mtime > UNUSED_DAYS * _DAY:
            file.unlink(missing_ok=True)
