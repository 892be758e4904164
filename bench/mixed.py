"""A thousand KPIs of every additive kind beside one scan of their columns, and beside a query each.

    python bench/mixed.py [--rows 10_000_000] [--kpis 10 100 1000] [--repeat 3] [--distinct] [--each 100] [--shuffled]

Sums, counts, means, shares and differences of sums (one operand a floating-point number), ten windows, filters of up to
two conditions, and four groupings: by country, by channel, by both, by neither. With `--distinct` one in ten counts
different customers, and they are asked for alone, too. Three years of made-up orders go to bench/data/ and are kept
there. Each line is a process of its own; up to `--each` KPIs are also asked of DuckDB one after the other. Printed is
what bench/run.py prints.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import subprocess
import sys
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path

from measuring import cheapest, in_turns, run, shuffled
from run import HERE, first, say

AS_OF = "2024-12-31"
WINDOWS = {
    "trailing 28 days": ("2024-12-04", "2025-01-01"),
    "trailing 7 days": ("2024-12-25", "2025-01-01"),
    "trailing 28 days 28 days earlier": ("2024-11-06", "2024-12-04"),
    "month to date": ("2024-12-01", "2025-01-01"),
    "last month 1 month earlier": ("2024-11-01", "2024-12-01"),
    "quarter to date": ("2024-10-01", "2025-01-01"),
    "year to date": ("2024-01-01", "2025-01-01"),
    "trailing 365 days": ("2024-01-02", "2025-01-01"),
    "last year 1 year earlier": ("2023-01-01", "2024-01-01"),
    "all time": ("2022-01-01", "2025-01-01"),
}
MEASURES = {
    "sum(amount)": ("sum(amount)", 30),
    "count()": ("count(*)", 20),
    "avg(amount)": ("avg(amount)", 15),
    "share(is_refund)": ("count_if(is_refund) / count(is_refund)", 15),
    "margin": ("sum(amount) - sum(cost)", 10),
    "count_distinct(customer)": ("count(distinct customer)", 10),
}
CHANNELS = ("web", "app", "store", "phone", "partner", "market")
COUNTRIES = tuple(f"C{number:02}" for number in range(21))
STATES = (
    "",
    'status in ["paid", "shipped"]',
    'status == "paid"',
    'status == "cancelled"',
    'status != "failed"',
)
PLACES = (
    "",
    *(f'channel == "{one}"' for one in CHANNELS),
    *(f'country == "{one}"' for one in COUNTRIES),
    "is_refund",
    "not is_refund",
    'country in ["C01", "C02", "C03"]',
    'channel in ["web", "app"]',
    'channel != "market"',
)
GROUPINGS = {(): 60, ("country",): 15, ("channel",): 15, ("country", "channel"): 10}


@dataclass(frozen=True, slots=True)
class Asked:
    """One KPI: what it measures, where, over which window, by which columns."""

    measure: str
    where: tuple[str, ...]
    window: str
    by: tuple[str, ...]

    def spec(self, number: int) -> str:
        rows = f"from orders{' where ' + ' and '.join(self.where) if self.where else ''}"
        measure = f"(sum(amount) {rows}) - (sum(cost) {rows})" if self.measure == "margin" else f"{self.measure} {rows}"
        bound = f"{number % 100}%" if "share" in self.measure else f"{number % 100 + 1}"
        of_whole = " whole" if self.by and "share" not in self.measure and "avg" not in self.measure else ""
        by = f"; by {', '.join(self.by)}" if self.by else ""
        return (
            f"metric m{number} = {measure}\n"
            f"kpi k{number} {{ value m{number} over {self.window}; target >= {bound}{of_whole}{by} }}\n"
        )

    def sql(self) -> str:
        start, end = WINDOWS[self.window]
        conditions = [
            one.replace("[", "(").replace("]", ")").replace('"', "'").replace("==", "=") for one in self.where
        ]
        where = " and ".join([f"ordered_at >= '{start}' and ordered_at < '{end}'", *conditions])
        by = ", ".join(self.by)
        keys, grouped = (f"{by}, ", f" group by {by}") if by else ("", "")
        return f"select {keys}{MEASURES[self.measure][0]} from data where {where}{grouped}"


def workload(kpis: int, *, distinct: bool) -> list[Asked]:
    """So many different KPIs, the same ones each time."""
    chance = random.Random(42)
    names = [one for one in MEASURES if distinct or "distinct" not in one]
    weights = [MEASURES[one][1] for one in names]
    found: dict[Asked, None] = {}
    while len(found) < kpis:
        by = chance.choices(list(GROUPINGS), list(GROUPINGS.values()))[0]
        place = chance.choice(PLACES)
        where = tuple(one for one in (chance.choice(STATES), place) if one and not any(name in one for name in by))
        found[Asked(chance.choices(names, weights)[0], where, chance.choice(list(WINDOWS)), by)] = None
    return list(found)


def make_data(rows: int) -> Path:
    """Three years of orders, ending with the anchor, as one Parquet file."""
    import duckdb

    file = HERE / "data" / f"mixed-{rows}.parquet"
    if not file.exists():
        file.parent.mkdir(exist_ok=True)
        made = file.with_suffix(".new")
        states = ["paid"] * 5 + ["shipped"] * 2 + ["pending", "cancelled", "failed"]
        duckdb.sql(
            f"""copy (
                select timestamp '2022-01-01'
                        + to_microseconds((i::double / {rows} * 1096 * 86400e6)::bigint) as ordered_at,
                    (hash(i, 1) % {max(rows // 20, 1000)})::integer as customer,
                    'C' || lpad((pow((hash(i, 2) % 1000)::double / 1000, 2) * 20)::integer::varchar, 2, '0') as country,
                    {list(CHANNELS)}[1 + (hash(i, 3) % 6)::integer] as channel,
                    (1 + (hash(i, 4) % 100000) / 100.0)::decimal(12, 2) as amount,
                    ((hash(i, 4) % 100000) / 100.0 * 0.62)::double as cost,
                    {states}[1 + (hash(i, 5) % 10)::integer] as status,
                    hash(i, 6) % 100 < 4 as is_refund
                from range({rows}) as numbers(i)
            ) to '{made}' (format parquet, compression zstd)"""
        )
        made.rename(file)
    return file


def make_specs(data: Path, asked: list[Asked], name: str) -> Path:
    folder = HERE / "data" / f"specs-{data.stem}-{name}"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "orders.kpi").write_text(
        f'source orders {{ from parquet("../{data.name}"); time ordered_at }}\n', "utf-8"
    )
    for start in range(0, len(asked), 100):
        texts = [one.spec(number) for number, one in enumerate(asked[start : start + 100], start)]
        (folder / f"part{start // 100:03}.kpi").write_text("".join(texts), "utf-8")
    return folder


SCAN = """
import duckdb, sys
connection = duckdb.connect()
connection.execute(
    "select sum(amount), count(*), sum(cost), count(is_refund), min(ordered_at), max(country), max(channel),"
    " max(status){} from read_parquet(?)", [sys.argv[1]]).fetchall()
"""


def one_by_one(asked: list[Asked]) -> Path:
    """A program that asks DuckDB for one KPI after the other, over the file given: too long for a command line."""
    program = HERE / "data" / "one-by-one.py"
    program.write_text(
        "import duckdb, sys\nconnection = duckdb.connect()\n"
        "connection.execute(f\"create view data as from read_parquet('{sys.argv[1]}')\")\n"
        f"for query in {[one.sql() for one in asked]!r}:\n    connection.execute(query).fetchall()\n",
        "utf-8",
    )
    return program


def evaluated(specs: Path) -> tuple[str, ...]:
    return (sys.executable, "-m", "kpidsl", "eval", str(specs), "--as-of", AS_OF, "--format", "json")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rows", type=int, default=10_000_000)
    arguments.add_argument("--kpis", type=int, nargs="+", default=[10, 100, 1_000])
    arguments.add_argument("--repeat", type=int, default=3)
    arguments.add_argument("--distinct", action="store_true")
    arguments.add_argument("--each", type=int, default=100)
    arguments.add_argument("--shuffled", action="store_true", help="rows in no order, not in that of their times")
    given = arguments.parse_args()
    data = shuffled(make_data(given.rows)) if given.shuffled else make_data(given.rows)
    print(
        f"{given.rows:_} rows, {os.cpu_count()} cores, Python {platform.python_version()}, duckdb {version('duckdb')}"
    )
    customers = ", max(customer)" if given.distinct else ""
    workloads = {kpis: workload(kpis, distinct=given.distinct) for kpis in given.kpis}
    lines = []
    for kpis, asked in workloads.items():
        specs = make_specs(data, asked, f"{kpis}{'d' if given.distinct else ''}")
        ran = subprocess.run(evaluated(specs), capture_output=True, check=True)  # and the trees are kept from here on
        assert b'"status": "unknown"' not in ran.stdout, "a KPI has no value"
        lines += [partial(run, evaluated(specs)), partial(first, specs, evaluated)]
    bare = partial(run, (sys.executable, "-c", SCAN.format(customers), str(data)))
    scan, *costs = in_turns(given.repeat, bare, *lines)
    say("one scan of the columns", scan, scan)
    for (kpis, asked), kept, anew in zip(workloads.items(), costs[::2], costs[1::2], strict=True):
        say(f"kpidsl, {kpis:_} KPIs", kept, scan)
        say("  the first time", anew, scan)
        if kpis <= given.each:
            say("  DuckDB, a query each", run((sys.executable, str(one_by_one(asked)), str(data))), scan)
    if given.distinct:
        for kpis in (100, 500):
            asked = [one for one in workload(20 * kpis, distinct=True) if "distinct" in one.measure][:kpis]
            specs = make_specs(data, asked, f"distinct-{kpis}")
            run(evaluated(specs))
            say(f"kpidsl, {kpis} distinct counts", cheapest(given.repeat, partial(run, evaluated(specs))), scan)
            say("  DuckDB, a query each", run((sys.executable, str(one_by_one(asked)), str(data))), scan)


if __name__ == "__main__":
    main()
