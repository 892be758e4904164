"""Stocks at many edges at once, held against the oracle, which looks at every edge by itself."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest

from properties.strategies import Case
from properties.test_engine_equals_oracle import disagreements

KINDS = ("date", "timestamp", "instant")
FUNCTIONS = ("count()", "sum(whole)", "sum(money)", "avg(real)", "min(whole)", "median(whole)", "share(whole > 3)",
             "stddev(whole)", "count_distinct(key)", "last(whole)")  # fmt: skip
TYPES = {"key": "string", "whole": "int64", "money": "decimal(30,4)", "real": "double"}


def moment(chance: random.Random, kind: str) -> object:
    """A time about the night in which clocks go back in Berlin, and the month before."""
    day = date(2026, 10, 25) - timedelta(days=chance.choice([0, 0, 0, 1, 2, 5, 20, 40, 70, 100]))
    if kind == "date":
        return day
    clock = chance.choice([time(0, 0), time(1, 30), time(2, 0), time(2, 30), time(3, 0), time(22, 0), time(23, 59, 59)])
    civil = datetime.combine(day, clock)
    return civil.replace(tzinfo=UTC) if kind == "instant" else civil


def fields(chance: random.Random) -> dict[str, object]:
    return {
        "key": chance.choice(["a", "b", "c", None]),
        "whole": chance.choice([None, *range(8)]),
        "money": chance.choice([None, Decimal("0.1"), Decimal("-3.25"), Decimal("99999999999999999999.9999")]),
        "real": chance.choice([None, 0.1, 0.2, 1e12, -1 / 3]),
    }


def case(seed: int) -> Case:
    """Series of levels by day (about a hundred edges) and by hour, of rows that hold and of readings."""
    chance = random.Random(seed)
    kind = KINDS[seed % 3]
    inclusive = " inclusive" if kind == "date" and chance.random() < 0.5 else ""
    spec = (
        f'calendar {{ timezone "{chance.choice(["Europe/Berlin", "UTC", "America/New_York"])}" }}\n'
        f'source hold {{ from arrow("hold"); holds from began to ended{inclusive} }}\n'
        'source read { from arrow("read"); time at; key id }\n'
    )
    held = [{"began": moment(chance, kind), "ended": chance.choice([None, moment(chance, kind)]), **fields(chance)}
            for _ in range(25)]  # fmt: skip
    read = [{"id": number, "at": moment(chance, kind), **fields(chance)} for number in range(25)]
    series = (("day", "2026-08-01..2026-10-26"), ("hour", "2026-10-24..2026-10-25"), ("week", "2026-08-01..2026-10-26"))
    for number, function in enumerate(chance.sample(FUNCTIONS, 4)):
        by, window = chance.choice(series) if kind != "date" else series[number % 3 and 2]
        edge = chance.choice(["end", "end", "start"])
        where = chance.choice(["", ' where key == "a"', " where whole > 2"])
        inside = chance.choice(["", " over trailing 60 days", " over all time", " over month to date"])
        of = function.replace("last(whole)", "max(whole)")
        one = f"(({of} from hold{where} at {edge})"
        two = f"(({function} from read{where} at {edge}{chance.choice(['', ' per key', ' per (key, whole)'])})"
        for name, begun in (("h", one), ("r", two)):
            made = chance.choice(["max", "sum", "first", "last", "count"])
            kept = f"({begun}{inside}) default 0)"
            spec += f"metric {name}{number} = {made}({kept} each {by}) over {window}\n"
    return Case(spec, {"hold": held, "read": read},
                {"hold": {"began": kind, "ended": kind, **TYPES}, "read": {"id": "int64", "at": kind, **TYPES}},
                "2026-10-25T12:00")  # fmt: skip


@pytest.mark.parametrize("seed", range(6))
def test_levels_equal_the_oracle(seed: int) -> None:
    assert disagreements(case(seed)) == []
