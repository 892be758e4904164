"""The same numbers by other means: DuckDB asked one by one, pandas, MetricFlow, soda."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from measuring import run
from workload import asked

MODEL = """\
models:
- name: spine
  time_spine: {standard_granularity_column: date_day}
  columns:
  - {name: date_day, granularity: day}
semantic_models:
- name: orders
  model: ref('orders')
  defaults: {agg_time_dimension: ordered_at}
  primary_entity: order
  dimensions:
  - {name: ordered_at, type: time, type_params: {time_granularity: day}}
  - {name: country, type: categorical}
  - {name: channel, type: categorical}
  - {name: segment, type: categorical}
  - {name: device, type: categorical}
  measures:
  - {name: amount_sum, agg: sum, expr: amount}
  - {name: orders_count, agg: count, expr: "1"}
  - {name: quantity_avg, agg: average, expr: quantity}
  - {name: amount_max, agg: max, expr: amount}
metrics:
"""
MEASURES = {
    "sum(amount)": "amount_sum",
    "count()": "orders_count",
    "avg(quantity)": "quantity_avg",
    "max(amount)": "amount_max",
}


def one_by_one(kpis: int) -> str:
    """A program that asks DuckDB for one KPI after the other, over the file given."""
    queries = [
        f"select {one.sql_measure} from data where {one.column} = '{one.member}'"
        f" and ordered_at >= '{one.start}' and ordered_at < '{one.end}'"
        for one in map(asked, range(kpis))
    ]
    return (
        "import duckdb, sys\nconnection = duckdb.connect()\n"
        "connection.execute(f\"create view data as from read_parquet('{sys.argv[1]}')\")\n"
        f"for query in {queries!r}:\n    connection.execute(query).fetchall()\n"
    )


def with_pandas(kpis: int) -> str:
    """A program that reads the file given into pandas once, and filters it for each KPI."""
    steps = {
        "sum(amount)": "rows['amount'].sum()",
        "count()": "len(rows)",
        "avg(quantity)": "rows['quantity'].mean()",
        "max(amount)": "rows['amount'].max()",
    }
    lines = ["import pandas, sys", "data = pandas.read_parquet(sys.argv[1])"]
    for one in map(asked, range(kpis)):
        lines.append(
            f"rows = data[(data['{one.column}'] == '{one.member}') & (data['ordered_at'] >= '{one.start}')"
            f" & (data['ordered_at'] < '{one.end}')]"
        )
        lines.append(steps[one.measure])
    return "\n".join(lines)


def make_metricflow(folder: Path, data: Path, metrics: int, bin_: Path) -> tuple[Path, tuple[str, ...], dict[str, str]]:
    """A dbt project over the file, built; the folder, the command that asks for its metrics, and its environment.

    MetricFlow has one time range a query: the metrics differ in filter and measure alone.
    """
    shutil.rmtree(folder, ignore_errors=True)
    models = folder / "models"
    models.mkdir(parents=True)
    (folder / "dbt_project.yml").write_text(
        "name: bench\nversion: '1.0'\nconfig-version: 2\nprofile: bench\nmodel-paths: [models]\n", "utf-8"
    )
    (folder / "profiles.yml").write_text(
        "bench:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: bench.duckdb}\n", "utf-8"
    )
    (models / "orders.sql").write_text(f"select * from read_parquet('{data}')", "utf-8")
    (models / "spine.sql").write_text(
        "select unnest(generate_series(date '2024-01-01', date '2026-12-31', interval 1 day))::date as date_day",
        "utf-8",
    )
    lines = [
        f"- name: k{number}\n  label: k{number}\n  type: simple\n"
        f"  type_params: {{measure: {MEASURES[one.measure]}}}\n"
        f"  filter: \"{{{{ Dimension('order__{one.column}') }}}} = '{one.member}'\"\n"
        for number, one in enumerate(map(asked, range(metrics)))
    ]
    (models / "semantic.yml").write_text(MODEL + "".join(lines), "utf-8")
    environment = {
        **os.environ, "DBT_PROFILES_DIR": str(folder), "DO_NOT_TRACK": "1", "PATH": f"{bin_}:{os.environ['PATH']}",
    }  # fmt: skip
    run((str(bin_ / "dbt"), "run"), environment, folder)
    names = ",".join(f"k{number}" for number in range(metrics))
    ask = (
        str(bin_ / "mf"), "query", "--metrics", names, "--start-time", "2025-12-01", "--end-time", "2025-12-31",
        "--csv", "out.csv",
    )  # fmt: skip
    return folder, ask, environment


def make_soda(folder: Path, data: Path, checks: int, command: Path) -> tuple[Path, tuple[str, ...], dict[str, str]]:
    """A soda configuration over the file with so many checks, each a number held against a bound."""
    (folder / ".soda").mkdir(parents=True, exist_ok=True)
    (folder / ".soda" / "config.yml").write_text("send_anonymous_usage_stats: false\nuser_cookie_id: bench\n", "utf-8")
    database = folder / "orders.duckdb"
    if not database.exists():
        # By its own DuckDB, which may be older than ours.
        view = f"create view orders as from read_parquet('{data}')"
        made = f"import duckdb; duckdb.connect({str(database)!r}).execute({view!r})"
        run((str(command.with_name("python")), "-c", made))
    (folder / "configuration.yml").write_text(
        f"data_source orders:\n  type: duckdb\n  path: {database}\n  read_only: true\n",
        "utf-8",
    )
    lines = ["checks for orders:"]
    for number, one in enumerate(map(asked, range(checks))):
        expression = one.sql_measure.replace("count(*)", "count(1)")
        lines.append(
            f"  - k{number} >= 1:\n      k{number} query: |\n        select {expression} from orders"
            f" where {one.column} = '{one.member}' and ordered_at >= '{one.start}' and ordered_at < '{one.end}'"
        )
    (folder / "checks.yml").write_text("\n".join(lines) + "\n", "utf-8")
    scan = (str(command), "scan", "-d", "orders", "-c", "configuration.yml", "checks.yml")
    return folder, scan, {**os.environ, "HOME": str(folder)}
