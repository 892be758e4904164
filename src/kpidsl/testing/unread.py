"""A spec checked without its data: types that only the data would tell are taken as what makes the spec right."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field, fields

from kpidsl.diagnostics import Problems, Severity
from kpidsl.records import dataclass
from kpidsl.semantic.check import check
from kpidsl.semantic.model import Model
from kpidsl.semantic.scope import Names, in_namespace
from kpidsl.semantic.types import Column, DataType, Schema, UntypedColumn
from kpidsl.syntax import expr_nodes as x
from kpidsl.syntax.node import Node
from kpidsl.syntax.setting_nodes import UnitDecl

MOST_TRIED = 40
Pair = tuple[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class OpenSchema(Schema):
    """The columns of a source that was not read: whatever is asked for, of a type that is mostly not known."""

    columns: tuple[Column, ...] = ()
    times: frozenset[str] = field(default=frozenset())

    def get(self, name: str) -> Column | None:
        """A column of this name; dotted ones belong to joined sources, and `as_of` is a moment."""
        if "." in name or name == "as_of":
            return None
        return Column(name, DataType.TIMESTAMP) if name in self.times else UntypedColumn(name)


def check_unread(
    names: Names, params: Mapping[str, str], library: Callable[[], Iterable[UnitDecl]]
) -> tuple[Model, Problems]:
    """The model of a spec set, and its problems, when no source is read.

    `ended - started <= 30 minutes` is right where both columns are times, which nothing in the spec says. So where
    there are errors, columns that are subtracted from each other are tried as times, and stay it where that mends one.
    """
    times: dict[str, frozenset[str]] = {}

    def tried(hints: Mapping[str, frozenset[str]]) -> tuple[Model, Problems, int]:
        found = Problems()
        schemas = {name: OpenSchema(times=hints.get(name, frozenset())) for name in names.sources}
        model = check(names, found, schemas=schemas, params=params, library=library)
        return model, found, sum(one.severity is Severity.ERROR for one in found)

    model, problems, errors = tried(times)
    pairs = dict.fromkeys(_subtracted(names)) if errors else {}
    for source, columns in list(pairs)[:MOST_TRIED]:
        more = {**times, source: times.get(source, frozenset()) | columns}
        second = tried(more)
        if second[2] < errors:
            times, (model, problems, errors) = more, second
        if not errors:
            break
    return model, problems


def _subtracted(names: Names) -> Iterator[Pair]:
    """Columns of one source that are subtracted from each other."""
    for source in names.sources.values():
        yield from _inside(source.node, names, source.namespace, source.name)
    for declared in names.named.values():
        yield from _inside(declared.node, names, declared.namespace, None)
    for test in names.tests:
        yield from _inside(test.node, names, test.namespace, None)


def _inside(node: object, names: Names, namespace: str, source: str | None) -> Iterator[Pair]:
    if isinstance(node, tuple):
        for item in node:
            yield from _inside(item, names, namespace, source)
        return
    if not isinstance(node, Node):
        return
    if isinstance(node, x.Aggregation):
        source = next((name for name in in_namespace(node.source.text, namespace) if name in names.sources), None)
    if source is not None and isinstance(node, x.Binary) and node.operator == "-":
        sides = [side.parts[-1] for side in (node.left, node.right) if isinstance(side, x.NameRef)]
        if sides:
            yield source, frozenset(sides)
    for part in fields(node):
        yield from _inside(getattr(node, part.name), names, namespace, source)
