"""Any frozen record as indented text: what `kpidsl show` prints and golden tests compare."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from fractions import Fraction

from kpidsl import calendar as c
from kpidsl.semantic.rows import ColumnValue, Constant
from kpidsl.semantic.units import Unit
from kpidsl.semantic.values import Info
from kpidsl.source_text import Source, Span

_PLAIN = (str, int, bool, Decimal, Fraction, date, datetime, Enum, type(None))


def tree(node: object, depth: int = 0) -> str:
    """A line a record, its plain fields beside its name, what is inside it indented below. Places are left out."""
    return "\n".join(_lines(node, "", depth))


def _lines(node: object, label: str, depth: int) -> list[str]:
    indent = "  " * depth
    head = f"{label}: " if label else ""
    if isinstance(node, tuple | frozenset):
        items = sorted(node, key=str) if isinstance(node, frozenset) else node
        found = [f"{indent}{label}"] if label else []
        return found + [line for item in items for line in _lines(item, "", depth + bool(label))]
    if isinstance(node, Mapping):
        found = [f"{indent}{label}"]
        return found + [line for key, item in node.items() for line in _lines(item, str(key), depth + 1)]
    short = _short(node)
    if short is not None or not is_dataclass(node):
        return [f"{indent}{head}{short if short is not None else _plain(node)}"]
    plain: list[str] = []
    inner: list[str] = []
    for part in fields(node):
        value = getattr(node, part.name)
        if isinstance(value, Span | Source) or value is None or value in ((), {}):
            continue
        text = _short(value)
        if text is not None:
            plain.append(f"{part.name}={text}" if text else "")
        elif isinstance(value, _PLAIN):
            plain.append(f"{part.name}={_plain(value)}")
        elif isinstance(value, tuple) and all(isinstance(item, str) for item in value):
            plain.append(f"{part.name}={', '.join(value)}")
        else:
            inner.extend(_lines(value, part.name, depth + 1))
    return [" ".join([f"{indent}{head}{type(node).__name__}", *filter(None, plain)]), *inner]


def _short(value: object) -> str | None:
    """What is said in a few words rather than field by field; nothing of the unit of a plain number."""
    match value:
        case Unit():
            return value.label or (
                "" if value.is_number else "·".join(f"{name}^{power}" for name, power in value.dimensions)
            )
        case Info():
            unit = _short(value.unit)
            vector = f" over {value.depth} `each`" if value.depth else ""
            return f"({value.kind} {value.sort}{f' in {unit}' if unit else ''}{vector})"
        case ColumnValue():
            kind = f":{value.type.value}" if value.type is not None else ""
            unit = _short(value.unit)
            return f"<{'.'.join((*value.path, value.name))}{kind}{f' in {unit}' if unit else ''}>"
        case Constant():
            return _plain(value.value)
        case c.Unit():
            return value.singular
        case (
            c.Last() | c.Next() | c.Trailing() | c.ToDate() | c.This() | c.Period() | c.Days() | c.Since() | c.AllTime()
        ):
            return f"({value.label})"
        case _:
            return None


def _plain(value: object) -> str:
    match value:
        case str():
            return repr(value)
        case Enum():
            return str(value.value)
        case date():
            return value.isoformat()
        case _:
            return str(value)
