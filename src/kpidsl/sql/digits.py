"""Sums that are brought here as the text of their digits: to be handed each as an object takes four times as long."""

from __future__ import annotations

from collections.abc import Mapping

from kpidsl.records import dataclass
from kpidsl.sql import exp
from kpidsl.sql.times import cast, function

_WHOLE = frozenset({"HUGEINT", "INT128"})


@dataclass(frozen=True, slots=True)
class Digits:
    """What a text of digits stands for: a whole number over 10^places, or the only limb of a floating-point sum."""

    places: int = 0
    is_limb: bool = False


def digits_of(state: exp.Expr, types: Mapping[str, str]) -> Digits | None:
    """How a state over groups is brought as text, None where it is not; `types` are those of the groups' columns."""
    if not isinstance(state, exp.Anonymous):
        return None
    if state.name == "list_value" and len(state.expressions) == 1:
        only = digits_of(state.expressions[0], types)
        return Digits(is_limb=True) if only == Digits() else None
    summed = state.expressions[0] if state.name == "sum" else None
    sql_type = types.get(summed.name, "") if isinstance(summed, exp.Column) else ""
    if sql_type.startswith("DECIMAL(") and sql_type.endswith(")"):
        return Digits(int(sql_type[:-1].rpartition(",")[2]))
    return Digits() if sql_type in _WHOLE else None


def as_text(state: exp.Expr, form: Digits | None) -> exp.Expr:
    """The column that brings a state."""
    if form is None:
        return state
    text = cast(state.expressions[0] if form.is_limb else state, "VARCHAR")
    if not form.places:
        return text
    return function("replace", text, exp.Literal.string("."), exp.Literal.string(""))
