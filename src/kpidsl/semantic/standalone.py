"""Which values that have no meaning look as if they carried their own windows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field, fields

from kpidsl.records import dataclass
from kpidsl.semantic.scope import Names
from kpidsl.syntax import expr_nodes as x
from kpidsl.syntax.decl_nodes import KpiDecl, MetricDecl
from kpidsl.syntax.node import Node
from kpidsl.syntax.shared_nodes import ValueProp


@dataclass(slots=True)
class _Said:
    """What a declaration says itself: whether it reads rows, and some outside of any window; what it names, and what of
    that outside of its own windows.
    """

    reads: bool = False
    bare: bool = False
    named: set[str] = field(default_factory=set)
    named_bare: set[str] = field(default_factory=set)


class Standalone:
    """Answers for one spec set. Each declaration is looked at once, however many name it."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._reads: dict[str, bool] = {}
        self._bare: dict[str, bool] = {}

    def seems(self, name: str) -> bool:
        """Whether what a declared value reads stands within windows of its own, or at the end."""
        if name not in self._reads:
            self._learn(name)
        return self._reads[name] and not self._bare[name]

    def _learn(self, name: str) -> None:
        said: dict[str, _Said] = {}
        left = [name]
        while left:
            one = left.pop()
            if one not in said and one not in self._reads:
                said[one] = self._said(one)
                left += said[one].named
        reads = {one for one, own in said.items() if own.reads or any(self._reads.get(n, False) for n in own.named)}
        bare = {one for one, own in said.items() if own.bare or any(self._bare.get(n, False) for n in own.named_bare)}
        _spread(reads, ((one, own.named) for one, own in said.items()))
        _spread(bare, ((one, own.named_bare) for one, own in said.items()))
        for one in said:
            self._reads[one], self._bare[one] = one in reads, one in bare

    def _said(self, name: str) -> _Said:
        declared = self._names.named[name]
        said = _Said()
        left: list[tuple[object, bool]] = [(declared.node, False)]
        while left:
            part, windowed = left.pop()
            match part:
                case MetricDecl() | KpiDecl():
                    left += [(prop.value, windowed) for prop in part.properties if isinstance(prop, ValueProp)]
                case x.Over(operand=operand):
                    left.append((operand, True))
                case x.Aggregation() | x.Conversion():
                    said.reads = True
                    at = part.at if isinstance(part, x.Aggregation) else None
                    said.bare = said.bare or not (windowed or (at is not None and at.edge == "end"))
                case x.NameRef(name=used):
                    found = self._names.find(used, declared.namespace)
                    if found is not None:
                        said.named.add(found.name)
                        if not windowed:
                            said.named_bare.add(found.name)
                case x.Filtered(operand=operand) | x.Each(operand=operand):
                    left.append((operand, windowed))
                case tuple():
                    left += [(one, windowed) for one in part]
                case Node():
                    left += [(getattr(part, f.name), windowed) for f in fields(part) if f.name != "span"]
                case _:
                    pass
        return said


def _spread(found: set[str], naming: Iterable[tuple[str, set[str]]]) -> None:
    """Add what names something found, directly or through others."""
    users: dict[str, list[str]] = {}
    for one, named in naming:
        for other in named:
            users.setdefault(other, []).append(one)
    left = list(found)
    while left:
        for user in users.get(left.pop(), ()):
            if user not in found:
                found.add(user)
                left.append(user)
