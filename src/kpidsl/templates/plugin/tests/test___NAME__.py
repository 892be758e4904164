"""The source passes the suite that every source must pass."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from kpidsl.diagnostics import SourceError
from kpidsl.hookspecs import Context
from kpidsl.testing import SourceContract
from kpidsl.testing.opened import dataset_of, rows_of
from kpidsl___NAME__ import __CLASS__Options, open___NAME__


class Test__CLASS__(SourceContract):
    lacks = {
        "instants_are_instants": "a text with an offset needs a format in the spec: `column at: timestamp \"%Y-%m-%d %H:%M:%S%z\"`",
        "texts_are_unchanged": "an empty field is NULL, and a tab inside a text cannot be written",
        "only_what_is_asked_for_is_handed_out": "all columns are texts: see below",
        "it_can_be_read_by_several_at_once": "all columns are texts: see below",
    }

    def load(self, rows: pa.Table, folder: Path) -> str:
        lines = ["\t".join(rows.column_names)]
        for row in rows.to_pylist():
            lines.append("\t".join("" if value is None else str(value) for value in row.values()))
        (folder / "rows.tsv").write_text("\n".join(lines) + "\n", "utf-8")
        return '__NAME__("rows.tsv")'


def test_only_the_columns_that_are_asked_for(tmp_path: Path) -> None:
    (tmp_path / "rows.tsv").write_text("a\tb\n1\t2\n3\t4\n", "utf-8")
    assert rows_of(dataset_of(tmp_path, '__NAME__("rows.tsv")'), ["b"]) == {"b": ["2", "4"]}


def test_a_line_with_too_few_fields_is_told(tmp_path: Path) -> None:
    (tmp_path / "rows.tsv").write_text("a\tb\n1\t2\n3\n", "utf-8")
    with pytest.raises(SourceError, match="rows.tsv:3: 1 fields, and the header has 2") as caught:
        rows_of(dataset_of(tmp_path, '__NAME__("rows.tsv")'), ["b"])
    assert caught.value.code == "K0603"


def test_what_is_not_trusted_reads_nothing_outside(tmp_path: Path) -> None:
    (tmp_path / "rows.tsv").write_text("a\tb\n1\t2\n", "utf-8")
    specs = tmp_path / "specs"
    specs.mkdir()
    with pytest.raises(SourceError) as caught:
        open___NAME__(__CLASS__Options("../rows.tsv"), Context(specs, specs, untrusted=True))
    assert caught.value.code == "K0607"
