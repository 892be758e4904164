"""What a table of MariaDB holds, what becomes of it, and what goes wrong with it, on a real server."""

from __future__ import annotations

import secrets
import socket
import subprocess
import threading
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from kpidsl.diagnostics import SourceError
from kpidsl.hookspecs import ColumnRequest, ScanRequest
from kpidsl.semantic.types import DataType
from kpidsl.testing.opened import dataset_of, rows_of
from kpidsl_sqlalchemy.reading import SqlTable
from servers import mariadb
from servers.mariadb_tables import connection
from servers.running import Server

pytestmark = pytest.mark.server


@pytest.fixture(autouse=True)
def password(mariadb_server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_PASSWORD", mariadb_server.details["password"])


def made(server: Server, columns: str, *rows: str) -> str:
    name = f"t{secrets.token_hex(6)}"
    values = "".join(f"insert into {name} values ({row});" for row in rows)
    begin = "set names utf8mb4; set sql_mode = ''; set time_zone = '+00:00';"
    mariadb.execute(server, f"{begin} create table {name} ({columns}); {values}")
    return name


def opened(folder: Path, server: Server, table: str, **changed: object) -> SqlTable:
    found = dataset_of(folder, f'sqlalchemy(shop, table: "{table}")', connection(server, **changed))
    assert isinstance(found, SqlTable)
    return found


def test_types(tmp_path: Path, mariadb_server: Server) -> None:
    table = made(
        mariadb_server,
        "i smallint, b bigint unsigned, y boolean, p bit(1), n decimal(9, 3), w decimal(65, 30), r float, g double,"
        " c char(3), l varchar(9) character set latin1, e enum('a', 'b'), u uuid, j json, d date, t datetime(3),"
        " z timestamp null, yr year, x time, k blob, s set('p', 'q')",
        "1, 18446744073709551615, true, b'1', 2.125, 0.5, 0.1, 1e-7, 'a ', 'Zoë', 'b',"
        " 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '{}', '2024-02-29', '2026-03-29 02:30:00.25', '2026-03-29 02:30', 2026,"
        " '10:00', 'x', 'q,p'",
        "null, 0, false, b'0', null, -12345678.123456789012345678901234567890, null, null, null, null, null, null, null,"
        " null, null, null, null, null, null, null",
    )
    dataset = opened(tmp_path, mariadb_server, table)
    kinds = {column.name: column.type for column in dataset.schema().columns}
    assert kinds == {
        "i": DataType.INTEGER, "b": DataType.INTEGER, "y": DataType.BOOLEAN, "p": DataType.BOOLEAN,
        "n": DataType.DECIMAL, "w": DataType.DECIMAL, "r": DataType.FLOAT, "g": DataType.FLOAT, "c": DataType.TEXT,
        "l": DataType.TEXT, "e": DataType.TEXT, "u": DataType.TEXT, "j": DataType.TEXT, "d": DataType.DATE,
        "t": DataType.TIMESTAMP, "z": DataType.INSTANT, "yr": DataType.INTEGER, "x": DataType.OTHER,
        "k": DataType.OTHER, "s": DataType.TEXT,
    }  # fmt: skip
    found = rows_of(dataset, [name for name, kind in kinds.items() if kind is not DataType.OTHER])
    assert {name: values[0] for name, values in found.items()} == {
        "i": 1, "b": 2**64 - 1, "y": True, "p": True, "n": Decimal("2.125"), "w": Decimal("0.5"),
        "r": 0.10000000149011612, "g": 1e-7, "c": "a", "l": "Zoë", "e": "b",
        "u": "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "j": "{}", "d": date(2024, 2, 29),
        "t": datetime(2026, 3, 29, 2, 30, 0, 250_000),  # noqa: DTZ001 — a civil time
        "z": datetime(2026, 3, 29, 2, 30, tzinfo=UTC), "yr": 2026, "s": "p,q",
    }  # fmt: skip
    assert found["w"][1] == Decimal("-12345678.123456789012345678901234567890")
    nulls = set(kinds) - {"b", "y", "p", "w", "x", "k"}
    assert {name: found[name][1] for name in nulls} == dict.fromkeys(nulls)
    assert (found["b"][1], found["y"][1], found["p"][1]) == (0, False, False)


def test_a_moment_is_the_same_whatever_the_server_thinks_the_time_is(tmp_path: Path, mariadb_server: Server) -> None:
    table = made(mariadb_server, "z timestamp, t datetime", "'2026-03-01 12:00', '2026-03-01 12:00'")
    mariadb.execute(mariadb_server, "set global time_zone = '+05:00'")
    try:
        found = rows_of(opened(tmp_path, mariadb_server, table), ["z", "t"])
    finally:
        mariadb.execute(mariadb_server, "set global time_zone = 'SYSTEM'")
    assert found["z"] == [datetime(2026, 3, 1, 12, tzinfo=UTC)]
    assert found["t"] == [datetime(2026, 3, 1, 12)]  # noqa: DTZ001 — a civil time


def test_names_are_names_and_never_sql(tmp_path: Path, mariadb_server: Server) -> None:
    name = f'T`; drop table x; -- {secrets.token_hex(4)} "%s"'
    quoted, column = name.replace("`", "``"), 'a `b` "c" %d?'
    doubled = column.replace("`", "``")
    mariadb.execute(
        mariadb_server,
        f"create table `{quoted}` (`{doubled}` int); insert into `{quoted}` values (7);"
        f" create view `v{quoted}` as select * from `{quoted}`",
    )
    for there in (name, f"v{name}"):
        written = there.replace('"', '\\"')
        dataset = dataset_of(tmp_path, f'sqlalchemy(shop, table: "{written}")', connection(mariadb_server))
        assert rows_of(dataset, [column]) == {column: [7]}


@pytest.mark.parametrize(
    ("columns", "row", "code", "says", "hint"),
    [
        ("x date", "'0000-00-00'", "K0604", 'holds "0000-00-00", which is not a day', "nullif(`x`, 0)"),
        ("x date", "'2026-03-00'", "K0604", 'holds "2026-03-00", which is not a day', "nullif"),
        ("x datetime", "'0000-00-00'", "K0604", "which is not a time without a zone", "nullif"),
        ("x timestamp", "0", "K0604", "which is not a time with a zone", "nullif"),
        ("x boolean", "2", "K0604", "holds 2, which is neither true nor false", "column x: integer"),
        ("x decimal(65, 0)", f"1{'0' * 40}", "K0610", "more than 38 digits", "view"),
        ("x blob", "'a'", "K0604", "of a type, blob, that kpidsl does not read", "view"),
        ("xx integer", "1", "K0605", "has no column `x`", "`xx`"),
    ],
)
def test_what_cannot_be_read_is_told(
    tmp_path: Path, mariadb_server: Server, columns: str, row: str, code: str, says: str, hint: str
) -> None:
    dataset = opened(tmp_path, mariadb_server, made(mariadb_server, columns, row))
    with pytest.raises(SourceError) as caught:
        dataset.scan(ScanRequest((ColumnRequest("x"),)))
    assert says in caught.value.message
    assert hint in (caught.value.hint or "")
    assert caught.value.code == code
    assert not caught.value.transient


def test_what_the_hint_says_about_days_that_are_none_helps(tmp_path: Path, mariadb_server: Server) -> None:
    table = made(mariadb_server, "x date, y datetime", "'0000-00-00', '0000-00-00'", "'2026-03-01', '2026-03-01'")
    mariadb.execute(mariadb_server, f"create view v{table} as select nullif(x, 0) x, nullif(y, 0) y from {table}")
    found = rows_of(opened(tmp_path, mariadb_server, f"v{table}"), ["x", "y"])
    assert found["x"] == [None, date(2026, 3, 1)]
    assert found["y"] == [None, datetime(2026, 3, 1)]  # noqa: DTZ001 — a civil time


def test_a_boolean_may_be_taken_as_a_number(tmp_path: Path, mariadb_server: Server) -> None:
    dataset = opened(tmp_path, mariadb_server, made(mariadb_server, "x boolean", "5", "null"))
    found = dataset.scan(ScanRequest((ColumnRequest("x", DataType.INTEGER),)))
    assert found.to_pydict() == {"x": [5, None]}


def test_a_table_dropped_and_a_column_retyped(tmp_path: Path, mariadb_server: Server) -> None:
    table = made(mariadb_server, "x integer", "1")
    dataset = opened(tmp_path, mariadb_server, table)
    assert dataset.schema().columns[0].type is DataType.INTEGER
    mariadb.execute(mariadb_server, f"alter table {table} modify x decimal(5, 2)")
    assert dataset.scan(ScanRequest((ColumnRequest("x"),))).to_pylist() == [{"x": Decimal("1.00")}]
    mariadb.execute(mariadb_server, f"drop table {table}")
    with pytest.raises(SourceError, match=f"table `{table}` of the connection `shop` is not there") as caught:
        dataset.scan(ScanRequest((ColumnRequest("x"),)))
    assert caught.value.code == "K0608"


def test_a_view_of_a_table_that_is_gone(tmp_path: Path, mariadb_server: Server) -> None:
    table = made(mariadb_server, "x integer", "1")
    mariadb.execute(mariadb_server, f"create view v{table} as select x from {table}; drop table {table}")
    with pytest.raises(SourceError) as caught:
        opened(tmp_path, mariadb_server, f"v{table}").scan(ScanRequest((ColumnRequest("x"),)))
    assert caught.value.code in ("K0600", "K0608")
    assert caught.value.hint


def test_only_the_time_that_is_wanted_crosses_the_wire(tmp_path: Path, mariadb_server: Server) -> None:
    table = made(
        mariadb_server, "d date, t datetime, z timestamp null",
        "'2026-03-31', '2026-03-31 21:00', '2026-03-31 21:59:59'",
        "'2026-04-09', '2026-04-09 08:00', '2026-03-31 22:00'", "null, null, null",
    )  # fmt: skip
    dataset = opened(tmp_path, mariadb_server, table)
    end = datetime(2026, 3, 31, 22, tzinfo=UTC)
    for column in ("d", "t", "z"):
        found = dataset.scan(ScanRequest((ColumnRequest(column),), column, None, end))
        assert found.num_rows == 2, column  # the one before, and the one without a time
        later = dataset.scan(ScanRequest((ColumnRequest(column),), column, datetime(2026, 4, 3, tzinfo=UTC), None))
        assert later.num_rows == (1 if column == "z" else 2), column


def test_the_session_is_fixed(tmp_path: Path, mariadb_server: Server) -> None:
    dataset = opened(tmp_path, mariadb_server, "t", timeout=7)
    names = ("tx_read_only", "max_statement_time", "time_zone", "tx_isolation", "sql_mode")
    with dataset._session(dataset._backend()) as connection:
        found = connection.exec_driver_sql("select " + ", ".join(f"@@session.{name}" for name in names)).one()
    assert tuple(found) == (1, 7, "+00:00", "REPEATABLE-READ", "NO_ENGINE_SUBSTITUTION")


def test_a_view_that_would_write_cannot(tmp_path: Path, mariadb_server: Server) -> None:
    table = made(mariadb_server, "x int", "1")
    mariadb.execute(
        mariadb_server,
        f"delimiter //\ncreate function f_{table}() returns int begin delete from {table}; return 1; end//\ndelimiter ;\n"
        f"create view v_{table} as select f_{table}() as x",
    )
    with pytest.raises(SourceError, match="READ ONLY transaction"):
        rows_of(opened(tmp_path, mariadb_server, f"v_{table}"), ["x"])
    assert rows_of(opened(tmp_path, mariadb_server, table), ["x"]) == {"x": [1]}


@pytest.mark.parametrize(
    ("changed", "says", "hint"),
    [
        ({"url": "mariadb://127.0.0.1:PORT/nowhere"}, "Unknown database 'nowhere'", "`user`, `password` and `url`"),
        ({"user": "nobody"}, "Access denied for user 'nobody'", "`user`, `password` and `url`"),
        ({"url": "mariadb://nowhere.invalid/shop"}, "nowhere.invalid", "is the server up"),
        ({"url": "mariadb+asyncmy://127.0.0.1/shop"}, "not installed", "pip install"),
        ({"url": "mariadb+nothing://127.0.0.1/shop"}, "SQLAlchemy knows no `mariadb+nothing`", "installed?"),
        ({"url": "mariadb://127.0.0.1:port/shop"}, "SQLAlchemy cannot read its `url`", "mariadb://"),
        ({"sslmode": "require"}, "doesn't support it", "`ssl…` settings"),
        ({"sslmode": "verify-full", "sslrootcert": "nothing.pem"}, "certificate or key cannot be used", "PEM"),
    ],
)
def test_connections_that_cannot_be_made(
    tmp_path: Path, mariadb_server: Server, changed: dict[str, str], says: str, hint: str
) -> None:
    changed = {name: value.replace("PORT", str(mariadb_server.port)) for name, value in changed.items()}
    with pytest.raises(SourceError) as caught:
        opened(tmp_path, mariadb_server, "t", **changed).schema()
    assert says in caught.value.message
    assert "connection `shop`" in caught.value.message
    assert hint in (caught.value.hint or "")
    assert mariadb_server.details["password"] not in caught.value.message


def test_a_table_that_the_user_may_not_see(tmp_path: Path, mariadb_server: Server) -> None:
    user = f"u{secrets.token_hex(4)}"
    table = made(mariadb_server, "x int, y int", "1, 2")
    password = mariadb_server.details["password"]
    mariadb.execute(
        mariadb_server,
        f"create user {user}@'127.0.0.1' identified by '{password}'; grant select (x) on {table} to {user}@'127.0.0.1'",
    )
    assert rows_of(opened(tmp_path, mariadb_server, table, user=user), ["x"]) == {"x": [1]}
    hidden = made(mariadb_server, "y int", "1")
    for name, says in ((table, "has no column `y`"), (hidden, "SELECT command denied")):
        with pytest.raises(SourceError, match=says):
            opened(tmp_path, mariadb_server, name, user=user).scan(ScanRequest((ColumnRequest("y"),)))


def test_a_server_killed_in_mid_query(tmp_path: Path) -> None:
    with mariadb.running() as server:
        mariadb.execute(server, "create view slow as select 1 as x from dual where sleep(20) = 0")
        dataset = opened(tmp_path, server, "slow")
        killer = threading.Timer(1.0, server.kill)
        killer.start()
        with pytest.raises(SourceError) as caught:
            dataset.scan(ScanRequest((ColumnRequest("x"),)))
        killer.join()
    assert caught.value.transient
    assert caught.value.hint == "the connection was lost: is the server up?"


def test_a_server_that_keeps_silent(tmp_path: Path, mariadb_server: Server) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"mariadb://127.0.0.1:{silent.getsockname()[1]}/shop"
        with pytest.raises(SourceError, match="timed out") as caught:
            opened(tmp_path, mariadb_server, "t", url=address, connect_timeout=1).schema()
    assert caught.value.transient


def test_the_server_itself_stops_what_takes_too_long(tmp_path: Path, mariadb_server: Server) -> None:
    table = made(mariadb_server, "x int", "1")
    slow = f"v{table}"
    mariadb.execute(mariadb_server, f"create view {slow} as select x from {table} where sleep(20) = 0")
    with pytest.raises(SourceError, match="not read within 1 seconds, and the database stopped") as caught:
        opened(tmp_path, mariadb_server, slow, timeout=1).scan(ScanRequest((ColumnRequest("x"),)))
    assert caught.value.code == "K0617"
    running = mariadb.execute(
        mariadb_server,
        "select count(*) from information_schema.processlist where info like '%sleep(20)%' and id <> connection_id()",
    )
    assert running.strip() == "0"


def test_tls(tmp_path: Path, mariadb_server: Server) -> None:
    """A server with a certificate of an authority of ours: used, verified, and refused for another name."""
    ca, key, request, certificate = (tmp_path / name for name in ("ca.pem", "key.pem", "request.pem", "cert.pem"))

    def openssl(*words: object) -> None:
        subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)

    (tmp_path / "names.txt").write_text("subjectAltName=DNS:localhost\n", "ascii")
    elliptic = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    openssl("req", "-x509", *elliptic, "-keyout", tmp_path / "ca.key", "-out", ca, "-subj", "/CN=ours", "-days", 9)
    openssl("req", *elliptic, "-keyout", key, "-out", request, "-subj", "/CN=localhost")
    openssl(
        "x509", "-req", "-in", request, "-CA", ca, "-CAkey", tmp_path / "ca.key", "-CAcreateserial", "-out", certificate,
        "-days", 9, "-extfile", tmp_path / "names.txt",
    )  # fmt: skip
    with mariadb.running(certificate=certificate, key=key) as server:
        mariadb.execute(
            server,
            f"create view v as select variable_value as x from information_schema.session_status where variable_name = 'Ssl_version';"
            f" create user keeper@localhost identified by '{server.details['password']}' require ssl; grant all on *.* to keeper@localhost;",
        )

        def version(host: str, **changed: object) -> object:
            address = f"mariadb://{host}:{server.port}/shop"
            return rows_of(opened(tmp_path, server, "v", url=address, **changed), ["x"])["x"][0]

        assert str(version("localhost", sslmode="verify-full", sslrootcert="ca.pem")).startswith("TLS")
        assert str(version("127.0.0.1", sslmode="verify-ca", sslrootcert="ca.pem")).startswith("TLS")
        assert str(version("127.0.0.1", sslmode="require")).startswith("TLS")
        for wrong in ({"sslmode": "verify-full", "sslrootcert": "ca.pem"}, {"sslmode": "verify-ca"}):
            with pytest.raises(SourceError, match="certificate"):
                version("127.0.0.1", **wrong)
