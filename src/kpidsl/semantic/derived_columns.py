"""What `let` says of a source: columns that are made of others, each checked once."""

from __future__ import annotations

from collections.abc import Callable

from kpidsl.diagnostics import Problems
from kpidsl.semantic import limits
from kpidsl.semantic import rows as r
from kpidsl.semantic.row_check import RowChecker
from kpidsl.semantic.row_scope import Unusable
from kpidsl.semantic.scope import Names
from kpidsl.semantic.windows import Invalid
from kpidsl.syntax import decl_nodes as d

MOST_NESTED = 40


class DerivedColumns:
    """The derived columns of all sources. `rows` makes the checker of a source that reports to the problems it is
    given, `problems_of` are those of a source.
    """

    def __init__(
        self, names: Names, rows: Callable[[str, Problems], RowChecker], problems_of: Callable[[str], Problems]
    ) -> None:
        self._names = names
        self._rows = rows
        self._problems_of = problems_of
        self._found: dict[tuple[str, str], r.Row | Unusable] = {}
        self._open: list[tuple[str, str]] = []
        self._too_deep: set[str] = set()

    def row(self, source: str, name: str) -> r.Row:
        """The meaning of a derived column. Raises `Unusable` where it has none: why is reported once."""
        key = (source, name)
        if key in self._open:
            raise self._unusable(key, self._ring(key))
        if len(self._open) > MOST_NESTED:
            raise self._unusable(key, self._deep(source))
        if key not in self._found:
            own = Problems()
            self._open.append(key)
            try:
                self._found[key] = self._meaning(key, own)
            except Invalid:
                self._found[key] = self._unusable(key, own)
            finally:
                self._open.pop()
        found = self._found[key]
        if isinstance(found, Unusable):
            raise Unusable(found.problems)
        return found

    def _meaning(self, key: tuple[str, str], problems: Problems) -> r.Row:
        prop = self._property(key)
        row = self._rows(key[0], problems).row(prop.value)
        if limits.is_too_large(row):
            problems.error(
                "K0105", f"`{key[1]}` is built from too many parts, or too deeply", prop.span, hint=limits.HINT
            )
            raise Invalid
        return row

    def _unusable(self, key: tuple[str, str], why: Problems) -> Unusable:
        for diagnostic in why:
            self._problems_of(key[0]).add(diagnostic)
        return Unusable(tuple(why))

    def _property(self, key: tuple[str, str]) -> d.LetProp:
        source, name = key
        properties = self._names.sources[source].node.properties
        return next(prop for prop in properties if isinstance(prop, d.LetProp) and prop.name.text == name)

    def _ring(self, key: tuple[str, str]) -> Problems:
        found = Problems()
        ring = " → ".join(f"`{part}`" for _, part in (*self._open[self._open.index(key) :], key))
        found.error(
            "K0208", f"derived columns go round in a ring: {ring}", self._property(key).span,
            hint="a derived column is made of others: rename it, if it hides a column of the data",
        )  # fmt: skip
        return found

    def _deep(self, source: str) -> Problems:
        """Said once: what is built on it is too deep as well."""
        found = Problems()
        if source not in self._too_deep:
            self._too_deep.add(source)
            found.error(
                "K0105", f"derived columns of `{source}` are built on each other more than {MOST_NESTED} deep",
                self._names.sources[source].node.name.span, hint=limits.HINT,
            )  # fmt: skip
        return found
