"""`eval --state`: only new files are read, and nothing kept is used that does not belong to the data, spec or version."""

from __future__ import annotations

import errno
import os
import random
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest

from kpidsl import kept_files
from kpidsl.cli import main
from kpidsl.diagnostics import UsageError
from kpidsl.engine import kept_reading
from kpidsl.engine.kept_reading import Asked, Reader
from kpidsl.state.update import Update
from state.work import AS_OF, LATE, Work, source, write


def test_only_new_files_are_read(work: Work, read: list[list[str]], kept: list[int]) -> None:
    work.agree()
    assert set(map(tuple, read)) == {("1", "2")}
    read.clear()
    work.agree()
    assert read == []
    work.write("3", LATE)
    document = work.agree()
    assert set(map(tuple, read)) == {("3",)}
    assert len(kept) == 3 and min(kept) > 10
    assert '"value": 115.07' in document  # the late row of February counts


def test_what_is_kept_is_of_use_on_other_days(work: Work, read: list[list[str]], kept: list[int]) -> None:
    work.agree(as_of="2026-02-10")  # before most rows: they are kept, too
    read.clear()
    for as_of in ("2026-03-31", "2026-04-01", "2026-02-28", "2025-12-31"):
        work.agree(as_of=as_of)
    assert read == []
    assert len(kept) == 5 and min(kept) > 10


def test_rows_of_a_day_that_a_window_cuts_are_read_where_they_are(work: Work, read: list[list[str]]) -> None:
    lately = "kpi lately { value sum(weight) from orders over trailing 30 hours; target >= 2; by shop }\n"
    work.spec.write_text(work.spec.read_text("utf-8") + lately, "utf-8")
    work.agree(as_of="2026-03-31T23:00:00+00:00")
    read.clear()
    work.agree(as_of="2026-03-31T23:00:00+00:00")
    assert {name for names in read for name in names} == {"1"}
    for as_of in ("2026-03-31T23:45:00+02:00", "2026-02-28T23:59:00+00:00", "2026-04-20", "2025-01-01"):
        work.agree(as_of=as_of)


def test_files_that_are_gone_or_changed(work: Work, read: list[list[str]]) -> None:
    work.write("3", LATE)
    before = work.agree()
    (work.data / f"3.{work.suffix}").unlink()
    assert work.agree() != before
    read.clear()
    work.write("2", LATE)
    assert work.agree() != before
    assert set(map(tuple, read)) == {("2",)}


def test_a_change_that_leaves_size_and_time_alone_is_noticed(work: Work) -> None:
    file = work.write("3", "('2026-03-05 10:00', 'a', 1.11, 0.1)")
    before, then = work.agree(), file.stat()
    file.rename(work.folder / "aside")
    work.write("3", "('2026-03-05 10:00', 'a', 1.12, 0.1)")
    assert file.stat().st_size == then.st_size
    os.utime(file, ns=(then.st_atime_ns, then.st_mtime_ns))
    assert work.agree() != before


def test_a_file_that_was_touched_or_moved_is_not_read_again(work: Work, read: list[list[str]]) -> None:
    work.agree()
    read.clear()
    os.utime(work.data / f"1.{work.suffix}", ns=(1, 1))
    work.agree()
    assert read == []


def test_the_same_rows_in_two_files_count_twice(tmp_path: Path) -> None:
    work = Work(tmp_path, "parquet")
    work.spec.write_text(source("parquet", "data/**/*.parquet"), "utf-8")
    for name in ("one", "two"):
        write(work.data / name / "x.parquet", "('2026-03-05 10:00', 'a', 1000, 1)")
        document = work.agree()
    assert '"value": 2008.31' in document


def test_a_column_with_the_name_that_duckdb_has_for_the_number_of_a_file(tmp_path: Path) -> None:
    work = Work(tmp_path, "parquet")
    for name in ("1", "2"):
        file = work.data / f"{name}.parquet"
        duckdb.sql(f"from read_parquet('{file}') select *, 7 as File_Index").write_parquet(str(tmp_path / "new"))
        (tmp_path / "new").replace(file)
    work.agree()
    work.write("3", LATE)  # lacks it
    work.agree()


@pytest.mark.parametrize(
    ("kind", "zone"),
    [
        ("timestamp", "Pacific/Niue"),
        ("timestamptz", "Pacific/Kiritimati"),
        ("timestamptz", "Pacific/Niue"),
        ("timestamp_ns", "UTC"),
        ("date", "Pacific/Kiritimati"),
    ],
)
def test_days_that_footers_tell(tmp_path: Path, kind: str, zone: str) -> None:
    work = Work(tmp_path, "parquet")
    work.spec.write_text(f'calendar {{ timezone "{zone}" }}\n' + work.spec.read_text("utf-8"), "utf-8")
    later = ", ".join(f"('2026-03-{day:02} {hour}', 'a', 1, 1)" for day in (1, 31) for hour in ("00:00", "23:59:59.9"))
    work.write("3", later)
    work.write("4", "(NULL, 'a', 4, 1)")
    for file in work.data.iterdir():
        columns = f'* replace ("at"::{kind} as "at")'
        told = "where shop = 'nothing'" if file.stem == "2" else ""
        duckdb.sql(f"set TimeZone = 'UTC'; select {columns} from read_parquet('{file}') {told}").write_parquet(
            str(tmp_path / "new"), row_group_size=2048
        )
        (tmp_path / "new").replace(file)
    for as_of in ("2026-03-31", "2026-03-01T12:00", "2026-04-02"):
        work.agree(as_of=as_of)


def test_many_filters_in_two_ways_of_grouping_are_read_at_once(
    work: Work, kept: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kpidsl.engine.shared_scan.FEW_GROUPS", 200)
    monkeypatch.setattr("kpidsl.engine.kept_reading.MOST_GROUPS", 500)
    read: list[int] = []
    real = Reader.shared

    def shared(
        self: Reader, found: object, asked: object, several: Sequence[object], *rest: object, **more: object
    ) -> None:
        read.append(len(several))
        real(self, found, asked, several, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(Reader, "shared", shared)
    looked_at: list[int] = []

    def guessed(rows: object, wanted: Sequence[object], fetch: object) -> object:
        looked_at.append(len(wanted))
        return real_guess(rows, wanted, fetch)  # type: ignore[arg-type]

    real_guess = kept_reading.guessed
    monkeypatch.setattr(kept_reading, "guessed", guessed)
    conditions = [f'shop == "{shop}"' for shop in "abcdefgh"] + [f"day == 2026-03-{day:02}" for day in range(1, 32, 4)]
    measures = ("sum(amount)", "sum(weight)", "count()", "max(amount)", "avg(weight)", "min(weight)")
    many = "".join(
        f"kpi k{number} {{ value {measures[number % 6]} from orders where {condition} over last month }}\n"
        for number, condition in enumerate(conditions * 2)
    )
    work.spec.write_text(work.spec.read_text("utf-8").replace("trend 3 months", "trend 2 months") + many, "utf-8")
    work.agree()
    assert sum(looked_at) > 0
    looked_at.clear()
    work.write("3", LATE)
    work.agree()
    assert sum(looked_at) == 0 < len(looked_at)  # how many members there are is known of the other files
    assert max(read) > 1
    assert min(kept) > 30


def test_damaged_state_is_made_again(work: Work, kept: list[int]) -> None:
    expected = work.agree()
    rng = random.Random(3)
    for file in sorted(work.state.glob("*.kept")):
        whole = file.read_bytes()
        for damaged in (whole[: rng.randrange(len(whole))], b"", whole[:-1] + b"!", os.urandom(100)):
            file.write_bytes(damaged)
            assert work.document(state=True) == expected
    kept.clear()
    panes = sorted(work.state.glob("panes-*.kept"))
    other, one = panes[0].read_bytes(), panes[1].read_bytes()
    panes[0].write_bytes(one)
    panes[1].write_bytes(other)
    assert work.document(state=True) == expected


def test_state_of_another_spec_is_not_used(work: Work) -> None:
    work.agree()
    other = work.folder / "other.kpi"
    text = work.spec.read_text("utf-8")
    for old, new in (
        ('shop != "b"', 'shop != "a"'),
        ("time at;", "time day;"),
        ("max(amount)", "min(amount)"),
        ("source orders", 'calendar { timezone "Asia/Tokyo" }\nsource orders'),
    ):
        other.write_text(text.replace(old, new), "utf-8")
        work.agree(spec=other)
    work.agree()


def test_state_of_another_version_is_not_used(
    work: Work, read: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    work.agree()
    read.clear()
    monkeypatch.setattr("kpidsl.state.keeping.maker", lambda: b"another kpidsl")
    work.agree()
    assert set(map(tuple, read)) == {("1", "2")}
    assert kept_files.maker() != b"another kpidsl"


def test_state_by_other_rules_of_time_zones_is_not_used(
    work: Work, read: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its days may have begun at other moments."""
    work.agree()
    read.clear()
    monkeypatch.setattr("kpidsl.state.keeping.zone_rules", lambda: "2031a")
    work.agree()
    assert set(map(tuple, read)) == {("1", "2")}


def test_a_further_kpi_reads_all_files_for_itself_alone(work: Work, read: list[list[str]]) -> None:
    work.agree()
    text = work.spec.read_text("utf-8")
    work.spec.write_text(text + 'kpi more { value count() from orders where shop == "a" over last month }\n', "utf-8")
    read.clear()
    work.agree()
    assert set(map(tuple, read)) == {("1", "2")}
    read.clear()
    work.agree()
    assert read == []


def test_a_file_whose_types_differ(work: Work) -> None:
    work.agree()
    file = work.data / f"3.{work.suffix}"
    how = "format csv, header" if work.suffix == "csv" else "format parquet"
    rows = "timestamp '2026-03-07 10:00' \"at\", 'a' shop, 1.123456::double amount, 5::double weight, date '2026-03-07' \"day\""
    duckdb.sql(f"copy (select {rows}) to '{file}' ({how})")
    work.agree()
    file.unlink()
    work.agree()


def test_a_bad_file_is_said_in_the_same_words(work: Work) -> None:
    work.agree()
    (work.data / f"3.{work.suffix}").write_text("at,shop\n1\n", "utf-8")
    assert '"code": "K06' in work.agree()
    (work.data / f"3.{work.suffix}").unlink()
    work.agree()


def test_values_that_cannot_be_had_are_the_same(work: Work) -> None:
    text = work.spec.read_text("utf-8")
    work.spec.write_text(
        text + "kpi large { value sum(amount * 99999999999999999999999999) from orders over last month }\n"
    )
    work.write("3", "('2026-03-09 10:00', 'a', 9999999999.99, 'inf'), ('2026-01-09 10:00', 'a', 9999999999.99, '-inf')")
    work.agree()
    work.agree()


def test_joined_rows_that_change(work: Work, kept: list[int]) -> None:
    shops = work.folder / "shops.csv"
    shops.write_text("shop,land\na,DE\nb,FR\n", "utf-8")
    joined = (
        'source shops { from csv("shops.csv"); key shop }\n'
        + source(work.suffix, f"data/*.{work.suffix}").replace("time at;", "time at; join shops on shop;")
        + 'kpi land { value sum(amount) from orders where shops.land == "DE" over last month; by shops.land }\n'
    )
    work.spec.write_text(joined, "utf-8")
    before = work.agree()
    assert kept
    shops.write_text("shop,land\na,FR\nb,DE\n", "utf-8")
    assert work.agree() != before
    shops.write_text("shop,land\na,FR\na,DE\n", "utf-8")
    assert "K0612" in work.agree()


def test_what_is_more_than_worth_keeping_is_remembered(
    work: Work, kept: list[int], read: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    work.write("3", ", ".join(f"('2026-03-05 10:00', 'shop{number}', 1, 0.5)" for number in range(40)))
    work.agree()
    all_kept = kept[-1]
    shutil.rmtree(work.state)
    monkeypatch.setattr("kpidsl.engine.kept_reading.MOST_VALUES", 90)  # what is by shop has more: 45 rows, 3 columns
    work.agree()
    assert 0 < kept[-1] < all_kept
    read.clear()
    work.agree()
    assert 0 < kept[-1] < all_kept
    assert read == []


def test_what_is_more_than_worth_keeping_is_not_grouped(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    """Six million groups take the database a gigabyte, and a limit to what it hands out comes after them."""
    work.write("3", ", ".join(f"('2026-03-05 10:00', 'shop{number}', 1, 0.5)" for number in range(40)))
    monkeypatch.setattr("kpidsl.engine.kept_reading.MOST_ROWS", 30)
    grouped: list[int] = []
    for name in ("shared", "batch"):
        call = getattr(Reader, name)

        def watched(reader: Reader, found: object, asked: Asked, *rest: object, call: Any = call, **how: object) -> Any:
            grouped.append(len(asked.members))
            return call(reader, found, asked, *rest, **how)

        monkeypatch.setattr(Reader, name, watched)
    work.agree()
    assert set(grouped) == {0}


def test_state_is_kept_as_far_as_it_is_less_than_the_data(
    work: Work, kept: list[int], read: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kpidsl.engine.kept_reading.FEW_VALUES", 0)
    monkeypatch.setattr("kpidsl.engine.kept_reading.BYTES_A_VALUE", 1_000_000)
    work.agree()
    assert kept == []
    read.clear()
    work.agree()  # which is remembered
    assert (kept, read) == ([], [])
    monkeypatch.setattr("kpidsl.engine.kept_reading.BYTES_A_VALUE", 1)
    work.write(
        "3", ", ".join(f"('2026-03-05 10:00', 'shop{number % 3}', {number}.25, {number})" for number in range(9999))
    )
    work.agree()  # there is much more of the data now
    assert min(kept) > 10


def test_of_wide_files_the_columns_that_are_read_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    work = Work(tmp_path, "parquet")
    most: list[int] = []
    real = Update.most
    monkeypatch.setattr("kpidsl.engine.kept_reading.FEW_VALUES", 0)
    monkeypatch.setattr("kpidsl.engine.kept_reading.BYTES_A_VALUE", 1)
    monkeypatch.setattr(Update, "most", lambda self: most.append(real(self)) or real(self))
    work.agree()
    narrow = max(most)
    most.clear()
    for name in ("1", "2"):
        file = work.data / f"{name}.parquet"
        wide = ", ".join(f"random() as more{number}" for number in range(30))
        duckdb.sql(f"from read_parquet('{file}') select *, {wide}").write_parquet(str(tmp_path / "new"))
        (tmp_path / "new").replace(file)
    work.agree()
    assert max(most) < 2 * narrow < sum(file.stat().st_size for file in work.data.iterdir())


def test_files_of_a_plugin(work: Work, kept: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kpidsl.sources.materialize.is_ours", lambda _: False)
    work.agree()
    work.write("3", LATE)
    work.agree()
    assert len(kept) == 2 and min(kept) > 10


def test_a_folder_that_is_none(work: Work) -> None:
    work.state.write_text("a file", "utf-8")
    with pytest.raises(UsageError, match="state cannot be kept in"):
        work.document(state=True)


def test_state_that_cannot_be_written_is_told_and_changes_nothing(
    work: Work, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(_file: Path, _payload: bytes) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    work.agree()
    work.write("3", LATE)
    kept_before = {file.name: file.read_bytes() for file in work.state.glob("panes-*")}
    monkeypatch.setattr("kpidsl.state.book.put", full)
    work.agree()
    assert {file.name: file.read_bytes() for file in work.state.glob("panes-*")} == kept_before
    with pytest.raises(SystemExit) as ended:
        main(["eval", str(work.spec), "--as-of", AS_OF, "--state", str(work.state), "-f", "json"])
    out, err = capsys.readouterr()
    assert ended.value.code == 0
    assert out == work.document()
    assert err.count(f"warning: state could not be kept in {work.state}: no space left on device") == 1


def test_nothing_but_its_own_old_files_are_removed(work: Work) -> None:
    work.state.mkdir()
    for name in ("mine.bin", "panes-old.kept"):
        (work.state / name).write_text("old", "utf-8")
        os.utime(work.state / name, (1, 1))
    work.agree()
    assert (work.state / "mine.bin").exists()
    assert not (work.state / "panes-old.kept").exists()
