"""What tests of `eval --state` have in common."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from kpidsl.engine.kept import KeptSource
from kpidsl.sources.csv_files import CsvDataset
from kpidsl.sources.parquet_files import ParquetDataset
from state.work import Work


@pytest.fixture(params=["parquet", "csv"])
def work(request: pytest.FixtureRequest, tmp_path: Path) -> Work:
    return Work(tmp_path, request.param)


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The names of the files that are read for state, read by read."""
    found: list[list[str]] = []

    def watched(real: Callable[..., str]) -> Callable[..., str]:
        def part(self: object, connection: object, request: object, files: Sequence[Path], column: str) -> str:
            found.append([file.stem for file in files])
            return real(self, connection, request, files, column)

        return part

    for dataset in (ParquetDataset, CsvDataset):
        monkeypatch.setattr(dataset, "part", watched(dataset.part))
    return found


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many cells were answered from state, run by run."""
    found: list[int] = []
    real = KeptSource.answers

    def answers(self: KeptSource, *arguments: object) -> object:
        answered = real(self, *arguments)  # type: ignore[arg-type]
        found.append(len(answered[0]))
        return answered

    monkeypatch.setattr(KeptSource, "answers", answers)
    return found
