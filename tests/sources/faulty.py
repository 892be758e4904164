"""A spec over two sources, of which a provider that does what none should gives one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock

import pyarrow as pa

import kpidsl
from kpidsl import plugins
from kpidsl.hookspecs import Context, Provider, ScanRequest, hookimpl
from kpidsl.report.results import Results
from kpidsl.semantic.types import Column, DataType, Schema

SPEC = """
source o { from csv("o.csv"); time day }
source f { from faulty(); time day }
kpi fine { value sum(v) from o over last month; target >= 1 }
kpi faulty_sum { value sum(v) from f over last month; target >= 1 }
"""
SCHEMA = Schema((Column("day", DataType.DATE), Column("v", DataType.INTEGER)))
DAYS = pa.array([date(2026, 3, 1), date(2026, 3, 2)])


@dataclass(frozen=True)
class Options:
    pass


@dataclass(frozen=True)
class Dataset:
    schema: Callable[[], Any]
    rows: Callable[[], Any]
    fingerprint: Callable[[], None] = field(default=lambda: None)

    def scan(self, request: ScanRequest) -> Any:
        found = self.rows()
        return found.select([column.name for column in request.columns]) if isinstance(found, pa.Table) else found


def table(values: Any = (1, 2), days: Any = DAYS) -> pa.Table:
    return pa.table({"day": days, "v": values if isinstance(values, pa.Array) else list(values)})


def evaluated(folder: Path, dataset: Any, spec: str = SPEC, rows: str = "day,v\n2026-03-02,9\n") -> Results:
    """The spec over a provider that gives this dataset; what does not need it has its value in any case."""
    folder.joinpath("spec.kpi").write_text(spec, "utf-8")
    folder.joinpath("o.csv").write_text(rows, "utf-8")
    module = ModuleType("kpidsl_faulty")

    def opened(_options: Options, _context: Context) -> Any:
        return dataset

    vars(module)["kpidsl_providers"] = hookimpl(lambda: (Provider("faulty", Options, opened),))

    @dataclass(frozen=True)
    class Entry(plugins.EntryPoint):
        def load(self) -> Any:
            return module

    entry = Entry("faulty", "kpidsl_faulty", None, "kpidsl-faulty", "1.0")
    with mock.patch.object(plugins, "load", partial(plugins.load, environ={}, found=[entry])):
        results = kpidsl.load([folder]).evaluate(as_of="2026-03-31")
    assert (results.kpis[0].assessment.value, results.kpis[0].assessment.status) == (9, "green")
    return results


def raising(error: BaseException) -> Callable[[], Any]:
    def call() -> Any:
        raise error

    return call
