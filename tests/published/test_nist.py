"""Means and spreads against NIST's certified values: exact of decimals, and of floats as far as their bits go."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from decimal import Decimal

import duckdb
import pytest

from published.nist import CERTIFIED, DATA, FIFTEEN, OF_FLOATS, SQLITE_TABLE, questions, rows, values

WAYS = {
    "text": 'from csv("{0}.csv"); time day',
    "float_text": 'from csv("{0}.csv"); time day; column x: float',
    "decimal": 'from duckdb("nist.duckdb", table: "{0}"); time day; let x = d',
    "float": 'from duckdb("nist.duckdb", table: "{0}"); time day; let x = f',
    "float_lite": 'from sqlite("nist.db", table: "{0}"); time day; let x = f',
}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Decimal]:
    folder = tmp_path_factory.mktemp("nist")
    with closing(sqlite3.connect(folder / "nist.db")) as lite, duckdb.connect(str(folder / "nist.duckdb")) as duck:
        for name in DATA:
            text = "".join(f"{day},{part},{number}\n" for day, part, number in rows(name))
            (folder / f"{name}.csv").write_text(f"day,part,x\n{text}", "utf-8")
            lite.execute(SQLITE_TABLE.format(name))
            lite.executemany(f"insert into {name} values (?, ?, ?3, ?3)", rows(name))
            duck.execute(
                f"create table {name} as select day, part, x::decimal(20, 6) as d, x::double as f "
                f"from read_csv('{folder / name}.csv', types = {{'x': 'VARCHAR'}})"
            )
        lite.commit()
    spec = [questions(name, way, source.format(name)) for name in DATA for way, source in WAYS.items()]
    (folder / "nist.kpi").write_text("\n".join(spec), "utf-8")
    return values(folder / "nist.kpi")


@pytest.mark.parametrize("panes", ["", "_panes"])
@pytest.mark.parametrize("way", ["text", "decimal"])
@pytest.mark.parametrize("name", DATA)
def test_decimals_have_every_certified_digit(found: dict[str, Decimal], name: str, way: str, panes: str) -> None:
    mean, deviation = map(Decimal, CERTIFIED[name])
    assert FIFTEEN.plus(found[f"{name}_{way}_avg{panes}"]) == mean
    assert found[f"{name}_{way}_stddev{panes}"] == deviation
    assert found[f"{name}_{way}_variance{panes}"] == pytest.approx(deviation**2, rel=Decimal("1e-14"))


@pytest.mark.parametrize("panes", ["", "_panes"])
@pytest.mark.parametrize("way", ["float_text", "float", "float_lite"])
@pytest.mark.parametrize("name", DATA)
def test_floats_have_what_their_bits_leave(found: dict[str, Decimal], name: str, way: str, panes: str) -> None:
    mean, deviation = map(Decimal, CERTIFIED[name])
    assert FIFTEEN.plus(found[f"{name}_{way}_avg{panes}"]) == mean
    off = Decimal(10) ** -Decimal(OF_FLOATS.get(name, 14))
    assert found[f"{name}_{way}_stddev{panes}"] == pytest.approx(deviation, rel=off)
    assert found[f"{name}_{way}_variance{panes}"] == pytest.approx(deviation**2, rel=off)
    if name not in OF_FLOATS:
        assert found[f"{name}_{way}_stddev{panes}"] == deviation
