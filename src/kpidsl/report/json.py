"""Results as JSON (RFC 8259)."""

from __future__ import annotations

from decimal import Decimal
from json.encoder import encode_basestring

from kpidsl.assess.results import Results
from kpidsl.diagnostics.glyphs import encodable
from kpidsl.report.document import Plain, document
from kpidsl.report.numbers import plain

WIDTH = 120  # columns in which a list or object may stand on one line


def to_json(results: Results) -> str:
    """The document as JSON, ended by a line end. Numbers carry every digit: none has been a float.

    A list or object stands on one line where it fits into 120 columns, else it is indented by two blanks.
    """
    return encodable(written(document(results), 0, 0)) + "\n"


def written(value: Plain, indent: int, before: int) -> str:
    """A value that begins in column `before` of a line indented by `indent`, with room for a comma behind it."""
    kind = type(value)
    if kind is str:
        return encode_basestring(value)  # type: ignore[arg-type]
    if kind is Decimal:
        return plain(value)  # type: ignore[arg-type]
    match value:
        case dict():
            keys = [f"{encode_basestring(name)}: " for name in value]
            return _container(("{", "}"), keys, list(value.values()), indent, before)
        case list():
            return _container(("[", "]"), [""] * len(value), value, indent, before)
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case Decimal():
            return plain(value)
        case str():
            return encode_basestring(value)
        case _:
            raise TypeError(f"no value of a document: {value!r}")


def _container(brackets: tuple[str, str], keys: list[str], values: list[Plain], indent: int, before: int) -> str:
    inner = indent + 2
    items = [key + written(value, inner, inner + len(key)) for key, value in zip(keys, values, strict=True)]
    opening, closing = brackets
    line = opening + ", ".join(items) + closing
    if before + len(line) + 1 <= WIDTH and "\n" not in line and indent:
        return line
    if not items:
        return line
    pad = " " * inner
    return f"{opening}\n{pad}" + f",\n{pad}".join(items) + f"\n{' ' * indent}{closing}"
