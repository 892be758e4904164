"""Columns that are converted together are what they are one by one."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from kpidsl.diagnostics import SourceError
from kpidsl.semantic.types import DataType as T
from kpidsl.sources import alike, decide
from sources.reading import Table, ask, csv, told

TEXTS = {
    T.INTEGER: ("1", "-20", "+3", " 4 ", "", "NaN", "123456789012345678901"),
    T.DECIMAL: ("1.5", "0.10", "-7.", ".25", "2.50", "\t3", "nan", "", "12345678901234567890.5"),
    T.FLOAT: ("1e3", "2.5", "inf", "-Infinity", "", "NaN", "7"),
    T.BOOLEAN: ("true", "FALSE", " True", ""),
    T.DATE: ("2026-01-31", " 2026-02-28", "", "2024-02-29"),
    T.TIMESTAMP: ("2026-01-31 10:00:00", '"2026-01-31T10:00:00,25"', "2026-01-31", ""),
    T.INSTANT: ("2026-01-31T10:00Z", "2026-01-31 10:00:00+02:30", "2026-01-31 10:00 UTC", ""),
    T.TEXT: ("a", "", '"x, y"', "00123", "é"),
}


def wide(columns: int, rows: int, seed: int) -> tuple[list[T], list[list[str]]]:
    """Columns of all kinds, and rows whose values are written in many ways."""
    choose = random.Random(seed)
    kinds = [choose.choice(list(TEXTS)) for _ in range(columns)]
    some = [choose.sample(TEXTS[kind], choose.randint(1, len(TEXTS[kind]))) for kind in kinds]
    return kinds, [[choose.choice(texts) for texts in some] for _ in range(rows)]


def written(rows: list[list[str]]) -> str:
    header = ",".join(f"c{number}" for number in range(len(rows[0])))
    return "\n".join([header, *map(",".join, rows)]) + "\n"


def both(monkeypatch: pytest.MonkeyPatch, folder: Path, text: str, **asked: T) -> list[Table | str]:
    """What a file is with every column by itself, and with those together that are alike."""
    found: list[Table | str] = []
    for pays in (False, True):
        monkeypatch.setattr(alike, "pays", lambda columns, _, pays=pays: pays and columns > 0)
        try:
            found.append(csv(folder, text, ask(**asked) if asked else None))
        except SourceError as error:
            found.append(told(error))
    return found


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.slow
def test_columns_together_are_what_each_is_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    kinds, rows = wide(40, 12, seed)
    apart, together = both(monkeypatch, tmp_path, written(rows))
    assert isinstance(apart, Table)
    assert together == apart
    declared = {f"c{number}": kind for number, kind in enumerate(kinds) if kind is not T.INTEGER}
    apart, together = both(monkeypatch, tmp_path, written(rows), **declared)
    assert isinstance(apart, Table)
    assert together == apart


@pytest.mark.parametrize(("kind", "bad"), [(T.INTEGER, "007"), (T.DECIMAL, "1.x"), (T.DATE, "2026-02-30")])
def test_a_value_that_does_not_fit_is_told_with_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: T, bad: str
) -> None:
    good = TEXTS[kind][0]
    rows = [[good, "a", good]] * decide.SAMPLE + [[good, "a", bad], [bad, "b", good]]
    apart, together = both(monkeypatch, tmp_path, written(rows))
    assert apart == together
    assert f'data.csv:{decide.SAMPLE + 2}: "{bad}" in column `c2`' in str(apart)


@pytest.mark.parametrize("later", ["2.5", "1e3", "123456789012345678901234567890"])
def test_what_turns_out_wider_than_its_head_does_so_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, later: str
) -> None:
    rows = [["1", "2026-01-31", "x"]] * decide.SAMPLE + [[later, "2026-01-31 10:00:00", "y"]]
    apart, together = both(monkeypatch, tmp_path, written(rows))
    assert isinstance(apart, Table)
    assert together == apart
    assert apart.schema["c0"] in ("decimal", "float", "integer")
    assert apart.schema["c1"] == "timestamp"


def test_many_columns_of_a_small_file_are_converted_together() -> None:
    assert alike.pays(2_000, 5_000_000)
    assert not alike.pays(20, 5_000)
    assert not alike.pays(400, 1_000_000_000)
