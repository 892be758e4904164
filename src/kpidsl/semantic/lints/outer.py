"""Windows that are put over what has windows of its own."""

from __future__ import annotations

from kpidsl.diagnostics import Problems
from kpidsl.semantic import values as v
from kpidsl.semantic.lints.walk import Spot
from kpidsl.semantic.windowing import windows
from kpidsl.syntax import expr_nodes as x


def lint_outer(spot: Spot, problems: Problems) -> None:
    """Warn of a window that changes nothing: it would stand beside a number of another time."""
    match spot.node, spot.value:
        case x.Over(operand=operand, window=window), v.Windowed(operand=inner, window=spec):
            if v.aggregates(inner) and not _takes_window(inner):
                own = windows(inner)
                shown = f"`{own[0].label}`" if len({one.label for one in own}) == 1 else "its own"
                problems.warning(
                    "K0376",
                    f"`over {spec.label}` changes nothing: what stands before it has a window of its own",
                    window.span,
                    f"the value is that of {shown}",
                    also=[(operand.span, "what has a window")],
                    hint=f"leave `over {spec.label}` out, or take the window out of what stands before it",
                )
        case _:
            return


def _takes_window(value: v.Value) -> bool:
    """Whether a part of a value looks at the window around it."""
    match value:
        case v.Windowed():
            return False
        case v.Aggregate() | v.EachPeriod():
            return True
        case _:
            return any(_takes_window(part) for part in v.parts(value))
