"""What a spec may write between the parentheses, and what kpidsl.toml may say of a connection."""

from __future__ import annotations

import re
from dataclasses import field
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit

from kpidsl.hookspecs import Secret
from kpidsl.records import dataclass

MILLISECONDS: Final = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
MOST_POINTS: Final = 11_000
"""What a server gives of a series for one request at most (Prometheus' web/api/v1, a constant)."""
STAMPS: Final = ("end", "start")


@dataclass(frozen=True, slots=True)
class PrometheusConnection:
    """Where a server is and who asks. At most one of `token` and `user`."""

    url: str = field(metadata={"help": "the server, with the prefix it has: https://prometheus.example.com"})
    token: Secret | None = field(default=None, metadata={"help": "sent as a bearer token"})
    user: str | None = field(default=None, metadata={"help": "for basic authentication"})
    password: Secret | None = field(default=None, metadata={"help": "for basic authentication"})
    tenant: str | None = field(default=None, metadata={"help": "sent as X-Scope-OrgID, for servers of several tenants"})

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise ValueError("`url` is a whole URL without a query: https://prometheus.example.com")
        if parts.username is not None or parts.password is not None:
            raise ValueError("`url` holds no user and password: they have settings of their own")
        if self.token is not None and self.user is not None:
            raise ValueError("`token` and `user` are two ways to say who asks: keep one")


@dataclass(frozen=True, slots=True)
class PrometheusOptions:
    """An expression, the moments it is asked for, and which labels become columns."""

    query: str = field(metadata={"positional": True, "help": "a PromQL expression"})
    step: str = field(default="1m", metadata={"help": "from one moment to the next: 30s, 5m, 1h"})
    last: str | None = field(default=None, metadata={"help": "how far back from the end of what is wanted: 90d"})
    since: str | None = field(default=None, metadata={"help": "the first moment: 2026-01-01, or a time and a zone"})
    labels: tuple[str, ...] = field(default=(), metadata={"help": "labels that become columns; `name = label` renames"})
    stamp: str = field(default="end", metadata={"help": "end: the moment that was asked for; start: one step before"})
    buckets: bool = field(default=False, metadata={"help": "a row for each bucket of a histogram"})
    points: int = field(default=MOST_POINTS, metadata={"help": "moments a request; fewer for expensive expressions"})

    def __post_init__(self) -> None:
        if not self.query.strip():
            raise ValueError("`query` is empty")
        _ = self.step_ms, self.last_ms, self.since_ms
        if (self.last is None) == (self.since is None):
            raise ValueError('say how far back: either `last: "90d"` or `since: "2026-01-01"`')
        if self.stamp not in STAMPS:
            raise ValueError("`stamp` is end or start")
        if not 1 <= self.points <= MOST_POINTS:
            raise ValueError(f"`points` is from 1 to {MOST_POINTS:,}: a server gives no more for one request")
        taken = ("time", "lower", "upper", "count") if self.buckets else ("time", "value")
        for name in self.columns:
            if name in taken:
                raise ValueError(f'a label `{name}` needs another name as a column: `labels: ["other = {name}"]`')
        if len(self.columns) != len(self.labels):
            raise ValueError("two of `labels` would be the same column")
        if self.buckets and "le" in self.columns.values():
            raise ValueError("with `buckets`, the label `le` is the columns `lower` and `upper`")

    @property
    def columns(self) -> dict[str, str]:
        """The label of each column."""
        pairs = (text.partition("=") for text in self.labels)
        return {name.strip(): label.strip() or name.strip() for name, _, label in pairs}

    @property
    def step_ms(self) -> int:
        return duration("step", self.step)

    @property
    def last_ms(self) -> int | None:
        return None if self.last is None else duration("last", self.last)

    @property
    def since_ms(self) -> int | None:
        if self.since is None:
            return None
        try:
            moment = datetime.fromisoformat(self.since)
        except ValueError:
            raise ValueError(f'`since` is a day or a time, "2026-01-01T00:00:00+01:00", not `{self.since}`') from None
        return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


def duration(name: str, text: str) -> int:
    """Milliseconds of a duration as PromQL writes it: `90s`, `1h30m`."""
    parts = re.findall(r"(\d+)(ms|[smhdw])", text)
    total = sum(int(number) * MILLISECONDS[unit] for number, unit in parts)
    if not total or "".join(number + unit for number, unit in parts) != text:
        raise ValueError(f"`{name}` is a time like 30s, 5m, 1h, 90d, not `{text}`")
    return total
