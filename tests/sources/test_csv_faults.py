"""CSV files with something wrong: each fault has its own words, with file and line, and no row is ever dropped."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest

from kpidsl.diagnostics import OptionError, SourceError
from kpidsl.pipeline import load
from kpidsl.semantic.types import DataType as T
from kpidsl.sources.csv_quotes import check_quotes
from kpidsl.sources.csv_text import Dialect
from sources.reading import ask, csv, dataset, read, told, write


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("a,b\n1,2\n3\n4,5\n", "data.csv:3", "1 field, fewer than the 2"),
        ("a,b\n1,2\n3,4,5\n", "data.csv:3", "3 fields, more than the 2"),
        ("a,b\n1,2\n3,4,\n", "data.csv:3", "3 fields, more than the 2"),
        ('a,b\n1,2\n3,4,""\n', "data.csv:3", "3 fields, more than the 2"),
        ('a,b\n1,"x\ny"\n3\n', "data.csv:4", "1 field"),
        ('a,b\r\n1,"x\r\ny"\r\n3\r\n', "data.csv:4", "1 field"),
        ("a,b\n\n\n1\n", "data.csv:4", "1 field"),
        ('a,b\n1,"x\n3,4\n', "data.csv:2", "never closed"),
        ('a,b\n1,2\n3,"x" y\n', "data.csv:3", "goes on after its closing quote"),
        ('a,b\n1,2\n"" ",",\n', "data.csv:3", "goes on after its closing quote"),
        ('a,b\n1,2\n"x" "y",3\n', "data.csv:3", "goes on after its closing quote"),
        ('a,b\n"x\ny"  "y",3\n', "data.csv:2", "goes on after its closing quote"),
        ('a,b\n1,2\n3,  "x"\n', "data.csv:3", "blanks stand before a quoted text"),
        ('a,b\n  "x,y",3\n', "data.csv:2", "blanks stand before a quoted text"),
        (b"a,b\n1,2\n3,\xff\n", "data.csv:3", "bytes that are not utf-8"),
        (b"a,\xff\n1,2\n", "data.csv:1", "bytes that are not utf-8"),
        ("a,b,a\n1,2,3\n", "data.csv:1", "the header names `a` twice (columns 1 and 3)"),
    ],
)
def test_unreadable_rows(tmp_path: Path, text: str | bytes, place: str, words: str) -> None:
    with pytest.raises(SourceError) as caught:
        csv(tmp_path, text)
    assert caught.value.code == "K0603"
    assert caught.value.message.startswith(f"{place}: ")
    assert words in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ('"x" ', "x"),
        (' "x"', "x"),
        ('" x"', " x"),
        ('"x "" "" y"', 'x " " y'),
        ('",  ""x"', ',  "x'),
        ('3  "', '3  "'),
        ('2 " 3 " 4', '2 " 3 " 4'),
        ('"\n  ""x"', '\n  "x'),
    ],
)
@pytest.mark.parametrize("pack", [".gz", ""])
def test_blanks_beside_quotes_that_are_right(tmp_path: Path, field: str, value: str, pack: str) -> None:
    raw = f"a,b\n1,{field}\n{field},2\n".encode()
    write(tmp_path / f"data.csv{pack}", gzip.compress(raw) if pack else raw)
    assert read(dataset(tmp_path, "csv", f"data.csv{pack}"), ask(a=None, b=None)).rows == [("1", value), (value, "2")]


@pytest.mark.parametrize("options", [{"escape": "\\"}, {"encoding": "utf-16"}, {"quote": "'"}, {"delimiter": ";"}])
def test_quotes_are_looked_at_however_a_file_is_written(tmp_path: Path, options: dict[str, str]) -> None:
    mark, edge = options.get("quote", '"'), options.get("delimiter", ",")
    text = f"a{edge}b\n{mark}p\\{mark} {mark}{edge}2\n" if "escape" in options else ""
    wrong = f"a{edge}b\n1{edge}2\n{mark}x{mark} {mark}y{mark}{edge}3\n"
    if text:
        assert csv(tmp_path, text, ask(a=None), **options).rows == [('p" ',)]
    with pytest.raises(SourceError) as caught:
        csv(tmp_path, wrong.encode(options.get("encoding", "utf-8")), **options)
    assert caught.value.message.startswith("data.csv:3: ")


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("Report\n\na,b\n1,2\n", "if the lines before it are a title, leave them out: `skip: 2`"),
        ("a,b\n1,2,\n", "if every row ends with a delimiter, the header needs one, too"),
        ("a,b\n1,2,3\n", "mend the row; a text with the delimiter in it stands in quotes"),
    ],
)
def test_what_may_be_wrong_with_a_row(tmp_path: Path, text: str, hint: str) -> None:
    with pytest.raises(SourceError) as caught:
        csv(tmp_path, text)
    assert caught.value.hint == hint


@pytest.mark.parametrize(
    ("content", "words", "hint"),
    [
        (b"PK\x03\x04\xff\xfe\n1\n", "a workbook or another zip archive", "kpidsl-excel"),
        (b"PAR1\xff\n", "a Parquet file", 'from parquet("…")'),
        (b"SQLite format 3\0\xff", "an SQLite database", "from sqlite("),
        (b"\0\0\0\0\0\0\0\0DUCK\xff\n", "a DuckDB database", "from duckdb("),
        (gzip.compress(b"a,b\n1,2\n", mtime=0), "packed with gzip", "call it `.gz`"),
        ("a,b\n1,2\n".encode("utf-16"), "text in UTF-16", 'encoding: "utf-16"'),
    ],
)
def test_what_is_no_text_is_told_as_what_it_is(tmp_path: Path, content: bytes, words: str, hint: str) -> None:
    with pytest.raises(SourceError) as caught:
        csv(tmp_path, content)
    assert (caught.value.code, caught.value.message) == ("K0602", f"data.csv is {words}")
    assert hint in (caught.value.hint or "")


def test_a_file_without_a_header_is_told_how_to_name_its_columns(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text("2026-03-01,5\n2026-03-02,6\n", "utf-8")
    (tmp_path / "a.kpi").write_text(
        'source o { from csv("data.csv"); time at }\nkpi k { value sum(x) from o over 2026; target > 0 }\n'
    )
    found = load([str(tmp_path / "a.kpi")]).evaluate(as_of="2026-03-31")
    assert [error.code for error in found.errors] == ["K0605"]
    assert "`header: false, columns: [" in (found.errors[0].hint or "")


@pytest.mark.parametrize("provider", ["csv", "json", "ndjson", "parquet"])
@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 5\n", "a pointer of Git LFS, and not the file"),
        ("\ufeff<!DOCTYPE html>\n<html><body>Sign in</body></html>\n", "a web page"),
        ('<?xml version="1.0"?>\n<rows/>\n', "XML"),
    ],
)  # fmt: skip
def test_what_stands_in_the_place_of_a_table_is_told_as_what_it_is(
    tmp_path: Path, provider: str, content: str, words: str
) -> None:
    (tmp_path / "data.txt").write_text(content, "utf-8")
    (tmp_path / "a.kpi").write_text(
        f'source o {{ from {provider}("data.txt"); time at }}\nkpi k {{ value sum(x) from o over 2026; target > 0 }}\n'
    )
    found = load([str(tmp_path / "a.kpi")]).evaluate(as_of="2026-03-31")
    assert [(error.code, error.message) for error in found.errors] == [("K0602", f"data.txt is {words}")]


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("03/01/2026", '`column d: timestamp "%d/%m/%Y"`, or `"%m/%d/%Y"` where the month comes first'),
        ("03/14/2026", '`column d: timestamp "%m/%d/%Y"`'),
        ("01.03.2026", '`column d: timestamp "%d.%m.%Y"`'),
        ("2026-03", '`column d: timestamp "%Y-%m"`'),
        ("2026-02-30", "there is no day 2026-02-30: mend the value"),
    ],
)
def test_a_date_is_answered_with_how_it_is_written(tmp_path: Path, text: str, hint: str) -> None:
    with pytest.raises(SourceError) as caught:
        csv(tmp_path, f"d,v\n2026-03-01,1\n{text},2\n", ask(d=T.TIMESTAMP))
    assert (caught.value.hint or "").endswith(hint)


@pytest.mark.parametrize("pack", [".gz", ""])
def test_the_line_is_right_in_the_second_of_several_files(tmp_path: Path, pack: str) -> None:
    first = 'id,v\n1,"a\nb"\n'
    second = 'v,id\r\n"c\r\nd",2\r\n"e",two\r\n'
    for name, text in (("a.csv", first), ("b.csv", second)):
        raw = text.encode()
        write(tmp_path / (name + pack), gzip.compress(raw) if pack else raw)
    with pytest.raises(SourceError) as caught:
        read(dataset(tmp_path, "csv", f"*.csv{pack}"), ask(id=T.INTEGER))
    assert caught.value.message.startswith(f'b.csv{pack}:4: "two" in column `id`')


def test_lines_are_counted_past_quotes_blank_lines_and_comments(tmp_path: Path) -> None:
    text = '# x,y\nx,y\n1,"a\n# 9z\nb"\n\n2,"9z"\n# 9z,\n9z,c\n'
    with pytest.raises(SourceError) as caught:
        csv(tmp_path, text, ask(x=T.INTEGER, y=None), comment="#")
    assert caught.value.message.startswith('data.csv:9: "9z" in column `x`')
    with pytest.raises(SourceError) as caught:
        csv(tmp_path, text.replace("9z,c", "3,c,d"), comment="#")
    assert caught.value.message.startswith("data.csv:9: the row has 3 fields, more than the 2 of the header")


def test_empty_and_header_only_are_two_things(tmp_path: Path) -> None:
    for text in (b"", b"\n\n", b"\xef\xbb\xbf"):
        with pytest.raises(SourceError) as caught:
            csv(tmp_path, text)
        assert caught.value.code == "K0606"
        assert "data.csv is empty" in caught.value.message
    table = csv(tmp_path, "id,amount\n")
    assert table.schema == {"id": "text", "amount": "text"}
    assert table.rows == []
    assert csv(tmp_path, "id,amount", ask(amount=T.DECIMAL, id=T.INTEGER)).types == {
        "amount": "DECIMAL(18,0)",
        "id": "BIGINT",
    }


def test_missing_column(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        csv(tmp_path, "id,amount\n1,2\n", ask(amout=None))
    assert told(caught.value) == "K0605 data.csv has no column `amout` | did you mean `amount`? It has id, amount"


def test_the_wrong_delimiter_is_suspected(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        csv(tmp_path, "id;amount\n1;2\n", ask(amount=None))
    assert 'delimiter: ";"' in str(caught.value.hint)


def test_the_wrong_delimiter_is_suspected_of_rows_with_more_fields_than_the_header(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        csv(tmp_path, "id;amount\n1;2,50\n")
    assert 'delimiter: ";"' in str(caught.value.hint)


def test_columns_that_differ_in_capitals_only(tmp_path: Path) -> None:
    text = "Name,name,id\nA,b,1\n"
    with pytest.raises(SourceError, match="differ in nothing but capitals"):
        csv(tmp_path, text, ask(Name=None, name=None))
    assert csv(tmp_path, text, ask(name=None, id=None)).rows == [("b", 1)]


def test_damaged_gzip(tmp_path: Path) -> None:
    whole = gzip.compress(("id,v\n" + "1,x\n" * 50_000).encode())
    for data in (whole[: len(whole) // 2], b"id,v\n1,2\n", whole[:40] + b"\0" * 40 + whole[80:]):
        with pytest.raises(SourceError) as caught:
            csv(tmp_path, data, name="data.csv.gz")
        assert caught.value.code in ("K0602", "K0603")
        assert "data.csv.gz" in caught.value.message


def test_utf16_without_saying_so(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        csv(tmp_path, "a,b\n1,2\n".encode("utf-16"))
    assert 'encoding: "utf-16"' in told(caught.value)


def test_a_wrong_encoding(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        csv(tmp_path, "a,b\n1,2\n3,é\n".encode("latin-1"), encoding="utf-16")
    assert caught.value.code == "K0603"
    assert "not utf-16" in caught.value.message


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"delimiter": ";;"}, "`delimiter` is one character"),
        ({"decimal": "x"}, '`decimal` is "." or ","'),
        ({"decimal": ",", "thousands": ","}, 'write `decimal: "."` too'),
        ({"thousands": "."}, 'write `decimal: ","` too'),
        ({"thousands": "1"}, "`thousands` is a mark"),
        ({"skip": -1}, "0 or more"),
        ({"columns": ["a"]}, "header: false"),
        ({"encoding": "klingon"}, 'no encoding "klingon"'),
        ({"quote": ",", "delimiter": ","}, "same character"),
        ({"path": []}, "names no file"),
    ],
)
def test_options_that_make_no_sense(tmp_path: Path, options: dict[str, Any], words: str) -> None:
    with pytest.raises(OptionError, match=words):
        dataset(tmp_path, "csv", **{"path": "x.csv", **options})


def test_headerless_file_with_the_wrong_number_of_names(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"data\.csv:1 has 2 fields, and `columns` names 1"):
        csv(tmp_path, "1,2\n", header=False, columns=["a"])


@pytest.mark.parametrize("escape", ['"', "\\"])
@pytest.mark.parametrize("name", ["data.csv", "data.csv.gz"])
def test_a_quote_that_is_never_closed_takes_no_rows_away(
    escape: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A single thread that reads a file leaves the row out, with all rows that the quote swallows."""
    monkeypatch.setattr("kpidsl.sources.csv_reader._ONE_SCAN", 0)

    def rows(text: str) -> int:
        data = text.encode()
        found = csv(tmp_path, gzip.compress(data) if name.endswith("gz") else data, name=name, escape=escape)
        return len(found.rows)

    good = f'a,b\n1,"x{escape}"y"\n2,5 disk\n3,"{escape * 2}"\n'
    assert rows(good) == 3
    assert rows(good.replace("5 disk", '5" disk')) == 3
    for rest in ("", "5,z\n", "5,z\n" * 1000):
        with pytest.raises(SourceError, match="a quote is opened and never closed") as raised:
            rows(good + '4,"x\n' + rest)
        assert (raised.value.code, f"{name}:5: " in raised.value.message) == ("K0603", True)


@pytest.mark.parametrize(
    ("rest", "line", "words"),
    [
        ('in"ner,"open\n', 4, "a quote is opened and never closed"),
        ('v,"open\n"x,y\n', 4, "a quoted text goes on after its closing quote"),
        ('v,"open\n"x,"y"\n\n', 4, "a quoted text goes on after its closing quote"),
        ('"a",v\n"open,v\n"a","a"" \n\n', 5, "a quoted text goes on after its closing quote"),
    ],
)
def test_a_last_row_that_one_thread_leaves_out_is_told(
    rest: str, line: int, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kpidsl.sources.csv_reader._ONE_SCAN", 0)
    with pytest.raises(SourceError, match=f"data.csv:{line}: the row cannot be read: {words}"):
        csv(tmp_path, "a,b\n1,2\n3,4\n" + rest)


@pytest.mark.parametrize("chunk", [1, 2, 7, 1 << 22])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last", [False, True])
def test_quotes_and_lines_are_counted_across_chunks(
    chunk: int, end: str, last: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kpidsl.sources.csv_quotes._CHUNK", chunk)
    text = end.join(("a,b", '1,"x"', "", '"""",4', "5,6")) + (end if last else "")
    (tmp_path / "data.csv").write_bytes(text.encode())
    found = check_quotes(tmp_path / "data.csv", Dialect(), "data.csv")
    assert (found.number, found.lines) == (6, 5)
    (tmp_path / "data.csv").write_bytes(rb"a,b" + end.encode() + rb'1,"\"x\\"')
    found = check_quotes(tmp_path / "data.csv", Dialect(escape="\\"), "data.csv")
    assert (found.number, found.lines) == (2, 2)
