"""Parquet files: types as they are written, conversions a spec declares, many files, damaged ones."""

from __future__ import annotations

import datetime as dt
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kpidsl.diagnostics import SourceError
from kpidsl.engine import duck
from kpidsl.hookspecs import ColumnRequest, Relational, ScanRequest
from kpidsl.semantic.types import DataType as T
from sources.reading import ask, civil, dataset, read, told, write

EVERYTHING = pa.table(
    {
        "i": pa.array([1, None], pa.int16()),
        "u": pa.array([2**64 - 1, None], pa.uint64()),
        "d": pa.array([Decimal("1.10"), None], pa.decimal128(10, 2)),
        "big": pa.array([Decimal("9" * 38), None], pa.decimal128(38, 0)),
        "f": pa.array([1.1, float("nan")], pa.float64()),
        "r": pa.array([0.5, None], pa.float32()),
        "s": pa.array(["Zoë 日本", None]),
        "e": pa.array(["x", None]).dictionary_encode(),
        "b": pa.array([True, None]),
        "day": pa.array([dt.date(2026, 2, 28), None]),
        "at": pa.array([civil(2026, 1, 2, 3, 4, 5), None], pa.timestamp("ns")),
        "ms": pa.array([civil(2026, 1, 2, 3, 4, 5), None], pa.timestamp("ms")),
        "z": pa.array([civil(2026, 1, 2, 3, 4, 5), None], pa.timestamp("us", "Europe/Berlin")),
        "n": pa.nulls(2),
        "o": pa.array([{"c": {"k": "v"}, "m": 1}, None]),
        "l": pa.array([[1], None]),
    }
)


def put(folder: Path, table: pa.Table, name: str = "t.parquet") -> Path:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, folder / name)
    return folder / name


def test_types(tmp_path: Path) -> None:
    put(tmp_path, EVERYTHING)
    table = read(dataset(tmp_path, "parquet", "t.parquet"))
    kinds = {**dict.fromkeys(("i", "u", "o.m"), "integer"), **dict.fromkeys(("d", "big"), "decimal")}
    kinds |= {**dict.fromkeys(("f", "r"), "float"), **dict.fromkeys(("s", "e", "o.c.k"), "text"), "b": "boolean"}
    kinds |= {"day": "date", "at": "timestamp", "ms": "timestamp", "z": "instant"}
    kinds |= dict.fromkeys(("o", "o.c", "l"), "other")
    assert {name: kind for name, kind in table.schema.items() if name != "n"} == kinds
    first = dict(zip(table.types, table.rows[0], strict=True))
    assert first["u"] == 2**64 - 1
    assert first["d"] == Decimal("1.10")
    assert first["big"] == Decimal("9" * 38)
    assert first["s"] == "Zoë 日本"
    assert first["at"] == first["ms"] == civil(2026, 1, 2, 3, 4, 5)
    assert first["z"] == "2026-01-02 03:04:05+00"
    assert first["o.c.k"] == "v"
    assert set(table.rows[1]) == {None}, "NULL is NULL, and so is NaN"
    assert {table.types[name] for name in ("i", "o.m")} == {"BIGINT"}
    assert table.types["at"] == table.types["ms"] == "TIMESTAMP"


def test_no_rows(tmp_path: Path) -> None:
    put(tmp_path, EVERYTHING.slice(0, 0))
    assert read(dataset(tmp_path, "parquet", "t.parquet"), ask(s=T.TIMESTAMP, f=T.DECIMAL)).rows == []


def test_conversions(tmp_path: Path) -> None:
    source = {"f": [0.1, 1e-7, 2.5], "i": [1, 0, 1], "s": ["1.10", "00.2", ""], "t": ["3.1.2026", None, " "]}
    put(
        tmp_path,
        pa.table({**source, "d": [dt.date(2026, 1, 1)] * 3, "n": [20260131] * 3, "w": [7.0, 8.0, float("nan")]}),
    )
    wanted = ask(
        f=T.DECIMAL, i=T.DECIMAL, s=T.DECIMAL, t=(T.DATE, "%d.%m.%Y"), d=T.TIMESTAMP, n=(T.DATE, "%Y%m%d"), w=T.INTEGER
    )
    table = read(dataset(tmp_path, "parquet", "t.parquet"), wanted)
    assert table.column("f") == [Decimal("0.1"), Decimal("0.0000001"), Decimal("2.5")]
    assert table.column("i") == [Decimal(1), Decimal(0), Decimal(1)]
    assert table.column("s") == [Decimal("1.10"), Decimal("0.2"), None]
    assert table.column("t") == [dt.date(2026, 1, 3), None, None]
    assert table.column("d") == [civil(2026, 1, 1)] * 3
    assert table.column("n") == [dt.date(2026, 1, 31)] * 3
    assert table.column("w") == [7, 8, None]
    again = read(dataset(tmp_path, "parquet", "t.parquet"), ask(i=T.BOOLEAN, f=T.TEXT, d=T.TEXT, n=T.FLOAT))
    assert again.rows[0] == (True, "0.1", "2026-01-01", 20260131.0)


@pytest.mark.parametrize(
    ("values", "kind", "row", "text"),
    [
        (["2026-01-01", "x"], T.TIMESTAMP, 2, "x"),
        ([1.0, 1.5], T.INTEGER, 2, "1.5"),
        ([1, 2, 3], T.BOOLEAN, 2, "2"),
        ([civil(2026, 1, 1), civil(2026, 1, 1, 12)], T.DATE, 2, "2026-01-01 12:00:00"),
        ([1.0, float("inf")], T.DECIMAL, 2, "inf"),
    ],
)
def test_a_value_that_does_not_fit_is_found_before_anything_is_computed(
    tmp_path: Path, values: list[object], kind: T, row: int, text: str
) -> None:
    put(tmp_path, pa.table({"v": values}))
    with pytest.raises(SourceError) as caught:
        read(dataset(tmp_path, "parquet", "t.parquet"), ask(v=kind))
    assert caught.value.code == "K0604"
    assert f't.parquet, row {row}: "{text}" in column `v`' in caught.value.message


@pytest.mark.parametrize(
    ("name", "kind"), [("z", T.TIMESTAMP), ("i", T.TIMESTAMP), ("b", T.DATE), ("l", T.TEXT), ("day", T.DECIMAL)]
)
def test_types_without_a_conversion(tmp_path: Path, name: str, kind: T) -> None:
    put(tmp_path, EVERYTHING)
    with pytest.raises(SourceError, match="cannot be read as") as caught:
        read(dataset(tmp_path, "parquet", "t.parquet"), (ColumnRequest(name, kind),))
    assert caught.value.code == "K0604"
    assert caught.value.hint


def test_nan_is_null_whatever_the_statistics_say(tmp_path: Path) -> None:
    """Parquet's statistics leave NaN out, and DuckDB concludes from them that `isnan` is false."""
    put(tmp_path, pa.table({"v": [7.0, 8.0, float("nan"), float("inf")], "w": [7.0, 8.0, float("nan"), 1.0]}))
    opened = dataset(tmp_path, "parquet", "t.parquet")
    assert isinstance(opened, Relational)
    with closing(duck.connect()) as connection:
        name = duck.identifier(opened.relation(connection, ScanRequest(ask(v=None, w=None))))
        assert connection.execute(f"SELECT sum(w), max(w), count(w), max(v), count(v) FROM {name}").fetchall() == [
            (16.0, 8.0, 3, float("inf"), 3)
        ]
        assert connection.execute(f"SELECT count(*) FROM {name} WHERE w > 100 OR w IS NULL").fetchall() == [(1,)]


def test_it_stays_where_it_is(tmp_path: Path) -> None:
    """A view, so that DuckDB reads the columns and row groups a query needs and no others."""
    put(tmp_path, EVERYTHING)
    opened = dataset(tmp_path, "parquet", "t.parquet")
    assert isinstance(opened, Relational)
    with closing(duck.connect()) as connection:
        name = opened.relation(connection, ScanRequest(ask(i=None, s=None)))
        assert connection.execute("SELECT count(*) FROM duckdb_tables()").fetchall() == [(0,)]
        explained = connection.execute(f"EXPLAIN SELECT i FROM {duck.identifier(name)}").fetchall()
        scan = str(explained[0][1]).partition("READ_PARQUET")[2]
        assert "Projections: i " in scan


def test_many_files(tmp_path: Path) -> None:
    put(tmp_path, pa.table({"id": [3], "v": ["c"]}), "b/2.parquet")
    put(tmp_path, pa.table({"v": ["b"], "id": [2]}), "b/10.parquet")
    put(tmp_path, pa.table({"id": [1]}), "a/1.parquet")
    assert read(dataset(tmp_path, "parquet", "b/*.parquet")).rows == [("b", 2), ("c", 3)]
    assert read(dataset(tmp_path, "parquet", "**/*.parquet"), ask(id=None)).column("id") == [1, 2, 3]
    with pytest.raises(SourceError, match=r"a/1\.parquet has no column `v`, which b/10\.parquet has"):
        read(dataset(tmp_path, "parquet", "**/*.parquet"), ask(v=None))
    assert read(dataset(tmp_path, "parquet", "**/*.parquet", union=True), ask(v=None)).column("v") == [None, "b", "c"]


def test_hive_partitions(tmp_path: Path) -> None:
    for year in (2025, 2026):
        put(tmp_path, pa.table({"v": [year]}), f"year={year}/x.parquet")
    assert "year" not in read(dataset(tmp_path, "parquet", "*/*.parquet")).schema
    table = read(dataset(tmp_path, "parquet", "*/*.parquet", hive_partitioning=True))
    assert table.rows == [(2025, 2025), (2026, 2026)]


def test_damaged_files(tmp_path: Path) -> None:
    whole = put(tmp_path, EVERYTHING).read_bytes()
    for data, code in (
        (b"", "K0606"),
        (b"id,v\n1,2\n", "K0602"),
        (whole[:-20], "K0602"),
        (whole[: len(whole) // 2], "K0602"),
    ):
        write(tmp_path / "t.parquet", data)
        with pytest.raises(SourceError) as caught:
            dataset(tmp_path, "parquet", "t.parquet").schema()
        assert caught.value.code == code
        assert "t.parquet" in caught.value.message


def test_the_damaged_one_of_many_is_named(tmp_path: Path) -> None:
    put(tmp_path, EVERYTHING, "a.parquet")
    write(tmp_path / "b.parquet", b"not parquet at all")
    with pytest.raises(SourceError, match=r"^b\.parquet cannot be read"):
        dataset(tmp_path, "parquet", "*.parquet").schema()


def test_missing_column(tmp_path: Path) -> None:
    put(tmp_path, pa.table({"amount": [1]}))
    with pytest.raises(SourceError) as caught:
        read(dataset(tmp_path, "parquet", "t.parquet"), ask(amont=None))
    assert told(caught.value) == "K0605 t.parquet has no column `amont` | did you mean `amount`? It has amount"


def test_nanoseconds_are_left_out_not_rounded(tmp_path: Path) -> None:
    """As pandas writes the end of a period: its last nanosecond."""
    last = pa.array([1_775_001_600 * 10**9 - 1, -1, None])
    zoned = last.cast(pa.timestamp("ns", "Europe/Berlin"))
    put(tmp_path, pa.table({"at": last.cast(pa.timestamp("ns")), "z": zoned}))
    opened = dataset(tmp_path, "parquet", "t.parquet")
    assert {one.name: one.type for one in opened.schema().columns} == {"at": T.TIMESTAMP, "z": T.INSTANT}
    ends = [civil(2026, 3, 31, 23, 59, 59, 999_999), civil(1969, 12, 31, 23, 59, 59, 999_999), None]
    table = read(opened)
    assert table.column("at") == ends
    assert table.column("z") == [one and f"{one}+00" for one in ends]
    assert read(opened, ask(at=T.TEXT)).column("at")[0] == "2026-03-31 23:59:59.999999999"


def test_midnight_in_nanoseconds_is_a_day_and_the_moment_before_is_none(tmp_path: Path) -> None:
    moments = pa.array([1_774_915_200 * 10**9, 1_775_001_600 * 10**9 - 1]).cast(pa.timestamp("ns"))
    put(tmp_path, pa.table({"at": moments[:1]}), "a.parquet")
    put(tmp_path, pa.table({"at": moments}), "b.parquet")
    assert read(dataset(tmp_path, "parquet", "a.parquet"), ask(at=T.DATE)).column("at") == [dt.date(2026, 3, 31)]
    with pytest.raises(SourceError, match=r"row 2"):
        read(dataset(tmp_path, "parquet", "b.parquet"), ask(at=T.DATE))


def test_a_bad_value_in_one_of_many_files_is_told_with_its_own_file_and_row(tmp_path: Path) -> None:
    put(tmp_path, pa.table({"amount": ["1.5", "2.5"]}), "a.parquet")
    put(tmp_path, pa.table({"amount": pa.array([], pa.string())}), "b.parquet")
    put(tmp_path, pa.table({"amount": ["3.5", "4.5", "n/a"]}), "c.parquet")
    with pytest.raises(SourceError) as error:
        read(dataset(tmp_path, "parquet", "*.parquet"), ask(amount=T.DECIMAL))
    assert error.value.message.startswith('c.parquet, row 3: "n/a" in column `amount`')


@pytest.mark.parametrize("content", [b"PAR1", b"PAR1PAR1", b"x" * 40])
def test_what_is_no_parquet_file_is_told_without_its_folder(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "data.parquet").write_bytes(content)
    with pytest.raises(SourceError) as caught:
        read(dataset(tmp_path, "parquet", "data.parquet"), ask(a=None))
    assert str(tmp_path) not in caught.value.message
    assert "data.parquet" in caught.value.message


INT, DOUBLE = pa.array([1, 2], pa.int32()), pa.array([0.5, 2.25])
TEXT = pa.array(["x", "y"])


@pytest.mark.parametrize(
    ("second", "is_matched", "a"),
    [
        ({"a": INT, "b": TEXT}, False, [1, 2, 1, 2]),
        ({"b": TEXT, "a": INT}, True, [1, 2, 1, 2]),
        ({"a": DOUBLE, "b": TEXT}, True, [1, 2, 0.5, 2.25]),
        ({"a": INT, "b": TEXT, "c": TEXT}, True, [1, 2, 1, 2]),
    ],
)
def test_columns_of_files_are_matched_where_they_differ(
    second: dict[str, pa.Array], is_matched: bool, a: list[float], tmp_path: Path
) -> None:
    """To match them, DuckDB opens every file for every query."""
    pq.write_table(pa.table({"a": INT, "b": TEXT}), tmp_path / "1.parquet")
    pq.write_table(pa.table(second), tmp_path / "2.parquet")
    opened = dataset(tmp_path, "parquet", "*.parquet")
    assert read(opened, ask(a=None, b=None)).column("a") == a
    with closing(duck.connect()) as connection:
        assert isinstance(opened, Relational)
        name = opened.relation(connection, ScanRequest(ask(a=None)))
        ((view,),) = connection.execute("SELECT sql FROM duckdb_views() WHERE view_name = ?", [name]).fetchall()
    assert f"union_by_name = {str(is_matched).lower()}" in view


def test_files_that_change_are_looked_at_again(tmp_path: Path) -> None:
    for name in ("1", "2"):
        pq.write_table(pa.table({"a": INT}), tmp_path / f"{name}.parquet")
    opened = dataset(tmp_path, "parquet", "*.parquet")
    assert read(opened, ask(a=None)).column("a") == [1, 2, 1, 2]
    pq.write_table(pa.table({"a": DOUBLE}), tmp_path / "2.parquet")
    assert read(opened, ask(a=None)).column("a") == [1, 2, 0.5, 2.25]


@pytest.mark.parametrize(("name", "kind"), [("a", None), ("a", T.DECIMAL), ("o.b", None), ("o.b", T.DECIMAL)])
def test_exact_numbers_without_room_are_floats_only_where_the_spec_says_so(
    name: str, kind: T | None, tmp_path: Path
) -> None:
    """BigQuery's BIGNUMERIC: DuckDB turns such a column into floats, and 12345678901234567.07 into …568."""
    wide = pa.array([Decimal("12345678901234567.07"), None], pa.decimal256(76, 38))
    inner = pa.array([{"b": Decimal("1.5")}, None], pa.struct([("b", pa.decimal256(40, 2))]))
    put(tmp_path, pa.table({"a": wide, "o": inner, "f": [0.5, 1.5]}))
    opened = dataset(tmp_path, "parquet", "t.parquet")
    with pytest.raises(SourceError) as caught:
        read(opened, ask(**{name: kind}))
    assert caught.value.code == "K0604"
    digits = 76 if name == "a" else 40
    assert f"t.parquet: column `{name}` is declared with {digits} digits" in caught.value.message
    assert f"`column {name}: float`" in (caught.value.hint or "")
    assert read(opened, ask(f=None)).column("f") == [0.5, 1.5]
    assert read(opened, ask(a=T.FLOAT)).column("a") == [12345678901234568.0, None]


BIG = 2**53 + 1


@pytest.mark.parametrize(
    ("exact", "told_of"),
    [
        (pa.array([BIG, 1]), str(BIG)),
        (pa.array([1, None, 2**53 + 2]), None),
        (pa.array([Decimal("12345678901234567.07")]), "12345678901234567.07"),
        (pa.array([Decimal("0.10"), Decimal("-1234567890123.45")]), None),
    ],
)
@pytest.mark.parametrize("kind", [None, T.INTEGER, T.DECIMAL])
def test_exact_numbers_beside_floats_of_another_file_are_kept_or_told(
    exact: pa.Array, told_of: str | None, kind: T | None, tmp_path: Path
) -> None:
    """pandas writes ids as floats in a month in which one is missing; of two files DuckDB makes one column of floats."""
    pq.write_table(pa.table({"a": exact, "o": pa.StructArray.from_arrays([exact], ["b"])}), tmp_path / "1.parquet")
    floats = pa.array([1.0, None])
    pq.write_table(pa.table({"a": floats, "o": pa.StructArray.from_arrays([floats], ["b"])}), tmp_path / "2.parquet")
    opened = dataset(tmp_path, "parquet", "*.parquet")
    for name in ("a", "o.b"):
        if told_of is None:
            if kind is not T.INTEGER:
                found = read(opened, ask(**{name: kind})).column(name)
                assert [None if one is None else float(str(one)) for one in found[: len(exact)]] == [
                    None if one is None else float(one) for one in exact.to_pylist()
                ]
            continue
        with pytest.raises(SourceError) as caught:
            read(opened, ask(**{name: kind}))
        assert caught.value.code == "K0604"
        assert f"1.parquet and 1 more: column `{name}` holds exact numbers in one file" in caught.value.message
        assert f"{told_of} would become" in caught.value.message
        assert len(read(opened, ask(**{name: T.FLOAT})).column(name)) == len(exact) + 2
