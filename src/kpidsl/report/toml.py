"""Results as TOML 1.0."""

from __future__ import annotations

from decimal import Decimal

import tomli_w

from kpidsl.assess.results import Results
from kpidsl.diagnostics.glyphs import encodable
from kpidsl.report.document import Plain, document
from kpidsl.report.numbers import plain


def to_toml(results: Results) -> str:
    """The document as TOML: the content of the JSON, without the key of a NULL member, as TOML has no null.

    Decimals are floats with every digit (`118250.0`, `1749.5`), so a key has one type whatever its value; what is
    counted is an integer. Read it with `tomllib.loads(text, parse_float=Decimal)` to keep the digits.
    """
    return tomli_w.dumps(_without_null(document(results)), indent=2)


def _without_null(value: Plain) -> dict[str, object]:
    assert isinstance(value, dict)
    return {encodable(name): _storable(each) for name, each in value.items() if each is not None}


def _storable(value: Plain) -> object:
    match value:
        case dict():
            return _without_null(value)
        case list():
            return [_storable(each) for each in value]
        case str():
            return encodable(value)
        case Decimal():
            # tomli-w before 1.2 takes a decimal without a point for an integer.
            written = plain(value)
            return Decimal(written if "." in written or "e" in written else f"{written}.0")
        case None | bool() | int():
            return value
        case _:
            raise TypeError(f"no value of a document: {value!r}")
