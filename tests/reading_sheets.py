"""How tests read a workbook."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pytest

from kpidsl.diagnostics import SourceError
from kpidsl.hookspecs import ColumnRequest, Context, ScanRequest
from kpidsl.semantic.types import DataType
from kpidsl_excel import open_excel
from kpidsl_excel.options import ExcelOptions

D = DataType


def dataset(path: Path, **options: Any) -> Any:
    return open_excel(ExcelOptions(path=(path.name,), **options), Context(path.parent, path.parent))


def read(
    path: Path, *names: str, types: Mapping[str, DataType] | None = None, formats: Mapping[str, str] | None = None,
    **options: Any,
) -> dict[str, list[object]]:  # fmt: skip
    """The named columns (all without) as lists, declared as `types` and `formats` say."""
    found = dataset(path, **options)
    columns = tuple(
        ColumnRequest(name, (types or {}).get(name), (formats or {}).get(name))
        for name in names or found.schema().names
    )
    return pa.table(found.scan(ScanRequest(columns))).to_pydict()


def types(path: Path, **options: Any) -> dict[str, str]:
    return {column.name: column.type.value for column in dataset(path, **options).schema().columns}


def refused(path: Path, *names: str, **options: Any) -> SourceError:
    """The error that reading gives."""
    with pytest.raises(SourceError) as caught:
        read(path, *names, **options)
    assert caught.value.hint
    return caught.value


def written(
    path: Path, rows: list[list[object]], change: Callable[[Any], None] | None = None, title: str = "S"
) -> Path:
    """A workbook with one sheet, by openpyxl."""
    book = openpyxl.Workbook()
    book.active.title = title
    for row in rows:
        book.active.append(row)
    if change is not None:
        change(book)
    book.save(path)
    return path
