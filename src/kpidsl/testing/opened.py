"""A source opened as a run opens it, for tests that look at its rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from kpidsl import plugins
from kpidsl.configuration import EMPTY
from kpidsl.configuration.read import read
from kpidsl.diagnostics import Problems
from kpidsl.engine.duck import connect
from kpidsl.engine.place import Places
from kpidsl.hookspecs import ColumnRequest, Dataset, ScanRequest
from kpidsl.opening import Opener
from kpidsl.source_text import Source
from kpidsl.sources.materialize import into_duckdb
from kpidsl.syntax import decl_nodes as d
from kpidsl.syntax import parse


def dataset_of(folder: Path, written: str, configuration: str = "") -> Dataset:
    """The dataset of what a spec in a folder writes behind `from`."""
    file = folder / "opened.kpi"
    problems = Problems()
    spec = parse(Source(str(file), f"source s {{ from {written} }}", file, file.name), problems)
    (declared,) = (node for node in spec.declarations if isinstance(node, d.SourceDecl))
    (prop,) = (one for one in declared.properties if isinstance(one, d.FromProp))
    settings = EMPTY
    if configuration:
        toml = folder / "kpidsl.toml"
        toml.write_text(configuration, "utf-8")
        settings = read(toml, None, problems)
    assert not problems.has_errors, [one.message for one in problems]
    return Opener(plugins.load(), folder, settings).chosen(prop.provider, "s", {}).open()


def rows_of(dataset: Dataset, columns: list[str]) -> dict[str, list[Any]]:
    """The rows that a dataset hands out for some columns, column by column."""
    connection = connect()
    try:
        request = ScanRequest(tuple(ColumnRequest(name) for name in columns))
        view = into_duckdb(connection, "rows", dataset, request)
        found = connection.execute(f'SELECT * FROM "{view}"')  # noqa: S608 — a name of ours
        names = [column[0] for column in found.description or ()]
        rows = found.fetchall()
    finally:
        connection.close()
    return {name: [row[place] for row in rows] for place, name in enumerate(names)}


@contextmanager
def reading() -> Iterator[None]:
    """Whatever engine a source has, its rows are read."""
    with mock.patch("kpidsl.remote.why_here", return_value="a test reads them"):
        yield


@contextmanager
def counting() -> Iterator[list[str]]:
    """The sources whose engines answer a query, each time they do."""
    answered: list[str] = []
    answer = Places._answered  # noqa: SLF001 — all questions go through it

    def asked(self: Places, query: Any, source: str, how: Any) -> Any:
        found = answer(self, query, source, how)
        if found is not None:
            answered.append(source)
        return found

    with mock.patch.object(Places, "_answered", asked):
        yield answered
