"""Sources checked: where the rows come from, what their columns are, and how they stand in time."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import TypeVar

from kpidsl.calendar import Calendar
from kpidsl.diagnostics import Diagnostic, Fix, Problems, closest, did_you_mean, unsplit
from kpidsl.semantic import rows as r
from kpidsl.semantic.counted_times import ticks
from kpidsl.semantic.declared import Declared
from kpidsl.semantic.derived_columns import DerivedColumns
from kpidsl.semantic.model import DeclaredColumn, HoldsModel, JoinModel, SourceModel
from kpidsl.semantic.not_here import Elsewhere
from kpidsl.semantic.numbers import written_unit
from kpidsl.semantic.params import Params
from kpidsl.semantic.repeats import source_without_repeats
from kpidsl.semantic.row_check import RowChecker
from kpidsl.semantic.row_scope import RowScope, Unusable
from kpidsl.semantic.scope import Names, visible
from kpidsl.semantic.source_columns import require_of_data, require_of_row, times_of
from kpidsl.semantic.terms import TYPE_SYNONYMS, TYPE_WORDS
from kpidsl.semantic.types import DataType, Schema
from kpidsl.semantic.units import NUMBER, UnitTable
from kpidsl.semantic.windows import Invalid, duration
from kpidsl.semantic.zones import timezone
from kpidsl.syntax import decl_nodes as d
from kpidsl.syntax.node import Name, Node

P = TypeVar("P", bound=Node)
_TIMES = frozenset({DataType.DATE, DataType.TIMESTAMP, DataType.INSTANT})


class Sources:
    """The sources of a spec set, checked when they are first needed.

    `schemas` are the providers' columns, where known.
    """

    def __init__(
        self,
        names: Names,
        units: UnitTable,
        calendar: Calendar,
        params: Params,
        schemas: Mapping[str, Schema | None],
        problems: Problems,
    ) -> None:
        self.names = names
        self.units = units
        self.calendar = calendar
        self.params = params
        self.schemas = schemas
        self.problems = problems
        self._times = times_of(names.sources)
        self._models: dict[str, SourceModel | None] = {}
        self._scopes: dict[str, RowScope] = {}
        self._derived = DerivedColumns(names, self.rows, self._problems)
        self._elsewhere = Elsewhere(names, schemas)
        self._rings: list[set[str]] = []
        self._unusable: dict[str, tuple[Diagnostic, ...]] = {}
        self.problems_of: dict[str, Problems] = {}

    def declared_names(self, namespace: str) -> list[str]:
        """The sources as they may be written in a namespace."""
        return visible(self.names.sources, namespace)

    def scope(self, name: str) -> RowScope:
        """What names mean in rows of a source (by full name, or as written without a namespace)."""
        if name not in self._scopes:
            declared = self.names.sources[name]
            node = declared.node
            lets = tuple(dict.fromkeys(prop.name.text for prop in node.properties if isinstance(prop, d.LetProp)))
            joins = self.joins(declared)
            columns = self.columns(declared)
            by_name = {written: join.source for written, join in joins.items()}
            self._scopes[name] = RowScope(
                name,
                self.schemas.get(name),
                columns,
                joins,
                lambda let: self._derived.row(name, let),
                lets,
                lambda written: self.joined(by_name[written]),
                node.name.text,
                frozenset(
                    prop.name.text
                    for prop in node.properties
                    if isinstance(prop, d.ColumnProp) and prop.name.text not in columns
                )
                | {
                    prop.source.text
                    for prop in node.properties
                    if isinstance(prop, d.JoinProp) and prop.source.text not in joins
                },
                others=frozenset(other.rpartition(".")[2] for other in self.names.sources),
                times=self._times[name],
                lacking=self.lacking(declared, columns),
                elsewhere=lambda column, is_far: self._elsewhere.meant(column, name, is_far=is_far),
            )
        return self._scopes[name]

    def rows(self, name: str, problems: Problems, namespace: str | None = None) -> RowChecker:
        """A checker of expressions over rows of a source, as written in a namespace (without: the source's own)."""
        where = self.names.sources[name].namespace if namespace is None else namespace
        return RowChecker(
            self.scope(name), self.units, self.calendar, self.params, problems, where, self.names.functions
        )

    def _problems(self, source: str) -> Problems:
        return self.problems_of.setdefault(source, Problems())

    # ------------------------------------------------------------ a source
    def model(self, name: str) -> SourceModel | None:
        """The source, or None where it cannot be used: what is wrong with it is reported once."""
        if name not in self._models:
            self._models[name] = None
            problems = Problems()
            try:
                self._models[name] = self._check(self.names.sources[name], problems)
            except Invalid:
                self._unusable[name] = tuple(problems)
            for diagnostic in problems:
                self._problems(name).add(diagnostic)
        return self._models[name]

    def usable(self, name: str) -> SourceModel:
        """The source. Raises `Unusable` with what is wrong with it, where that is known."""
        model = self.model(name)
        if model is None:
            raise Unusable(self._unusable.get(name) or tuple(self._problems(name)))
        return model

    def joined(self, name: str) -> RowScope:
        """What names mean in rows of a source that is joined. Raises `Unusable` where that cannot be used."""
        self.usable(name)
        return self.scope(name)

    def _check(self, declared: Declared[d.SourceDecl], problems: Problems) -> SourceModel:
        """Raises `Invalid` where rows cannot be told apart, placed in time or joined."""
        node, name = declared.node, declared.name
        provider = one(node, d.FromProp, problems)
        if provider is None:
            problems.error(
                "K0301", f"source `{name}` has no data", node.name.span, hint='add `from csv("data.csv")` to its block'
            )
            raise Invalid
        scope = self.scope(name)
        rows = self.rows(name, problems)
        lets: dict[str, r.Row] = {}
        for let in scope.let_names:
            with suppress(Invalid):
                lets[let] = self._derived.row(name, let)
        source_without_repeats(node, problems)
        time = one(node, d.TimeProp, problems)
        key = one(node, d.KeyProp, problems)
        for column in key.columns if key is not None else ():
            require_of_data(scope.row(column.parts, column.span, problems), column, problems)
        for join in scope.joins.values():
            self.check_join(name, join, problems)
        fresh, complete = one(node, d.FreshProp, problems), one(node, d.CompleteProp, problems)
        base = node.span.source.file.parent if node.span.source.file is not None else None
        return SourceModel(
            name,
            node.title.value if node.title is not None else None,
            provider.provider,
            base,
            self.schemas.get(name),
            scope.declared,
            lets,
            scope.joins,
            self.zone(time, problems),
            self.time_column(time.column, rows) if time is not None else None,
            self.holds(one(node, d.HoldsProp, problems), rows),
            tuple(column.text for column in key.columns) if key is not None else (),
            duration(fresh.within, problems) if fresh is not None else None,
            duration(complete.after, problems) if complete is not None else None,
            one(node, d.AheadProp, problems) is not None,
            node.name.span,
            self._times[name],
        )

    def zone(self, time: d.TimeProp | None, problems: Problems) -> str:
        if time is None or time.zone is None:
            return self.calendar.timezone
        return timezone(time.zone.value, time.zone.span, problems)

    def time_column(self, name: Name, rows: RowChecker) -> r.Row:
        """A column that places rows in time; a text one is read as ISO 8601."""
        row = require_of_row(rows.scope.row(name.parts, name.span, rows.problems), name, rows.problems)
        if row.type is DataType.TEXT and isinstance(row, r.ColumnValue) and not row.path:
            return r.ColumnValue(DataType.TIMESTAMP, row.unit, row.path, row.source, row.name)
        if row.type is not None and row.type not in _TIMES:
            message = f"`{name.text}` places no row in time: a date or time is expected"
            rows.wrong(name.span, message, rows.shown(row), rows.remedy(row, "time"), row)
        return row

    def holds(self, prop: d.HoldsProp | None, rows: RowChecker) -> HoldsModel | None:
        if prop is None:
            return None
        return HoldsModel(self.time_column(prop.start, rows), self.time_column(prop.end, rows), prop.inclusive)

    # ------------------------------------------------------------ columns and joins
    def columns(self, declared: Declared[d.SourceDecl]) -> dict[str, DeclaredColumn]:
        problems = self._problems(declared.name)
        found: dict[str, DeclaredColumn] = {}
        for prop in declared.node.properties:
            if not isinstance(prop, d.ColumnProp):
                continue
            name = prop.name.text
            if name in found:
                problems.error(
                    "K0201", f"column `{name}` is declared twice", prop.name.span, "again here",
                    also=[(found[name].span, "first here")], hint="keep one",
                )  # fmt: skip
                continue
            try:
                found[name] = self.column(prop, problems)
            except Invalid:
                continue
        schema = self.schemas.get(declared.name)
        return found if schema is None else found | _as_meant(found, schema)

    def lacking(self, declared: Declared[d.SourceDecl], columns: Mapping[str, DeclaredColumn]) -> dict[str, Diagnostic]:
        """The declared columns that the data does not have, each with what is said of it."""
        schema = self.schemas.get(declared.name)
        places = {one.name.text: one.name.span for one in declared.node.properties if isinstance(one, d.ColumnProp)}
        found: dict[str, Diagnostic] = {}
        if schema is None:
            return found
        for name in columns:
            if schema.get(name) is not None:
                continue
            own = Problems()
            own.error(
                "K0605",
                f"the data of `{declared.name}` has no column `{name}`",
                places[name],
                notes=[f"it has: {', '.join(schema.names)}"],
                hint=unsplit(schema.names, name) or did_you_mean(name, schema.names),
            )
            (found[name],) = own
            self._problems(declared.name).add(found[name])
        return found

    def column(self, prop: d.ColumnProp, problems: Problems) -> DeclaredColumn:
        written = prop.type
        form = prop.format.value if prop.format is not None else None
        word = written.factors[0].name if len(written.factors) == 1 and written.factors[0].power == 1 else ""
        kind = TYPE_WORDS.get(word)
        if kind is None and word.lower() in TYPE_SYNONYMS and word not in self.units.names:
            meant = TYPE_SYNONYMS[word.lower()]
            fix = Fix(f"write `{meant}`", written.span, meant)
            problems.error("K0311", f"there is no type `{word}`", written.span, hint=fix.title, fix=fix)
            raise Invalid
        is_counted = ticks(form) is not None
        if form is not None and kind is not DataType.TIMESTAMP and (is_counted or kind is not DataType.DATE):
            what = "a number of seconds or the like goes with" if is_counted else "a format goes with `date` or"
            problems.error(
                "K0302", f"{what} `timestamp`", prop.span,
                hint=f'write `column {prop.name.text}: timestamp "{form}"`',
            )  # fmt: skip
            raise Invalid
        if kind is not None:
            if kind is DataType.TIMESTAMP and form is not None and (is_counted or "%z" in form):
                kind = DataType.INSTANT
            if prop.format is not None and not is_counted:
                from kpidsl.semantic.time_formats import wrong_with

                wrong = wrong_with(prop.format.value, kind, prop.name.text)
                if wrong is not None:
                    problems.error("K0302", wrong[0], prop.format.span, hint=wrong[1])
                    raise Invalid
            return DeclaredColumn(prop.name.text, kind, NUMBER, form, None, prop.span)
        unit = written_unit(written, self.units, problems)
        if prop.scale is not None and unit.label != "%":
            problems.error("K0302", "`as … .. …` says which range means 0 % to 100 %", prop.span, hint="`% as 0..100`")
            raise Invalid
        return DeclaredColumn(prop.name.text, None, unit, None, prop.scale, prop.span)

    def joins(self, declared: Declared[d.SourceDecl]) -> dict[str, JoinModel]:
        problems = self._problems(declared.name)
        found: dict[str, JoinModel] = {}
        for prop in declared.node.properties:
            if not isinstance(prop, d.JoinProp):
                continue
            other = self.names.source(prop.source, declared.namespace, problems)
            if other is None:
                continue
            if prop.source.text in found:
                problems.error(
                    "K0201", f"`{prop.source.text}` is joined twice", prop.span, "again here",
                    also=[(found[prop.source.text].span, "first here")], hint="keep one",
                )  # fmt: skip
                continue
            if self.reaches(other.name, declared.name):
                if any(other.name in ring and declared.name in ring for ring in self._rings):
                    continue
                self._rings.append({other.name, declared.name})
                problems.error(
                    "K0208", f"`{declared.name}` joins itself, through `{other.name}`", prop.source.span,
                    hint="read the file once more under another name",
                )  # fmt: skip
                continue
            keys = tuple((key.left.text, key.right.text) for key in prop.keys)
            found[prop.source.text] = JoinModel(other.name, keys, prop.span)
        return found

    def reaches(self, start: str, goal: str) -> bool:
        """Whether a source joins another, directly or through others."""
        seen: set[str] = set()
        left = [start]
        while left:
            name = left.pop()
            if name == goal:
                return True
            if name in seen:
                continue
            seen.add(name)
            declared = self.names.sources[name]
            for prop in declared.node.properties:
                if isinstance(prop, d.JoinProp):
                    full = f"{declared.namespace}.{prop.source.text}"
                    left.extend(other for other in (full, prop.source.text) if other in self.names.sources)
        return False

    def check_join(self, name: str, join: JoinModel, problems: Problems) -> None:
        written = next(
            prop
            for prop in self.names.sources[name].node.properties
            if isinstance(prop, d.JoinProp) and prop.span == join.span
        )
        for key, (left, right) in zip(written.keys, join.keys, strict=True):
            mine = self.scope(name).row(key.left.parts, key.left.span, problems)
            theirs = self.scope(join.source).row(key.right.parts, key.right.span, problems)
            require_of_data(mine, key.left, problems)
            require_of_data(theirs, key.right, problems)
            if mine.type is None or theirs.type is None:
                continue
            if group(mine.type) != group(theirs.type):
                kinds = f"one is {mine.type.value}, the other {theirs.type.value}"
                problems.error(
                    "K0604",
                    f"`{left}` and `{join.source}.{right}` cannot be equal: {kinds}",
                    join.span,
                    hint=f"declare one like the other, for example `column {right}: text`",
                )
                raise Invalid


def _as_meant(declared: Mapping[str, DeclaredColumn], schema: Schema) -> dict[str, DeclaredColumn]:
    """Columns of the data under whose misspelt names something is declared: they are what is said there, so that the
    slip is not told again as units that do not fit.
    """
    meant = {name: closest(name, schema.names) for name in declared if schema.get(name) is None}
    return {
        near: replace(declared[name], name=near)
        for name, near in meant.items()
        if near is not None and near not in declared
    }


def group(kind: DataType | None) -> str:
    """Types whose values may be equal."""
    if kind is None:
        return "any"
    return "number" if kind.is_number else "time" if kind.is_time else kind.value


def one(node: d.SourceDecl, kind: type[P], problems: Problems) -> P | None:
    """The property of a kind; a second one is a problem."""
    found = [prop for prop in node.properties if isinstance(prop, kind)]
    for again in found[1:]:
        problems.error(
            "K0201", "this stands twice in one block", again.span, "again here",
            also=[(found[0].span, "first here")], hint="keep one",
        )  # fmt: skip
    return found[0] if found else None
