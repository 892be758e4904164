"""Whether every aggregation of a value has a window around it."""

from __future__ import annotations

from kpidsl import calendar as c
from kpidsl.diagnostics import Problems
from kpidsl.patterns import regex
from kpidsl.semantic import values as v
from kpidsl.semantic.windows import Invalid
from kpidsl.source_text import Span
from kpidsl.syntax import expr_nodes as x

_WINDOWED = regex(r"\b(?:over|earlier)\b")


def unwindowed(value: v.Value, windowed: bool = False) -> list[v.Aggregate]:
    """The aggregations without an `over` around them; those `at end` take the anchor."""
    match value:
        case v.Aggregate():
            return [] if windowed or value.at == "end" else [value]
        case v.Windowed():
            return unwindowed(value.operand, True)
        case v.EachPeriod():
            # Inside, each period is the window; that there is one around is checked by `periods_outside`.
            return unwindowed(value.operand, True)
        case _:
            return [found for part in v.parts(value) for found in unwindowed(part, windowed)]


def periods_outside(
    value: v.Value, around: c.WindowSpec | None = None
) -> list[tuple[v.EachPeriod, c.WindowSpec | None]]:  # fmt: skip
    """The series over periods that have no window to be periods of, or one without a beginning, with that one."""
    match value:
        case v.Windowed():
            return periods_outside(value.operand, value.window)
        case v.EachPeriod():
            own = [(value, around)] if around is None or isinstance(around, c.AllTime) else []
            return own + periods_outside(value.operand, c.Last(1, value.unit))
        case _:
            return [found for part in v.parts(value) for found in periods_outside(part, around)]


def is_standalone(value: v.Value) -> bool:
    """Whether a value can be computed by itself: it reads data, and all of it within windows."""
    return bool(v.aggregates(value)) and not unwindowed(value) and not periods_outside(value)


def check_mixed(value: v.Value, node: x.Expr, problems: Problems) -> None:
    """Report a metric of which one part has a window and another has none. Raises `Invalid`."""
    if (windows(value) and unwindowed(value)) or (_windows_beside(value) and periods_outside(value)):
        check_windows(value, node, problems)


def check_windows(value: v.Value, node: x.Expr, problems: Problems) -> None:
    """Report aggregations without a window. Raises `Invalid`."""
    for series, around in periods_outside(value):
        each = f"each {series.unit.singular}"
        if around is None:
            hint = _one_for_all(value, node) or f"put one around it: `({shorten(node)}) over last month`"
            problems.error("K0322", f"`{each}` has no window whose periods these are", node.span, hint=hint)
        else:
            hint = "say from when on: `since 2024-01-01`"
            problems.error("K0322", f"`{around.label}` has no beginning for `{each}` to start at", node.span, hint=hint)
        raise Invalid
    bare = unwindowed(value)
    if not bare:
        return
    first = bare[0]
    also = (
        [(first.span, "this aggregation has no window")]
        if first.span is not None and (first.span.source is not node.span.source or first.span != node.span)
        else []
    )
    todo = _one_for_all(value, node)
    if todo is None:
        text = shorten(node)
        todo = f"say when: `{f'({text})' if isinstance(node, x.Binary) else text} over last month`"
    message = "there is no window around this: which time does it look at?"
    if windows(value):
        message = "one part of this has a window, and another has none"
    problems.error("K0321", message, node.span, also=also, hint=todo)
    raise Invalid


def _one_for_all(value: v.Value, node: x.Expr) -> str | None:
    """What to write where only one side of an operation has a window."""
    window = next(iter(windows(value)), None)
    if window is None or not isinstance(node, x.Binary):
        return None
    whole = without_window(node)
    todo = f"write `({whole}) over" if whole is not None else "put parentheses around all, and behind them `over"
    return f"one part has a window, so all must: {todo} {window.label}`"


def windows(value: v.Value) -> list[c.WindowSpec]:
    """The windows written in a value."""
    own = [value.window] if isinstance(value, v.Windowed) else []
    return own + [found for part in v.parts(value) for found in windows(part)]


def _windows_beside(value: v.Value) -> bool:
    """Whether a window stands outside of every series over periods: one inside says what is looked at in each."""
    if isinstance(value, v.Windowed | v.EachPeriod):
        return isinstance(value, v.Windowed)
    return any(_windows_beside(part) for part in v.parts(value))


def previous_exists(value: v.Value, span: Span, problems: Problems) -> None:
    """`since …` and `all time` have no window before them. Raises `Invalid`."""
    for window in windows(value):
        if isinstance(window, c.Since | c.AllTime):
            problems.error(
                "K0323",
                f"there is nothing before `{window.label}` to compare with",
                span,
                hint="compare with a time: `compare 1 year earlier`",
            )
            raise Invalid


def shorten(node: x.Expr) -> str:
    text = " ".join(node.span.text.split())
    return text if len(text) <= 60 else text[:57] + "…"


def without_window(node: x.Binary) -> str | None:
    """The text of an operation without the windows of its two sides; None where there are others in it."""
    source, at, kept = node.span.source, node.span.start, ""
    for side in (node.left, node.right):
        if isinstance(side, x.Over):
            window = side.window.span
            kept += source.text[at : window.start].rstrip().removesuffix("over").rstrip()
            at = window.end
    kept = " ".join((kept + source.text[at : node.span.end]).split())
    return None if _WINDOWED.search(kept) or len(kept) > 60 else kept
