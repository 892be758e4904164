"""What a name means in a row of a source: a derived column, a column, a column of a source it joins."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import field, fields, replace
from fractions import Fraction
from typing import Any

from kpidsl.diagnostics import Diagnostic, Problems, closest, did_you_mean, unsplit
from kpidsl.records import dataclass
from kpidsl.semantic.model import DeclaredColumn, JoinModel, SourceModel
from kpidsl.semantic.numbers import scaled_type
from kpidsl.semantic.rows import Arithmetic, ColumnValue, Constant, Row
from kpidsl.semantic.types import DataType, Schema
from kpidsl.semantic.units import NUMBER, PERCENT, SECONDS, Unit, has_currency
from kpidsl.semantic.windows import Invalid
from kpidsl.source_text import Span


class Unusable(Invalid):
    """A name is declared, and what is wrong with that is reported where it is: `problems`."""

    def __init__(self, problems: tuple[Diagnostic, ...]) -> None:
        self.problems = problems


@dataclass(slots=True)
class RowScope:
    """The columns of one source. `joined` gives the scope of a joined one, `let` the meaning of a derived column; both
    raise `Unusable`. `others` are names of sources, joined or not. `times` place their rows in time: texts in them are
    read as times. `lacking` are declared, and the data has no such columns.
    """

    source: str
    schema: Schema | None
    declared: Mapping[str, DeclaredColumn]
    joins: Mapping[str, JoinModel]
    let: Callable[[str], Row]
    let_names: tuple[str, ...]
    joined: Callable[[str], RowScope]
    local_name: str
    broken: frozenset[str] = frozenset()
    path: tuple[str, ...] = ()
    others: frozenset[str] = frozenset()
    times: frozenset[str] = frozenset()
    lacking: Mapping[str, Diagnostic] = field(default_factory=dict)
    elsewhere: Callable[[str, bool], tuple[str | None, str | None]] = lambda _name, _is_far: (None, None)
    known: dict[tuple[str, ...], Row | None] = field(default_factory=dict)

    def names(self) -> list[str]:
        """Everything that may be written, for did-you-mean."""
        declared = (name for name in self.declared if name not in self.lacking)
        own = list(dict.fromkeys((*self.let_names, *declared, *(self.schema.names if self.schema else ()))))
        for name in self.joins:
            with suppress(Invalid):
                own.extend(f"{name}.{column}" for column in self.joined(name).names())
        return own

    def has(self, parts: tuple[str, ...]) -> bool:
        """Whether a name is known to be a column; one of a source whose columns are not known is not."""
        return parts[-1] in (*self.let_names, *self.declared) or (
            self.schema is not None and self.find(parts) is not None
        )

    def row(
        self,
        parts: tuple[str, ...],
        span: Span,
        problems: Problems,
        instead: str | None = None,
        at_last: str | None = None,
    ) -> Row:
        """The meaning of a name. Raises `Invalid` after saying that the source has no such column, and with `instead`
        where no other name of it is near, `at_last` where nothing else is known of the name either.
        """
        try:
            found = self.find(parts)
        except Unusable as unusable:
            for diagnostic in unusable.problems:
                problems.add(diagnostic)
            raise
        if found is not None:
            return found
        name = ".".join(parts)
        if name.casefold() == "null":
            instead = "what is unknown is written with small letters: `is null`, `is not null`"
        owner = [join for join in self.joins if self._is_in(join, parts)]
        if owner:
            hint: str | None = f"write `{owner[0]}.{name}`: columns of a joined source are named with it"
        elif len(parts) > 1 and parts[0] in self.others and parts[0] != self.local_name:
            hint = f"`{self.local_name}` does not join it: add `join {parts[0]} on COLUMN`"
        else:
            near = did_you_mean(name, self.names())
            surely, perhaps = self.elsewhere(name, near is None)
            split = unsplit(self.schema.names if self.schema else (), name)
            if instead is not None or any(_alike(name, one) for one in self.names()):
                surely = None
            hint = split or surely or near or instead or perhaps or at_last
        known = self.names()
        notes = [f"`{self.local_name}` has: {', '.join(known[:12])}{', …' if len(known) > 12 else ''}"] if known else []
        problems.error("K0605", f"`{self.local_name}` has no column `{name}`", span, hint=hint, notes=notes)
        raise Invalid

    def _is_in(self, join: str, parts: tuple[str, ...]) -> bool:
        with suppress(Invalid):
            return self.joined(join).find(parts) is not None
        return False

    def find(self, parts: tuple[str, ...]) -> Row | None:
        """The meaning of a name, or None. Raises `Invalid` for one whose own declaration is wrong."""
        if parts not in self.known:
            self.known[parts] = self._find(parts)
        return self.known[parts]

    def _find(self, parts: tuple[str, ...]) -> Row | None:
        name = ".".join(parts)
        if name in self.broken or ".".join(parts[:-1]) in self.broken:
            raise Invalid
        if len(parts) == 1 and name in self.let_names:
            return self.let(name)
        if name in self.lacking:
            raise Unusable((self.lacking[name],))
        if name in self.declared or (self.schema is not None and self.schema.get(name) is not None):
            return self._column(name)
        if len(parts) > 1:
            for length in range(len(parts) - 1, 0, -1):
                head, rest = ".".join(parts[:length]), parts[length:]
                if head in self.joins:
                    inner = self.joined(head)
                    found = inner.find(rest)
                    return None if found is None else under(found, (*self.path, head))
            if parts[0] == self.local_name:
                return self.find(parts[1:])
        if self.schema is None and (len(parts) == 1 or closest(parts[0], (*self.joins, *self.others)) is None):
            return ColumnValue(self._unknown(name), NUMBER, self.path, self.source, name)
        return None

    def _unknown(self, name: str) -> DataType | None:
        """What is known of a column without the data: one that places rows in time is a time."""
        return DataType.TIMESTAMP if name in self.times else None

    def _column(self, name: str) -> Row:
        declared = self.declared.get(name)
        given = self.schema.get(name) if self.schema is not None else None
        provided = given.type if given is not None else None
        if declared is None:
            provided = self._unknown(name) if provided is None else provided
            if provided is DataType.TEXT and name in self.times:
                provided = DataType.TIMESTAMP
            unit = SECONDS if provided is DataType.DURATION else NUMBER
            return ColumnValue(provided, unit, self.path, self.source, name)
        kind = column_type(declared, provided)
        if kind is DataType.DURATION and declared.unit.fits(SECONDS):
            return ColumnValue(kind, SECONDS, self.path, self.source, name)
        if declared.scale is None:
            return ColumnValue(kind, declared.unit, self.path, self.source, name)
        low, high = (Fraction(edge) for edge in declared.scale)
        unit = Unit((), 1 / (high - low), "%")
        raw = ColumnValue(kind, unit, self.path, self.source, name)
        if low == 0:
            return raw
        return Arithmetic(scaled_type(kind, low), unit, "-", raw, Constant(DataType.DECIMAL, unit, low))


def column_type(declared: DeclaredColumn, provided: DataType | None) -> DataType | None:
    """The type a declared column has, given the provider's: what is declared, and exact for money."""
    if declared.type is DataType.TIMESTAMP and provided is DataType.INSTANT:
        return DataType.INSTANT
    if declared.type is not None:
        return declared.type
    if has_currency(declared.unit):
        return DataType.INTEGER if provided is DataType.INTEGER else DataType.DECIMAL
    if declared.unit != NUMBER or declared.unit.label == PERCENT.label:
        is_amount = provided is None or provided.is_number or provided is DataType.DURATION
        return provided if is_amount else DataType.DECIMAL
    return provided


def type_of(source: SourceModel, name: str) -> DataType | None:
    """The type of a column of a source, as everything reads it."""
    given = source.schema.get(name) if source.schema is not None else None
    declared = source.columns.get(name)
    provided = given.type if given is not None else None
    if declared is not None:
        return column_type(declared, provided)
    return DataType.TIMESTAMP if provided is DataType.TEXT and name in source.times else provided


def _alike(name: str, other: str) -> bool:
    """Whether two names are the same word: `month`, `Month`, `months`."""
    one, two = (text.casefold().removesuffix("s") for text in (name, other))
    return one == two


def under(row: Row, path: tuple[str, ...]) -> Row:
    """A row expression of a joined source, as seen from the source that joins it."""
    if isinstance(row, ColumnValue):
        return replace(row, path=(*path, *row.path))
    changes: dict[str, Any] = {}
    for part in fields(row):
        value = getattr(row, part.name)
        if isinstance(value, Row):
            changes[part.name] = under(value, path)
        elif isinstance(value, tuple) and value and isinstance(value[0], Row):
            changes[part.name] = tuple(under(item, path) for item in value)
    return replace(row, **changes) if changes else row
