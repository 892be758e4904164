"""What kept state saves: a full run, the run that keeps state, and a refresh after one per cent of new rows.

    python bench/refresh.py [--rows 10_000_000] [--kpis 1000] [--repeat 3]

The orders of run.py lie in a hundred files. State is learned from all but the last; each repetition of the refresh
starts from a copy of that state, with the hundredth file beside the others. A full run reads all hundred without state.
The documents of both must be the same. Wall clock and processor time are those of the repetition that took least
processor time.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
from importlib.metadata import version
from pathlib import Path

from measuring import Cost, in_turns, run
from run import HERE, evaluated, make_data, make_specs

FILES = 100


def make_parts(data: Path) -> Path:
    """The rows of a file as a hundred files, in their order."""
    import duckdb

    folder = data.with_name(f"{data.stem}-parts")
    if not folder.exists():
        made = folder.with_suffix(".new")
        shutil.rmtree(made, ignore_errors=True)
        made.mkdir()
        counted = duckdb.connect().execute("select count(*) from read_parquet(?)", [str(data)]).fetchone()
        assert counted is not None
        rows = counted[0]
        for part in range(FILES):
            low, high = part * rows // FILES, (part + 1) * rows // FILES
            duckdb.sql(
                f"copy (select * exclude (file_row_number) from read_parquet('{data}', file_row_number = true)"
                f" where file_row_number >= {low} and file_row_number < {high})"
                f" to '{made}/{part:03}.parquet' (format parquet, compression zstd)"
            )
        made.rename(folder)
    return folder


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rows", type=int, default=10_000_000)
    arguments.add_argument("--kpis", type=int, default=1_000)
    arguments.add_argument("--repeat", type=int, default=3)
    given = arguments.parse_args()
    parts = make_parts(make_data(given.rows))
    specs = make_specs(parts, given.kpis, max(1, min(100, given.kpis // 20)))
    here = HERE / "data" / f"refresh-{given.rows}-{given.kpis}"
    shutil.rmtree(here, ignore_errors=True)
    arrived = here / "arrived"
    arrived.mkdir(parents=True)
    for file in parts.iterdir():
        os.link(file, arrived / file.name)
    orders = specs / "orders.kpi"
    orders.write_text(f'source orders {{ from parquet("{arrived}/*.parquet"); time ordered_at }}\n', "utf-8")
    newest = arrived / f"{FILES - 1:03}.parquet"
    newest.unlink()
    learned, state = here / "learned", here / "state"
    command = (*evaluated(specs), "--state", str(state))
    run(evaluated(specs))  # the parsed files are kept from here on
    first = run((*evaluated(specs), "--state", str(learned)))
    os.link(parts / newest.name, newest)

    def refresh() -> Cost:
        shutil.rmtree(state, ignore_errors=True)
        shutil.copytree(learned, state)
        return run(command)

    print(
        f"{given.rows:_} rows in {FILES} files, {given.kpis:_} KPIs, {os.cpu_count()} cores,"
        f" Python {platform.python_version()}, duckdb {version('duckdb')}"
    )
    full, refreshed, nothing_new = in_turns(given.repeat, lambda: run(evaluated(specs)), refresh, lambda: run(command))
    say("a full run", full, full)
    say("the run that keeps state", first, full)
    say("a refresh", refreshed, full)
    say("nothing new", nothing_new, full)
    documents = {subprocess.run(each, check=True, capture_output=True).stdout for each in (evaluated(specs), command)}
    print("the documents are the same" if len(documents) == 1 else "THE DOCUMENTS DIFFER")


def say(name: str, cost: Cost, full: Cost) -> None:
    print(
        f"{name:28}{cost.wall:9.2f} s{cost.cpu:9.2f} s CPU{cost.cpu / full.cpu:8.2f} × full{cost.memory:7.0f} MiB",
        flush=True,
    )


if __name__ == "__main__":
    main()
