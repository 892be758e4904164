"""From Lark's tree to expression nodes: a method a rule."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NoReturn

from kpidsl.diagnostics import Problems
from kpidsl.source_text import Source, Span
from kpidsl.syntax import expr_nodes as x
from kpidsl.syntax.branches import Branch, Leaf
from kpidsl.syntax.node import Name, Text, Word

MAX_DEPTH = 120
MAX_LINKS = 100
MAX_NAME_PARTS = 20
MAX_POWER = 9
MAX_DIGITS = 38
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\"}


def _unescaped(text: str) -> str:
    """What to write instead of a text in which a `\\` stands before something else than it may."""
    if re.search(r"^\"(?:[A-Za-z]:|\.{1,2})\\|\\[^\\/]+\.\w{2,7}\"$", text):
        return f"paths are written with `/`: {text.replace(chr(92), '/')}"
    return 'use `\\n`, `\\t`, `\\"`, `\\\\` or `\\u00e9`; in a pattern, `\\\\d` is any digit'


class CannotBuild(Exception):
    """The declaration cannot be built; the problem is already reported."""


class ExprBuilder:
    """Builds the nodes of one source. Reports what grammar cannot see: dates that do not exist, nesting, sizes."""

    def __init__(self, source: Source, problems: Problems) -> None:
        self.source = source
        self.problems = problems
        self.depth = 0
        self.unbuilt: list[Span] = []  # properties of the declaration at hand that cannot be built

    # ------------------------------------------------------------ plumbing
    def span(self, branch: Branch | Leaf) -> Span:
        return Span(self.source, branch.start_pos, branch.end_pos)

    def build(self, branch: Branch) -> Any:
        """The node of a branch: the method of its rule's name makes it."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.too_deep(branch)
        method: Callable[[Branch, list[Any]], Any] = getattr(self, branch.data)
        node = method(branch, branch.children)
        self.depth -= 1
        return node

    def maybe(self, branch: Branch | None) -> Any:
        return None if branch is None else self.build(branch)

    def all(self, branches: list[Any]) -> tuple[Any, ...]:
        return tuple(self.build(branch) for branch in branches if branch is not None)

    def fail(self, code: str, message: str, span: Span, hint: str | None = None) -> NoReturn:
        self.problems.error(code, message, span, hint=hint)
        raise CannotBuild

    def too_deep(self, branch: Branch) -> NoReturn:
        self.fail(
            "K0105",
            f"this is nested more than {MAX_DEPTH} deep",
            self.span(branch),
            "give parts of it a name: `metric part = …`",
        )

    # ------------------------------------------------------------ names, texts, numbers
    def joined(self, children: list[Any]) -> str:
        if len(children) > MAX_NAME_PARTS:
            place = self.span(children[0]).to(self.span(children[-1]))
            self.fail(
                "K0105", f"a name has at most {MAX_NAME_PARTS} parts", place, "give the source in between a `let`"
            )
        return ".".join(part.value[1:-1] if part.type == "QUOTED_NAME" else part.value for part in children)

    def path(self, branch: Branch, children: list[Any]) -> Name:
        return Name(self.joined(children), span=self.span(branch))

    name = approximate = path

    def names(self, branch: Branch, children: list[Any]) -> tuple[Name, ...]:
        return self.all(children)

    at_keys = names

    def word(self, branch: Branch, children: list[Any]) -> Word:
        return Word(children[0].value, span=self.span(branch))

    def text(self, branch: Branch, children: list[Any]) -> Text:
        token = children[0]
        value = token.value[3:-3] if token.type == "LONG_STRING" else self.resolve_escapes(token)
        return Text(value, span=self.span(branch))

    def resolve_escapes(self, token: Leaf) -> str:
        """The text of a string token, without its quotes."""

        def resolve(found: re.Match[str]) -> str:
            escape = found.group(1)
            if escape[0] == "u" and len(escape) == 5:
                return chr(int(escape[1:], 16))
            if escape not in _ESCAPES:
                at = (token.start_pos) + 1 + found.start()
                self.fail(
                    "K0103",
                    f"`\\{escape}` is no escape",
                    Span(self.source, at, at + 2),
                    _unescaped(token.value),
                )
            return _ESCAPES[escape]

        return _ESCAPE.sub(resolve, token.value[1:-1])

    text_literal = text

    def number(self, token: Leaf) -> Decimal:
        """`1_200`, `3.5`, `120k`, `1.5M`."""
        written = token.value.replace("_", "")
        scale = {"k": 3, "M": 6}.get(written[-1], 0)
        if scale:
            written = written[:-1]
        if sum(character.isdigit() for character in written) > MAX_DIGITS:
            self.fail("K0109", f"a number has at most {MAX_DIGITS} digits", self.span(token))
        # Written with an exponent, so that no decimal context rounds: 1.5M is exactly 1500000.
        return Decimal(f"{written}E{scale}") if scale else Decimal(written)

    def whole(self, token: Leaf, what: str) -> int:
        value = self.number(token)
        if value != int(value) or not 1 <= value <= 100_000:
            self.fail("K0109", f"{what} is a whole number from 1 to 100000", self.span(token))
        return int(value)

    def date(self, token: Leaf) -> date:
        try:
            return date.fromisoformat(token.value)
        except ValueError:
            self.no_such_date(token)

    def instant(self, token: Leaf) -> datetime:
        try:
            return datetime.fromisoformat(token.value)
        except ValueError:
            self.no_such_date(token)

    def no_such_date(self, token: Leaf) -> NoReturn:
        self.fail(
            "K0104", f"there is no {token.value}", self.span(token), "a date is written year-month-day: 2026-03-31"
        )

    # ------------------------------------------------------------ units
    def unit_expr(self, branch: Branch, children: list[Any]) -> x.UnitExpr:
        factors = [self.build(children[0])]
        for operator, right in zip(children[1::2], children[2::2], strict=True):
            factor = self.build(right)
            power = -factor.power if operator.value == "/" else factor.power
            factors.append(x.UnitFactor(factor.name, power, span=factor.span))
        span = self.span(branch)
        return x.UnitExpr(tuple(factors), "".join(span.text.split()), span=span)

    def unit_factor(self, branch: Branch, children: list[Any]) -> x.UnitFactor:
        if children[0].type == "PERCENT_SIGN":
            return x.UnitFactor("%", 1, span=self.span(branch))
        power = self.whole(children[1], "a power") if children[1] is not None else 1
        if power > MAX_POWER:
            self.fail("K0109", f"a power is a whole number from 1 to {MAX_POWER}", self.span(children[1]))
        return x.UnitFactor(children[0].value, power, span=self.span(branch))

    # ------------------------------------------------------------ literals
    def quantity(self, branch: Branch, children: list[Any]) -> x.Quantity:
        token = children[0]
        span = self.span(branch)
        if token.type == "PERCENT":
            return x.Quantity(self.number(token.cut(token.value[:-1])), "%", span=span)
        if token.type == "POINTS":
            return x.Quantity(self.number(token.cut(token.value[:-2])), "pp", span=span)
        unit = children[1].value if children[1] is not None else None
        return x.Quantity(self.number(token), unit, span=span)

    def signed_quantity(self, branch: Branch, children: list[Any]) -> x.Quantity:
        sign, quantity = children
        value: x.Quantity = self.build(quantity)
        if sign is not None and sign.value == "-":
            return x.Quantity(-value.number, value.unit, span=self.span(branch))
        return value

    def quotient(self, branch: Branch, children: list[Any]) -> x.Quotient:
        per = self.number(children[1].cut(children[1].value[3:].strip()))
        if per == 0:
            self.fail("K0109", "nothing is per 0", self.span(children[1]))
        return x.Quotient(self.build(children[0]), per, span=self.span(branch))

    def true(self, branch: Branch, children: list[Any]) -> x.Boolean:
        return x.Boolean(True, span=self.span(branch))

    def false(self, branch: Branch, children: list[Any]) -> x.Boolean:
        return x.Boolean(False, span=self.span(branch))

    def null(self, branch: Branch, children: list[Any]) -> x.Null:
        return x.Null(span=self.span(branch))

    def date_literal(self, branch: Branch, children: list[Any]) -> x.DateLiteral:
        return x.DateLiteral(self.date(children[0]), span=self.span(branch))

    def instant_literal(self, branch: Branch, children: list[Any]) -> x.InstantLiteral:
        return x.InstantLiteral(self.instant(children[0]), span=self.span(branch))

    def name_ref(self, branch: Branch, children: list[Any]) -> x.NameRef:
        return x.NameRef(self.joined(children), span=self.span(branch))

    # ------------------------------------------------------------ windows
    def window_unit(self, branch: Branch, children: list[Any]) -> x.WindowUnit:
        fiscal, word = children
        return x.WindowUnit(word.value, fiscal is not None, span=self.span(branch))

    def counted(self, children: list[Any]) -> tuple[int, x.WindowUnit]:
        count, unit = children
        return (1 if count is None else self.whole(count, "a number of units")), self.build(unit)

    def last_window(self, branch: Branch, children: list[Any]) -> x.LastWindow:
        return x.LastWindow(*self.counted(children), span=self.span(branch))

    def next_window(self, branch: Branch, children: list[Any]) -> x.NextWindow:
        return x.NextWindow(*self.counted(children), span=self.span(branch))

    def trailing_window(self, branch: Branch, children: list[Any]) -> x.TrailingWindow:
        return x.TrailingWindow(*self.counted(children), span=self.span(branch))

    def to_date_window(self, branch: Branch, children: list[Any]) -> x.ToDateWindow:
        return x.ToDateWindow(self.build(children[0]), span=self.span(branch))

    def this_window(self, branch: Branch, children: list[Any]) -> x.ThisWindow:
        return x.ThisWindow(self.build(children[0]), span=self.span(branch))

    def period_to_date_window(self, branch: Branch, children: list[Any]) -> x.PeriodToDateWindow:
        return x.PeriodToDateWindow(span=self.span(branch))

    def period_window(self, branch: Branch, children: list[Any]) -> x.PeriodWindow:
        return x.PeriodWindow(children[0].value, span=self.span(branch))

    def date_range_window(self, branch: Branch, children: list[Any]) -> x.DateRangeWindow:
        first, last = self.date(children[0]), self.date(children[1])
        if last < first:
            self.fail("K0104", f"{last} is before {first}", self.span(branch), f"write `{last}..{first}`")
        return x.DateRangeWindow(first, last, span=self.span(branch))

    def since_window(self, branch: Branch, children: list[Any]) -> x.SinceWindow:
        return x.SinceWindow(self.date(children[0]), span=self.span(branch))

    def all_time_window(self, branch: Branch, children: list[Any]) -> x.AllTimeWindow:
        return x.AllTimeWindow(span=self.span(branch))

    # ------------------------------------------------------------ operators
    def chain(self, branch: Branch, make: Callable[[str, Any, Any, Span], Any]) -> Any:
        """`a + b + c` leans left as deep as it is long: walked in a loop, and only so far."""
        rule = branch.data
        links: list[tuple[str, Branch, Span]] = []
        left: Any = branch
        while isinstance(left, Branch) and left.data == rule:
            links.append((left.children[1].value, left.children[2], self.span(left)))
            left = left.children[0]
            if len(links) > MAX_LINKS:
                self.too_deep(branch)
        node = self.build(left)
        for operator, right, span in reversed(links):
            node = make(operator, node, self.build(right), span)
        return node

    def binary(self, branch: Branch, children: list[Any]) -> Any:
        return self.chain(branch, lambda operator, left, right, span: x.Binary(operator, left, right, span=span))

    def logic(self, branch: Branch, children: list[Any]) -> Any:
        return self.chain(branch, lambda operator, left, right, span: x.Logic(operator, left, right, span=span))

    def compare(self, branch: Branch, children: list[Any]) -> x.Compare:
        left, operator, right = children
        return x.Compare(operator.value, self.build(left), self.build(right), span=self.span(branch))

    def not_(self, branch: Branch, children: list[Any]) -> x.Not:
        return x.Not(self.build(children[0]), span=self.span(branch))

    def negate(self, branch: Branch, children: list[Any]) -> Any:
        operand = self.build(children[1])
        return x.Negate(operand, span=self.span(branch)) if children[0].value == "-" else operand

    def percent_of(self, branch: Branch, children: list[Any]) -> x.PercentOf:
        token = children[0]
        percent = x.Quantity(self.number(token.cut(token.value[:-1])), "%", span=self.span(token))
        return x.PercentOf(percent, self.build(children[1]), span=self.span(branch))

    def in_list(self, branch: Branch, children: list[Any]) -> x.InList:
        operand, negated, *items = children
        return x.InList(self.build(operand), self.all(items), negated is not None, span=self.span(branch))

    def in_window(self, branch: Branch, children: list[Any]) -> x.InWindow:
        operand, negated, window = children
        return x.InWindow(self.build(operand), self.build(window), negated is not None, span=self.span(branch))

    def is_null(self, branch: Branch, children: list[Any]) -> x.IsNull:
        return x.IsNull(self.build(children[0]), children[1] is not None, span=self.span(branch))

    def matches(self, branch: Branch, children: list[Any]) -> x.Matches:
        return x.Matches(self.build(children[0]), self.build(children[1]), span=self.span(branch))

    def if_(self, branch: Branch, children: list[Any]) -> x.If:
        condition, then, otherwise = self.all(children)
        return x.If(condition, then, otherwise, span=self.span(branch))

    # ------------------------------------------------------------ what follows a value
    def over(self, branch: Branch, children: list[Any]) -> x.Over:
        return x.Over(self.build(children[0]), self.build(children[1]), span=self.span(branch))

    def earlier(self, branch: Branch, children: list[Any]) -> x.Earlier:
        operand, count, unit = children
        number = self.whole(count, "a number of units")
        return x.Earlier(self.build(operand), number, self.build(unit), span=self.span(branch))

    def each(self, branch: Branch, children: list[Any]) -> x.Each:
        operand, fiscal, by, partial = children
        return x.Each(
            self.build(operand), self.build(by), fiscal is not None, self.maybe(partial), span=self.span(branch)
        )

    def partial(self, branch: Branch, children: list[Any]) -> x.Partial:
        return x.Partial(self.build(children[0]) if children else None, span=self.span(branch))

    def default(self, branch: Branch, children: list[Any]) -> x.Default:
        return x.Default(self.build(children[0]), self.build(children[1]), span=self.span(branch))

    def where(self, branch: Branch, children: list[Any]) -> Any:
        operand, predicate = self.build(children[0]), self.build(children[1])
        span = self.span(branch)
        if isinstance(operand, x.Aggregation) and operand.where is None and operand.at is None:
            return x.Aggregation(operand.call, operand.source, operand.on, predicate, None, span=span)
        return x.Filtered(operand, predicate, span=span)

    def at(self, branch: Branch, children: list[Any]) -> x.Aggregation:
        operand = self.build(children[0])
        edge, keys = children[1], children[2]
        span = self.span(branch)
        if not isinstance(operand, x.Aggregation) or operand.at is not None:
            self.fail(
                "K0106",
                f"`at {edge.value}` follows an aggregation",
                self.span(edge),
                f"write `count() from SOURCE where … at {edge.value}`",
            )
        at = x.At(edge.value, self.build(keys) if keys is not None else (), span=self.span(edge))
        return x.Aggregation(operand.call, operand.source, operand.on, operand.where, at, span=span)

    def call(self, branch: Branch, children: list[Any]) -> x.Call:
        function, *arguments = children
        return x.Call(self.build(function), self.all(arguments), span=self.span(branch))

    def k_of_n(self, branch: Branch, children: list[Any]) -> x.KofN:
        return x.KofN(self.whole(children[0], "k"), self.whole(children[1], "n"), span=self.span(branch))

    def agg_from(self, branch: Branch, children: list[Any]) -> x.Aggregation:
        call, source, on = children
        return x.Aggregation(self.build(call), self.build(source), self.maybe(on), None, None, span=self.span(branch))

    def coded(self, branch: Branch, children: list[Any]) -> x.Coded:
        function, argument, by, per, option, word = children
        return x.Coded(
            Name(function.value, span=self.span(function)),
            (self.build(argument),),
            self.maybe(by),
            self.build(per),
            self.maybe(option),
            self.maybe(word),
            span=self.span(branch),
        )

    def conversion(self, branch: Branch, children: list[Any]) -> x.Conversion:
        function, first, then, per, within = children
        return x.Conversion(
            function.value,
            self.build(first),
            self.build(then),
            self.build(per),
            self.build(within),
            span=self.span(branch),
        )

    def conversion_step(self, branch: Branch, children: list[Any]) -> x.ConversionStep:
        return x.ConversionStep(
            self.build(children[0]), self.build(children[1]) if children[1:] else None, span=self.span(branch)
        )
