"""What KPIs over a table of PostgreSQL cost: asked there by panes, by a query each, or of rows that are read.

    python bench/pushdown.py [--rows 10_000_000] [--kpis 100] [--single 100] [--repeat 2] [--groupings]

A server of its own is started on loopback, with the settings it is installed with, and filled with made-up orders that
have an index on their time. The KPIs are mixed: sums, counts, means and maxima under filters of four columns, distinct
customers and medians, over ten windows. With `--groupings` they are sums, counts, means and maxima, told in turn by
nothing, by country, by channel and by both, under a filter where its column is none of these. `--single` is how many
of them are asked by a query each: the time is that of these, and, scaled, of all. All ways are run in turn, `--repeat`
times, on one server; the repetition of least processor time counts, that of server and client together. Compare only
what was measured in one run.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from importlib import import_module
from pathlib import Path
from urllib.parse import quote

from workload import AS_OF, FILTERS, MEMBERS, Asked, asked

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests"))

TABLE = "orders"
GROUPINGS = ((), ("country",), ("channel",), ("country", "channel"))
NAMES = ", ".join(f"'{name[:2]}' || (i * 7919 / {at + 3}) % {MEMBERS} as {name}" for at, name in enumerate(FILTERS))
MADE = """
create table {table} as select
    timestamp '2024-01-01' + i * (interval '731 days' / {rows}) as ordered_at,
    ((i * 7919) % 100000 / 100.0)::numeric(12, 2) as amount,
    ((i * 31) % 9 + 1)::integer as quantity,
    ((i::bigint * 104729) % 200000)::integer as customer,
    {names}
from generate_series(1::bigint, {rows}) as numbers(i);
create index on {table} (ordered_at);
vacuum analyze {table};
"""


def kpi(number: int, *, by: Sequence[str] | None = None) -> tuple[str, str]:
    """A KPI of ours, and the query that asks for it alone: every tenth counts customers, every tenth is a median,
    unless it is told `by` some columns or by none.
    """
    one: Asked = asked(number)
    measure, sql = one.measure, one.sql_measure
    if by is not None:
        pass
    elif number % 10 == 4:
        measure, sql = "count_distinct(customer)", "count(distinct customer)"
    elif number % 10 == 9:
        measure, sql = "median(amount)", "percentile_cont(0.5) within group (order by amount)"
    window = one.window.replace("trailing", "last")
    told = ", ".join(by or ())
    where, condition = f' where {one.column} == "{one.member}"', f" and {one.column} = '{one.member}'"
    if one.column in (by or ()):
        where, condition = "", ""
    text = (
        f'kpi k{number} "{number}" {{ value {measure} from orders{where} over {window}; target >= 1'
        f"{f'; by {told}' if told else ''} }}"
    )
    query = (
        f"select {f'{told}, ' if told else ''}{sql} from {TABLE}"
        f" where ordered_at >= '{one.start}' and ordered_at < '{one.end}'{condition}"
        f"{f' group by {told}' if told else ''}"
    )
    return text, query


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=lambda text: int(text.replace("_", "")), default=10_000_000)
    parser.add_argument("--kpis", type=int, default=100)
    parser.add_argument("--single", type=int, default=100)
    parser.add_argument("--repeat", type=int, default=2)
    parser.add_argument("--groupings", action="store_true")
    given = parser.parse_args()
    driver = import_module("adbc_driver_postgresql.dbapi")
    postgres, tables = import_module("servers.postgres"), import_module("servers.postgres_tables")

    from kpidsl import load
    from kpidsl.testing.opened import reading

    bys = [
        GROUPINGS[number // len(FILTERS) % len(GROUPINGS)] if given.groupings else None for number in range(given.kpis)
    ]
    texts, queries = zip(*(kpi(number, by=by) for number, by in enumerate(bys)), strict=True)
    with postgres.running() as server, tempfile.TemporaryDirectory() as name:
        began = time.perf_counter()
        postgres.execute(server, MADE.format(table=TABLE, rows=given.rows, names=NAMES))
        size = postgres.execute(server, f"select pg_size_pretty(pg_table_size('{TABLE}')), version()").strip()
        print(f"{given.rows:_} rows made in {time.perf_counter() - began:.0f} s: {size}")
        os.environ["SHOP_PASSWORD"] = server.details["password"]
        folder = Path(name)
        (folder / "kpidsl.toml").write_text(tables.connection(server, timeout=3600), "utf-8")
        source = f'source orders {{ from postgres(shop, table: "{TABLE}"); time ordered_at }}'
        (folder / "bench.kpi").write_text("\n".join([source, *texts, ""]), "utf-8")
        details = server.details
        address = (
            f"postgresql://{details['user']}:{quote(details['password'])}@127.0.0.1:{server.port}/{details['database']}"
        )
        documents: dict[str, str] = {}
        crossed: dict[str, int] = {}
        sent: dict[str, int] = {"a query each": given.kpis, "the columns alone": 1}

        def evaluated(way: str, *, is_read: bool) -> None:
            with reading() if is_read else nullcontext():
                found = load([folder]).evaluate(as_of=AS_OF, timings=True)
            assert not found.errors, found.errors
            crossed[way] = sum(one.rows for one in found.traffic)
            sent[way] = sum(one.queries for one in found.traffic) or 1
            documents[way] = load_text(found.to_json())

        def one_by_one() -> None:
            with driver.connect(address) as session, session.cursor() as cursor:
                for query in queries[: given.single]:
                    cursor.execute(query)
                    cursor.fetch_arrow_table()

        def fetched() -> None:
            wanted = ", ".join(("ordered_at", "amount::text", "quantity", "customer", *FILTERS))
            with driver.connect(address) as session, session.cursor() as cursor:
                cursor.execute(f"select {wanted} from {TABLE}")
                crossed["the columns alone"] = cursor.fetch_arrow_table().num_rows

        ways: dict[str, Callable[[], None]] = {
            "by panes": lambda: evaluated("by panes", is_read=False),
            "a query each": one_by_one,
            "the columns alone": fetched,
            "rows read": lambda: evaluated("rows read", is_read=True),
        }
        least = dict.fromkeys(ways, (float("inf"), float("inf")))
        for _ in range(given.repeat):
            for way, run in ways.items():
                began, worked = time.perf_counter(), processor(server.pids)
                run()
                time.sleep(1)  # until the server knows of the connection's end
                cost = processor(server.pids) - worked, time.perf_counter() - began - 1
                least[way] = min(least[way], cost)
        assert documents["by panes"] == documents["rows read"], "the two documents differ"
        scale = given.kpis / given.single
        least["a query each"] = least["a query each"][0] * scale, least["a query each"][1] * scale
        print(f"{given.kpis} KPIs; {given.single} asked by a query each, the time scaled to all")
        for way, (worked, wall) in least.items():
            first = least["by panes"]
            rows = f"{sent[way]:>6,} queries" + (f"{crossed[way]:>12,} rows crossed" if way in crossed else "")
            costs = (
                f"{worked:8.2f} s{worked / first[0]:6.2f} x processor{wall:9.2f} s{wall / first[1]:6.2f} x wall clock"
            )
            print(f"{way:<20}{costs}{rows}")


def processor(servers: tuple[int, ...]) -> float:
    """Seconds of processor time that this process used, and servers with the processes that they have waited for."""
    ticks = 0
    for pid in servers:
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
        ticks += sum(map(int, fields[11:15]))
    return time.process_time() + ticks / os.sysconf("SC_CLK_TCK")


def load_text(document: str) -> str:
    """A document without what differs from run to run."""
    return document.partition('"timings"')[0]


if __name__ == "__main__":
    main()
