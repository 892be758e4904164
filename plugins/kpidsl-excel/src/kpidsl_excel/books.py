"""A workbook of either kind: its sheets, the ranges that have names, and the rows of a sheet."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from kpidsl.diagnostics import SourceError
from kpidsl_excel.cells import Row
from kpidsl_excel.container import Archive, protected
from kpidsl_excel.places import Area, Named

NUMERAL: Final = re.compile(r"[+-]?(?:[0-9]{1,400}\.?[0-9]{0,400}|\.[0-9]{1,400})(?:[eE][+-]?[0-9]{1,3})?", re.ASCII)
"""A number as a workbook holds it; its exponent is one that a double has."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet by its place: `part` is where the file keeps it."""

    name: str
    hidden: bool
    part: str


class Book(Protocol):
    """An open workbook."""

    @property
    def sheets(self) -> tuple[Sheet, ...]:
        """The sheets with cells, in their order."""
        ...

    @property
    def names(self) -> Mapping[str, Named]:
        """Ranges and tables that have a name."""
        ...

    def rows(self, sheet: Sheet, area: Area) -> Iterator[Row]:
        """The rows of an area that hold something, in order. Raises SourceError."""
        ...

    def merged(self, sheet: Sheet, last_row: int) -> list[Area]:
        """Cells that were merged into one, at least those that begin in a row up to `last_row`."""
        ...


@contextmanager
def opened(path: Path, name: str) -> Iterator[Book]:
    """A workbook, closed at the end. Raises SourceError for what is none, or one with a password."""
    from kpidsl_excel.ods import OdsBook
    from kpidsl_excel.xlsx import XlsxBook

    archive = Archive(path, name)
    try:
        if "[Content_Types].xml" in archive.parts:
            if any(part.endswith("workbook.bin") for part in archive.parts):
                raise SourceError(
                    f"{name} is a binary workbook (.xlsb), which is not read", code="K0602", hint="save it as .xlsx"
                )
            yield XlsxBook(archive)
        elif "content.xml" in archive.parts:
            yield OdsBook(archive)
        elif "encrypted-package" in archive.parts:  # OpenDocument 1.4
            raise protected(name)
        else:
            raise archive.damaged("it is a zip, but no workbook")
    finally:
        archive.close()


def adds_up(formula: str, column: str, row: int) -> bool:
    """Whether a formula in a cell adds up other cells of its own column: `SUM(F2:F200)` in F201. A column of running
    totals never does: it would count itself.
    """
    for match in _SUM.finditer(formula):
        is_own = match["first"].upper() == match["last"].upper() == column
        if is_own and not int(match["top"]) <= row <= int(match["bottom"]):
            return True
    return False


_SUM: Final = re.compile(
    r"\b(?:SUM|SUBTOTAL|AGGREGATE)\((?:[0-9]+[;,])*\[?\.?\$?(?P<first>[A-Z]{1,3})\$?(?P<top>[0-9]+):\.?\$?(?P<last>[A-Z]{1,3})\$?(?P<bottom>[0-9]+)",
    re.IGNORECASE,
)
