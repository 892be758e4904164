"""Values of the engine's SQL as nodes: names, literals, operators and calls, under sqlglot's names."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, ClassVar, Self, TypeAlias, TypeVar

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
Said: TypeAlias = "Expr | str"
"""An expression, or the name of a column (behind FROM: of a table)."""
E = TypeVar("E", bound="Expr")


class Expr:
    """A node: its parts by name. Two are equal where their classes and parts are."""

    __slots__ = ("_hash", "args")

    def __init__(self, **args: Any) -> None:
        self.args = args
        self._hash: int | None = None

    @property
    def this(self) -> Any:
        return self.args.get("this")

    @property
    def expression(self) -> Any:
        return self.args.get("expression")

    @property
    def expressions(self) -> list[Any]:
        found: list[Any] = self.args.get("expressions") or []
        return found

    @property
    def name(self) -> str:
        """The text of a name or literal, the name of a column or table; empty for what has none."""
        this = self.args.get("this")
        return this if isinstance(this, str) else this.name if isinstance(this, Expr) else ""

    def copy(self) -> Self:
        """The same node: only a `Select` can change."""
        return self

    def parts(self) -> Iterator[Expr]:
        """The nodes right below this one, in the order they were given."""
        for part in self.args.values():
            if isinstance(part, Expr):
                yield part
            elif isinstance(part, list):
                yield from (one for one in part if isinstance(one, Expr))

    def find_all(self, kind: type[E]) -> Iterator[E]:
        """All nodes of a class, those above before those below."""
        level: list[Expr] = [self]
        while level:
            yield from (one for one in level if isinstance(one, kind))
            level = [part for one in level for part in one.parts()]

    def transform(self, put: Callable[[Expr], Expr]) -> Expr:
        """The tree with each node replaced by what `put` makes of it; what was put in is not looked into."""
        found = put(self)
        if found is not self:
            return found
        changed = {
            key: part.transform(put)
            if isinstance(part, Expr)
            else [one.transform(put) if isinstance(one, Expr) else one for one in part]
            if isinstance(part, list)
            else part
            for key, part in self.args.items()
        }
        return type(self)(**changed)

    def __hash__(self) -> int:
        found = self._hash
        if found is None:
            parts = tuple(tuple(part) if isinstance(part, list) else part for part in self.args.values())
            found = self._hash = hash((type(self), parts))
        return found

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return type(self) is type(other) and hash(self) == hash(other) and self.args == other.args

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{key}={part!r}' for key, part in self.args.items())})"


# ---------------------------------------------------------------- names and values
class Identifier(Expr):
    """A name: `this` is its text, `quoted` whether it is written in quotes."""

    __slots__ = ()


class Column(Expr):
    """`table.this`, both identifiers; `table` may be missing."""

    __slots__ = ()


class Star(Expr):
    __slots__ = ()


class Null(Expr):
    __slots__ = ()


class Boolean(Expr):
    __slots__ = ()


class Literal(Expr):
    """`this` is the text of a number, or a text where `is_string`."""

    __slots__ = ()

    @classmethod
    def string(cls, text: str) -> Literal:
        return cls(this=text, is_string=True)

    @classmethod
    def number(cls, value: int) -> Expr:
        """A whole number."""
        found = cls(this=str(abs(value)), is_string=False)
        return Neg(this=found) if value < 0 else found


class Var(Expr):
    """A word of the language."""

    __slots__ = ()


class Array(Expr):
    __slots__ = ()


class Cast(Expr):
    """`this` as a type, whose name in DuckDB is `to`."""

    __slots__ = ()


# ---------------------------------------------------------------- operators
class Unary(Expr):
    __slots__ = ()
    sign: ClassVar[str]


class Not(Unary):
    __slots__ = ()
    sign = "NOT "


class Neg(Unary):
    __slots__ = ()
    sign = "-"


class Paren(Expr):
    __slots__ = ()


class Binary(Expr):
    """`this`, the sign, `expression`."""

    __slots__ = ()
    sign: ClassVar[str]


class Connector(Binary):
    __slots__ = ()


def _binary(name: str, sign: str, above: type[Binary] = Binary) -> type[Binary]:
    return type(name, (above,), {"__slots__": (), "sign": sign, "__module__": __name__})


And = _binary("And", "AND", Connector)
Or = _binary("Or", "OR", Connector)
EQ = _binary("EQ", "=")
NEQ = _binary("NEQ", "<>")
LT = _binary("LT", "<")
LTE = _binary("LTE", "<=")
GT = _binary("GT", ">")
GTE = _binary("GTE", ">=")
Is = _binary("Is", "IS")
NullSafeEQ = _binary("NullSafeEQ", "IS NOT DISTINCT FROM")
Add = _binary("Add", "+")
Sub = _binary("Sub", "-")
Mul = _binary("Mul", "*")
Div = _binary("Div", "/")
IntDiv = _binary("IntDiv", "//")
Mod = _binary("Mod", "%")
BitwiseAnd = _binary("BitwiseAnd", "&")
BitwiseLeftShift = _binary("BitwiseLeftShift", "<<")
BitwiseRightShift = _binary("BitwiseRightShift", ">>")


class In(Expr):
    """Whether `this` is one of `expressions`."""

    __slots__ = ()


class If(Expr):
    """One WHEN of a CASE: `this` and, where it holds, `true`."""

    __slots__ = ()


class Case(Expr):
    """`ifs` in turn, and `default`."""

    __slots__ = ()

    def when(self, condition: Expr, then: Expr, copy: bool = True) -> Case:  # noqa: ARG002 -- as sqlglot has it
        return Case(**{**self.args, "ifs": [*self.args.get("ifs", ()), If(this=condition, true=then)]})

    def else_(self, otherwise: Expr, copy: bool = True) -> Case:  # noqa: ARG002
        return Case(**{**self.args, "default": otherwise})


# ---------------------------------------------------------------- calls
class Anonymous(Expr):
    """A function by its name in DuckDB."""

    __slots__ = ()


class Given(Expr):
    """An expression in sqlglot's form, with `expressions` in the places of `$1`, `$2`, …"""

    __slots__ = ()


class Count(Expr):
    __slots__ = ()


class Distinct(Expr):
    __slots__ = ()


class Filter(Expr):
    """An aggregate, and a `Where`: the rows it is of."""

    __slots__ = ()


class RowNumber(Expr):
    __slots__ = ()


class Window(Expr):
    """A function over rows: `partition_by` a list, `order` an `Order`."""

    __slots__ = ()


class Ordered(Expr):
    __slots__ = ()


class Order(Expr):
    """What rows are ordered by; with `this`, what an aggregate takes of them in that order."""

    __slots__ = ()


# ---------------------------------------------------------------- making them
def to_identifier(name: str, quoted: bool | None = None) -> Identifier:
    """A name, in quotes where they are asked for or needed."""
    return Identifier(this=name, quoted=not _PLAIN.fullmatch(name) if quoted is None else quoted)


def column(name: str | Identifier, table: str | None = None, quoted: bool | None = None) -> Column:
    this = name if isinstance(name, Identifier) else to_identifier(name, quoted)
    return Column(this=this) if table is None else Column(this=this, table=to_identifier(table, quoted))


def named(said: Said) -> Expr:
    """A column by its name, or what is given."""
    return column(said) if isinstance(said, str) else said


def paren(value: Expr) -> Paren:
    return Paren(this=value)


def not_(value: Expr) -> Not:
    return Not(this=_wrapped(value))


def and_(*values: Expr) -> Expr:
    return _chained(And, values)


def or_(*values: Expr) -> Expr:
    return _chained(Or, values)


def _chained(kind: type[Binary], values: Sequence[Expr]) -> Expr:
    found, *rest = values
    if rest:
        found = _wrapped(found)
    for value in rest:
        found = kind(this=found, expression=_wrapped(value))
    return found


def _wrapped(value: Expr) -> Expr:
    return paren(value) if isinstance(value, Connector) else value


def cast(value: Expr, to: str) -> Expr:
    """A value as a type; what is one already stays as it is."""
    return value if isinstance(value, Cast) and value.args["to"] == to else Cast(this=value, to=to)


def null() -> Null:
    return Null()


def true() -> Boolean:
    return Boolean(this=True)


def false() -> Boolean:
    return Boolean(this=False)
