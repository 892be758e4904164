"""CSV files as they come: packed, in other encodings, with preambles and comments, many at once."""

from __future__ import annotations

import csv as plain_csv
import gzip
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from kpidsl.diagnostics import SourceError
from kpidsl.engine import duck
from kpidsl.semantic.types import DataType as T
from kpidsl.sources import zstd
from sources.reading import ask, csv, dataset, read, write

TEXT = 'id,name\n1,"Zoë\n""Q"""\n2,日本\n'
ROWS = [(1, 'Zoë\n"Q"'), (2, "日本")]


def packed_with_zstd(folder: Path, text: str) -> bytes:
    """The text of a one-column table without quotes, packed by DuckDB."""
    rows = text.splitlines()
    with duck.connect() as connection:
        connection.execute("CREATE TABLE lines AS SELECT unnest(?) AS line", [rows])
        path = duck.literal(str(folder / "packed"))
        connection.execute(
            f"COPY lines TO {path} (FORMAT csv, HEADER false, DELIMITER '\x02', QUOTE '', ESCAPE '', COMPRESSION zstd)"
        )
    return (folder / "packed").read_bytes()


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_line_ends(tmp_path: Path, ends: str) -> None:
    table = csv(tmp_path, "id,v\n1,x\n2,y\n".replace("\n", ends))
    assert table.rows == [(1, "x"), (2, "y")]


def test_mixed_line_ends(tmp_path: Path) -> None:
    table = csv(tmp_path, 'id,v\r\n1,x\n2,"a\nb"\r\n\n3,\n')
    assert table.rows == [(1, "x"), (2, "a\nb"), (3, None)]


def test_gzip_and_several_members(tmp_path: Path) -> None:
    raw = gzip.compress(TEXT.encode()) + gzip.compress(b"3,x\n")
    assert csv(tmp_path, raw, name="data.csv.gz").rows == [*ROWS, (3, "x")]


def test_zstd(tmp_path: Path) -> None:
    packed = packed_with_zstd(tmp_path, "id,v\n1,2.50\n2,é\n")
    assert csv(tmp_path, packed, name="data.csv.zst").rows == [(1, "2.50"), (2, "é")]


def test_a_bad_row_inside_zstd(tmp_path: Path) -> None:
    packed = packed_with_zstd(tmp_path, "id,v\n1,2\n3\n")
    with pytest.raises(SourceError, match=r"data\.csv\.zst:3: the row has 1 field"):
        csv(tmp_path, packed, name="data.csv.zst")


@pytest.mark.parametrize("cut", [1, 6, 20])
def test_a_zstd_file_that_is_cut_off_is_not_read_as_a_shorter_one(tmp_path: Path, cut: int) -> None:
    packed = packed_with_zstd(
        tmp_path, "id,v\n" + "".join(f"{number},{number * 7919 % 104729}\n" for number in range(5000))
    )
    assert zstd.is_whole(write(tmp_path / "whole", packed))
    assert zstd.is_whole(write(tmp_path / "twice", packed + packed))
    with pytest.raises(SourceError) as caught:
        csv(tmp_path, packed[:-cut], name="data.csv.zst")
    assert caught.value.code == "K0602"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "latin-1", "cp1252", "utf-16", "utf-16-le"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    options: dict[str, Any] = {} if encoding == "utf-8-sig" else {"encoding": encoding}
    assert csv(tmp_path, "id,name\n1,Zoë\n".encode(encoding), **options).rows == [(1, "Zoë")]


def test_comments_are_whole_lines_only(tmp_path: Path) -> None:
    text = '# made "by hand\nid,v\n# one\n1,"a\n# not a comment\nb"\n2,no # comment\n'
    table = csv(tmp_path, text, comment="#")
    assert table.rows == [(1, "a\n# not a comment\nb"), (2, "no # comment")]


def test_a_bad_row_between_comments(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r'data\.csv:4: "x"'):
        csv(tmp_path, "# c\nid\n# c\nx\n", ask(id=T.INTEGER), comment="#")


@pytest.mark.parametrize("preamble", ["Report\n", 'Report "Q1\n', "\n", 'a,"b\nc"\n'])
def test_lines_before_the_header(tmp_path: Path, preamble: str) -> None:
    table = csv(tmp_path, preamble + "id,v\n1,x\n", skip=preamble.count("\n"))
    assert table.rows == [(1, "x")]


def test_a_header_over_two_lines(tmp_path: Path) -> None:
    table = csv(tmp_path, 'id,"net\namount"\n1,2.5\n3,x\n')
    assert table.schema == {"id": "integer", "net\namount": "text"}
    assert table.rows == [(1, "2.5"), (3, "x")]


def test_odd_names_are_kept(tmp_path: Path) -> None:
    table = csv(tmp_path, 'Order Date, id,"a""b",,x.y\n2026-01-01,1,2,3,4\n')
    assert list(table.schema) == ["Order Date", "id", 'a"b', "column4", "x.y"]
    assert table.column('a"b') == [2]


def test_without_a_header(tmp_path: Path) -> None:
    assert csv(tmp_path, "1,x\n2,y\n", header=False).schema == {"column1": "integer", "column2": "text"}
    assert csv(tmp_path, "1,x\n2,y\n", header=False, columns=["id", "v"]).rows == [(1, "x"), (2, "y")]
    assert csv(tmp_path, "junk\n1,x\n", header=False, skip=1).rows == [(1, "x")]


def test_tabs_quotes_and_escapes(tmp_path: Path) -> None:
    assert csv(tmp_path, "id\tv\n1\tx,y\n", name="data.tsv").rows == [(1, "x,y")]
    assert csv(tmp_path, "id,v\n1,'it''s'\n", quote="'").rows == [(1, "it's")]
    assert csv(tmp_path, 'id,v\n1,"a\\"b"\n', escape="\\").rows == [(1, 'a"b')]
    assert csv(tmp_path, 'id,v\n1,5" disk\n', quote="").rows == [(1, '5" disk')]


def test_files_are_lined_up_by_name_and_in_order(tmp_path: Path) -> None:
    for number, text in (("10", "v,id\nb,2\n"), ("2", "id,v\n3,c\n"), ("1", "id,v\n1,a\n")):
        write(tmp_path / f"part{number}.csv", text)
    table = read(dataset(tmp_path, "csv", "part*.csv"))
    assert table.rows == [(1, "a"), (2, "b"), (3, "c")]


def test_a_column_that_some_files_lack(tmp_path: Path) -> None:
    write(tmp_path / "a.csv", "id,v\n1,x\n")
    write(tmp_path / "b.csv", "id\n2\n")
    assert read(dataset(tmp_path, "csv", "*.csv"), ask(id=None)).rows == [(1,), (2,)]
    with pytest.raises(SourceError, match=r"b\.csv has no column `v`, which a\.csv has"):
        read(dataset(tmp_path, "csv", "*.csv"), ask(v=None))
    assert read(dataset(tmp_path, "csv", "*.csv", union=True)).rows == [(1, "x"), (2, None)]


def test_wildcards_in_the_name_of_a_file(tmp_path: Path) -> None:
    write(tmp_path / "a[1].csv", "v\nright\n")
    write(tmp_path / "a1.csv", "v\nwrong\n")
    assert read(dataset(tmp_path, "csv", "a[1].csv")).rows == [("right",)]


def test_no_columns_still_has_rows(tmp_path: Path) -> None:
    assert len(csv(tmp_path, "id,v\n1,x\n2,y\n", ()).rows) == 2


def test_a_large_file_with_line_ends_inside_quotes(tmp_path: Path) -> None:
    """DuckDB reads large files in pieces; a piece must not begin inside quotes."""
    row = 'id{n},"x\nid,{pad}",1\n'
    text = "a,b,c\n" + "".join(row.format(n=number, pad="y" * (number % 500)) for number in range(60_000))
    assert len(text) > 15_000_000
    table = csv(tmp_path, text, ask(a=None, c=None))
    assert [value for value, _ in table.rows] == [f"id{number}" for number in range(60_000)]
    assert {value for _, value in table.rows} == {1}


FIELD = st.text(alphabet=st.sampled_from('ab,";\n\r é1.-\t'), max_size=6)


@settings(max_examples=30)
@given(rows=st.lists(st.tuples(FIELD, FIELD), min_size=1, max_size=8), ends=st.sampled_from(["\n", "\r\n"]))
def test_every_text_comes_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]], ends: str
) -> None:
    out = io.StringIO()
    plain_csv.writer(out, quoting=plain_csv.QUOTE_ALL, lineterminator=ends).writerows([("a", "b"), *rows])
    table = csv(tmp_path_factory.mktemp("csv"), out.getvalue(), ask(a=T.TEXT, b=T.TEXT))
    assert table.rows == rows


LINE = st.text(alphabet=st.sampled_from('ab,"\n\r1 '), max_size=24)


@settings(max_examples=80)
@given(text=LINE)
def test_any_text_is_read_as_python_reads_it_or_refused(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    """In a file that is not quite CSV no row is lost or cut: it is read as Python's module does, or refused."""
    text = "a,b\n" + text
    try:
        table = csv(tmp_path_factory.mktemp("csv"), text, ask(a=T.TEXT, b=T.TEXT))
    except SourceError as error:
        event(error.code)
        return
    # How a blank before a quote is meant is the one thing in which readers differ.
    readings = [
        [row for row in plain_csv.reader(io.StringIO(text, newline=""), skipinitialspace=skip) if row][1:]
        for skip in (False, True)
    ]
    assert _bare(table.rows) in [_bare(rows) for rows in readings]


def _bare(rows: Iterable[Sequence[object]]) -> list[list[str]]:
    """The rows without blanks, quotes and line ends: what is left tells whether a row or a field was lost."""
    return [["".join(str(value or "").replace('"', "").split()) for value in row] for row in rows]
