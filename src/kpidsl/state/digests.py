"""What kept state is named after: what declarations and cells mean, as text without their places."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from hashlib import sha256
from pathlib import Path

from kpidsl.source_text import Source, Span


def digest(*parts: object) -> str:
    """A short name for these parts, and for no others."""
    return digest_of([meaning(part) for part in parts])


def digest_of(meanings: Sequence[str]) -> str:
    """The same of parts whose meanings are known."""
    return sha256("\n".join(meanings).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def meaning(value: object) -> str:
    """A record as text: equal where it means the same, wherever it is written and in whatever folder."""
    if isinstance(value, Span | Source | Path):
        return ""
    if isinstance(value, Enum):
        return f"{type(value).__name__}.{value.name}"
    if is_dataclass(value) and not isinstance(value, type):
        inner = ",".join(f"{part.name}={meaning(getattr(value, part.name))}" for part in fields(value))
        return f"{type(value).__name__}({inner})"
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{meaning(key)}:{meaning(one)}" for key, one in value.items()) + "}"
    if isinstance(value, frozenset):
        return "{" + ",".join(sorted(meaning(one) for one in value)) + "}"
    if isinstance(value, tuple | list):
        return "(" + ",".join(meaning(one) for one in value) + ")"
    return repr(value)
