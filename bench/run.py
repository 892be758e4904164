"""What KPIs cost, beside one scan of their columns and beside what people use today.

    python bench/run.py [--rows 1_000_000] [--kpis 1 10 100 1000] [--repeat 3] [--shuffled] [--dbt FOLDER] [--soda PATH]

Made-up orders and specs go to bench/data/, are kept there for the next run, and are the same for the same numbers. Each
KPI has a filter, a window and a measure, as far as there are that many. Orders stand in the order of their times, or,
`--shuffled`, in none. Every line is a process of its own: kpidsl with its trees kept (and, once, without), DuckDB
scanning the same columns once, DuckDB asked for one KPI after the other, pandas over the same file, `mf query` and a
soda scan (`--dbt` is the `bin` of an environment with `dbt-metricflow[dbt-duckdb]`, `--soda` the command of one with
`soda-core-duckdb`; what is not there is left out).

Scan and kpidsl take turns. Printed are wall clock and processor time of the repetition that took least processor time,
that time as a multiple of the scan's, and the largest resident memory. Compare only what was measured together.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from pathlib import Path

from beside import make_metricflow, make_soda, one_by_one, with_pandas
from measuring import Cost, in_turns, run, shuffled
from workload import AS_OF, FILTERS, MEMBERS, asked

HERE = Path(__file__).resolve().parent
MOST_ONE_BY_ONE = 100  # KPIs: a thousand take minutes
MOST_PANDAS = 100
BESIDE = 10  # metrics asked of MetricFlow, checks of soda


def make_data(rows: int) -> Path:
    """Two years of orders, ending with the anchor, as one Parquet file."""
    import duckdb

    file = HERE / "data" / f"orders-{rows}.parquet"
    if not file.exists():
        file.parent.mkdir(exist_ok=True)
        members = ", ".join(
            f"'{name[:2]}' || (hash(i, {at}) % {MEMBERS})::varchar as {name}" for at, name in enumerate(FILTERS)
        )
        duckdb.sql(
            f"""copy (
                select timestamp '2024-01-01' + to_seconds(i * (731 * 86400 / {rows}))::interval as ordered_at,
                    (hash(i, 10) % 100000 / 100)::decimal(12, 2) as amount,
                    (hash(i, 11) % 9 + 1)::integer as quantity,
                    {members}
                from range({rows}) as numbers(i)
            ) to '{file}' (format parquet, compression zstd)"""
        )
    return file


def make_specs(data: Path, kpis: int, files: int) -> Path:
    """A folder of spec files in which each KPI has its own filter, window and measure as far as there are that many."""
    folder = HERE / "data" / f"specs-{data.stem}-{kpis}-{files}"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "orders.kpi").write_text(
        f'source orders {{ from parquet("../{data.name}"); time ordered_at }}\n', "utf-8"
    )
    texts = [[f"# Made by bench/run.py: file {number} of {files}."] for number in range(files)]
    for number in range(kpis):
        one = asked(number)
        texts[number % files] += (
            f'metric m{number} = {one.measure} from orders where {one.column} == "{one.member}"',
            f"kpi k{number} {{ value m{number} over {one.window}; target >= {number % 100} }}",
        )
    for number, lines in enumerate(texts):
        (folder / f"part{number:03}.kpi").write_text("\n".join(lines) + "\n", "utf-8")
    return folder


SCAN = """
import duckdb, sys
connection = duckdb.connect()
connection.execute(
    "select sum(amount), count(*), avg(quantity), max(amount), min(ordered_at),"
    " max(country), max(channel), max(segment), max(device) from read_parquet(?)", [sys.argv[1]]).fetchall()
"""


def evaluated(specs: Path) -> tuple[str, ...]:
    return (sys.executable, "-m", "kpidsl", "eval", str(specs), "--as-of", AS_OF, "--format", "json")


def again(specs: Path) -> Cost:
    """A run with the trees of unchanged files kept."""
    return run(evaluated(specs))


def first(specs: Path, command: Callable[[Path], tuple[str, ...]] = evaluated) -> Cost:
    """A run with nothing kept but the grammar's tables."""
    with tempfile.TemporaryDirectory(prefix="kpidsl-bench-") as place:
        cache = Path(place) / "cache"
        environment = {**os.environ, "KPIDSL_CACHE": str(cache)}
        check = (sys.executable, "-m", "kpidsl", "check", "-")
        subprocess.run(check, check=True, env=environment, input=b"metric a = 1", capture_output=True)
        for file in cache.iterdir():
            if not file.name.startswith(("tables", "grammar")):
                file.unlink()
        return run(command(specs), environment)


def values(specs: Path) -> int:
    """How many KPIs of a folder have a value."""
    ran = subprocess.run(evaluated(specs), check=True, stdin=subprocess.DEVNULL, capture_output=True)
    return sum("value" in kpi for kpi in json.loads(ran.stdout)["kpis"])


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rows", type=int, default=1_000_000)
    arguments.add_argument("--kpis", type=int, nargs="+", default=[1, 10, 100, 1_000])
    arguments.add_argument("--repeat", type=int, default=3)
    arguments.add_argument("--shuffled", action="store_true", help="rows in no order")
    arguments.add_argument("--dbt", type=Path)
    arguments.add_argument("--soda", type=Path)
    given = arguments.parse_args()
    data = shuffled(make_data(given.rows)) if given.shuffled else make_data(given.rows)
    print(
        f"{given.rows:_} rows, {os.cpu_count()} cores, Python {platform.python_version()}, duckdb {version('duckdb')}"
    )
    folders = {kpis: make_specs(data, kpis, max(1, min(100, kpis // 20))) for kpis in given.kpis}
    valued = {kpis: values(specs) for kpis, specs in folders.items()}  # and the trees are kept from here on
    lines = [partial(work, specs) for specs in folders.values() for work in (again, first)]
    scan, *costs = in_turns(given.repeat, partial(run, (sys.executable, "-c", SCAN, str(data))), *lines)
    say("one scan of the columns", scan, scan)
    for kpis, kept, anew in zip(folders, costs[::2], costs[1::2], strict=True):
        say(f"kpidsl, {kpis:_} KPIs", kept, scan)
        say("  the first time", anew, scan)
        if valued[kpis] < kpis:
            print(f"  {kpis - valued[kpis]:_} of them without a value")
        if kpis <= MOST_ONE_BY_ONE:
            say("  DuckDB, a query each", run((sys.executable, "-c", one_by_one(kpis), str(data))), scan)
        if kpis <= MOST_PANDAS:
            say("  pandas, a filter each", run((sys.executable, "-c", with_pandas(kpis), str(data))), scan)
        if kpis == BESIDE and given.dbt is not None:
            project, ask, environment = make_metricflow(HERE / "data" / f"mf-{given.rows}", data, BESIDE, given.dbt)
            say("  mf query", run(ask, environment, project), scan)
        if kpis == BESIDE and given.soda is not None:
            folder, scan_command, environment = make_soda(
                HERE / "data" / f"soda-{given.rows}", data, BESIDE, given.soda
            )
            say("  soda scan", run(scan_command, environment, folder, ends_with=(0, 1, 2)), scan)


def say(name: str, cost: Cost, scan: Cost) -> None:
    print(
        f"{name:28}{cost.wall:9.2f} s{cost.cpu:9.2f} s CPU{cost.cpu / scan.cpu:8.1f} × scan{cost.memory:7.0f} MiB",
        flush=True,
    )


if __name__ == "__main__":
    main()
