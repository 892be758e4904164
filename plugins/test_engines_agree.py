"""The same spec over the same rows gives the same document, whether files are read or an engine is asked.

Every engine of `servers.engines` is held to all of it; what one lacks is declared there, with the reason.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from kpidsl import load
from kpidsl.engine import shared_scan
from kpidsl.engine.duck import connect, whole
from kpidsl.hookspecs import ScanRequest
from kpidsl.needed import _request
from kpidsl.semantic.row_scope import type_of
from kpidsl.sources.materialize import into_duckdb
from kpidsl.testing.opened import counting
from properties.strategies import Case, cases
from properties.test_engine_equals_oracle import arrow
from servers.engines import ENGINES, Engine
from servers.running import Server

pytestmark = pytest.mark.server

ROOT = Path(__file__).parents[1]
EXAMPLES = {"flights": "2013-12-31", "storefront": "2026-05-16", "okr": "2026-05-16", "housing": "2026-05-16"}
ROWS = 3_000
RANDOM = 3


class Asked:
    """An engine with its server."""

    def __init__(self, name: str, server: Server) -> None:
        self.name = name
        self.engine: Engine = ENGINES[name]
        self.server = server

    def lacks(self, what: str) -> None:
        if what in self.engine.lacks:
            pytest.skip(self.engine.lacks[what])


@pytest.fixture(params=sorted(ENGINES))
def asked(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Asked:
    server: Server = request.getfixturevalue(ENGINES[request.param].fixture)
    monkeypatch.setenv("SHOP_PASSWORD", server.details.get("password", ""))
    return Asked(request.param, server)


def documents(folder: Path, written: Path, as_of: str, configuration: str) -> tuple[str, int]:
    """The document of an engine, and how many queries it answered."""
    (folder / "engine.toml").write_text(configuration, "utf-8")
    with counting() as answered:
        found = load([written], config=folder / "engine.toml").evaluate(as_of=as_of)
    assert not found.errors, [(one.code, one.message) for one in found.errors]
    return found.to_json(), len(answered)


def same(one: str, other: str) -> None:
    found = list(difflib.unified_diff(one.splitlines(), other.splitlines(), "here", "there", n=1, lineterm=""))
    assert not found, "\n".join(found[:80])


# ---------------------------------------------------------------- the examples
def rows_of(example: Path) -> dict[str, pa.Table]:
    """The rows of every source of a spec set, as kpidsl reads them of its files."""
    whole()
    checked = load([example])._checked({}, {}, False, False)  # noqa: SLF001
    found: dict[str, pa.Table] = {}
    connection = connect()
    for name, dataset in checked.bound.datasets.items():
        model = checked.model.sources[name]
        assert model.schema is not None
        columns = tuple(_request(model, column, type_of(model, column)) for column in model.schema.names)
        view = into_duckdb(connection, f"source {name}", dataset, ScanRequest(columns))
        found[name] = connection.sql(f'SELECT * FROM "{view}"').to_arrow_table()  # noqa: S608 — a name of ours
    connection.close()
    return found


@cache
def of_files(example: str) -> tuple[str, dict[str, pa.Table]]:
    """The document of an example over its files, and the rows of these: the same for all engines."""
    folder = ROOT / "specs" / example
    found = load([folder]).evaluate(as_of=EXAMPLES[example])
    assert not found.errors
    return found.to_json(), rows_of(folder)


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_is_the_same_document(tmp_path: Path, asked: Asked, example: str) -> None:
    asked.lacks(example)
    here, tables = of_files(example)
    configuration = asked.engine.configuration(asked.server, tables)
    there, answered = documents(tmp_path, ROOT / "specs" / example, EXAMPLES[example], configuration)
    same(here, there)
    assert answered >= 8


# ---------------------------------------------------------------- what engines see differently
SPEC = """
calendar { timezone "Europe/Berlin"; week starts monday; holidays "DE" }
source s {
  from arrow("s")
  time TIME
  key  n
  join names on who == name
  let  region = names.region
  let  clock = hour(z)
}
source names { from arrow("names"); key name }
source jobs { from arrow("jobs"); holds from began to ended inclusive }
source later { from arrow("later"); time TIME; key n }
"""
ASKED = {
    "rows": "count()",
    "known": "count(amount)",
    "total": "sum(amount)",
    "mean": "avg(amount)",
    "spread": "stddev(amount)",
    "low": "min(amount)",
    "high": "max(amount)",
    "first_text": "min(who)",
    "last_text": "max(who)",
    "people": "count_distinct(who)",
    "whole": "sum(n)",
    "products": "sum(n * n)",
    "halves": "sum(n / 2)",
    "quotients": "avg(amount / n)",
    "floats": "sum(f)",
    "float_spread": "variance(f)",
    "float_low": "min(f)",
    "rounded": "sum(round(amount))",
    "rounded_floats": "sum(round(f))",
    "floors": "sum(floor(f))# + sum(ceil(amount))#",
    "sizes": "sum(abs(amount))",
    "days": "sum(days_between(d, z))",
    "business": "sum(business_days_between(d, t))",
    "weekdays": "sum(weekday(t) * 100 + hour(z))",
    "quarters": "sum(quarter(t))# + sum(month(d))# + sum(year(z))# + sum(day(t))#",
    "waits": "avg(z - t)",
    "trimmed": 'count() where trim(who) == "Zoë"',
    "plain": 'count() where who == "ada"',
    "greater": 'count() where who > "Z"',
    "empty": 'count() where who == ""',
    "unknown": "count() where who is null",
    "others": 'count() where not (who in ["ada", "Ada"])',
    "starts": 'count() where who matches "^[éÅ].*7$"',
    "digits": r'count() where who matches "\\d+$|^.?d"',
    "shares": "share(amount > 0)",
    "flags": "share(flag)",
    "coalesced": "sum(coalesce(amount, 1))# + sum(if flag then 1 else 2)#",
    "regions": 'sum(amount) where region == "north"',
    "before": "count() where z < 2026-01-01T12:30",
}
LETTERS = {
    "small": 'count() where lower(flown) == "ua"',
    "large": "count_distinct(upper(flown))",
}
"""Of a column with letters of ASCII alone, and of one with others."""
QUANTILES = {
    "middle": "median(amount)",
    "middle_float": "median(f)",
    "nearly": "percentile(n, 95%)",
    "segment": "median(amount) where flag",
}
EDGES = {"newest": "last(amount)", "oldest": "first(who)"}
WINDOWS = ("last month", "last week", "2026-03-28..2026-03-29", "last 90 days", "2025-Q4")
SEGMENTS = """
kpi by_who { value total over last month; target >= 1; by who }
kpi by_region { value mean over last quarter; target >= 1; by region, flag }
kpi by_hour { value rows over last month; target >= 1; by clock }
kpi weeks { value people over last week; target >= 1; trend 90 weeks }
kpi daily { value floats over last day; target >= 1; trend 100 days }
"""
FILTERS = (
    "flag", "not flag", 'who == "ada"', "who is null", 'flown in ["UA", "b6"]', "n > 2147487000", "amount > 0",
    'who > "Z" and flag', 'flown == "ua" and region == "north"', "d >= 2026-01-15", 'lower(flown) == "ua"', "f > 0",
    "hour(z) < 6", "flown is not null and (who is null or not flag)",
)  # fmt: skip
GROUPED = ("rows", "total", "mean", "floats", "high", "float_low", "spread", "shares", "whole", "float_spread")
GROUPINGS = ("", "by who", "by flown, flag", "by region", "by clock", "by d, flag")


def grouping() -> str:
    """Every filter with every grouping, each told by another measure over another window; and some of times."""
    lines = [f"metric {name} = {ASKED[name]} from s" for name in GROUPED]
    for number, condition in enumerate(FILTERS):
        for place, by in enumerate(GROUPINGS):
            at = number * len(GROUPINGS) + place
            name, window = GROUPED[(number + at) % len(GROUPED)], WINDOWS[(at + number) % len(WINDOWS)]
            bound = "1%" if name == "shares" else "1"
            lines.append(f"kpi k{at} {{ value {name} where {condition} over {window}; target >= {bound}; {by} }}")
    lines += [
        "kpi moments { value total where flag over last day; target >= 1; by z }",
        "kpi times { value count(t) from s over last day; target >= 1; by t }",
        "metric earliest = min(d) from s where flag over last month",
        "metric latest = max(d) from s where not flag over last 90 days",
    ]
    return "\n".join([*lines, ""])


STOCKS = """
metric working = count() from jobs at end
metric paid = sum(pay) from jobs at end
metric level = sum(amount) from s at end
metric levels = sum(amount) from s at end per who
kpi staff { value working over last month; target >= 1; trend 100 days; by role }
kpi wages { value paid over last month; target >= 1; trend 12 months }
kpi stock { value level over last month; target >= 1; trend 80 days }
kpi stocks { value levels over last month; target >= 1; trend 12 months }
"""
CONVERSIONS = """
metric converted = conversions(s to later where amount > 0 per who within 3 days)
metric rate = conversion_rate(s where flag to later per who, flag within 36 hours)
kpi conversion { value rate over last month; target >= 1; trend 6 months; by who }
kpi conversion_number { value converted over last week; target >= 1; trend 70 weeks }
"""


@cache
def rows() -> dict[str, pa.Table]:
    """Rows around month ends, ISO years and both changes of summer time, with NULLs, large numbers, and texts that
    differ in case, in blanks at their end, and in accents alone.
    """
    begin = datetime(2025, 9, 20, 22, tzinfo=UTC)
    names = ["", "ada", "Ada", "Zoë", "Zoë ", "éva7", "Ångström 7", "東京", None, "a_b%", "O'Neil\\"]
    tables = {}
    for name, step, shift in (("s", 1.53, 0), ("later", 2.1, 5)):
        moments = [begin + timedelta(hours=n * step + shift) for n in range(ROWS)]
        amounts = [None if n % 11 == 0 else Decimal(n * 7919 % 100_003 - 50_000) / 100 for n in range(ROWS)]
        tables[name] = pa.table({
            "z": pa.array(moments, pa.timestamp("us", "UTC")),
            "t": pa.array([one.replace(tzinfo=None) for one in moments], pa.timestamp("us")),
            "d": pa.array([one.date() for one in moments], pa.date32()),
            "amount": pa.array(amounts, pa.decimal128(18, 2)),
            "who": pa.array([names[n * 7 % len(names)] for n in range(ROWS)]),
            "flown": pa.array(["UA", "ua", "b6", None] * (ROWS // 4)),
            "n": pa.array([2_147_483_000 + n * 3 for n in range(ROWS)], pa.int64()),
            "f": pa.array([(n % 400) * 0.1 - 77.5 if n % 13 else None for n in range(ROWS)], pa.float64()),
            "flag": pa.array([(True, False, None)[n % 3] for n in range(ROWS)]),
        })  # fmt: skip
    known = [name for name in names if name is not None]
    regions = ["north", "south", None]
    tables["names"] = pa.table({"name": known, "region": [regions[n % 3] for n in range(len(known))]})
    days = [date(2025, 9, 1) + timedelta(days=n % 200) for n in range(300)]
    tables["jobs"] = pa.table({
        "began": pa.array(days, pa.date32()),
        "ended": pa.array([None if n % 4 == 0 else day + timedelta(days=n % 90) for n, day in enumerate(days)]),
        "role": [("cook", "clerk", None)[n % 3] for n in range(300)],
        "pay": pa.array([Decimal(100_000 + n * 17) / 100 for n in range(300)], pa.decimal128(12, 2)),
    })  # fmt: skip
    return tables


def asking(functions: Mapping[str, str]) -> str:
    """Metrics, each over every window; `#` stands for the source."""
    lines = []
    for name, text in functions.items():
        call, where, condition = text.partition(" where ")
        written = text if "#" in text else f"{call}#{where}{condition}"
        lines.append(f"metric {name} = {written.replace('#', ' from s')}")
        lines += [f"metric {name}_{place} = {name} over {window}" for place, window in enumerate(WINDOWS)]
    return "\n".join([*lines, ""])


PARTS = {
    "aggregations": asking(ASKED),
    "letters": asking({**LETTERS, "others": 'count() where lower(who) == "ada"'}),
    "quantiles": asking(QUANTILES),
    "edges": asking(EDGES),
    "segments": asking({name: ASKED[name] for name in ("rows", "total", "mean", "people", "floats")}) + SEGMENTS,
    "groupings": grouping(),
    "stocks": STOCKS,
    "conversions": CONVERSIONS,
}
TIMES = {
    "aggregations": "ztd",
    "letters": "z",
    "quantiles": "t",
    "edges": "d",
    "segments": "zt",
    "groupings": "z",
    "stocks": "td",
}
CASES = [(part, time) for part in PARTS for time in TIMES.get(part, "zd")]
"""Each part with instants (z), civil times (t) or days (d) for its time."""


@cache
def of_tables(part: str, time: str) -> tuple[str, str]:
    """A spec, and its document over tables in memory: the same for all engines."""
    spec = SPEC.replace("TIME", time) + PARTS[part]
    with TemporaryDirectory() as folder:
        file = Path(folder, "spec.kpi")
        file.write_text(spec, "utf-8")
        found = load([file]).evaluate(as_of="2026-03-31", sources=rows())
    assert not found.errors, [(one.code, one.message) for one in found.errors]
    return spec, found.to_json()


CONFIGURED: dict[str, str] = {}
"""By engine: a kpidsl.toml that reads `rows`, which nobody changes, from it."""


@pytest.mark.parametrize(("part", "time"), CASES)
def test_the_same_document(tmp_path: Path, asked: Asked, part: str, time: str) -> None:
    asked.lacks(part)
    asked.lacks(f"{part} {time}")
    spec, here = of_tables(part, time)
    (tmp_path / "spec.kpi").write_text(spec, "utf-8")
    if asked.name not in CONFIGURED:
        CONFIGURED[asked.name] = asked.engine.configuration(asked.server, rows())
    there, answered = documents(tmp_path, tmp_path / "spec.kpi", "2026-03-31", CONFIGURED[asked.name])
    same(here, there)
    assert answered


# ---------------------------------------------------------------- random ones
@pytest.mark.parametrize("shared", [False, True])
def test_random_specs_are_the_same_document(
    tmp_path: Path, asked: Asked, monkeypatch: pytest.MonkeyPatch, shared: bool
) -> None:
    """Also where whatever can share a scan does."""
    asked.lacks("random")
    if shared:
        monkeypatch.setattr(shared_scan, "is_much", bool)
        monkeypatch.setattr(shared_scan, "worthwhile", lambda several, _: several)

    @seed(20260331)
    @settings(max_examples=RANDOM, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(cases())
    def hold(case: Case) -> None:
        spec = tmp_path / "case.kpi"
        spec.write_text(case.spec, "utf-8")
        tables = {name: arrow(case.rows[name], types) for name, types in case.types.items()}
        beside: dict[str, Any] = {name: table for name, table in tables.items() if name == "free"}
        here = load([spec]).evaluate(as_of=case.as_of, sources=tables)
        (tmp_path / "engine.toml").write_text(asked.engine.configuration(asked.server, tables), "utf-8")
        there = load([spec], config=tmp_path / "engine.toml").evaluate(as_of=case.as_of, sources=beside)
        same(here.to_json(), there.to_json())

    hold()
