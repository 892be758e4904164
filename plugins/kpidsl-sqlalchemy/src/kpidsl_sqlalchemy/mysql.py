"""MariaDB and MySQL."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import mysql
from sqlglot import exp

from kpidsl.diagnostics import SourceError, Unanswerable
from kpidsl.hookspecs import ColumnRequest
from kpidsl.semantic.types import DataType
from kpidsl_sqlalchemy.backend import Asked, Selected
from kpidsl_sqlalchemy.fields import Field

_KINDS: Final = {
    "tinyint": DataType.INTEGER, "smallint": DataType.INTEGER, "mediumint": DataType.INTEGER, "int": DataType.INTEGER,
    "bigint": DataType.INTEGER, "year": DataType.INTEGER,
    "decimal": DataType.DECIMAL, "float": DataType.FLOAT, "double": DataType.FLOAT,
    "char": DataType.TEXT, "varchar": DataType.TEXT, "tinytext": DataType.TEXT, "text": DataType.TEXT,
    "mediumtext": DataType.TEXT, "longtext": DataType.TEXT, "enum": DataType.TEXT, "set": DataType.TEXT,
    "uuid": DataType.TEXT, "inet4": DataType.TEXT, "inet6": DataType.TEXT,
    "date": DataType.DATE, "datetime": DataType.TIMESTAMP, "timestamp": DataType.INSTANT,
}  # fmt: skip
_AS_TEXT: Final = (DataType.DECIMAL, DataType.DATE, DataType.TIMESTAMP, DataType.INSTANT)
_PLAIN_TEXT: Final = ("char", "varchar", "tinytext", "text", "mediumtext", "longtext")
_ASKING: Final = (
    "SET NAMES utf8mb4 COLLATE utf8mb4_nopad_bin",
    "SET SESSION group_concat_max_len = 1073741824",
    "SET SESSION join_cache_level = 8",
    "SET SESSION tmp_table_size = 67108864, max_heap_table_size = 67108864",
    "SET SESSION default_regex_flags = ''",
    "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
)
_COLUMNS: Final = sa.table(
    "columns",
    *(
        sa.column(name)
        for name in (
            "table_schema", "table_name", "ordinal_position", "column_name", "data_type", "column_type",
            "numeric_precision", "numeric_scale", "collation_name",
        )
    ),
    schema="information_schema",
)  # fmt: skip


class MySql(Asked):
    """MariaDB or MySQL. Times of the type TIMESTAMP are moments, handed out in UTC; those of DATETIME are civil."""

    dialect = "mysql"

    def arguments(self) -> dict[str, Any]:
        connect = max(1, round(self.limits.connect_timeout))
        match self.url.get_driver_name():
            case "pymysql":
                # Until `begin` knows that it has answered, a server that keeps silent has as long as to be reached.
                return {"connect_timeout": connect, "read_timeout": connect, **self._tls()}
            case "mysqldb":
                return {**super().arguments(), "connect_timeout": connect, "read_timeout": self._patience}
            case "mysqlconnector":
                return {**super().arguments(), "connection_timeout": connect}
            case _:
                return {**super().arguments(), "connect_timeout": connect}

    def begin(self, connection: sa.Connection) -> None:
        driver = connection.connection.driver_connection
        if self.url.get_driver_name() == "pymysql" and driver is not None:
            driver._read_timeout = self._patience  # noqa: SLF001 — there is no other way to change it
        for statement in self._settings(is_mariadb=bool(getattr(connection.dialect, "is_mariadb", False))):
            connection.exec_driver_sql(statement)

    def _settings(self, *, is_mariadb: bool) -> Iterator[str]:
        """A session that does not depend on how the server is set up, and can change nothing."""
        yield "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
        yield "SET SESSION sql_mode = 'NO_ENGINE_SUBSTITUTION'"
        yield "SET SESSION time_zone = '+00:00'"
        if is_mariadb:
            yield f"SET SESSION max_statement_time = {self.seconds}"
        else:
            yield f"SET SESSION max_execution_time = {self.seconds * 1000}"

    @property
    def _patience(self) -> int:
        """Seconds to wait for a packet: the server stops by itself before."""
        return self.seconds + 5

    def _tls(self) -> dict[str, Any]:
        one = self.settings
        mode = one.sslmode or ("prefer" if one.sslrootcert is None and one.sslcert is None else "verify-full")
        if mode == "prefer":
            return {}
        if mode == "disable":
            return {"ssl_disabled": True}
        try:
            context = ssl.create_default_context(cafile=self._file(one.sslrootcert))
            if one.sslcert is not None:
                context.load_cert_chain(str(self._file(one.sslcert)), self._file(one.sslkey))
        except (OSError, ssl.SSLError) as error:
            raise SourceError(
                f"the connection `{self.name}`: a certificate or key cannot be used: {error}",
                code="K0600",
                hint="`sslrootcert`, `sslcert` and `sslkey` name files in PEM's form",
            ) from error
        context.check_hostname = mode == "verify-full"
        if mode == "require":
            context.verify_mode = ssl.CERT_NONE
        return {"ssl": context}

    def _file(self, name: str | None) -> str | None:
        return None if name is None else str(self.folder / name)

    # ------------------------------------------------------------ queries
    def begin_asking(self, connection: sa.Connection) -> None:
        """Texts are compared by their code points, blanks at their ends included. Raises Unanswerable for MySQL."""
        if not getattr(connection.dialect, "is_mariadb", False):
            raise Unanswerable("it is MySQL, of which only MariaDB is known to answer the same", code="K0600")
        for statement in _ASKING:
            connection.exec_driver_sql(statement)

    def asked(self, field: Field) -> exp.Expr:
        column = exp.column(exp.to_identifier(field.name, quoted=True))
        if field.kind is DataType.TEXT:
            text = exp.Cast(this=column, to=exp.DataType.build("CHAR CHARACTER SET utf8mb4", dialect="mysql"))
            return exp.Collate(this=text, expression=exp.var("utf8mb4_nopad_bin"))
        if field.kind is DataType.FLOAT:
            return exp.cast(column, "DOUBLE")
        if field.declared.startswith("bit"):
            return exp.NEQ(this=column, expression=exp.Literal.number(0))
        if field.unsigned or field.declared == "year":
            return exp.cast(column, "DECIMAL(20, 0)")
        return column

    def doubtful(self, field: Field) -> Selected | None:
        column: Selected = sa.column(field.name)
        if field.kind.is_time:
            return sa.or_(sa.func.dayofmonth(column) == 0, sa.func.month(column) == 0)
        return column.not_in((0, 1)) if field.declared == "tinyint(1)" else None

    def warned(self, cursor: Any) -> str | None:
        cursor.execute("SHOW WARNINGS")
        found = [str(row[2]) for row in cursor.fetchall() if row[0] != "Note"]
        return found[0] if found else None

    def handle(self, connection: Any) -> int:
        found: int = connection.thread_id()
        return found

    def stop(self, running: int) -> None:
        with self.engine().connect() as connection:
            connection.exec_driver_sql(f"KILL QUERY {int(running)}")

    # ------------------------------------------------------------ columns
    def fields(self, connection: sa.Connection, table: str, schema: str | None) -> tuple[Field, ...]:
        c = _COLUMNS.c
        where = c.table_schema == (schema if schema is not None else sa.func.database())
        query = (
            sa.select(c.column_name, c.data_type, c.column_type, c.numeric_precision, c.numeric_scale, c.collation_name)
            .where(where, c.table_name == table)
            .order_by(c.ordinal_position)
        )
        return tuple(_field(*row) for row in connection.execute(query))

    def as_asked(self, field: Field, request: ColumnRequest) -> Field:
        """TINYINT(1) is what BOOLEAN becomes; a spec may say that it is a number all the same."""
        if field.kind is DataType.BOOLEAN and request.as_type not in (None, DataType.BOOLEAN):
            return Field(field.name, DataType.INTEGER, field.declared)
        return field

    def picked(self, field: Field) -> Selected:
        """Decimals and times cross as their text: what of them is none shows then. A FLOAT crosses as the double it
        widens to, as everywhere else.
        """
        column: Selected = sa.column(field.name)
        if field.kind in _AS_TEXT or (field.kind is DataType.TEXT and field.declared not in _PLAIN_TEXT):
            column = sa.cast(column, mysql.CHAR())
            if field.kind is DataType.INSTANT:
                column = sa.func.concat(column, "Z")  # the session's zone is UTC
        elif field.kind is DataType.FLOAT:
            column = sa.cast(column, mysql.DOUBLE())
        elif field.declared.startswith("bit"):
            column = sa.cast(column, mysql.INTEGER(unsigned=True))
        return sa.type_coerce(column, sa.types.NullType())


def _field(
    name: str, kind: str, declared: str, precision: int | None, scale: int | None, collation: str | None
) -> Field:
    kind = kind.lower()
    if declared.lower() in ("tinyint(1)", "bit(1)"):
        return Field(name, DataType.BOOLEAN, declared.lower())
    digits = (int(precision), int(scale or 0)) if kind == "decimal" and precision is not None else None
    unsigned = kind.endswith("int") and "unsigned" in declared.lower()
    return Field(name, _KINDS.get(kind, DataType.OTHER), kind, digits, unsigned, collation)
