"""Results as TOML 1.0."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import islice

import tomli_w

from kpidsl.assess.results import Results
from kpidsl.diagnostics.glyphs import encodable
from kpidsl.report.document import document
from kpidsl.report.numbers import plain
from kpidsl.report.parts import Many, Plain


def to_toml(results: Results) -> str:
    """The document as TOML: the content of the JSON, without the key of a NULL member, as TOML has no null.

    Decimals are floats with every digit (`118250.0`, `1749.5`), so a key has one type whatever its value; what is
    counted is an integer. Read it with `tomllib.loads(text, parse_float=Decimal)` to keep the digits.
    """
    return "".join(pieces(results))


def pieces(results: Results) -> Iterator[str]:
    """The same text a piece at a time, so that of many segments 250 are in memory.

    tomli-w writes whole documents. So it writes one that has a mark in place of the segments of a KPI that has many,
    and the segments as documents of their own, of which only their tables are taken.
    """
    found = document(results, lazily=True)
    marked: dict[int, Many] = {}
    kpis = found["kpis"]
    assert isinstance(kpis, list)
    for place, one in enumerate(kpis):
        assert isinstance(one, dict)
        segments = one.get("segments")
        if isinstance(segments, Many):
            are_tables = any(_HEAD in _dumped({"kpis": [{"segments": some}]}) for some in _batches(segments))
            one["segments"] = [_mark(place)] if are_tables else list(segments)
            if are_tables:
                marked[place] = segments
    text = _dumped(found)
    for place, segments in marked.items():
        mark = _dumped({"kpis": [{"segments": [_mark(place)]}]}).removeprefix(_BEFORE)
        before, _, text = text.partition(mark)
        yield before
        for at, some in enumerate(_batches(segments)):
            written = _dumped({"kpis": [{"segments": [*some, _mark(place)]}]})
            yield ("\n" if at else "") + written.removeprefix(_BEFORE).removesuffix(f"\n{mark}")
    yield text


_HEAD = "[[kpis.segments]]\n"
_BEFORE = "[[kpis]]\n\n"
_TOGETHER = 250


def _mark(place: int) -> dict[str, Plain]:
    """A segment that there is none of, too long for one line; no text of a document has a line like its."""
    return {f"mark-{place}": "-" * 120}


def _batches(segments: Many) -> Iterator[list[Plain]]:
    going = iter(segments)
    while some := list(islice(going, _TOGETHER)):
        yield list(some)


def _dumped(found: Plain) -> str:
    return tomli_w.dumps(_without_null(found), indent=2)


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
