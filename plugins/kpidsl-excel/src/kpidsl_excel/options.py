"""What a spec may write between the parentheses."""

from __future__ import annotations

from dataclasses import field
from typing import Final

from kpidsl.records import dataclass

_CHOICES: Final = {
    "totals": ("refuse", "skip", "keep"),
    "hidden_rows": ("keep", "skip", "refuse"),
    "blank_rows": ("skip", "end"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ExcelOptions:
    """Where in which workbooks the rows are, and how people wrote them. Raises ValueError for what contradicts
    itself.
    """

    path: tuple[str, ...] = field(
        metadata={"positional": True, "help": "workbook (.xlsx, .ods), pattern (`books/*.xlsx`) or list of them"}
    )
    sheet: tuple[str, ...] = field(
        default=(),
        metadata={"help": "name of the sheet, pattern (`2026-*`) or list of them; needed where there are several"},
    )
    sheet_number: int | None = field(default=None, metadata={"help": "instead of its name: 1 is the first one"})
    range: str | None = field(
        default=None, metadata={"help": "`B3:F200`, `B3:F`, `B:F`, or the name of a range or table"}
    )
    header: int | None = field(
        default=None,
        metadata={"help": "the row with the names, as the sheet numbers it; the first row that is not blank"},
    )
    header_rows: int = field(
        default=1, metadata={"help": "how many rows the names stand in; 0: columns are called A, B, …"}
    )
    unpivot: tuple[str, ...] = field(
        default=(),
        metadata={"help": "columns that become rows, as letters: `D:O`; for sheets with months side by side"},
    )
    label_column: str = field(default="label", metadata={"help": "with `unpivot`: the column of their names"})
    value_column: str = field(default="value", metadata={"help": "with `unpivot`: the column of their values"})
    decimal: str | None = field(default=None, metadata={"help": "the decimal mark of numbers that are kept as text"})
    thousands: str | None = field(default=None, metadata={"help": "the mark between groups of three digits in them"})
    null: tuple[str, ...] = field(
        default=(), metadata={"help": "texts and errors that mean NULL, besides an empty cell: `-`, `#N/A`"}
    )
    totals: str = field(default="refuse", metadata={"help": "rows of totals: refuse, skip or keep"})
    hidden_rows: str = field(
        default="keep", metadata={"help": "rows that are hidden or filtered out: keep, skip or refuse"}
    )
    blank_rows: str = field(default="skip", metadata={"help": "blank rows: skip, or end for the end of the data"})
    leave_out: tuple[str, ...] = field(
        default=(), metadata={"help": "rows whose first cell is such a text (`Note*`) are left out"}
    )
    fill_down: tuple[str, ...] = field(
        default=(), metadata={"help": "columns whose empty cells repeat the value above, as merged cells do"}
    )
    sheet_column: str | None = field(default=None, metadata={"help": "a column with this name tells the row's sheet"})
    file_column: str | None = field(default=None, metadata={"help": "a column with this name tells the row's file"})

    def __post_init__(self) -> None:
        if not self.path:
            raise ValueError("`path` names no file")
        if self.sheet and self.sheet_number is not None:
            raise ValueError("`sheet` and `sheet_number` are two ways to say which sheet: keep one")
        if self.sheet_number is not None and self.sheet_number < 1:
            raise ValueError("`sheet_number` begins with 1")
        if self.header is not None and self.header < 1:
            raise ValueError("`header` is the number of a row, 1 or more; without names, write `header_rows: 0`")
        if not 0 <= self.header_rows <= 20:
            raise ValueError("`header_rows` is 0 to 20")
        if self.header_rows == 0 and self.header is not None:
            raise ValueError("`header` says where the names stand, and `header_rows: 0` that there are none: keep one")
        for name, known in _CHOICES.items():
            if getattr(self, name) not in known:
                raise ValueError(f"`{name}` is {', '.join(known[:-1])} or {known[-1]}")
        if self.decimal not in (None, ".", ","):
            raise ValueError('`decimal` is "." or ","')
        mark = self.thousands
        if mark is not None and (len(mark) != 1 or mark.isalnum() or mark in "+-()%" or mark == (self.decimal or ".")):
            raise ValueError(
                "`thousands` is one mark such as a comma, a point, a space or an apostrophe, and not the decimal mark"
            )
        made = [name for name in (self.sheet_column, self.file_column) if name is not None]
        if self.unpivot:
            made += [self.label_column, self.value_column]
        if len(set(made)) != len(made):
            raise ValueError("two of the columns that are added have the same name")
