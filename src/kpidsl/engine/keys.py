"""Keys that should be unique: a source's own is reported, a joined one that repeats is an error."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from kpidsl.calendar import Calendar
from kpidsl.diagnostics import Diagnostic, KpidslError, Label, Severity, SourceError
from kpidsl.engine.answers import Answers
from kpidsl.plan.columns import columns, columns_of_conversion
from kpidsl.plan.nodes import Cell
from kpidsl.semantic.model import JoinModel, SourceModel
from kpidsl.semantic.values import Conversion
from kpidsl.sql import exp
from kpidsl.sql import queries as q

Fetch = Callable[[Any, str], list[tuple[Any, ...]]]
_SHOWN = 3
_HINT = "a join finds at most one row: join on more columns, or read a table with one row a key"
_HINT_OF_FLOATS = (
    "a join finds at most one row, and these keys are compared with floating-point numbers, as which some of them are"
    " the same: write both columns as whole numbers, or both as texts"
)


def check_key(source: SourceModel, table: str, fetch: Fetch, warnings: list[Diagnostic]) -> None:
    """Report rows that share a key which is said to be unique."""
    if not source.key:
        return
    found = fetch(q.repeated(table, q.key_columns(source.key), _SHOWN + 1), source.name)
    if found:
        warnings.append(
            Diagnostic(
                "K0611",
                Severity.WARNING,
                f"the key of `{source.name}` is not unique: {_examples(source.key, found)}",
                (Label(source.span, "its `key` says it is"),),
                hint="rows that stand twice are counted twice: mend the data, or the key",
            )
        )


def check_joins(
    source: SourceModel,
    reached: set[tuple[str, ...]],
    sources: Mapping[str, SourceModel],
    calendar: Calendar,
    tables: Mapping[str, str],
    fetch: Fetch,
    answers: Answers,
) -> KpidslError | None:
    """Whether every join on some paths from a source finds at most one row, and its source could be read."""
    for path in sorted(reached):
        model = source
        for name in path:
            join = model.joins[name]
            failed = answers.failed_sources.get(join.source)
            if failed is not None:
                return failed
            other = sources[join.source]
            error = _unique(join, q.compared_keys(model, other, join, calendar), tables, fetch, answers)
            if error is not None:
                return error
            model = other
    return None


def _unique(
    join: JoinModel, keys: tuple[exp.Expr, ...], tables: Mapping[str, str], fetch: Fetch, answers: Answers
) -> KpidslError | None:  # fmt: skip
    key = (join.source, keys)
    names = tuple(right for _, right in join.keys)
    known = answers.joins
    if key not in known:
        try:
            found = fetch(q.repeated(tables[join.source], keys, _SHOWN + 1), join.source)
        except SourceError as error:
            # It is not known to be unique, so nothing is joined with it: cells that do without are not affected.
            known[key] = error
            return error
        known[key] = (
            SourceError(
                f"`{join.source}` is joined by a key that repeats: {_examples(names, found)}",
                code="K0612",
                hint=_HINT_OF_FLOATS if any(isinstance(one, exp.Cast) for one in keys) else _HINT,
            )
            if found
            else None
        )
    return known[key]


def _examples(columns: tuple[str, ...], found: list[tuple[Any, ...]]) -> str:
    shown = [
        ", ".join(f"{name} {value}" for name, value in zip(columns, row, strict=False)) + f" stands {row[-1]} times"
        for row in found[:_SHOWN]
    ]
    return "; ".join(shown) + ("; …" if len(found) > _SHOWN else "")


def paths(cell: Cell) -> set[tuple[str, ...]]:
    """The joins a cell uses, each as the names that lead there."""
    return {column.path for column in columns(cell) if column.path}


def paths_of_conversion(conversion: Conversion) -> set[tuple[str, ...]]:
    """The joins the second step of a conversion uses."""
    return {column.path for column in columns_of_conversion(conversion) if column.path}
