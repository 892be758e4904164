"""Numbers that count seconds, or parts of one, since 1970 as instants, in DuckDB's SQL."""

from __future__ import annotations

from typing import Final

_MICROS: Final = 10**6
_FIRST: Final = -62_135_596_800  # seconds: year 1, as Python's times have it
_LAST: Final = 253_402_300_800  # year 10000, which is none


def of_whole(x: str, ticks: int) -> str:
    """Of an expression of whole numbers: `ticks` of them are a second. NULL where no year between 1 and 9999 is meant;
    what is finer than a microsecond is dropped, towards the past.
    """
    if ticks <= _MICROS:  # what is in those years fits a machine word
        micros = f"CAST({x} AS BIGINT) * {_MICROS // ticks}"
    else:
        wide = f"CAST({x} AS HUGEINT)"
        finer = ticks // _MICROS
        micros = f"({wide} - ({wide} % {finer} + {finer}) % {finer}) // {finer}"
    return _within(x, ticks, micros)


def of_fraction(x: str, ticks: int, digits: int = 9) -> str:
    """The same of decimals or floats, of which so many digits after the point count, at most 9."""
    if ticks > _MICROS:
        return of_whole(f"floor({x})", ticks)
    micros = _MICROS // ticks
    part = f"CAST({x} - floor({x}) AS DECIMAL(10, {digits}))"
    return _within(x, ticks, f"CAST(floor({x}) AS HUGEINT) * {micros} + CAST(floor({part} * {micros}) AS HUGEINT)")


def _within(x: str, ticks: int, micros: str) -> str:
    instant = f"make_timestamptz(CAST({micros} AS BIGINT))"  # measured, a twelfth of what timezone('UTC', …) costs
    return f"CASE WHEN {x} >= {_FIRST * ticks} AND {x} < {_LAST * ticks} THEN {instant} END"
