"""Segments that differ in nothing but what was found and what it means: columns rather than a record each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, TypeAlias, overload

from kpidsl.assess.results import Assessment, BoundResult, Segment, Value

if TYPE_CHECKING:
    from kpidsl.assess.segments import Members

Row: TypeAlias = (
    "tuple[Value | None, str | None, int | None, int | None, int | None, Decimal | None, Decimal | None, str, str]"
)
"""Value and why there is none; n, n_unknown and n_open; attainment and gap; status and reason."""


class Alike(Sequence[Segment]):
    """Segments with one target and one amber bound, without comparisons, trend and the like. Their records are made
    anew each time they are looked at.
    """

    __slots__ = ("amber", "members", "partial", "rows", "target")

    def __init__(
        self, members: Sequence[Members], rows: Sequence[Row], target: BoundResult | None, amber: BoundResult | None,
        *, partial: bool,
    ) -> None:  # fmt: skip
        self.members = members
        self.rows = rows
        self.target = target
        self.amber = amber
        self.partial = partial

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Segment]:
        return map(self._record, self.members, self.rows)

    @overload
    def __getitem__(self, at: int) -> Segment: ...

    @overload
    def __getitem__(self, at: slice) -> tuple[Segment, ...]: ...

    def __getitem__(self, at: int | slice) -> Segment | tuple[Segment, ...]:
        if isinstance(at, slice):
            return tuple(map(self._record, self.members[at], self.rows[at]))
        return self._record(self.members[at], self.rows[at])

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence) or isinstance(other, str | list):
            return NotImplemented
        return len(self) == len(other) and all(one == another for one, another in zip(self, other, strict=True))

    def __repr__(self) -> str:
        return repr(tuple(self))

    def __hash__(self) -> int:
        return hash(tuple(self))

    def _record(self, members: Members, row: Row) -> Segment:
        value, undefined, n, unknown, still_open, attainment, gap, status, reason = row
        judged = Assessment(
            value, undefined, n, unknown, status, reason, self.target, self.amber, attainment, gap, (), (),
            still_open, self.partial,
        )  # fmt: skip
        return Segment(members, judged)
