"""What a table of PostgreSQL holds, what becomes of it, and what goes wrong with it, on a real server."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from kpidsl.diagnostics import SourceError
from kpidsl.hookspecs import ColumnRequest, ScanRequest
from kpidsl.semantic.types import DataType
from kpidsl.testing.opened import dataset_of, rows_of
from kpidsl_postgres.reading import PostgresTable
from servers import postgres
from servers.postgres_tables import connection
from servers.running import Server

pytestmark = pytest.mark.server


@pytest.fixture(autouse=True)
def password(postgres_server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_PASSWORD", postgres_server.details["password"])


def made(server: Server, columns: str, *rows: str) -> str:
    name = f"t{secrets.token_hex(6)}"
    values = "".join(f"insert into {name} values ({row});" for row in rows)
    postgres.execute(server, f"create table {name} ({columns}); {values}")
    return name


def opened(folder: Path, server: Server, table: str, **changed: object) -> PostgresTable:
    found = dataset_of(folder, f'postgres(shop, table: "{table}")', connection(server, **changed))
    assert isinstance(found, PostgresTable)
    return found


def test_types(tmp_path: Path, postgres_server: Server) -> None:
    table = made(
        postgres_server,
        "i smallint, n numeric, p numeric(9, 3), r real, c char(3), u uuid, y boolean, d date, t timestamp,"
        " z timestamptz, j jsonb",
        "1, 1.50, 2.125, 0.5, 'a', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', true, '2024-02-29', '2026-03-29 02:30',"
        " '2026-03-29 02:30+02', '{}'",
        "null, -12345678901234567890.123456789, null, null, null, null, null, null, null, null, null",
    )
    dataset = opened(tmp_path, postgres_server, table)
    kinds = {column.name: column.type for column in dataset.schema().columns}
    assert kinds == {
        "i": DataType.INTEGER, "n": DataType.DECIMAL, "p": DataType.DECIMAL, "r": DataType.FLOAT, "c": DataType.TEXT,
        "u": DataType.TEXT, "y": DataType.BOOLEAN, "d": DataType.DATE, "t": DataType.TIMESTAMP,
        "z": DataType.INSTANT, "j": DataType.OTHER,
    }  # fmt: skip
    found = rows_of(dataset, ["n", "p", "c", "u", "t"])
    assert found["n"] == [Decimal("1.5"), Decimal("-12345678901234567890.123456789")]
    assert found["p"] == [Decimal("2.125"), None]
    assert found["c"] == ["a", None]
    assert found["u"] == ["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", None]
    assert found["t"] == [datetime(2026, 3, 29, 2, 30), None]  # noqa: DTZ001 — a civil time


def test_names_are_names_and_never_sql(tmp_path: Path, postgres_server: Server) -> None:
    name = f'T"; drop table x; -- {secrets.token_hex(4)}'
    quoted = name.replace('"', '""')
    postgres.execute(postgres_server, f'create table "{quoted}" ("a ""b"" c?" int); insert into "{quoted}" values (7)')
    written = name.replace('"', '\\"')
    dataset = dataset_of(tmp_path, f'postgres(shop, table: "{written}")', connection(postgres_server))
    assert rows_of(dataset, ['a "b" c?']) == {'a "b" c?': [7]}


@pytest.mark.parametrize(
    ("columns", "row", "code", "says"),
    [
        ("x date", "'infinity'", "K0604", "column x holds infinity"),
        ("x timestamp", "'-infinity'", "K0604", "column x holds -infinity"),
        ("x numeric", "'NaN'", "K0604", "holds NaN or Infinity"),
        ("x numeric", "1e40", "K0610", "more than 38 digits"),
        ("x jsonb", "'{}'", "K0604", "type that kpidsl does not read"),
        ("y integer", "1", "K0605", "has no column `x`"),
    ],
)
def test_what_cannot_be_read_is_told(
    tmp_path: Path, postgres_server: Server, columns: str, row: str, code: str, says: str
) -> None:
    dataset = opened(tmp_path, postgres_server, made(postgres_server, columns, row))
    with pytest.raises(SourceError, match=says) as caught:
        dataset.scan(ScanRequest((ColumnRequest("x"),)))
    assert caught.value.code == code
    assert caught.value.hint
    assert not caught.value.transient


def test_a_table_dropped_and_a_column_retyped(tmp_path: Path, postgres_server: Server) -> None:
    table = made(postgres_server, "x integer", "1")
    dataset = opened(tmp_path, postgres_server, table)
    assert dataset.schema().columns[0].type is DataType.INTEGER
    postgres.execute(postgres_server, f"alter table {table} alter x type numeric(5, 2)")
    assert dataset.scan(ScanRequest((ColumnRequest("x"),))).to_pylist() == [{"x": Decimal("1.00")}]
    postgres.execute(postgres_server, f"drop table {table}")
    with pytest.raises(SourceError, match=f"table `{table}` of the connection `shop` is not there") as caught:
        dataset.scan(ScanRequest((ColumnRequest("x"),)))
    assert caught.value.code == "K0608"


def test_only_the_time_that_is_wanted_crosses_the_wire(tmp_path: Path, postgres_server: Server) -> None:
    table = made(
        postgres_server, "d date, z timestamptz",
        "'2026-03-31', '2026-03-31 21:59:59+00'", "'2026-04-09', '2026-03-31 22:00+00'", "null, null",
    )  # fmt: skip
    dataset = opened(tmp_path, postgres_server, table)
    end = datetime(2026, 3, 31, 22, tzinfo=UTC)
    for column in ("d", "z"):
        found = dataset.scan(ScanRequest((ColumnRequest(column),), column, None, end))
        assert found.num_rows == 2, column  # the one before, and the one without a time


def test_a_role_a_time_limit_and_nothing_from_the_environment(
    tmp_path: Path, postgres_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    role = f"Reader {secrets.token_hex(4)}"
    postgres.execute(postgres_server, f'create role "{role}"')
    table = f"v{secrets.token_hex(6)}"
    postgres.execute(
        postgres_server,
        f"create view {table} as select current_user::text as who, current_setting('transaction_read_only') as only,"
        f" current_setting('statement_timeout') as stops; grant select on {table} to \"{role}\"",
    )
    monkeypatch.setenv("PGOPTIONS", "-c default_transaction_read_only=off")
    monkeypatch.setenv("PGHOSTADDR", "127.0.0.9")  # nobody listens there
    found = rows_of(opened(tmp_path, postgres_server, table, role=role, timeout=7), ["who", "only", "stops"])
    assert found == {"who": [role], "only": ["on"], "stops": ["7s"]}
    forbidden = opened(tmp_path, postgres_server, made(postgres_server, "x int"), role=role)
    with pytest.raises(SourceError, match="permission denied") as caught:
        forbidden.schema()
    assert caught.value.hint == "grant its user (or role) SELECT on the table"


def test_a_password_of_the_environment_is_not_used(
    tmp_path: Path, postgres_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = made(postgres_server, "x int", "1")
    monkeypatch.setenv("PGPASSWORD", postgres_server.details["password"])
    text = connection(postgres_server).replace('password = {env = "SHOP_PASSWORD"}\n', "")
    with pytest.raises(SourceError, match="cannot connect"):
        dataset_of(tmp_path, f'postgres(shop, table: "{table}")', text).schema()


def test_a_view_that_would_write_cannot(tmp_path: Path, postgres_server: Server) -> None:
    table = made(postgres_server, "x int", "1")
    postgres.execute(
        postgres_server,
        f"create function f_{table}() returns int language sql as 'delete from {table}; select 1';"
        f" create view v_{table} as select f_{table}() as x",
    )
    with pytest.raises(SourceError, match="read-only transaction"):
        rows_of(opened(tmp_path, postgres_server, f"v_{table}"), ["x"])
    assert rows_of(opened(tmp_path, postgres_server, table), ["x"]) == {"x": [1]}


def test_a_server_killed_in_mid_query(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    with postgres.running() as server:
        postgres.execute(server, "create view slow as select pg_sleep(20)::text as x")
        dataset = opened(tmp_path, server, "slow")
        killer = threading.Timer(1.0, server.kill)
        killer.start()
        with pytest.raises(SourceError) as caught:
            dataset.scan(ScanRequest((ColumnRequest("x"),)))
        killer.join()
    assert caught.value.transient
    assert caught.value.hint == "the connection was lost: is the server up?"
