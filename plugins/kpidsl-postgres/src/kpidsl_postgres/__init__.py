"""PostgreSQL as a data source: `from postgres(shop, table: "orders")`, `shop` being a connection in kpidsl.toml."""

from __future__ import annotations

from dataclasses import field

from kpidsl.hookspecs import Context, Dataset, Provider, Secret, hookimpl
from kpidsl.records import dataclass

SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")


@dataclass(frozen=True, slots=True)
class PostgresConnection:
    """What kpidsl.toml may say of a server. No password file, `PGPASSWORD` or `PGHOSTADDR` is used."""

    host: str = field(metadata={"help": "name or address of the server, or the folder of its socket"})
    database: str = field(metadata={"help": "the database's name"})
    user: str = field(metadata={"help": "who reads; it needs SELECT on the tables and nothing more"})
    password: Secret | None = field(default=None, metadata={"help": "of the user"})
    port: int = field(default=5432, metadata={"help": "of the server"})
    role: str | None = field(default=None, metadata={"help": "the role to read as, one the user is a member of"})
    sslmode: str = field(default="prefer", metadata={"help": ", ".join(SSL_MODES)})
    sslrootcert: str | None = field(default=None, metadata={"help": "file with the authorities that are trusted"})
    sslcert: str | None = field(default=None, metadata={"help": "file with the client's certificate"})
    sslkey: str | None = field(default=None, metadata={"help": "file with the client's key"})

    def __post_init__(self) -> None:
        if self.sslmode not in SSL_MODES:
            raise ValueError(f"`sslmode` is one of {', '.join(SSL_MODES)}")
        if not 0 < self.port < 65536:
            raise ValueError("`port` is a number from 1 to 65535")
        if any("\0" in text for text in (self.host, self.database, self.user, self.role or "")):
            raise ValueError("no name holds a NUL")


@dataclass(frozen=True, slots=True)
class PostgresOptions:
    """What a spec may write: a table or view, its name as the database has it, capitals included."""

    table: str = field(metadata={"help": "a table or view"})
    schema: str | None = field(default=None, metadata={"help": "its schema; the user's search path unless said"})

    def __post_init__(self) -> None:
        if not self.table or self.schema == "" or "\0" in self.table + (self.schema or ""):
            raise ValueError("`table` and `schema` are names, not empty")


def open_postgres(options: PostgresOptions, context: Context) -> Dataset:
    from kpidsl_postgres.reading import PostgresTable

    return PostgresTable(options, context)


@hookimpl
def kpidsl_providers() -> tuple[Provider, ...]:
    return (
        Provider(
            "postgres", PostgresOptions, open_postgres, "tables and views of PostgreSQL", connection=PostgresConnection
        ),
    )
