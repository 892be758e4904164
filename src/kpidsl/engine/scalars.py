"""What a step comes to: one value, a reason why there is none, or a vector of these."""

from __future__ import annotations

from kpidsl.engine.parts import Known
from kpidsl.records import dataclass


@dataclass(frozen=True, slots=True)
class Scalar:
    """A value. `n` rows entered it (None for constants), `n_open` first events may still convert; `exact` tells that
    all its digits may be written.
    """

    value: Known
    n: int | None
    n_unknown: int | None
    exact: bool
    n_open: int | None = None


@dataclass(frozen=True, slots=True)
class Missing:
    """No value, for a reason; `errors` are what failed where the reason is `source_error`."""

    reason: str
    n: int | None = None
    n_unknown: int | None = None
    errors: tuple[object, ...] = ()
    n_open: int | None = None


@dataclass(frozen=True, slots=True)
class Vector:
    """Values by period (in time order) or by member (in code-point order)."""

    items: tuple[tuple[object, Outcome], ...]
    axis: str


Outcome = Scalar | Missing | Vector
