"""Means and spreads that SQLite adds up, against NIST's certified values."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest

from published.nist import CERTIFIED, FIFTEEN, OF_FLOATS, SQLITE_TABLE, questions, rows, values


def test_sqlite_is_asked_and_answers_as_certified(tmp_path: Path) -> None:
    spec = []
    with closing(sqlite3.connect(tmp_path / "nist.db")) as database:
        for name in ("lottery", "mavro", "numacc4"):
            database.execute(SQLITE_TABLE.format(name))
            database.executemany(f"insert into {name} values (?, ?, ?3, ?3)", rows(name))
            source = f'from sqlalchemy(nist, table: "{name}"); time day'
            spec += [questions(name, column, f"{source}; let x = {column}") for column in "df"]
        database.commit()
    (tmp_path / "kpidsl.toml").write_text('[connections.nist]\nprovider = "sqlalchemy"\nurl = "sqlite:///nist.db"\n')
    (tmp_path / "nist.kpi").write_text("\n".join(spec), "utf-8")
    found = values(tmp_path / "nist.kpi")
    for name in ("lottery", "mavro", "numacc4"):
        mean, deviation = map(Decimal, CERTIFIED[name])
        for panes in ("", "_panes"):
            assert FIFTEEN.plus(found[f"{name}_d_avg{panes}"]) == mean
            assert found[f"{name}_d_stddev{panes}"] == deviation
            assert FIFTEEN.plus(found[f"{name}_f_avg{panes}"]) == mean
            off = Decimal(10) ** -Decimal(OF_FLOATS.get(name, 14))
            assert found[f"{name}_f_stddev{panes}"] == pytest.approx(deviation, rel=off)
            assert found[f"{name}_f_variance{panes}"] == pytest.approx(deviation**2, rel=off)
