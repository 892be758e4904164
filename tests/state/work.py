"""A folder with a spec, its data and kept state, for the tests of `eval --state`."""

from __future__ import annotations

from pathlib import Path

import duckdb

import kpidsl
from kpidsl.report import FORMATS

TO_JSON = next(one.render for one in FORMATS if one.name == "json")
AS_OF = "2026-03-31"
KPIS = """
kpi sold { value sum(amount) from orders over last month; target >= 2; by shop; compare previous; trend 3 months }
kpi mean { value avg(weight) from orders over trailing 7 days; target >= 2; by shop, day }
kpi best { value max(amount) from orders where shop != "b" over month to date; target >= 2 }
kpi few { value min(weight) from orders over all time }
kpi shops { value count_distinct(shop) from orders over last month; target >= 2 }
"""


def source(provider: str, path: str) -> str:
    return f'source orders {{ from {provider}("{path}"); time at; fresh within 2 days }}\n{KPIS}'


def write(file: Path, rows: str) -> None:
    """A file of orders, from rows of DuckDB's VALUES: at, shop, amount, weight."""
    columns = '"at"::timestamp "at", shop, amount::decimal(12, 2) amount, weight::double weight, "at"::date "day"'
    how = "format csv, header" if file.suffix == ".csv" else "format parquet"
    file.parent.mkdir(exist_ok=True)
    duckdb.sql(f"""copy (select {columns} from (values {rows}) as t("at", shop, amount, weight)) to '{file}' ({how})""")


MARCH = "('2026-03-01 10:00', 'a', 1.11, 0.1), ('2026-03-31 23:30', 'b', 2.20, 0.2), ('2026-03-30 00:00', 'a', 5, 1e9)"
FEBRUARY = "('2026-02-01 00:00', 'a', 7.07, 0.7), ('2026-02-28 23:59', NULL, 8, NULL)"
LATE = "('2026-02-10 12:00', 'c', 100, 3.5), ('2026-01-10 12:00', 'c', 100, 3.5)"


class Work:
    """A folder with a spec, its data and kept state."""

    def __init__(self, folder: Path, suffix: str) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.state = folder / "state"
        self.suffix = suffix
        self.spec = folder / "shop.kpi"
        self.spec.write_text(source(suffix, f"data/*.{suffix}"), "utf-8")
        self.write("1", MARCH)
        self.write("2", FEBRUARY)

    def write(self, name: str, rows: str) -> Path:
        file = self.data / f"{name}.{self.suffix}"
        write(file, rows)
        return file

    def document(self, *, as_of: str = AS_OF, state: bool = False, spec: Path | None = None) -> str:
        found = kpidsl.load([spec or self.spec]).evaluate(as_of=as_of, state=self.state if state else None)
        return TO_JSON(found)

    def agree(self, *, as_of: str = AS_OF, spec: Path | None = None) -> str:
        """The document, which is the same in both ways."""
        without = self.document(as_of=as_of, spec=spec)
        assert self.document(as_of=as_of, spec=spec, state=True) == without
        return without
