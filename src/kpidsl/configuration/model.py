"""What kpidsl.toml says, read and merged for one profile; nothing is opened, no secret is looked up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from pathlib import Path

from kpidsl.hookspecs import Limits
from kpidsl.records import dataclass
from kpidsl.source_text import Span


@dataclass(frozen=True, slots=True)
class Setting:
    """A value as TOML has it, and where it stands. A table `{env = "NAME"}` or `{file = "path"}` names where it is."""

    value: object
    span: Span


@dataclass(frozen=True, slots=True)
class ConnectionSettings:
    """A connection: its provider, what it may do, and the provider's own settings. `public`: an untrusted spec may use
    it.
    """

    name: str
    provider: Setting
    public: bool
    limits: Limits
    values: Mapping[str, Setting]
    span: Span


@dataclass(frozen=True, slots=True)
class SourceSettings:
    """What stands in for what a spec says behind `from`: provider, connection and options."""

    name: str
    provider: Setting
    connection: Setting | None
    values: Mapping[str, Setting]
    span: Span


@dataclass(frozen=True, slots=True)
class Configuration:
    """Connections and sources by name, as the chosen profile has them. `folder` is where relative paths in it start."""

    folder: Path | None = None
    profile: str | None = None
    connections: Mapping[str, ConnectionSettings] = field(default_factory=dict)
    sources: Mapping[str, SourceSettings] = field(default_factory=dict)


EMPTY = Configuration()
