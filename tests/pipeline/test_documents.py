"""The same spec, data and as-of give the same bytes, whatever machine they are evaluated on."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SPEC = """
calendar { timezone "Europe/Berlin" }
source orders { from csv("orders.csv"); time at; column amount: EUR }
kpi sales {
  value sum(amount) from orders over last month
  target >= 30 EUR
  by shop
  compare previous, 1 year earlier
  trend 3 months
}
kpi weight { value (avg(kilos) from orders) over last 28 days; target <= 2.5 }
"""
ROWS = [
    f"2026-0{1 + number % 3}-{1 + number % 28:02}T{number % 24:02}:30:00,{number}.{number % 100:02},"
    f"{'äÄz'[number % 3]},{number / 7}"
    for number in range(400)
]


def document(folder: Path, kind: str, **environment: str) -> bytes:
    command = [sys.executable, "-m", "kpidsl", "eval", str(folder), "--as-of", "2026-03-31", "-f", kind]
    done = subprocess.run(command, capture_output=True, env={**os.environ, **environment}, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("specs")
    made.joinpath("sales.kpi").write_text(SPEC, "utf-8")
    made.joinpath("orders.csv").write_text("\n".join(["at,amount,shop,kilos", *ROWS]), "utf-8")
    return made


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["json", "toml"])
def test_zone_locale_and_hash_seed_of_the_process_change_nothing(folder: Path, kind: str) -> None:
    found = {
        document(folder, kind, TZ=zone, LC_ALL=locale, PYTHONHASHSEED=seed)
        for zone, locale, seed in (
            ("UTC", "C.UTF-8", "1"),
            ("Pacific/Apia", "C", "2"),
            ("America/New_York", "tr_TR.UTF-8", "3"),
        )
    }
    assert len(found) == 1


@pytest.mark.slow
def test_the_order_of_rows_changes_nothing(folder: Path, tmp_path: Path) -> None:
    tmp_path.joinpath("sales.kpi").write_text(SPEC, "utf-8")
    shuffled = [ROWS[place * 171 % len(ROWS)] for place in range(len(ROWS))]
    assert sorted(shuffled) == sorted(ROWS)
    tmp_path.joinpath("orders.csv").write_text("\n".join(["at,amount,shop,kilos", *shuffled]), "utf-8")
    assert document(tmp_path, "json") == document(folder, "json")
