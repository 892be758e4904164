"""Workbooks as a data source for kpidsl: `from excel("books.xlsx", sheet: "Orders")`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kpidsl.hookspecs import Context, Provider, hookimpl
from kpidsl_excel.options import ExcelOptions

if TYPE_CHECKING:
    from kpidsl_excel.dataset import ExcelDataset


def open_excel(options: ExcelOptions, context: Context) -> ExcelDataset:
    from kpidsl_excel.dataset import ExcelDataset

    return ExcelDataset(options, context)


@hookimpl
def kpidsl_providers() -> tuple[Provider, ...]:
    return (Provider("excel", ExcelOptions, open_excel, "sheets of .xlsx and .ods workbooks"),)
