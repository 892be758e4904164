"""Spark as a data source: `from spark(lake, table: "orders")`, `lake` being a connection in kpidsl.toml."""

from __future__ import annotations

import re
from dataclasses import field

from kpidsl.hookspecs import Context, Dataset, Provider, Secret, hookimpl
from kpidsl.patterns import regex
from kpidsl.records import dataclass

FIXED = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.caseSensitive": "false",
    "spark.sql.decimalOperations.allowPrecisionLoss": "false",
    "spark.sql.files.ignoreCorruptFiles": "false",
    "spark.sql.files.ignoreMissingFiles": "false",
    "spark.sql.parquet.inferTimestampNTZ.enabled": "true",
    "spark.sql.timestampType": "TIMESTAMP_LTZ",
    "spark.sql.parser.escapedStringLiterals": "false",
    "spark.sql.ansi.doubleQuotedIdentifiers": "false",
    "spark.sql.groupByOrdinal": "true",
    "spark.sql.variable.substitute": "false",  # a text with ${env:NAME} in it is a text
}
"""What numbers depend on: of every session, whatever the cluster's own settings are."""
ALLOWED = regex(
    r"spark\.(app\.name|cores\.max|default\.parallelism|driver\.(host|bindAddress|port|maxResultSize)|blockManager\.port"
    r"|dynamicAllocation\..+|executor\.(cores|memory|memoryOverhead|instances|extraJavaOptions|extraClassPath)"
    r"|driver\.(memory|extraJavaOptions|extraClassPath)|jars|local\.dir|network\..+|rpc\..+|scheduler\..+|shuffle\..+"
    r"|speculation.*|sql\..+|ssl\..+|task\.(cpus|maxFailures)|hadoop\..+)"
)
_SECRET = regex(r"secret|password|token|credential|access\.?key|account\.key", re.IGNORECASE)
_MASTER = regex(r"spark://[^\s,/]+:\d+(,[^\s,/]+:\d+)*|local(\[[\d*]+\])?")
_REMOTE = regex(r"sc://[^\s;/?#@]+/?")


@dataclass(frozen=True, slots=True)
class SparkConnection:
    """What kpidsl.toml may say of a cluster: a server of Spark Connect, or a master that gets a session of its own."""

    remote: str | None = field(default=None, metadata={"help": "a server of Spark Connect: sc://HOST:PORT"})
    master: str | None = field(default=None, metadata={"help": "a standalone master: spark://HOST:PORT; needs Java"})
    token: Secret | None = field(default=None, metadata={"help": "what Spark Connect knows us by; needs TLS"})
    tls: bool = field(default=False, metadata={"help": "speak TLS with Spark Connect; with a token always"})
    secret: Secret | None = field(default=None, metadata={"help": "spark.authenticate.secret of the master's cluster"})
    root: str | None = field(default=None, metadata={"help": "the folder that paths of specs lie in, as Spark sees it"})
    conf: tuple[str, ...] = field(default=(), metadata={"help": 'settings of Spark: ["spark.cores.max=8", …]'})

    def __post_init__(self) -> None:
        if (self.remote is None) == (self.master is None):
            raise ValueError("`remote` (sc://…) or `master` (spark://…) has to be there, and not both")
        if self.remote is not None and not _REMOTE.fullmatch(self.remote):
            raise ValueError("`remote` is sc://HOST or sc://HOST:PORT and nothing more; a token stands in `token`")
        if self.master is not None and not _MASTER.fullmatch(self.master):
            raise ValueError("`master` is spark://HOST:PORT; other cluster managers are reached by Spark Connect")
        if self.master is not None and (self.token is not None or self.tls):
            raise ValueError("`token` and `tls` are of Spark Connect; a master has a `secret`")
        if self.remote is not None and self.secret is not None:
            raise ValueError("`secret` is a master's; Spark Connect has a `token`")
        for setting in self.conf:
            _check(setting, is_remote=self.remote is not None)

    @property
    def settings(self) -> dict[str, str]:
        """`conf`, parted."""
        return {name.strip(): value.strip() for name, _, value in (one.partition("=") for one in self.conf)}

    @property
    def place(self) -> str:
        return self.remote or self.master or ""


def _check(setting: str, *, is_remote: bool) -> None:
    name, equals, _ = (part.strip() for part in setting.partition("="))
    if not equals:
        raise ValueError(f'`conf` is a list of texts "NAME=VALUE", and `{setting}` is none')
    if name in FIXED:
        raise ValueError(f"`{name}` decides what numbers mean: kpidsl sets it to {FIXED[name]}")
    if _SECRET.search(name):
        raise ValueError(f"`{name}` is a secret and may not stand here: give it to Spark, in spark-defaults.conf")
    if not ALLOWED.fullmatch(name):
        raise ValueError(f"`{name}` is none of the settings that a connection may have")
    if is_remote and not name.startswith("spark.sql."):
        raise ValueError(f"`{name}` is for a session of its own; over Spark Connect only spark.sql.… can be set")


@dataclass(frozen=True, slots=True)
class SparkOptions:
    """What a spec may write: a table or view of the catalog, or a path of Parquet files."""

    table: str | None = field(default=None, metadata={"help": "a table or view of the catalog"})
    schema: str | None = field(default=None, metadata={"help": "its schema (database); the session's unless said"})
    catalog: str | None = field(default=None, metadata={"help": "its catalog; the session's unless said"})
    path: str | None = field(default=None, metadata={"help": "Parquet: a file, a folder, or a pattern with *"})

    def __post_init__(self) -> None:
        if (self.table is None) == (self.path is None):
            raise ValueError("`table` or `path` has to be there, and not both")
        if self.path is not None and (self.schema is not None or self.catalog is not None):
            raise ValueError("`schema` and `catalog` are of a table, not of a path")
        if self.catalog is not None and self.schema is None:
            raise ValueError("with `catalog` say `schema`, too")
        if any(text is not None and (not text or "\0" in text) for text in (self.table, self.schema, self.catalog)):
            raise ValueError("`table`, `schema` and `catalog` are names, not empty")
        if self.path is not None and (not self.path.strip() or "\0" in self.path):
            raise ValueError("`path` is not empty")


def open_spark(options: SparkOptions, context: Context) -> Dataset:
    from kpidsl_spark.reading import SparkRows

    return SparkRows(options, context)


@hookimpl
def kpidsl_providers() -> tuple[Provider, ...]:
    return (
        Provider(
            "spark", SparkOptions, open_spark, "tables and Parquet files of Apache Spark", connection=SparkConnection
        ),
    )
