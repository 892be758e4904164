"""Databases that SQLAlchemy reaches as data sources: `from sqlalchemy(shop, table: "orders")`, `shop` being a
connection in kpidsl.toml.
"""

from __future__ import annotations

import re
from dataclasses import field
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

from kpidsl.hookspecs import Context, Dataset, Provider, Secret, hookimpl
from kpidsl.patterns import regex
from kpidsl.records import dataclass

SSL_MODES: Final = ("disable", "prefer", "require", "verify-ca", "verify-full")
_URL: Final = regex(r"[a-z][\w+]*://", re.IGNORECASE)
_USER: Final = regex(r"[\w+]+://([^:/@?]*)(?::(.*))?@", re.DOTALL)
_HIDES: Final = regex(r"pass|pwd|secret|token", re.IGNORECASE)
_INSTEAD: Final = 'leave it out, and write `password = {env = "…"}` beside `url`'


@dataclass(frozen=True, slots=True)
class SqlConnection:
    """What kpidsl.toml may say of a database. The URL holds no password: it would stand there for all to read."""

    url: str = field(metadata={"help": "SQLAlchemy's, without a password: mariadb://db.example.org/shop"})
    user: str | None = field(default=None, metadata={"help": "who reads; it needs SELECT and nothing more"})
    password: Secret | None = field(default=None, metadata={"help": "of the user"})
    sslmode: str | None = field(default=None, metadata={"help": ", ".join(SSL_MODES)})
    sslrootcert: str | None = field(default=None, metadata={"help": "file with the authorities that are trusted"})
    sslcert: str | None = field(default=None, metadata={"help": "file with the client's certificate"})
    sslkey: str | None = field(default=None, metadata={"help": "file with the client's key"})

    def __post_init__(self) -> None:
        if self.sslmode not in (None, *SSL_MODES):
            raise ValueError(f"`sslmode` is one of {', '.join(SSL_MODES)}")
        if self.url == "":
            return  # it stands in the environment, where a check does not look
        if not _URL.match(self.url):
            raise ValueError("`url` is one of SQLAlchemy, such as mariadb://db.example.org/shop or sqlite:///shop.db")
        found = _USER.match(self.url)
        if found is not None and found[2] is not None:
            for text in (found[2], unquote(found[2]), found[2].split("@")[0]):
                Secret(text)  # from now on it is taken out of whatever is shown
            raise ValueError(f"`url` holds a password: {_INSTEAD}")
        for name, value in parse_qsl(urlsplit(self.url).query, keep_blank_values=True):
            if _HIDES.search(name):
                Secret(value)
                raise ValueError(f"`url` holds a secret, `{name}`: {_INSTEAD}")
        if found is not None and found[1] and self.user is not None:
            raise ValueError("the user stands in `url` and in `user`: keep one")


@dataclass(frozen=True, slots=True)
class SqlOptions:
    """What a spec may write: a table or view, its name as the database has it."""

    table: str = field(metadata={"help": "a table or view"})
    schema: str | None = field(default=None, metadata={"help": "its schema; that of the connection unless said"})

    def __post_init__(self) -> None:
        if not self.table or self.schema == "" or "\0" in self.table + (self.schema or ""):
            raise ValueError("`table` and `schema` are names, not empty")


def open_table(options: SqlOptions, context: Context) -> Dataset:
    if context.connection.url.partition(":")[0].partition("+")[0] in ("mysql", "mariadb", "sqlite"):
        from kpidsl_sqlalchemy.asking import AskedTable

        return AskedTable(options, context)
    from kpidsl_sqlalchemy.reading import SqlTable

    return SqlTable(options, context)


@hookimpl
def kpidsl_providers() -> tuple[Provider, ...]:
    summary = "tables and views of MariaDB, MySQL, SQLite and what else SQLAlchemy reaches"
    return (Provider("sqlalchemy", SqlOptions, open_table, summary, connection=SqlConnection),)
