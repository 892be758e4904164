"""Which sources of a plan are answered from kept state: what is kept is looked up, what is new is read and kept."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from kpidsl.binding import Bound
from kpidsl.calendar import zone_rules
from kpidsl.diagnostics import KpidslError, UsageError
from kpidsl.engine.duck import failures, version
from kpidsl.engine.extents import anchors_by_time
from kpidsl.engine.kept import KeptCells, KeptSource, Panes
from kpidsl.engine.kept_reading import Asked
from kpidsl.engine.kept_values import Unkept
from kpidsl.hookspecs import Divisible, ScanRequest
from kpidsl.kept_files import SUFFIX, key, maker, prune
from kpidsl.needed import requests
from kpidsl.plan import Plan
from kpidsl.plan.columns import calls, columns, columns_in, columns_of_conversion
from kpidsl.plan.nodes import Cell
from kpidsl.records import dataclass
from kpidsl.semantic.rows import Row
from kpidsl.semantic.types import DataType
from kpidsl.state.book import Book
from kpidsl.state.digests import digest, digest_of, meaning
from kpidsl.state.marks import Seen, look
from kpidsl.state.update import Joined, Update, columns_named, spans_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_OURS = ("panes-", "files-")

KEPT = frozenset({"count", "sum", "avg", "min", "max", "share", "nps", "top_box"})
"""Aggregations whose state does not depend on what else is in the data, as the scale of a deviation does."""


@dataclass(frozen=True, slots=True)
class Keeping:
    """What a run brings to its kept state: `whole` makes a source that is joined a table, `unsaved` hears why state
    could not be written.
    """

    plan: Plan
    bound: Bound
    connection: DuckDBPyConnection
    folder: Path
    whole: Joined
    told: Callable[[str], None]
    unsaved: Callable[[OSError], None] | None = None


def keep(about: Keeping) -> dict[str, KeptSource]:
    """What is kept of the sources of a plan, brought up to date; a source of which nothing can be kept is not among
    them. Raises UsageError where the folder is none.
    """
    folder = about.folder
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"state cannot be kept in {folder}: {(error.strerror or str(error)).lower()}",
            hint="name a folder that can be written: --state .kpidsl",
        ) from error
    found: dict[str, KeptSource] = {}
    wanted = {name: replace(one, start=None, end=None) for name, one in requests(about.plan).items()}
    by_source: dict[str, list[Cell]] = {}
    for cell in about.plan.cells:
        by_source.setdefault(cell.source, []).append(cell)
    for name, cells in by_source.items():
        if name in about.bound.failed or not isinstance(about.bound.datasets.get(name), Divisible):
            continue
        try:
            kept = _Source(about, name, wanted).kept(cells)
        except (KpidslError, Unkept, OSError, failures()):
            continue  # whatever is wrong is found, and said, where the source is read as a whole
        if kept is not None:
            found[name] = kept
    with suppress(OSError):
        prune(folder, _OURS)
    return found


def on_demand(plan: Plan, kept: Collection[str]) -> set[str]:
    """The sources that need not be read as a whole unless a value of their own asks for it: no other looks at them."""
    looked_at: set[str] = set()
    for cell in plan.cells:
        ways = [(cell.source, column.path) for column in columns(cell)]
        if cell.conversion is not None:
            looked_at.add(cell.conversion.source)
            ways += [(cell.conversion.source, column.path) for column in columns_of_conversion(cell.conversion)]
        for source, path in ways:
            model = plan.sources[source]
            for step in path:
                model = plan.sources[model.joins[step].source]
                looked_at.add(model.name)
    return set(kept) - looked_at


@dataclass(slots=True)
class _Group:
    """Cells of one time column and some dimensions."""

    time: Row
    members: tuple[Row, ...]
    cells: list[Cell] = field(default_factory=list)


class _Source:
    """One source of a plan."""

    def __init__(self, about: Keeping, name: str, wanted: Mapping[str, ScanRequest]) -> None:
        self.about = about
        self.plan = about.plan
        self.model = about.plan.sources[name]
        self.wanted = wanted
        self.seen = self.look(name)
        self.update = Update(
            self.plan, self.model, self.files(name), wanted[name], self.seen, about.connection, about.whole,
            about.unsaved,
        )  # fmt: skip
        self._names: dict[tuple[object, ...], tuple[str, str]] = {}
        self._looked: dict[str, object] = {}
        self._meant: dict[int, str] = {}  # by identity: the plan keeps them
        self._reached: dict[int, tuple[str, ...]] = {}

    def files(self, name: str) -> Divisible:
        found = self.about.bound.datasets[name]
        assert isinstance(found, Divisible)
        return found

    def look(self, name: str) -> Seen:
        files = self.files(name).files()
        return look(files, self.about.folder / f"files-{key(name.encode(), *map(bytes, files[:1]))}{SUFFIX}")

    # ------------------------------------------------------------ what can be kept
    def kept(self, cells: list[Cell]) -> KeptSource | None:
        """What is kept of some cells, and of when the source has rows; None where that is nothing."""
        groups: dict[tuple[int, int], _Group] = {}
        for cell in cells:
            if cell.time is not None and self.can_be_kept(cell):
                groups.setdefault((id(cell.time), id(cell.members)), _Group(cell.time, cell.members)).cells.append(cell)
        if not groups:
            return None
        self.about.told(self.model.name)
        found = KeptSource()
        anchors = anchors_by_time(self.plan, self.model, cells)
        for time in {id(group.time): group.time for group in groups.values()}.values():
            of_time = [group for group in groups.values() if group.time is time]
            alone = next((group for group in of_time if not group.members), _Group(time, ()))
            when, kept = self.group(alone, None, anchors[time])
            found.extents[time] = kept
            for group in of_time:
                if group is not alone:
                    try:
                        _, kept = self.group(group, when, ())
                    except (KpidslError, Unkept):
                        continue
                else:
                    kept = found.extents[time]
                found.cells.update((cell, kept) for cell in group.cells if cell in kept.names)
        return found if found.cells else None

    def can_be_kept(self, cell: Cell) -> bool:
        """Whether the states of a cell add up over files and days, and follow from files alone."""
        if cell.function not in KEPT or cell.at is not None or cell.conversion is not None:
            return False
        if any(member.type in (DataType.FLOAT, DataType.OTHER, None) for member in cell.members):
            return False
        if self.plan.calendar.holidays is None and calls(cell, "business_days_between"):
            return False
        datasets = self.about.bound.datasets
        return all(isinstance(datasets.get(name), Divisible) for name in self.reached(cell))

    def reached(self, cell: Cell) -> tuple[str, ...]:
        """The sources that a cell's joins lead to."""
        found = self._reached.get(id(cell))
        if found is None:
            found = self._reached[id(cell)] = self.on({column.path for column in columns(cell)})
        return found

    def on(self, paths: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
        found: dict[str, None] = {}
        for path in sorted(paths):
            model = self.model
            for step in path:
                model = self.plan.sources[model.joins[step].source]
                found[model.name] = None
        return tuple(found)

    # ------------------------------------------------------------ names
    def joined(self, names: Iterable[str]) -> tuple[object, ...]:
        """What joined sources are: their declarations, what is asked of them, and what is in their files."""
        for name in names:
            if name not in self._looked:
                files = sorted(self.look(name).names.values())
                self._looked[name] = digest(self.plan.sources[name], self.wanted[name], files)
        return tuple(self._looked[name] for name in names)

    def named(self, cell: Cell) -> tuple[str, str | None]:
        """The names of what is asked of a row, and of the filter where members are counted."""
        state = (cell.function, id(cell.argument), id(cell.where), cell.level, cell.k, cell.n)
        found = self._names.get(state)
        if found is None:
            joined = meaning(self.joined(self.reached(cell)))
            argument, where = self.meant(cell.argument), self.meant(cell.where)
            of_function = (meaning(one) for one in (cell.function, cell.level, cell.k, cell.n))
            asked = digest_of([*of_function, argument, where, joined])
            found = self._names[state] = asked, digest_of([meaning("rows"), where, joined])
        return found if cell.members else (found[0], None)

    def meant(self, part: object) -> str:
        """The meaning of what many cells have in common, worked out once."""
        found = self._meant.get(id(part))
        if found is None:
            found = self._meant[id(part)] = meaning(part)
        return found

    def file_of(self, group: _Group) -> Path:
        """Where a group's state is kept: of this kpidsl, DuckDB and rules of time zones, this declaration and calendar,
        these columns.
        """
        paths = {column.path for row in (group.time, *group.members) for column in columns_in(row)}
        name = digest(
            self.model, self.plan.calendar, self.wanted[self.model.name], group.time, group.members,
            self.joined(self.on(paths)), version(), zone_rules(),
        )  # fmt: skip
        return self.about.folder / f"panes-{key(maker(), name.encode())}{SUFFIX}"

    # ------------------------------------------------------------ a group
    def group(self, group: _Group, when: Book | None, anchors: Iterable[datetime]) -> tuple[Book, KeptCells]:
        """What is kept of a group, after what is new was read. `when` tells when each file has rows; None where the
        group is to tell that itself, at `anchors` too.
        """
        digests = {cell: self.named(cell) for cell in group.cells}
        distinct = {digests[cell]: cell for cell in reversed(group.cells)}
        asked = Asked(group.time, group.members, tuple(reversed(distinct.values())), digests, when is None)
        sources = tuple(dict.fromkeys(name for cell in asked.cells for name in self.reached(cell)))
        book = self.update.book(self.file_of(group), asked, sources)
        spans = spans_of(self.plan, group.cells, anchors)
        edges = self.update.edges(asked, spans, when if when is not None else book, sources)
        names: dict[Cell, tuple[tuple[str, ...], str | None]] = {}
        for cell in group.cells:
            wanted = columns_named(cell, digests)
            read = edges is None or not edges.spans or all(name in edges.columns for name in wanted)
            if read and book.has(wanted) and all(book.columns[name].is_safe() for name in wanted):
                names[cell] = (wanted if digests[cell][1] is None else wanted[:-1], digests[cell][1])
        return book, KeptCells(self.plan.calendar, book.panes(), edges or Panes([], {}, {}), names)
