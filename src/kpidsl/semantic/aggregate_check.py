"""Aggregations checked: their function, argument, source, time column, filters, and the edge they stand at."""

from __future__ import annotations

from fractions import Fraction
from typing import Literal, NoReturn

from kpidsl.diagnostics import Problems, did_you_mean
from kpidsl.semantic import rows as r
from kpidsl.semantic import values as v
from kpidsl.semantic.answers_check import ON_SCALES, Box, answer_of, on_scale
from kpidsl.semantic.coded_check import coded
from kpidsl.semantic.model import SourceModel
from kpidsl.semantic.row_check import RowChecker
from kpidsl.semantic.row_scope import Unusable
from kpidsl.semantic.scope import Names
from kpidsl.semantic.source_columns import require_of_row
from kpidsl.semantic.sources import Sources
from kpidsl.semantic.terms import AGGREGATIONS, AGREEMENT, AggregationTerm
from kpidsl.semantic.types import DataType
from kpidsl.semantic.units import NUMBER, PERCENT, Unit, product
from kpidsl.semantic.unknown import elsewhere, synonym
from kpidsl.semantic.windows import Invalid
from kpidsl.source_text import Span
from kpidsl.syntax import expr_nodes as x

_SORTS: dict[DataType, v.Sort] = {DataType.TEXT: "text", DataType.BOOLEAN: "boolean"}


class AggregateChecker:
    """Checks aggregations as written in a file of a namespace. Raises `Invalid` once a problem is reported."""

    def __init__(self, names: Names, sources: Sources, namespace: str, problems: Problems) -> None:
        self.names = names
        self.sources = sources
        self.namespace = namespace
        self.problems = problems

    def aggregation(self, node: x.Aggregation, filters: tuple[tuple[x.Expr, str], ...]) -> v.Value:
        """The aggregation, narrowed by its own `where` and those around it."""
        term = self.term(node.call)
        declared = self.names.source(node.source, self.namespace, self.problems)
        if declared is None:
            raise Invalid
        name = declared.name
        source = self.source(name)
        rows = self.sources.rows(name, self.problems, self.namespace)
        argument: r.Row | None
        level: Fraction | None = None
        box: Box | None = None
        coded_per: tuple[r.Row, ...] = ()
        way: str | None = None
        if isinstance(node.call, x.Coded):
            argument, coded_per, way = coded(self, node, node.call, source, rows)
        else:
            argument, level = self.arguments(term, node.call, rows)
            if term.name in ON_SCALES:
                term, box = on_scale(self, term, node.call)
        own = ((node.where, self.namespace),) if node.where is not None else ()
        where = tuple(self.filter(predicate, name, namespace) for predicate, namespace in (*own, *reversed(filters)))
        if box is not None and box[0] == box[1]:
            assert argument is not None
            argument, box = answer_of(argument, box[1]), None
        at, per = self.edge(node, rows)
        time = self.time(node, source, rows, at)
        unit = self.unit(term, argument)
        scale = Fraction(1)
        if not unit.dimensions and unit.scale != 1:
            unit, scale = Unit(label=unit.label), unit.scale
        kind: v.Kind = "stock" if at is not None and term.kind in ("flow", "stock") else term.kind  # type: ignore[assignment]
        k, n = box if box is not None else (None, None)
        aggregate = v.Aggregate(
            v.Info(unit, kind, self.sort(term, argument)),
            term.name,
            argument,
            name,
            time,
            where,
            at,
            coded_per or per,
            level,
            k,
            n,
            " ".join(node.call.span.text.split()),
            node.span,
            way=way,
        )
        return aggregate if scale == 1 else v.Converted(aggregate.info, aggregate, scale)

    # ------------------------------------------------------------ parts
    def term(self, call: x.Call | x.Coded) -> AggregationTerm:
        name = call.function.text
        if name not in AGGREGATIONS:
            meant = synonym(name)
            hint = f"write `{meant}`" if meant else elsewhere(name) or did_you_mean(name, AGGREGATIONS)
            if name.endswith("~") and name[:-1] in AGGREGATIONS:
                hint = f"write `{name[:-1]}`, which is exact: `count_distinct~` alone may be approximate"
            self.stop("K0308", f"there is no aggregation `{name}`", call.function.span, hint)
        term = AGGREGATIONS[name]
        count = len(call.arguments)
        if not term.least <= count <= term.most:
            wanted = str(term.least) if term.least == term.most else f"{term.least} or {term.most}"
            examples = {
                "percentile": "percentile(x, 95%)",
                "top_box": "top_box(score, 2 of 5)",
                "ces_net": "ces_net(score, 3 of 7)",
                "share": "share(late)",
            }
            self.stop(
                "K0309",
                f"`{name}` takes {wanted} argument{'' if wanted == '1' else 's'}, not {count}",
                call.span,
                f"write `{examples.get(name, f'{name}(column)')}`",
            )
        return term

    def arguments(self, term: AggregationTerm, call: x.Call, rows: RowChecker) -> tuple[r.Row | None, Fraction | None]:
        if not call.arguments:
            return None, None
        first = call.arguments[0]
        argument = rows.condition(first) if term.takes == "condition" else rows.row(first)
        if term.takes == "condition" and not r.reads_rows(argument):
            self.stop(
                "K0304", f"`{' '.join(first.span.text.split())}` is the same for every row", first.span,
                'put a condition on a column: `share(status == "paid")`; rows are counted by `count()`',
            )  # fmt: skip
        self.fits(term, argument, first, rows)
        return argument, self.level(call.arguments[1]) if term.name == "percentile" else None

    def fits(self, term: AggregationTerm, argument: r.Row, node: x.Expr, rows: RowChecker) -> None:
        kind = argument.type
        if kind is None:
            return
        number = kind.is_number or kind is DataType.DURATION
        ordered = number or kind.is_time or kind is DataType.TEXT
        ok = {"number": number, "ordered": ordered, "any": kind is not DataType.OTHER, "condition": True}[term.takes]
        if not ok:
            wants = "a number" if term.takes == "number" else "a column with plain values"
            hint = rows.remedy(argument, "number")
            rows.wrong(node.span, f"`{term.name}` takes {wants}", rows.shown(argument), hint, argument)

    def level(self, node: x.Expr) -> Fraction:
        """The percentage of a percentile, as a fraction between 0 and 1."""
        if isinstance(node, x.Quantity) and node.unit in ("%", None):
            level = Fraction(node.number) / (100 if node.unit == "%" else 1)
            if 0 <= level <= 1:
                return level
        self.stop("K0309", "`percentile` takes a percentage from 0% to 100%", node.span, "write `percentile(x, 95%)`")

    def filter(self, predicate: x.Expr, source: str, namespace: str) -> v.Filter:
        """A predicate over rows, its names as they are where it is written."""
        rows = self.sources.rows(source, self.problems, namespace)
        return v.Filter(rows.condition(predicate), " ".join(predicate.span.text.split()))

    def edge(self, node: x.Aggregation, rows: RowChecker) -> tuple[Literal["end", "start"] | None, tuple[r.Row, ...]]:
        if node.at is None:
            return None, ()
        per = tuple(rows.scope.row(key.parts, key.span, self.problems) for key in node.at.per)
        return ("end" if node.at.edge == "end" else "start"), per

    def source(self, name: str) -> SourceModel:
        """The source of a full name; what is wrong with it is wrong with what reads it."""
        try:
            return self.sources.usable(name)
        except Unusable as unusable:
            for problem in unusable.problems:
                self.problems.add(problem)
            raise

    def time(self, node: x.Aggregation, source: SourceModel, rows: RowChecker, at: str | None) -> r.Row | None:
        """The column that places a row in time: `on …`, the source's own, or none for rows that hold."""
        if source.holds is not None and node.on is None:
            if at is None:
                self.stop(
                    "K0321",
                    f"rows of `{node.source.text}` hold over a stretch of time: say when they are counted",
                    node.span,
                    "end it with `at end` or `at start`",
                )
            if node.at is not None and node.at.per:
                self.stop("K0321", "rows that hold are not taken `per` key", node.at.span, "leave `per …` out")
            return None
        if node.on is None:
            if source.time is None:
                self.problems.error(
                    "K0320",
                    f"`{node.source.text}` has no time column, so no window can be put over it",
                    node.source.span,
                    also=[(source.span, "declared here")],
                    hint="add `time COLUMN` to the source, or `on COLUMN` here",
                )
                raise Invalid
            return source.time
        column = require_of_row(rows.scope.row(node.on.parts, node.on.span, self.problems), node.on, self.problems)
        if column.type is not None and not column.type.is_time:
            hint = rows.remedy(column, "time")
            rows.wrong(node.on.span, "`on` takes a time column", rows.shown(column), hint, column)
        return column

    def unit(self, term: AggregationTerm, argument: r.Row | None) -> Unit:
        match term.name:
            case "share" | "top_box" | "prevalence":
                return PERCENT
            case "count" | "count_distinct" | "count_distinct~" | "nps" | "ces_net":
                return NUMBER
            case name if name in AGREEMENT:
                return NUMBER
            case "variance":
                assert argument is not None
                return product(argument.unit, argument.unit)
            case _:
                assert argument is not None
                return argument.unit

    def sort(self, term: AggregationTerm, argument: r.Row | None) -> v.Sort:
        if term.name not in ("min", "max", "first", "last") or argument is None or argument.type is None:
            return "number"
        return "time" if argument.type.is_time else _SORTS.get(argument.type, "number")

    def stop(self, code: str, message: str, span: Span, hint: str | None = None) -> NoReturn:
        self.problems.error(code, message, span, hint=hint)
        raise Invalid
