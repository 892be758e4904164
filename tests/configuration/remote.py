"""A provider that is reached by a connection, as a plugin would have it; what it does is told by its options."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from types import ModuleType
from typing import Any
from unittest import mock

import pyarrow as pa

from kpidsl import plugins
from kpidsl.diagnostics import SourceError
from kpidsl.hookspecs import Context, Provider, ScanRequest, Secret, hookimpl
from kpidsl.semantic.types import Column, DataType, Schema


@dataclass(frozen=True)
class Connection:
    host: str
    user: str = "reader"
    password: Secret | None = None


@dataclass(frozen=True)
class Options:
    table: str
    slow: float = field(default=0.0, metadata={"help": "seconds until the rows come"})
    fails: int = field(default=0, metadata={"help": "so many scans fail at first"})
    says: str = "connection reset"
    transient: bool = True
    odd: str = field(default="", metadata={"help": "the type of Arrow's that `amount` has"})


@dataclass
class Log:
    """What happened, over all datasets of a test."""

    scans: list[str] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    requests: list[ScanRequest] = field(default_factory=list)
    contexts: list[Context] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


class Table:
    def __init__(self, options: Options, context: Context, log: Log) -> None:
        self.options, self.context, self.log = options, context, log

    def schema(self) -> Schema:
        return Schema((Column("day", DataType.DATE), Column("amount", DataType.INTEGER)))

    def fingerprint(self) -> None:
        return None

    def scan(self, request: ScanRequest) -> pa.Table:
        with self.log.lock:
            self.log.scans.append(self.options.table)
            self.log.requests.append(request)
            self.log.at_once += 1
            self.log.most_at_once = max(self.log.most_at_once, self.log.at_once)
            tries = self.log.scans.count(self.options.table)
        try:
            time.sleep(self.options.slow)
            if tries <= self.options.fails:
                password = self.context.connection.password
                secret = password.reveal() if password is not None else ""
                raise SourceError(
                    f"{self.options.says} (reader:{secret}@{self.context.connection.host})",
                    code="K0610", hint="is the server up?", transient=self.options.transient, retry_after=0.01,
                )  # fmt: skip
        finally:
            with self.log.lock:
                self.log.at_once -= 1
        amounts = pa.array([1.0, 2.0]).cast(self.options.odd) if self.options.odd else pa.array([1, 2])
        rows = {"day": [date(2026, 3, 1), date(2026, 3, 2)], "amount": amounts}
        return pa.table({column.name: rows[column.name] for column in request.columns})


@contextmanager
def installed(log: Log | None = None) -> Iterator[Log]:
    """The provider `remote`, as if a package gave it."""
    kept = log or Log()
    module = ModuleType("kpidsl_remote")

    def open_table(options: Options, context: Context) -> Table:
        kept.contexts.append(context)
        return Table(options, context, kept)

    @hookimpl
    def kpidsl_providers() -> tuple[Provider, ...]:
        return (Provider("remote", Options, open_table, "tables elsewhere", connection=Connection),)

    vars(module)["kpidsl_providers"] = kpidsl_providers

    @dataclass(frozen=True)
    class Entry(plugins.EntryPoint):
        def load(self) -> Any:
            return module

    entry = Entry("remote", "kpidsl_remote", None, "kpidsl-remote", "1.0")
    with mock.patch.object(plugins, "load", partial(plugins.load, environ={}, found=[entry])):
        yield kept
