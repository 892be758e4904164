"""Values in which `target` stands for the bound in force."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from kpidsl.semantic import values as v


def substituted(value: v.Value, known: Mapping[str, v.Value]) -> v.Value:
    """The value with `target` replaced by the bound in force."""
    if isinstance(value, v.TargetValue):
        return known.get("target", value)
    if isinstance(value, v.Number):
        return value
    changes: dict[str, Any] = {
        part.name: substituted(inner, known)
        for part in fields(value)
        if isinstance(inner := getattr(value, part.name), v.Value)
    }
    return replace(value, **changes) if changes else value
