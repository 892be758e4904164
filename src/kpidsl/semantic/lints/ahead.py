"""Windows that lie ahead, over rows that are not read."""

from __future__ import annotations

from kpidsl import calendar as c
from kpidsl.diagnostics import Problems
from kpidsl.semantic import values as v
from kpidsl.semantic.lints.walk import spots
from kpidsl.semantic.model import Model
from kpidsl.syntax import expr_nodes as x


def lint_ahead(node: x.Expr, value: v.Value, model: Model, problems: Problems) -> None:
    """Warn of `next month` over a source that is no plan: none of its rows is read there, so it never has a value."""
    for window, inner in _unshifted(value):
        names = tuple(dict.fromkeys(one.source for one in v.aggregates(inner)))
        if not names or any(_may_have_rows(model, name) for name in names):
            continue
        places = (
            spot.node.window.span
            for spot in spots(node, value)
            if isinstance(spot.node, x.Over) and isinstance(spot.value, v.Windowed) and spot.value.window is window
        )
        shown = names[0].rpartition(".")[2]
        problems.warning(
            "K0375",
            f"`{window.label}` lies ahead, and of `{shown}` no row at or after the as-of is read",
            next(places, node.span),
            "this never has a value",
            hint=f"write `ahead` into the source `{shown}` if its rows are plans; else look back: `last …`",
        )


def _unshifted(value: v.Value) -> list[tuple[c.Next, v.Value]]:
    """Each window that begins at the anchor or later, with what it is over; one that is moved back is none."""
    match value:
        case v.Shifted():
            return []
        case v.Windowed(operand=operand, window=c.Next() as window):
            return [(window, operand)]
        case _:
            return [found for part in v.parts(value) for found in _unshifted(part)]


def _may_have_rows(model: Model, name: str) -> bool:
    """Whether rows of a source may count in a window that lies ahead: plans, what holds for a while, and late rows."""
    source = model.sources[name]
    return source.ahead or source.holds is not None or source.lag is not None
