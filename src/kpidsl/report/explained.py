"""How values came about, where it was asked for: what was aggregated, over which rows, by which query."""

from __future__ import annotations

from datetime import datetime

from kpidsl.assess.results import Input, Results, WindowResult
from kpidsl.diagnostics.glyphs import visible, wrapped
from kpidsl.report.numbers import plain
from kpidsl.report.table import BOLD, DIM, paint


def explained(results: Results, *, width: int, colour: bool) -> list[str]:
    """The inputs of KPIs, metrics, key results and evidence that come with their SQL; no lines where none do.

    A line of SQL is never broken, so that it can be copied.
    """
    lines: list[str] = []
    for name, inputs in _named(results):
        shown = [line for found in inputs if found.sql is not None for line in _input(found, width, colour=colour)]
        if shown:
            lines += [*([""] if lines else []), paint(f"How {name} came about", BOLD, on=colour), *shown]
    return lines


def _named(results: Results) -> list[tuple[str, tuple[Input, ...]]]:
    """What has inputs, by name."""
    named = [(each.name, each.inputs) for each in results.kpis] + [(each.name, each.inputs) for each in results.metrics]
    named += [(one.name, one.inputs) for each in results.objectives for one in each.key_results]
    return named + [(f"{each.name}.{one.name}", one.inputs) for each in results.outcomes for one in each.evidence]


def queries(results: Results) -> tuple[str, ...]:
    """The SQL behind all values, each query once."""
    every = (part.sql for _, inputs in _named(results) for part in inputs)
    return tuple(dict.fromkeys(sql for sql in every if sql is not None))


def _input(found: Input, width: int, *, colour: bool) -> list[str]:
    where = f" where {' and '.join(f'({each})' for each in found.where)}" if len(found.where) > 1 else ""
    if len(found.where) == 1:
        where = f" where {found.where[0]}"
    each = "".join(f" each {name}" for name in found.series)
    said = [f"{found.aggregation} from {found.source}{where}{each}"]
    if found.window:
        said.append(_window(found.window))
    said.append(f"= {_value(found)}" + ("" if found.n is None else f", n {found.n:,}"))
    lines = [f"  {line}" for line in wrapped(said[0], width - 2)]
    lines += [f"    {line}" for text in said[1:] for line in wrapped(text, width - 4)]
    sql = [f"    {visible(line)}".rstrip() for line in (found.sql or "").splitlines()]
    return [*lines, *(paint(line, DIM, on=colour) for line in sql)]


def _window(found: WindowResult) -> str:
    start = "the first row" if found.start is None else _civil(found.start)
    return f"{found.label}: from {start} to before {_civil(found.end)}"


def _civil(moment: datetime) -> str:
    """The time in the calendar's zone, which the last line of the table names."""
    return moment.replace(tzinfo=None).isoformat(" ", "auto" if moment.second or moment.microsecond else "minutes")


def _value(found: Input) -> str:
    match found.value:
        case None:
            return (found.value_undefined or ("a vector" if found.series else "nothing")).replace("_", " ")
        case bool():
            return "true" if found.value else "false"
        case str():
            return found.value
        case _:
            return plain(found.value)
