"""Faults of data and disks through the whole command: named with their place, and nobody else's results are lost."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

SOUND = """
source small { from csv("small.csv"); time t }
kpi sound { value sum(x) from small over last month; target >= 1 }
"""
MANY = 1_000_100
BAD = 1_000_000  # the line that is


def ran(folder: Path, *arguments: str, largest_file: int | None = None) -> tuple[int, dict[str, Any], str]:
    """Exit code, document on standard output and messages of an evaluation in a process of its own. It keeps no
    bytecode: Python 3.11 takes the part of it that a full disk has room for for the whole.
    """

    def full() -> None:
        assert largest_file is not None
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))

    done = subprocess.run(
        [sys.executable, "-m", "kpidsl", "eval", "--as-of", "2026-03-31", *arguments],
        cwd=folder, capture_output=True, text=True, preexec_fn=full if largest_file is not None else None,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    return done.returncode, json.loads(done.stdout) if done.stdout else {}, done.stderr


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "small.csv").write_text("t,x\n2026-03-01,1\n")
    (tmp_path / "a.kpi").write_text(SOUND)
    return tmp_path


def also(folder: Path, provider: str) -> None:
    """One more source in the spec, and a KPI on it."""
    text = f"source other {{ from {provider}; time t }}\nkpi lost {{ value sum(x) from other over last month }}\n"
    (folder / "a.kpi").write_text(SOUND + text)


def costs_only_its_own(document: dict[str, Any]) -> str:
    """The message of the one error, which only one of the KPIs has."""
    assert {one["name"]: one["status"] for one in document["kpis"]} == {"sound": "green", "lost": "error"}
    (error,) = document["errors"]
    assert error["affects"] == ["lost"]
    assert error["hint"]
    return str(error["message"])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("line", "words"),
    [("2026-03-01,1,extra", "3 fields"), ("2026-03-01,oops", '"oops" in column `x`'), ("2026-02-30,1", "2026-02-30")],
)
def test_a_bad_row_in_the_millionth_line(folder: Path, line: str, words: str) -> None:
    with (folder / "big.csv").open("w") as file:
        file.write("t,x\n")
        file.writelines(f"{line}\n" if at == BAD else f"2026-03-{at % 28 + 1:02},{at}\n" for at in range(2, MANY))
    also(folder, 'csv("big.csv")')
    code, document, said = ran(folder)
    message = costs_only_its_own(document)
    assert code == 3
    assert message.startswith(f"big.csv:{BAD}: ")
    assert words in message
    assert message in said


def parquet(folder: Path) -> Path:
    rows = 50_000
    days = pa.array([number % 28 + 20_513 for number in range(rows)], pa.int32()).cast(pa.date32())
    table = pa.table({"t": days, "x": pa.array(range(rows), pa.int64())})
    pq.write_table(table, folder / "big.parquet", compression="snappy", use_dictionary=False)
    return folder / "big.parquet"


@pytest.mark.parametrize("damage", ["cut", "footer", "pages", "other"])
def test_a_corrupt_parquet_file(folder: Path, damage: str) -> None:
    file = parquet(folder)
    data = bytearray(file.read_bytes())
    match damage:
        case "cut":
            del data[len(data) // 2 :]
        case "footer":
            start = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
            data[start : start + 60] = b"\xff" * 60
        case "pages":  # of compressed ones it shows; without compression only checksums would tell, which nobody reads
            data[len(data) // 2 : len(data) // 2 + 400] = bytes(400)
        case _:
            data = bytearray(b"no parquet at all")
    file.write_bytes(data)
    also(folder, 'parquet("big.parquet")')
    code, document, said = ran(folder)
    assert code == 3
    assert "big.parquet" in costs_only_its_own(document)
    assert "Traceback" not in said


def test_a_disk_that_is_full_at_output(folder: Path) -> None:
    (folder / "report.json").write_text("the report of yesterday")
    code, document, said = ran(folder, "-o", "report.json", largest_file=256)
    assert code == 3
    assert "error: cannot write report.json: file too large" in said
    assert (folder / "report.json").read_text() == "the report of yesterday"
    assert sorted(one.name for one in folder.iterdir()) == ["a.kpi", "report.json", "small.csv"]
    if document:  # what could not be written is not lost
        assert document["kpis"][0]["status"] == "green"


def test_a_disk_that_is_full_for_kept_state(folder: Path) -> None:
    (folder / "many.csv").write_text("t,x\n" + "".join(f"2026-03-{day:02},{day}\n" for day in range(1, 29)) * 50)
    (folder / "a.kpi").write_text(
        SOUND
        + 'source many { from csv("many.csv"); time t }\nkpi m { value sum(x) from many over last month; trend 20 days }\n'
    )
    expected = ran(folder)
    for _ in range(2):
        found = ran(folder, "--state", "kept", largest_file=64)
        assert found[:2] == expected[:2]
    assert ran(folder, "--state", "kept")[:2] == expected[:2]
