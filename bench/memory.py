"""What a run holds in memory: as rows grow, and as the members of a `by` do.

    python bench/memory.py [--rows 1_000_000 10_000_000] [--members 10_000 100_000] [--memory 100MB]

Made-up rows go to bench/data/ and are kept there. Each line is a `kpidsl eval -f json` of its own, with the largest
resident memory of its process; what DuckDB may take is limited, and it spills beyond.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from measuring import Cost, run

HERE = Path(__file__).resolve().parent
AS_OF = "2026-06-30"
# In a process of its own: what this one holds would count for those that it starts.
MAKE = """
import duckdb, sys
duckdb.sql('set enable_progress_bar = false')
rows, members, file = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
duckdb.sql(f'''copy (
    select timestamp '2026-01-01' + to_seconds((i * (181 * 86400.0 / {rows}))::bigint)::interval as at,
        (hash(i, 1) % 1000000 / 100)::decimal(12, 2) as amount, (hash(i, 2) / 1e9)::double as weight,
        'customer ' || hash(i, 3) % {members} as who, 'l' || hash(i, 4) % 8 as land
    from range({rows}) as n(i)
) to '{file}' (format parquet)''')
"""
OVER_ROWS = {
    "sums by 8 members, compared": "kpi a { value sum(weight) from o over last month; by land; compare previous }",
    "a median": "metric a = median(weight) from o over all time",
    "95th percentile, 6 months": "kpi a { value percentile(weight, 95%) from o over last month; trend 6 months }",
    "distinct counts of two windows": "kpi a { value count_distinct(who) from o over last month; compare previous }",
}
OVER_MEMBERS = {
    "a sum by member": "kpi a { value sum(amount) from o over last month; by who; target >= 100 whole }",
    "  compared, with a trend of 6": "kpi a { value sum(amount) from o over last month; by who\n"
    "  compare previous; trend 6 months; target >= 100 whole }",
    "a median and a distinct count": "kpi a { value median(weight) from o over last month; by who }\n"
    "kpi b { value count_distinct(land) from o over last month; by who }",
}


def make_data(rows: int, members: int) -> Path:
    file = HERE / "data" / f"memory-{rows}-{members}.parquet"
    if not file.exists():
        file.parent.mkdir(exist_ok=True)
        subprocess.run([sys.executable, "-c", MAKE, str(rows), str(members), str(file)], check=True)
    return file


def measured(file: Path, spec: str, memory: str) -> Cost:
    written = file.with_suffix(".kpi")
    written.write_text(f'source o {{ from parquet("{file.name}"); time at }}\n{spec}\n', "utf-8")
    command = [sys.executable, "-m", "kpidsl", "eval", str(written), "--as-of", AS_OF, "-f", "json"]
    return run([*command, "--memory", memory])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000, 10_000_000])
    parser.add_argument("--members", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--memory", default="100MB")
    given = parser.parse_args()
    kinds = [("rows", OVER_ROWS, [(rows, 100_000) for rows in given.rows], 0)]
    kinds.append(("members", OVER_MEMBERS, [(min(given.rows), members) for members in given.members], 1))
    for name, specs, sizes, at in kinds:
        print(f"{name:34}" + "".join(f"{size[at]:>24_}" for size in sizes))
        files = [make_data(*size) for size in sizes]
        for label, spec in specs.items():
            costs = [measured(file, spec, given.memory) for file in files]
            print(f"{label:34}" + "".join(f"{one.cpu:13.1f} s {one.memory:5.0f} MiB" for one in costs), flush=True)


if __name__ == "__main__":
    main()
