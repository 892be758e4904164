"""Measures of coded material checked: what is coded, the unit it is coded in, by whom, and at what level."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kpidsl.semantic import rows as r
from kpidsl.semantic.model import SourceModel
from kpidsl.semantic.row_check import RowChecker
from kpidsl.semantic.types import DataType
from kpidsl.stats.agreement import LEVELS, WEIGHTS
from kpidsl.syntax import expr_nodes as x
from kpidsl.syntax.node import Name

if TYPE_CHECKING:
    from kpidsl.semantic.aggregate_check import AggregateChecker

_OPTIONS: dict[str, tuple[str, tuple[str, ...]]] = {
    "krippendorff_alpha": ("level", LEVELS),
    "cohen_kappa": ("weights", tuple(one for one in WEIGHTS if one != "none")),
}


def coded(
    checker: AggregateChecker, node: x.Aggregation, call: x.Coded, source: SourceModel, rows: RowChecker
) -> tuple[r.Row, tuple[r.Row, ...], str | None]:
    """What is coded; its unit and, for an agreement, its coder; the level of measurement or the weights."""
    name = call.function.text
    _form(checker, node, call, source)
    if name == "prevalence":
        argument = rows.row(call.arguments[0])
        if argument.type not in (DataType.BOOLEAN, None):
            said = f'{call.arguments[0].span.text} == "…"' if argument.type is DataType.TEXT else "… >= 4"
            rows.wrong(
                call.arguments[0].span, "a prevalence is of a condition", rows.shown(argument),
                f"write `prevalence({said} per {call.per.text})`", argument,
            )  # fmt: skip
        if call.option is not None:
            checker.stop("K0450", "`prevalence` has no options", call.option.span, "leave it out")
        return argument, (_plain(rows, call.per),), None
    argument = rows.row(call.arguments[0])
    if argument.type in (DataType.OTHER, DataType.DURATION):
        rows.wrong(call.arguments[0].span, f"`{name}` takes codes", rows.shown(argument), None, argument)
    way = _way(checker, call, argument, rows)
    assert call.by is not None
    return argument, (_plain(rows, call.per), _plain(rows, call.by)), way


def _form(checker: AggregateChecker, node: x.Aggregation, call: x.Coded, source: SourceModel) -> None:
    """Who codes is said exactly where it matters, and nothing is coded at an instant."""
    name, written = call.function.text, call.arguments[0].span.text
    if name == "prevalence" and call.by is not None:
        checker.stop(
            "K0451", "in a prevalence it does not matter who coded", call.by.span,
            f"write `prevalence({written} per {call.per.text})`",
        )  # fmt: skip
    if name != "prevalence" and call.by is None:
        checker.stop(
            "K0451", f"`{name}` compares what different people said: by whom is missing", call.span,
            f"write `{name}({written} by coder per {call.per.text}{', level: nominal' if _needs(name) else ''})`",
        )  # fmt: skip
    if source.holds is not None and node.on is None:
        checker.stop(
            "K0451", f"`{name}` is about rows at a time, and those of `{node.source.text}` hold over a stretch of it",
            node.span, "write `on COLUMN` behind the source",
        )  # fmt: skip
    if node.at is not None:
        checker.stop("K0451", f"`{name}` is about all rows of a window", node.at.span, "leave `at …` out")


def _needs(name: str) -> bool:
    return name == "krippendorff_alpha"


def _way(checker: AggregateChecker, call: x.Coded, argument: r.Row, rows: RowChecker) -> str | None:
    """The level of measurement or the weights, which the codes must bear."""
    name = call.function.text
    option, ways = _OPTIONS.get(name, (None, ()))
    listed = ", ".join(f"`{way}`" for way in ways)
    if call.option is None or call.word is None:
        if not _needs(name):
            return None
        written = " ".join(call.span.text.split())[:-1]
        checker.stop(
            "K0450", "how far two codes are apart depends on their level of measurement", call.span,
            f"write `{written}, level: nominal)`; it is one of {listed}",
        )  # fmt: skip
    if call.option.text != option:
        hint = f"it has `{option}`: {listed}" if option is not None else "leave it out"
        checker.stop("K0450", f"`{name}` has no `{call.option.text}`", call.option.span, hint)
    way = call.word.text
    if way not in ways:
        checker.stop("K0450", f"there is no {option} `{way}`", call.word.span, f"write one of {listed}")
    kind = argument.type
    fits = kind is None or kind.is_number or (way == "ordinal" and kind.is_time) or way == "nominal"
    if not fits:
        hint = "write `level: nominal`, or code with numbers" if option == "level" else "leave it out"
        rows.wrong(call.word.span, f"`{way}` takes codes that are numbers", rows.shown(argument), hint, argument)
    return way


def _plain(rows: RowChecker, name: Name) -> r.Row:
    """A unit or coder: a column with plain values."""
    row = rows.scope.row(name.parts, name.span, rows.problems)
    if row.type in (DataType.OTHER, DataType.DURATION):
        rows.wrong(name.span, "a column with plain values is expected", rows.shown(row), None, row)
    return row
