"""What checking costs, beside Lark's own parsing and beside the tools people check such files with today.

    python bench/check.py [--kpis 10_000] [--files 100] [--repeat 3] [--promtool PATH] [--dbt FOLDER]

promtool is in Debian's package `prometheus`; `--dbt` is the `bin` of an environment with `dbt-metricflow[dbt-duckdb]`.
What is not there is left out, and said. Each kpidsl run is a process of its own with a cache folder of its own. Printed
is the shortest of the repetitions: wall clock and processor time in seconds, and the processor time as a multiple of
Lark's. Compare only what was measured on one machine, one after the other.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

from measuring import Cost, cheapest, run

HERE = Path(__file__).resolve().parent
WINDOWS = ("last month", "last 28 days", "last quarter", "month to date", "year to date")
COLUMNS = ("country", "channel", "segment", "device")
METRICFLOW_METRICS = 1_000

LARK = """
import sys
from pathlib import Path
from kpidsl.syntax.grammar import parser
for file in sorted(Path(sys.argv[1]).glob("*.kpi")):
    parser().parse(file.read_text("utf-8"))
"""


MODEL = """\
models:
- name: spine
  time_spine:
    standard_granularity_column: date_day
  columns:
  - {name: date_day, granularity: day}
semantic_models:
- name: orders
  model: ref('orders')
  defaults: {agg_time_dimension: ordered_at}
  entities:
  - {name: order_id, type: primary}
  dimensions:
  - {name: ordered_at, type: time, type_params: {time_granularity: day}}
  - {name: country, type: categorical}
  measures:
  - {name: amount, agg: sum}
metrics:
"""


# ---------------------------------------------------------------- what is checked
def make_specs(folder: Path, kpis: int, files: int) -> None:
    """Each KPI has a metric of its own, a window, a target and an owner: three lines."""
    folder.mkdir(parents=True)
    (folder / "orders.csv").write_text(
        "ordered_at,amount,country,channel,segment,device\n2026-01-01,1,a,b,c,d\n", "utf-8"
    )
    (folder / "orders.kpi").write_text('source orders { from csv("orders.csv"); time ordered_at }\n', "utf-8")
    texts: list[list[str]] = [[] for _ in range(files)]
    for number in range(kpis):
        texts[number % files].append(
            f'metric m{number} = sum(amount) from orders where {COLUMNS[number % 4]} == "x{number}"\n'
            f"kpi k{number} {{ value m{number} over {WINDOWS[number % 5]}; target >= {number}; amber >= 90% of target;"
            f' owner "team{number % 7}@example.com" }}\n'
        )
    for number, lines in enumerate(texts):
        (folder / f"part{number:03}.kpi").write_text("".join(lines), "utf-8")


def make_rules(folder: Path, rules: int, files: int) -> None:
    """Recording rules as a Prometheus user writes them: a name, a labelled expression over a window, a label."""
    folder.mkdir(parents=True)
    for number in range(files):
        written = "".join(
            f'  - record: k{at}\n    expr: sum(increase(amount{{{COLUMNS[at % 4]}="x{at}"}}[28d])) >= {at}\n'
            f"    labels:\n      owner: team{at % 7}\n"
            for at in range(number, rules, files)
        )
        text = f"groups:\n- name: part{number}\n  rules:\n{written}"
        (folder / f"part{number:03}.yml").write_text(text, "utf-8")


def make_metricflow(folder: Path, metrics: int) -> None:
    """A dbt project with one semantic model and so many filtered metrics over its one measure."""
    models = folder / "models"
    models.mkdir(parents=True)
    (folder / "dbt_project.yml").write_text(
        "name: bench\nversion: '1.0'\nconfig-version: 2\nprofile: bench\nmodel-paths: [models]\n", "utf-8"
    )
    (folder / "profiles.yml").write_text(
        "bench:\n  target: dev\n  outputs:\n    dev:\n      type: duckdb\n      path: bench.duckdb\n", "utf-8"
    )
    (models / "orders.sql").write_text(
        "select timestamp '2026-01-01' as ordered_at, 1 as order_id, 1.0 as amount, 'a' as country", "utf-8"
    )
    (models / "spine.sql").write_text("select date '2026-01-01' as date_day", "utf-8")
    filtered = "".join(
        f"- name: k{number}\n  label: k{number}\n  type: simple\n  type_params: {{measure: amount}}\n"
        f"  filter: \"{{{{ Dimension('order_id__country') }}}} = 'x{number}'\"\n"
        for number in range(metrics)
    )
    (models / "semantic.yml").write_text(MODEL + filtered, "utf-8")


# ---------------------------------------------------------------- what is measured
def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--kpis", type=int, default=10_000)
    arguments.add_argument("--files", type=int, default=100)
    arguments.add_argument("--repeat", type=int, default=3)
    arguments.add_argument("--promtool", default=shutil.which("promtool"))
    arguments.add_argument("--dbt", type=Path)
    given = arguments.parse_args()
    print(
        f"{given.kpis:_} KPIs in {given.files} files, {os.cpu_count()} cores, Python {platform.python_version()}, ",
        end="",
    )
    print(f"lark {version('lark')}")
    with tempfile.TemporaryDirectory(prefix="kpidsl-bench-") as place:
        rows = measured(Path(place), given)
    lark = rows[0][1].cpu
    print(f"{'':44}{'wall s':>8}{'CPU s':>8}{'× Lark':>8}{'MiB':>7}")
    for name, cost in rows:
        print(f"{name:44}{cost.wall:8.2f}{cost.cpu:8.2f}{cost.cpu / lark:8.2f}{cost.memory:7.0f}")
    if given.promtool is None:
        print("promtool: not measured; it is in Debian's package `prometheus`")
    if given.dbt is None:
        print("dbt and MetricFlow: not measured; name an environment with `--dbt FOLDER`")


def measured(place: Path, given: argparse.Namespace) -> list[tuple[str, Cost]]:
    specs, rules, project, cache = place / "specs", place / "rules", place / "project", place / "cache"
    make_specs(specs, given.kpis, given.files)
    environment = {**os.environ, "KPIDSL_CACHE": str(cache)}
    check = (sys.executable, "-m", "kpidsl", "check", str(specs))
    run((sys.executable, "-c", LARK, str(specs)), environment, place)  # the grammar is kept from here on
    grammar = [(file, file.read_bytes()) for file in cache.iterdir()]

    def first() -> Cost:
        shutil.rmtree(cache)
        cache.mkdir(mode=0o700)
        for file, data in grammar:
            file.write_bytes(data)
        return run(check, environment, place)

    def changed() -> Cost:
        part = specs / "part000.kpi"
        part.write_text(part.read_text("utf-8") + "# changed\n", "utf-8")
        return run(check, environment, place)

    rows = [
        (
            "Lark's own parsing",
            cheapest(given.repeat, lambda: run((sys.executable, "-c", LARK, str(specs)), environment, place)),
        ),
        ("kpidsl check, the first time", cheapest(given.repeat, first)),
        ("kpidsl check, nothing changed", cheapest(given.repeat, lambda: run(check, environment, place))),
        (f"kpidsl check, one file of {given.files} changed", cheapest(given.repeat, changed)),
    ]
    if given.promtool is not None:
        make_rules(rules, given.kpis, given.files)
        files = [str(file) for file in sorted(rules.iterdir())]
        command = (given.promtool, "check", "rules", *files)
        rows.append(
            (
                f"promtool check rules, {given.kpis:_} rules",
                cheapest(given.repeat, lambda: run(command, environment, place)),
            )
        )
    if given.dbt is not None:
        make_metricflow(project, METRICFLOW_METRICS)
        own = {
            **environment,
            "DBT_PROFILES_DIR": str(project),
            "DO_NOT_TRACK": "1",
            "PATH": f"{given.dbt}:{os.environ['PATH']}",
        }
        parse = (str(given.dbt / "dbt"), "parse", "--no-partial-parse")
        rows.append(
            (f"dbt parse, {METRICFLOW_METRICS:_} metrics", cheapest(given.repeat, lambda: run(parse, own, project)))
        )
        run((str(given.dbt / "dbt"), "run"), own, project)
        validate = (str(given.dbt / "mf"), "validate-configs", "--skip-dw")
        rows.append(
            (
                f"mf validate-configs, {METRICFLOW_METRICS:_} metrics",
                cheapest(given.repeat, lambda: run(validate, own, project)),
            )
        )
    return rows


if __name__ == "__main__":
    main()
