"""Schemas of local files, kept between runs: a repeated check opens no data file and does not import DuckDB."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import time
from hashlib import sha256
from pathlib import Path
from typing import Final

from kpidsl import kept_files
from kpidsl.hookspecs import Dataset, Recalling, Secret
from kpidsl.semantic.types import Column, DataType, Schema

_FORMAT: Final = 7
"""Goes up when the same file would be described otherwise."""
_ENTRIES: Final = 512
_TICK_NS: Final = 20_000_000
"""A file changed so short a time ago might change again without its time showing it."""

Fingerprint = tuple[tuple[str, int, int], ...]


class SchemaCache:
    """A folder with one small file a source. Whatever is wrong with it costs time, never an error or a wrong schema.

    Without a folder it is one in the user's cache folder; where that is not used, every schema is looked up.
    """

    def __init__(self, folder: Path | None = None) -> None:
        base = kept_files.folder() if folder is None else None
        self._folder = base / "schemas" if base is not None else folder

    def schema(self, provider: str, options: object, dataset: Dataset) -> Schema:
        """The schema of a dataset, from the folder where its files have not changed since.

        Raises SourceError as `dataset.schema` does.
        """
        mark = dataset.fingerprint()
        path = self._path(provider, options, mark) if mark is not None else None
        if mark is None or path is None:
            return dataset.schema()
        kept = _read(path, mark)
        if kept is not None:
            if isinstance(dataset, Recalling):
                dataset.recall(kept)
            return kept
        found = dataset.schema()
        # Only what was the same before and after the look at it is worth keeping.
        if (
            dataset.fingerprint() == mark
            and time.time_ns() - max((mtime for _, _, mtime in mark), default=0) > _TICK_NS
        ):
            self._write(path, mark, found)
        return found

    def _path(self, provider: str, options: object, mark: Fingerprint) -> Path | None:
        written: list[object] = []
        if dataclasses.is_dataclass(options) and not isinstance(options, type):
            for field in dataclasses.fields(options):
                value = getattr(options, field.name)
                if isinstance(value, Secret):
                    return None
                written.append([field.name, value])
        else:
            return None
        if self._folder is None:
            return None
        key = json.dumps([_FORMAT, provider, written, [path for path, _, _ in mark]], default=repr)
        return self._folder / f"{sha256(key.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}{kept_files.SUFFIX}"

    def _write(self, path: Path, mark: Fingerprint, schema: Schema) -> None:
        columns = [[column.name, column.type.value, column.is_blank] for column in schema.columns]
        text = json.dumps({"kpidsl": _FORMAT, "files": mark, "columns": columns})
        with contextlib.suppress(OSError, UnicodeError):
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            kept_files.write_kept(path, text.encode("utf-8"))
            self._prune(path.parent)

    def _prune(self, folder: Path) -> None:
        with os.scandir(folder) as found:
            entries = [entry for entry in found if entry.name.endswith((kept_files.SUFFIX, ".new", ".json", ".tmp"))]
        if len(entries) <= _ENTRIES:
            return
        entries.sort(key=lambda entry: entry.stat().st_mtime_ns)
        for entry in entries[: len(entries) - _ENTRIES // 2]:
            Path(entry.path).unlink(missing_ok=True)


def _read(path: Path, mark: Fingerprint) -> Schema | None:
    """What the file says about exactly these files; None for one that is missing, torn, damaged, foreign or about an
    older state.
    """
    try:
        kept = json.loads(kept_files.read_kept(path) or b"null")
        if kept["kpidsl"] != _FORMAT or kept["files"] != [list(part) for part in mark]:
            return None
        return Schema(tuple(Column(str(name), DataType(kind), bool(blank)) for name, kind, blank in kept["columns"]))
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
