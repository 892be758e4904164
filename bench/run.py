"""What a thousand KPIs cost against one scan of their source: made-up data and specs, the command as users run it.

    python bench/run.py [--rows 1_000_000] [--kpis 1000] [--files 50] [--repeat 3]

Data and specs go to bench/data/, are kept there for the next run, and are the same for the same numbers. What is
printed is the shortest of the repetitions in seconds of wall clock, and the largest resident memory of the process in
MiB. Compare only what was measured on one machine, one after the other.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).resolve().parent
AS_OF = "2025-12-31"
WINDOWS = (
    "last month",
    "last 28 days",
    "trailing 7 days",
    "last quarter",
    "month to date",
    "year to date",
    "last 3 months",
    "last week",
    "last 12 months",
    "last month 1 year earlier",
)
MEASURES = ("sum(amount)", "count()", "avg(quantity)", "max(amount)")
FILTERS = ("country", "channel", "segment", "device")
MEMBERS = 20  # values each of the four columns takes


@dataclass(frozen=True, slots=True)
class Run:
    """Wall clock in seconds, largest resident memory in MiB."""

    seconds: float
    memory: float


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
        column = FILTERS[number % len(FILTERS)]
        member = f"{column[:2]}{number // len(FILTERS) % MEMBERS}"
        measure = MEASURES[number % 7 % len(MEASURES)]
        window = WINDOWS[number % len(WINDOWS)]
        texts[number % files] += (
            f'metric m{number} = {measure} from orders where {column} == "{member}"',
            f"kpi k{number} {{ value m{number} over {window}; target >= {number % 100} }}",
        )
    for number, lines in enumerate(texts):
        (folder / f"part{number:03}.kpi").write_text("\n".join(lines) + "\n", "utf-8")
    return folder


def measure(*command: str, repeat: int) -> Run:
    """The shortest and the largest of some runs of a command, which must succeed."""
    shortest, largest = float("inf"), 0
    for _ in range(repeat):
        start = time.perf_counter()
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        _, status, used = os.wait4(process.pid, 0)
        shortest = min(shortest, time.perf_counter() - start)
        largest = max(largest, used.ru_maxrss)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, command)
    return Run(shortest, largest / 1024)


SCAN = """
import duckdb, sys
connection = duckdb.connect()
connection.execute(
    "select sum(amount), count(*), avg(quantity), max(amount), min(ordered_at),"
    " max(country), max(channel), max(segment), max(device) from read_parquet(?)", [sys.argv[1]]).fetchall()
"""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rows", type=int, default=1_000_000)
    arguments.add_argument("--kpis", type=int, default=1_000)
    arguments.add_argument("--files", type=int, default=50)
    arguments.add_argument("--repeat", type=int, default=3)
    given = arguments.parse_args()

    data = make_data(given.rows)
    specs = make_specs(data, given.kpis, given.files)
    one = make_specs(data, 1, 1)
    kpidsl = (sys.executable, "-m", "kpidsl")
    evaluate = (*kpidsl, "eval", str(specs), "--as-of", AS_OF, "--format", "json")
    document = json.loads(subprocess.run(evaluate, check=True, stdin=subprocess.DEVNULL, capture_output=True).stdout)
    valued = sum("value" in kpi for kpi in document["kpis"])

    print(f"{given.rows:_} rows, {given.kpis:_} KPIs in {given.files} files, {valued:_} of them with a value")
    print(f"{os.cpu_count()} cores, Python {platform.python_version()}, duckdb {version('duckdb')}")
    print(f"{'':32}{'seconds':>9}{'MiB':>8}")
    for name, command in (
        ("scan of the same columns", (sys.executable, "-c", SCAN, str(data))),
        ("check --no-schemas", (*kpidsl, "check", "--no-schemas", str(specs))),
        ("check", (*kpidsl, "check", str(specs))),
        ("eval, one KPI", (*kpidsl, "eval", str(one), "--as-of", AS_OF, "--format", "json")),
        (f"eval, {given.kpis:_} KPIs", evaluate),
    ):
        ran = measure(*command, repeat=given.repeat)
        print(f"{name:32}{ran.seconds:9.2f}{ran.memory:8.0f}")


if __name__ == "__main__":
    main()
