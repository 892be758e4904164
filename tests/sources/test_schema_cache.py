"""Schemas kept between runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from kpidsl import kept_files
from kpidsl.hookspecs import Secret
from kpidsl.semantic.types import Column, DataType, Schema
from kpidsl.sources import schema_cache
from kpidsl.sources.schema_cache import SchemaCache
from sources.reading import dataset, read, write

AN_HOUR_AGO = 1_700_000_000_000_000_000


@dataclass(frozen=True)
class Options:
    path: str = "x"
    password: Secret | None = None


@dataclass
class Counted:
    """A dataset that counts how often it is looked at."""

    marks: tuple[tuple[str, int, int], ...] | None = (("/data/x.csv", 1, AN_HOUR_AGO),)
    kind: DataType = DataType.INTEGER
    looks: int = 0
    recalled: list[Schema] = field(default_factory=list)

    def fingerprint(self) -> tuple[tuple[str, int, int], ...] | None:
        return self.marks

    def schema(self) -> Schema:
        self.looks += 1
        return Schema((Column("v", self.kind),))

    def recall(self, schema: Schema) -> None:
        self.recalled.append(schema)


def test_looked_at_once(tmp_path: Path) -> None:
    first, second = Counted(), Counted(kind=DataType.TEXT)
    assert SchemaCache(tmp_path).schema("csv", Options(), first) == first.schema()
    kept = SchemaCache(tmp_path).schema("csv", Options(), second)
    assert kept == first.schema()
    assert (second.looks, second.recalled) == (0, [kept])


def test_anything_that_matters_makes_it_look_again(tmp_path: Path) -> None:
    cache = SchemaCache(tmp_path)
    cache.schema("csv", Options(), Counted())
    for provider, options, changed in (
        ("json", Options(), Counted()),
        ("csv", Options("y"), Counted()),
        ("csv", Options(), Counted((("/data/x.csv", 2, AN_HOUR_AGO),))),
        ("csv", Options(), Counted((("/data/x.csv", 1, AN_HOUR_AGO + 1),))),
        ("csv", Options(), Counted((("/other/x.csv", 1, AN_HOUR_AGO),))),
        ("csv", Options(), Counted(None)),
        ("csv", Options(password=Secret("p")), Counted()),
        ("csv", object(), Counted()),
    ):
        cache.schema(provider, options, changed)
        assert changed.looks == 1
    again = Counted()
    cache.schema("csv", Options(), again)
    assert again.looks == 1, "an older state of the same file is not kept beside the newer one"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"kpidsl": 2}',
        '{"kpidsl": 99, "files": [["/data/x.csv", 1, 1700000000000000000]], "columns": []}',
        '{"kpidsl": 2, "files": [["/data/x.csv", 1, 1700000000000000000]], "columns": [["v", "klingon", false]]}',
        "[" * 100_000,
        "\x00\xff",
    ],
)
def test_a_torn_or_foreign_file_is_rewritten(tmp_path: Path, text: str) -> None:
    cache = SchemaCache(tmp_path)
    cache.schema("csv", Options(), Counted())
    (path,) = tmp_path.iterdir()
    kept_files.write_kept(path, text.encode("latin-1"))
    again = Counted()
    assert cache.schema("csv", Options(), again) == Schema((Column("v", DataType.INTEGER),))
    assert again.looks == 1
    assert json.loads(kept_files.read_kept(path) or b"")["columns"] == [["v", "integer", False]]


def test_a_damaged_file_is_rewritten(tmp_path: Path) -> None:
    cache = SchemaCache(tmp_path)
    cache.schema("csv", Options(), Counted())
    (path,) = tmp_path.iterdir()
    sound = path.read_bytes()
    path.write_bytes(sound.replace(b'"v"', b'"w"'))
    assert path.read_bytes() != sound
    assert cache.schema("csv", Options(), Counted()).names == ("v",)
    assert path.read_bytes() == sound


def test_a_file_that_changes_meanwhile_is_not_kept(tmp_path: Path) -> None:
    class Restless(Counted):
        def schema(self) -> Schema:
            self.marks = (("/data/x.csv", 9, AN_HOUR_AGO),)
            return super().schema()

    SchemaCache(tmp_path).schema("csv", Options(), Restless())
    assert list(tmp_path.iterdir()) == []


def test_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema_cache, "_ENTRIES", 8)
    for number in range(40):
        SchemaCache(tmp_path).schema("csv", Options(str(number)), Counted())
        assert len(list(tmp_path.iterdir())) <= 8
    newest = Counted()
    SchemaCache(tmp_path).schema("csv", Options("39"), newest)
    assert newest.looks == 0


def test_a_folder_that_cannot_be_written_costs_nothing_but_time(tmp_path: Path) -> None:
    blocked = write(tmp_path / "file", "") / "schemas"
    assert SchemaCache(blocked).schema("csv", Options(), Counted()).names == ("v",)


def test_the_users_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    home = tmp_path / "home"
    monkeypatch.setenv("XDG_CACHE_HOME", str(home))
    monkeypatch.setenv("KPIDSL_CACHE", "")
    looked = Counted()
    for _ in range(2):
        SchemaCache().schema("csv", Options(), looked)
    assert looked.looks == 2 and not home.exists(), "nothing is kept"
    monkeypatch.delenv("KPIDSL_CACHE")
    SchemaCache().schema("csv", Options(), looked)
    assert [file.parent for file in home.rglob("*.kept")] == [home / "kpidsl" / "schemas"]
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    monkeypatch.setenv("KPIDSL_CACHE", str(shared))
    SchemaCache().schema("csv", Options(), looked)
    assert not list(shared.iterdir()), "anybody could have written there"


def test_a_file_put_in_place_of_another_of_its_size_and_time_is_looked_at(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    kinds = []
    for text in ("id\n123\n", "id\nabc\n"):
        write(file, text)
        os.utime(file, ns=(AN_HOUR_AGO, AN_HOUR_AGO))
        time.sleep(0.05)
        kinds.append(SchemaCache(tmp_path / "cache").schema("csv", Options(), dataset(tmp_path, "csv", "a.csv")))
    assert [one.columns[0].type for one in kinds] == [DataType.INTEGER, DataType.TEXT]


def test_a_recalled_schema_gives_the_same_rows(tmp_path: Path) -> None:
    write(tmp_path / "a.csv", "id,amount\n1,1.10\n2,2\n")
    write(tmp_path / "a.json", '[{"id": 1, "amount": 1.10}]')
    for name in ("a.csv", "a.json"):
        os.utime(tmp_path / name, ns=(AN_HOUR_AGO, AN_HOUR_AGO))
        options = (name.rpartition(".")[2], name)
        rows = []
        for _ in range(2):
            opened = dataset(tmp_path, *options)
            SchemaCache(tmp_path / "cache").schema(options[0], Options(name), opened)
            rows.append(read(opened).rows)
        assert rows[0] == rows[1]


CHECK = """
import sys
from pathlib import Path
from kpidsl import plugins
from kpidsl.hookspecs import Context
from kpidsl.sources.options import build_options
from kpidsl.sources.schema_cache import SchemaCache
here = Path(sys.argv[1])
opened = []
def heed(event, arguments):
    if event in ("open", "sqlite3.connect") and str(here / "a.") in str(arguments[0]):
        opened.append(arguments[0])
sys.addaudithook(heed)
registry = plugins.load()
for file in ("a.csv", "a.ndjson", "a.parquet", "a.sqlite", "a.duckdb"):
    name = file[2:]
    provider = registry.provider(name)
    named = {"table": "t"} if name in ("sqlite", "duckdb") else {}
    options = build_options(provider, [file], named)
    schema = SchemaCache(here / "cache").schema(name, options, provider.open(options, Context(here, here)))
    print(name, [(column.name, column.type.value) for column in schema.columns])
print([module for module in ("_duckdb", "sqlglot", "pyarrow", "numpy", "importlib.metadata") if module in sys.modules])
print(len(opened))
"""


def test_a_repeated_check_opens_no_data_and_does_not_import_duckdb(tmp_path: Path) -> None:
    import sqlite3

    import duckdb

    write(tmp_path / "a.csv", "id,amount\n1,1.10\n")
    write(tmp_path / "a.ndjson", '{"id": 1}\n')
    with duckdb.connect(str(tmp_path / "a.duckdb")) as connection:
        connection.execute("CREATE TABLE t AS SELECT 1 AS id")
        connection.execute(f"COPY t TO '{tmp_path}/a.parquet'")
    with sqlite3.connect(tmp_path / "a.sqlite") as database:
        database.execute("CREATE TABLE t (id INTEGER)")
    database.close()
    for path in tmp_path.iterdir():
        os.utime(path, ns=(AN_HOUR_AGO, AN_HOUR_AGO))

    def check() -> list[str]:
        environment = {"PYTHONPATH": ":".join(sys.path), "HOME": str(tmp_path)}
        done = subprocess.run(
            [sys.executable, "-c", CHECK, str(tmp_path)], capture_output=True, text=True, env=environment
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    first = check()
    assert "_duckdb" in first[-2] and int(first[-1]) >= 2
    second = check()
    assert second[:-2] == first[:-2]
    assert second[-2:] == ["[]", "0"]
