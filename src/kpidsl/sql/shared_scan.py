"""One scan that many groupings and filters share: rows grouped by all that these read, each answered from the groups.

A group is a pane and a value of each *leaf*: a member, a column that filters read, or a condition as a whole.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from typing import Final

from kpidsl.plan.columns import conditions_of
from kpidsl.plan.nodes import Cell
from kpidsl.records import dataclass
from kpidsl.semantic.rows import Picked, Place, Row
from kpidsl.semantic.types import DataType
from kpidsl.sql import exp
from kpidsl.sql.aggregates import Scale, states
from kpidsl.sql.digits import Digits, as_text, digits_of
from kpidsl.sql.places import told as told_by
from kpidsl.sql.source_rows import RowsOf, column_of
from kpidsl.sql.times import cast, function

Filter = tuple[Row, ...]
GROUPS: Final = "kpidsl_groups"
"""What the groups are called in the queries that merge them."""
_MERGED: Final = frozenset({"sum", "min", "max"})
_AT_EDGE: Final = {"arg_min": "min", "arg_max": "max"}
_PANE, _FILE, _WAY = "p", "f", "w"


@dataclass(frozen=True, slots=True)
class Grouping:
    """What rows are grouped by, and for which cells: these have no filter of their own, and states that `merges` tells
    of. Of conditions that are `told` by a place among the leaves, which one. `more` are states of no cell.
    """

    leaves: Sequence[Row]
    cells: Sequence[Cell]
    told: Mapping[Row, Row]
    more: Sequence[exp.Expr] = ()


@dataclass(frozen=True, slots=True)
class Scan:
    """A grouped scan. `leaves` names the column of each leaf; `written` tells what stands over groups for an expression
    over rows: the column of a leaf, or a condition about its place; `merged` are the states of each cell over groups,
    as `sql.aggregates.states` has them over rows, and after them those of no cell. Where rows are grouped in several
    ways at once, `among` tells the groups of this one.
    """

    query: exp.Select
    rows: RowsOf
    leaves: Mapping[Row, str]
    written: Mapping[exp.Expr, exp.Expr]
    merged: tuple[tuple[exp.Expr, ...], ...]
    by_file: bool
    among: exp.Expr | None = None


@dataclass(frozen=True, slots=True)
class File:
    """The column that names each row's file, and the one that numbers it, where there is one: a number is looked up
    among groups at half of what a path costs.
    """

    name: str
    number: str | None = None


def scans(
    rows: RowsOf, panes: Callable[[], tuple[exp.Select, exp.Expr]], several: Sequence[Grouping],
    scales: Mapping[Row, Scale], file: File | None = None,
) -> list[Scan]:  # fmt: skip
    """Rows grouped by pane, leaves and, where that is asked for, file. `panes` makes a query of the rows, and what
    tells their pane. Several ways are one query, which reads them once. Every group has the states of all.
    """
    leaves = list(dict.fromkeys(leaf for one in several for leaf in one.leaves))
    names = {leaf: f"l{place}" for place, leaf in enumerate(leaves)}
    of_leaf = {leaf: rows.member(leaf) for leaf in leaves}
    keys = [exp.alias_(of_leaf[leaf], name) for leaf, name in names.items()]
    of_all: list[exp.Expr] = []
    if file is not None:
        name = rows.column(column_of("t", file.name))
        of_all = [name] if file.number is None else [rows.column(column_of("t", file.number))]
        keys.append(exp.alias_(name if file.number is None else function("first", name), _FILE))
    parts: dict[exp.Expr, str] = {}
    over_rows = [
        [*(states(cell, rows.operands(cell, scales)) for cell in one.cells), *([one.more] if one.more else [])]
        for one in several
    ]
    written = [_written(rows, one, names) for one in several]
    over_groups = [_OverGroups(rows, names.values(), of_leaves, parts) for of_leaves in written]
    merged = [
        tuple(tuple(each.merged(state) for state in of_cell) for of_cell in own)
        for own, each in zip(over_rows, over_groups, strict=True)
    ]
    query, pane = panes()  # after what is asked for: its columns are known then
    keys.append(exp.alias_(pane, _PANE))
    of_all.append(pane)
    if len(several) == 1:
        query = query.group_by(*of_leaf.values(), *of_all, copy=False)
    else:
        keys.append(exp.alias_(exp.Grouping(expressions=list(of_leaf.values())), _WAY))
        # Ways that are written alike are one: their groups would be there twice.
        ways = {frozenset(of_leaf[leaf] for leaf in one.leaves): one.leaves for one in several}
        keyed = [exp.Tuple(expressions=[*(of_leaf[leaf] for leaf in own), *of_all]) for own in ways.values()]
        query = query.group_by(exp.GroupingSets(expressions=keyed), copy=False)
    query = query.select(*keys, *(exp.alias_(one, name) for one, name in parts.items()), copy=False)
    return [
        Scan(
            query, rows, {leaf: names[leaf] for leaf in one.leaves}, of_leaves, own, file is not None,
            _among(list(of_leaf.values()), {of_leaf[leaf] for leaf in one.leaves}) if len(several) > 1 else None,
        )
        for one, of_leaves, own in zip(several, written, merged, strict=True)
    ]  # fmt: skip


def _among(keys: Sequence[exp.Expr], own: Container[exp.Expr]) -> exp.Expr:
    """That a group is one by these keys: `grouping` has a bit, the first the highest, for each that it is not by.
    Leaves that are written alike (`x / y > 1`, `1 < x / y`) are one key, and a group by one of them is by the others.
    """
    bits = sum(1 << place for place, key in enumerate(reversed(keys)) if key not in own)
    return exp.EQ(this=exp.column(_WAY), expression=cast(exp.Literal.string(str(bits)), "BIGINT"))


def _written(rows: RowsOf, one: Grouping, names: Mapping[Row, str]) -> dict[exp.Expr, exp.Expr]:
    columns: dict[Row, exp.Expr] = {leaf: exp.column(names[leaf]) for leaf in one.leaves}
    of_members = {rows.sql.sql(leaf): rows.of_member(leaf, column) for leaf, column in columns.items()}
    written = {over_rows: over_groups for over_rows, over_groups in of_members.items() if over_groups is not None}
    for condition, leaf in one.told.items():
        assert isinstance(leaf, Place | Picked)
        written[rows.sql.sql(condition)] = told_by(rows.sql, condition, leaf, columns[leaf])
    return written


def merges(scale: Scale | None, cell: Cell) -> bool:
    """Whether states of a cell over groups can be merged to one: not where they are the values themselves."""
    if scale is None or cell.argument is None:
        return True
    if cell.function in ("stddev", "variance") and cell.argument.type is not DataType.FLOAT:
        return scale.exact is not None or scale.cut is not None
    return scale.limbs > 0


@dataclass(frozen=True, slots=True)
class Slots:
    """Which panes of which filter stand together, as `engine.slots` has it: `places` are the number of a filter times
    how many `panes` there are, and the pane; `numbers` the slot of each. Other panes are not asked for. Without any,
    each place is a slot.
    """

    panes: int
    places: Sequence[int] = ()
    numbers: Sequence[int] = ()


def answers(
    found: Scan, members: Sequence[Row], filters: Sequence[Filter], wanted: Mapping[exp.Expr, Digits | None],
    slots: Slots | None = None,
) -> exp.Select:  # fmt: skip
    """What groups say of some members: a row for each slot and member of which a filter keeps any group, with the
    states that are `wanted_of` the scan. Without `slots`, for each filter (its place in `filters`), pane,
    file (where the scan has it) and member.
    """
    keep, of_members = exp.column("k"), [exp.column(found.leaves[row]) for row in members]
    keys: list[exp.Expr]
    slot_of: exp.Expr | None = None
    if slots is None:
        keys = [keep, exp.column(_PANE), *([exp.column(_FILE)] if found.by_file else []), *of_members]
    else:
        filter_of = exp.Mul(this=keep, expression=exp.Literal.number(slots.panes))
        place = exp.Add(this=filter_of, expression=exp.column(_PANE))
        slot_of = exp.EQ(this=exp.column("x"), expression=place) if slots.places else None
        keys = [exp.column("c") if slots.places else place, *of_members]
    query = _of(found, exp.select(*keys, *map(as_text, wanted, wanted.values()), copy=False))
    if tuple(filters) == ((),):
        kept = exp.select(exp.alias_(exp.Literal.number(0), "k"), copy=False)
        query = query.join(kept.subquery("f", copy=False), on=exp.true(), copy=False)
    else:
        kept, alike = _kept(found, filters)
        query = query.join(kept.subquery("f", copy=False), on=alike, copy=False)
        query = query.where(exp.column("b"), copy=False)
    if slots is not None and slot_of is not None:
        query = query.join(_listed(x=slots.places, c=slots.numbers).subquery("s", copy=False), on=slot_of, copy=False)
    return query.group_by(*keys, copy=False)


def _listed(**columns: Sequence[int]) -> exp.Select:
    """Columns of whole numbers as rows."""
    return exp.select(
        *(
            exp.alias_(function("unnest", cast(exp.Literal.string(str(list(numbers))), "BIGINT[]")), name)
            for name, numbers in columns.items()
        ),
        copy=False,
    )


def places(found: Scan, members: Sequence[Row]) -> exp.Select:
    """How many rows `answers` has for a filter that keeps all."""
    keys = [exp.column(_PANE), *([exp.column(_FILE)] if found.by_file else [])]
    keys += [exp.column(found.leaves[row]) for row in members]
    each = _of(found, exp.select(*keys)).distinct()
    return exp.select(exp.Count(this=exp.Star())).from_(each.subquery("g"))


def members_of(found: Scan, leaf: Row, conditions: Sequence[Row]) -> exp.Select:
    """The members of a leaf that groups have, and of each whether it meets some conditions over it alone."""
    columns = [exp.column(found.leaves[leaf]), *(_condition(found, (one,)) for one in conditions)]
    return _of(found, exp.select(*columns)).distinct()


def _of(found: Scan, query: exp.Select) -> exp.Select:
    """The query, of the groups of a scan."""
    query = query.from_(exp.to_table(GROUPS), copy=False)
    return query if found.among is None else query.where(found.among, copy=False)


def wanted_of(
    found: Scan, cells: Sequence[int], types: Mapping[str, str] | None = None
) -> dict[exp.Expr, Digits | None]:  # fmt: skip
    """The states of the cells at some places of a scan, each once; with the `types` of its groups' columns, those that
    are brought as text with how.
    """
    states = dict.fromkeys(state for cell in cells for state in found.merged[cell])
    return {state: digits_of(state, types) if types is not None else None for state in states}


def cardinalities(rows: RowsOf, wanted: Sequence[Row], percent: int) -> exp.Select:
    """About how many distinct values each expression has in a sample of the rows: one row of counts."""
    counts = [function("approx_count_distinct", rows.member(row)) for row in wanted]
    sampled = rows.select().subquery("r", copy=False).sampled(percent, seed=1)
    return exp.select(*counts, copy=False).from_(sampled, copy=False)


def first_cardinalities(rows: RowsOf, wanted: Sequence[Row], most: int) -> exp.Select:
    """About how many distinct values each expression has in the first rows: one row of counts."""
    counts = [function("approx_count_distinct", rows.member(row)) for row in wanted]
    return exp.select(*counts).from_(rows.select().limit(most).subquery("r"))


def whole(found: Scan, query: exp.Select) -> exp.Select:
    """Such a query with the scan before it, as one statement."""
    return query.with_(GROUPS, found.query, materialized=True)


def _kept(found: Scan, filters: Sequence[Filter]) -> tuple[exp.Select, exp.Expr]:
    """Of each filter its place and whether it keeps a group, a row each, and which groups these are. Groups that are
    alike in what filters read are asked about once.
    """
    conditions: dict[exp.Expr, str] = {}
    named: dict[int, exp.Expr] = {}  # of many filters, a condition is one object
    kept_by: list[exp.Expr] = []
    for where in filters:
        asked = list(conditions_of(where))
        for one in asked:
            if id(one) not in named:
                condition = _of_groups(found, found.rows.sql.sql(one))
                named[id(one)] = exp.column(conditions.setdefault(condition, f"a{len(conditions)}"))
        kept_by.append(exp.and_(*(named[id(one)] for one in asked)) if asked else exp.true())
    read = {column for condition in conditions for column in condition.find_all(exp.Column)}
    columns = {f"j{place}": leaf for place, leaf in enumerate(found.leaves.values()) if exp.column(leaf) in read}
    told = exp.select(*(exp.alias_(exp.column(leaf), name) for name, leaf in columns.items()), copy=False)
    told = told.select(*(exp.alias_(one, name) for one, name in conditions.items()), copy=False)
    if columns:
        alike = _of(found, exp.select(*(exp.column(leaf) for leaf in columns.values()), copy=False))
        told = told.from_(alike.distinct(copy=False).subquery("g", copy=False), copy=False)
    numbers = function("unnest", function("range", exp.Literal.number(len(filters))))
    kept = exp.select(exp.alias_(function("unnest", function("list_value", *kept_by)), "b"), copy=False)
    kept = kept.select(exp.alias_(numbers, "k"), *map(exp.column, columns), copy=False)
    kept = kept.from_(told.subquery("g", copy=False), copy=False)
    on = [exp.NullSafeEQ(this=exp.column(name), expression=exp.column(leaf)) for name, leaf in columns.items()]
    return kept, exp.and_(*on) if on else exp.true()


def _condition(found: Scan, where: Filter) -> exp.Expr:
    return exp.and_(*(_of_groups(found, found.rows.sql.sql(one)) for one in conditions_of(where)))


def _of_groups(found: Scan, over_rows: exp.Expr) -> exp.Expr:
    def replaced(node: exp.Expr) -> exp.Expr:
        return found.written.get(node, node)

    return over_rows.transform(replaced)


class _OverGroups:
    """States over rows as states over groups: each aggregate is a column of the groups, one of `parts`, and merged."""

    def __init__(
        self, rows: RowsOf, leaves: Iterable[str], written: Mapping[exp.Expr, exp.Expr], parts: dict[exp.Expr, str]
    ) -> None:  # fmt: skip
        self.computed: dict[exp.Expr, exp.Expr] = {exp.column(name): one for one, name in rows.columns.items()}
        self.leaves: set[exp.Expr] = {exp.column(name) for name in leaves}
        self.written = written
        self.parts = parts

    def merged(self, state: exp.Expr) -> exp.Expr:
        return state.transform(self._replaced)

    def _replaced(self, node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Count):  # a sum of them would be wider than any count, and is slower to fetch
            return cast(function("sum", self._of_leaves(node.this) or self._part(node)), "BIGINT")
        if isinstance(node, exp.Anonymous) and node.name in _MERGED:
            return function(node.name, self._part(node))
        if isinstance(node, exp.Anonymous) and node.name in _AT_EDGE:
            return function(node.name, self._part(node), self._part(_order(node)))
        return node

    def _part(self, aggregate: exp.Expr) -> exp.Expr:
        return exp.column(self.parts.setdefault(aggregate, f"s{len(self.parts)}"))

    def _of_leaves(self, counted: exp.Expr) -> exp.Expr | None:
        """How many rows of a group have a value of what is told by its leaves alone: all of them, or none."""
        over_rows = counted.transform(lambda node: self.computed.get(node, node))
        known = over_rows.transform(lambda node: self.written.get(node, node))
        columns = set(known.find_all(exp.Column))
        if not columns or not columns <= self.leaves or isinstance(counted, exp.Distinct):
            return None
        every = self._part(exp.Count(this=exp.Star()))
        return exp.Case().when(_is_known(known), every, copy=False).else_(exp.Literal.number(0), copy=False)


def _is_known(value: exp.Expr) -> exp.Expr:
    """That a value is not NULL; of a condition that is counted, the condition."""
    if isinstance(value, exp.Case) and len(value.args["ifs"]) == 1 and "default" not in value.args:
        only: exp.If = value.args["ifs"][0]
        if isinstance(only.args["true"], exp.Literal):
            condition: exp.Expr = only.this
            return condition
    return exp.not_(exp.Is(this=value, expression=exp.null()))


def _order(edge: exp.Anonymous) -> exp.Expr:
    """What the row that a group gives for its edge is ordered by."""
    return function(_AT_EDGE[edge.name], edge.expressions[1])
