"""kpidsl.toml: connections, profiles and what stands in for a source; the one place that may name the environment."""

from __future__ import annotations

from kpidsl.configuration.find import FILE, Wanted, find
from kpidsl.configuration.model import EMPTY, Configuration, ConnectionSettings, Setting, SourceSettings

__all__ = [
    "EMPTY",
    "FILE",
    "Configuration",
    "ConnectionSettings",
    "Setting",
    "SourceSettings",
    "Wanted",
    "find",
    "read",
]
