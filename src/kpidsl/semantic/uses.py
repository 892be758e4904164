"""What declarations name: which metric reads which source, which KPI shows which metric, what hangs on what."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields, replace
from typing import Literal

from kpidsl.records import dataclass
from kpidsl.semantic.scope import Names, in_namespace
from kpidsl.source_text import Span
from kpidsl.syntax import decl_nodes as d
from kpidsl.syntax import expr_nodes as x
from kpidsl.syntax import goal_nodes as g
from kpidsl.syntax import shared_nodes as p
from kpidsl.syntax import test_nodes as t
from kpidsl.syntax.node import Name, Node
from kpidsl.syntax.setting_nodes import UnitDecl

Sort = Literal["source", "name", "param", "unit", "test"]


@dataclass(frozen=True, slots=True)
class Key:
    """A declaration: metrics, KPIs, goals, objectives and the like share one space of names, the others have their own.

    A test is named by its title.
    """

    sort: Sort
    name: str


@dataclass(frozen=True, slots=True)
class Use:
    """A place where a declaration is named. `for_it`: only as what something is for (`supports`, `parent`), which
    draws the map and changes no value.
    """

    key: Key
    span: Span
    for_it: bool = False


def declarations(names: Names) -> dict[Key, tuple[str, Node]]:
    """Every declaration of a spec set that can be named or names others, with the namespace it stands in."""
    found: dict[Key, tuple[str, Node]] = {}
    for sort, known in (("source", names.sources), ("name", names.named), ("param", names.params)):
        found.update({Key(sort, name): (one.namespace, one.node) for name, one in known.items()})  # type: ignore[arg-type]
    found.update({Key("unit", node.name.text): ("", node) for node in names.units})
    found.update({Key("test", one.name): (one.namespace, one.node) for one in names.tests})
    return found


def uses(node: object, namespace: str, names: Names) -> Iterator[Use]:
    """What a declaration, or a part of one, names; in the order it is written, each place once."""
    yield from _uses(node, namespace, names, in_rows=isinstance(node, d.SourceDecl))


def _uses(node: object, namespace: str, names: Names, *, in_rows: bool) -> Iterator[Use]:
    """`in_rows`: names are columns there."""
    match node:
        case tuple():
            for item in node:
                yield from _uses(item, namespace, names, in_rows=in_rows)
            return
        case x.NameRef():
            yield from _named(node, namespace, names, in_rows=in_rows)
            return
        case x.Quantity(unit=str() as unit):
            yield Use(Key("unit", unit), node.span)
            return
        case x.UnitExpr():
            for factor in node.factors:
                yield Use(Key("unit", factor.name), factor.span)
            return
        case x.Aggregation() | x.ConversionStep():
            yield from _known("source", node.source, namespace, names.sources)
            in_rows = True
        case x.Filtered():
            yield from _uses(node.operand, namespace, names, in_rows=in_rows)
            yield from _uses(node.predicate, namespace, names, in_rows=True)
            return
        case d.JoinProp() | t.GivenProp():
            yield from _known("source", node.source, namespace, names.sources)
            return
        case p.SupportsProp():
            for name in node.names:
                yield from (replace(use, for_it=True) for use in _known("name", name, namespace, names.named))
        case g.ParentProp():
            yield from (replace(use, for_it=True) for use in _known("name", node.parent, namespace, names.named))
        case g.PolicyProp():
            yield from _known("name", node.policy, namespace, names.named)
        case UnitDecl(name=name):
            # A unit is not used by being declared.
            yield from (use for use in _parts(node, namespace, names, in_rows=in_rows) if use.key.name != name.text)
            return
        case _:
            pass
    yield from _parts(node, namespace, names, in_rows=in_rows)


def _parts(node: object, namespace: str, names: Names, *, in_rows: bool) -> Iterator[Use]:
    if isinstance(node, Node):
        for part in fields(node):
            yield from _uses(getattr(node, part.name), namespace, names, in_rows=in_rows)


def _named(node: x.NameRef, namespace: str, names: Names, *, in_rows: bool) -> Iterator[Use]:
    if node.parts[0] == "param" and len(node.parts) > 1:
        yield from _known("param", Name(node.name.partition(".")[2], span=node.span), namespace, names.params)
    elif not in_rows:
        # `engagement.active.progress` names the objective it is a part of.
        for count in range(len(node.parts), 0, -1):
            found = list(_known("name", Name(".".join(node.parts[:count]), span=node.span), namespace, names.named))
            yield from found
            if found:
                return


def _known(sort: Sort, name: Name, namespace: str, known: Mapping[str, object]) -> Iterator[Use]:
    full = next((one for one in in_namespace(name.text, namespace) if one in known), None)
    if full is not None:
        yield Use(Key(sort, full), name.span)


@dataclass(frozen=True, slots=True)
class Reached:
    """A declaration that another hangs on, or that hangs on it: the place of a use, and the declaration `through`
    which it is reached; None where one names the other itself.
    """

    key: Key
    span: Span
    through: Key | None


def all_uses(names: Names) -> dict[Key, tuple[Use, ...]]:
    """What every declaration names."""
    return {key: tuple(uses(node, namespace, names)) for key, (namespace, node) in declarations(names).items()}


def closure(start: Iterable[Key], onwards: Callable[[Key], Iterable[Use]]) -> set[Key]:
    """Some declarations and everything they are built on; `onwards` tells what one names."""
    found: set[Key] = set()
    left = list(start)
    while left:
        key = left.pop()
        if key not in found:
            found.add(key)
            left.extend(use.key for use in onwards(key))
    return found


def foundations(own: Iterable[Use], named: Mapping[Key, Iterable[Use]]) -> tuple[Reached, ...]:
    """What a declaration that names these is built on: what it names first, then what those name, each once."""
    return _reached((use for use in own if not use.for_it), lambda key: named.get(key, ()))


def dependents(target: Key, named: Mapping[Key, Iterable[Use]]) -> tuple[Reached, ...]:
    """What hangs on a declaration: what names it first, then what names those, each once."""
    users: dict[Key, list[Use]] = {}
    for key, found in named.items():
        for use in found:
            if use.key != key:
                users.setdefault(use.key, []).append(Use(key, use.span, use.for_it))
    return tuple(one for one in _reached(users.get(target, ()), lambda key: users.get(key, ())) if one.key != target)


def _reached(start: Iterable[Use], onwards: Callable[[Key], Iterable[Use]]) -> tuple[Reached, ...]:
    reached: dict[Key, Reached] = {}
    left: deque[Reached] = deque()
    for use in start:
        if use.for_it:
            reached.setdefault(use.key, Reached(use.key, use.span, None))
        else:
            left.append(Reached(use.key, use.span, None))
    ends = set(reached)
    while left:
        one = left.popleft()
        if one.key not in reached or one.key in ends:
            ends.discard(one.key)
            reached.setdefault(one.key, one)
            left.extend(Reached(use.key, use.span, one.key) for use in onwards(one.key) if not use.for_it)
    return tuple(reached.values())
