"""Paths of a source: patterns expanded, limits of trust kept, and what goes wrong with files said in one way."""

from __future__ import annotations

import glob
import itertools
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from kpidsl.diagnostics import SourceError, closest
from kpidsl.hookspecs import Context

_WILD: Final = frozenset("*?[")


def expand(patterns: Sequence[str], context: Context, provider: str) -> tuple[Path, ...]:
    """The files that paths and patterns (`*`, `?`, `[…]`, `**`) name, each once.

    A pattern's files are in code-point order of their paths; patterns keep the order in which they are written. A
    name that exists as it is written is no pattern. Raises SourceError K0601 where nothing is found, K0602 for a
    folder, K0607 for a file outside the root of an untrusted spec.
    """
    found: dict[Path, None] = {}
    for pattern in patterns:
        for path in _expand_one(pattern, context, provider):
            found[path] = None
    return tuple(found)


def fingerprint(paths: Iterable[Path]) -> tuple[tuple[str, int, int], ...] | None:
    """(path, size, changed in ns) of every file; None where one of them cannot be seen.

    Changed is when its content or its entry was: a copy that restores the first cannot restore the second.
    """
    marks = []
    for path in paths:
        try:
            seen = path.stat()
        except OSError:
            return None
        marks.append((str(path), seen.st_size, max(seen.st_mtime_ns, seen.st_ctime_ns)))
    return tuple(marks)


def shown(path: Path, context: Context) -> str:
    """A path as messages write it: from the root of the spec set where it lies inside, else in full."""
    for folder in (context.root, context.base):
        try:
            return path.relative_to(folder).as_posix()
        except ValueError:
            continue
    return path.as_posix()


def cannot_read(path: str, error: OSError) -> SourceError:
    """An operating system's refusal, in words."""
    if isinstance(error, FileNotFoundError):
        return SourceError(
            f"{path} is gone: it was there a moment ago",
            code="K0601",
            hint="run again when nothing is replacing the file",
        )
    if isinstance(error, PermissionError):
        return SourceError(
            f"{path} may not be read: permission denied",
            code="K0602",
            hint=f"give the user who runs kpidsl the right to read {path}",
        )
    return SourceError(f"{path} cannot be read: {error.strerror or error}", code="K0602")


def _expand_one(pattern: str, context: Context, provider: str) -> list[Path]:
    if not pattern.strip() or "\0" in pattern:
        raise SourceError(
            f"`{provider}` is given an empty path", code="K0601", hint=f'write the file\'s path: {provider}("data/…")'
        )
    if "://" in pattern:
        raise SourceError(
            f"{pattern} is not a local file", code="K0601", hint=f"`{provider}` reads local files: fetch it first"
        )
    written = Path(os.path.expanduser(pattern)) if pattern.startswith("~") else Path(pattern)
    full = Path(os.path.normpath(context.base / written))
    if os.path.lexists(full):
        _allowed(full, pattern, context)
        if full.is_dir():
            suffix = {"parquet": "*.parquet", "json": "*.json", "ndjson": "*.ndjson", "csv": "*.csv"}.get(
                provider, "FILE"
            )
            raise SourceError(
                f"{pattern} is a folder, not a file",
                code="K0602",
                hint=f'did you mean "{pattern.rstrip("/")}/{suffix}"?',
            )
        _readable(full, context)
        return [full]
    if not _WILD & set(pattern):
        _allowed(full, pattern, context)
        raise SourceError(f"there is no file {shown(full, context)}", code="K0601", hint=_neighbour(full, written))
    _allowed(_fixed_part(full), pattern, context)
    hits = [Path(os.path.normpath(hit)) for hit in glob.glob(str(context.base / written), recursive=True)]
    files = sorted((hit for hit in hits if not hit.is_dir()), key=lambda hit: hit.as_posix())
    if not files:
        raise SourceError(
            f"no file matches {pattern} (looked from {context.base})", code="K0601", hint=_neighbour(full, written)
        )
    for file in files:
        _allowed(file, pattern, context)
        _readable(file, context)
    return files


def _fixed_part(path: Path) -> Path:
    """The folders of a pattern before its first wildcard."""
    return Path(*itertools.takewhile(lambda part: not _WILD & set(part), path.parts))


def _readable(path: Path, context: Context) -> None:
    try:
        path.stat()
    except OSError as error:
        if path.is_symlink() and isinstance(error, FileNotFoundError):
            message = f"{shown(path, context)} is a link to a file that does not exist: {os.readlink(path)}"
            raise SourceError(message, code="K0601", hint="mend the link, or name the file itself") from error
        raise cannot_read(shown(path, context), error) from error
    if not path.is_file():
        raise SourceError(
            f"{shown(path, context)} is no regular file", code="K0602", hint="copy its contents into a file first"
        )
    if not os.access(path, os.R_OK):
        raise cannot_read(shown(path, context), PermissionError())


def _allowed(path: Path, pattern: str, context: Context) -> None:
    if not context.untrusted:
        return
    root = context.root.resolve()
    if not path.resolve().is_relative_to(root):
        raise SourceError(
            f"{pattern} lies outside the folder of the specs, where an untrusted spec may not read",
            code="K0607",
            hint="move the file below the specs, or run without --untrusted if you trust them",
        )


def _neighbour(path: Path, written: Path) -> str:
    """The file that was probably meant: in the folder named, else the folder that is wrong."""
    folder = path.parent
    if not folder.is_dir():
        known = folder
        while not known.is_dir() and known != known.parent:
            known = known.parent
        missing = folder.relative_to(known).parts[0]
        if _WILD & set(missing):
            return "check the pattern: relative paths start at the folder of the spec file"
        near = closest(missing, (entry.name for entry in _entries(known) if entry.is_dir()))
        if near:
            return f"there is no folder {missing}: did you mean `{near}`?"
        return f"there is no folder {missing}: relative paths start at the folder of the spec file"
    if _WILD & set(path.name):
        names = sorted(entry.name for entry in _entries(folder) if not entry.is_dir())
        listed = ", ".join(names[:5]) + (", …" if len(names) > 5 else "")
        return f"the folder holds {listed}" if names else "the folder is empty"
    near = closest(path.name, (entry.name for entry in _entries(folder)))
    if near:
        return f"did you mean `{(written.parent / near).as_posix()}`?"
    return "a relative path starts at the folder of the spec file that writes it"


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return list(found)
    except OSError:
        return []
