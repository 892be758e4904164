"""The state of one source's files for one time column and some dimensions, as it is kept in a file.

JSON behind its own SHA-256, a line about all of it and one for each column: it is read back as numbers and texts, never
as objects, and columns that go on are not written anew.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import field
from decimal import Decimal
from pathlib import Path
from typing import Any

from kpidsl.engine.groups import Key
from kpidsl.engine.kept import Panes
from kpidsl.engine.kept_reading import Place, Read, check_room
from kpidsl.engine.kept_values import Unkept, Values, as_json
from kpidsl.kept_files import put, read_kept
from kpidsl.records import dataclass


@dataclass(frozen=True, slots=True)
class TooMany:
    """State of so many columns, of files of so many bytes, was more than is worth keeping."""

    size: int
    columns: int

    def is_still(self, size: int, columns: int) -> bool:
        """Whether that is hardly different now."""
        return self.size < 2 * size < 4 * self.size and 2 * columns > self.columns


@dataclass(slots=True)
class Book:
    """What is known of `files`: a place a row, in the order of members and panes, and columns. `unkept` names what is
    asked of a row but cannot be kept; where it was `too_much`, nothing is. `types` are those of the source's columns,
    and `sizes` tells about how many members they have.
    """

    types: str = ""
    files: list[str] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    columns: dict[str, Values] = field(default_factory=dict)
    unkept: list[str] = field(default_factory=list)
    too_much: TooMany | None = None
    sizes: dict[str, int] = field(default_factory=dict)

    def without(self, gone: Collection[str]) -> Book:
        """The same without some files. What could not be kept may be possible then."""
        rows = [row for row, place in enumerate(self.places) if place[0] not in gone]
        columns = {name: values.some(rows) for name, values in self.columns.items()}
        files = [name for name in self.files if name not in gone]
        return Book(self.types, files, [self.places[row] for row in rows], columns, sizes=self.sizes)

    def with_files(self, files: Iterable[str], read: Read, unkept: Sequence[str], most: int) -> Book:
        """The same and what was read of further files: of the columns, those that both have. Raises TooMuch for more
        than `most` values.
        """
        places = [*self.places, *read.places]
        if not self.files:
            columns = dict(read.columns)
        else:
            both = [name for name in self.columns if name in read.columns]
            columns = {name: self.columns[name].and_more(read.columns[name]) for name in both}
        check_room(len(places), len(columns), most)
        left = list(dict.fromkeys((*self.unkept, *unkept)))
        sizes = self.sizes | read.sizes
        return Book(self.types, [*self.files, *files], places, columns, left, sizes=sizes).ordered()

    def with_columns(self, read: Read, unkept: Sequence[str], most: int) -> Book:
        """The same and further columns of all its files. Raises Unkept where they are not of the same rows, TooMuch for
        more than `most` values.
        """
        found = {place: row for row, place in enumerate(read.places)}
        if len(found) != len(self.places) or any(place not in found for place in self.places):
            raise Unkept("other rows than before")
        rows = [found[place] for place in self.places]
        columns = self.columns | {name: values.some(rows) for name, values in read.columns.items()}
        check_room(len(rows), len(columns), most)
        left = list(dict.fromkeys((*self.unkept, *unkept)))
        return Book(self.types, self.files, self.places, columns, left, sizes=self.sizes | read.sizes)

    def ordered(self) -> Book:
        numbers: dict[Key, int] = {}
        for place in self.places:
            numbers.setdefault(place[2], len(numbers))
        order = sorted(range(len(self.places)), key=lambda row: (numbers[self.places[row][2]], self.places[row][1]))
        if order == list(range(len(order))):
            return self
        columns = {name: values.some(order) for name, values in self.columns.items()}
        places = [self.places[row] for row in order]
        return Book(self.types, self.files, places, columns, self.unkept, sizes=self.sizes)

    def has(self, names: Iterable[str]) -> bool:
        """Whether all of these columns are there."""
        return all(name in self.columns for name in names)

    def panes(self) -> Panes:
        """The rows as a run merges them."""
        spans: dict[Key, tuple[int, int]] = {}
        for row, place in enumerate(self.places):
            low, _ = spans.get(place[2], (row, row))
            spans[place[2]] = (low, row + 1)
        return Panes([place[1] for place in self.places], spans, self.columns)

    # ------------------------------------------------------------ in a file
    def save(self, file: Path) -> None:
        """Keep it. Raises OSError; then what the file had stays there."""
        numbers = {name: number for number, name in enumerate(self.files)}
        keys: dict[Key, int] = {}
        for place in self.places:
            keys.setdefault(place[2], len(keys))
        head = as_json(
            {
                "name": file.name,
                "types": self.types,
                "files": self.files,
                "keys": [[_written(one) for one in key] for key in keys],
                "places": [[numbers[name] for name, _, _ in self.places], [start for _, start, _ in self.places]],
                "members": [keys[key] for _, _, key in self.places],
                "columns": {
                    name: [values.kind, values.scale, values.is_date, values.reach()]
                    for name, values in self.columns.items()
                },
                "unkept": self.unkept,
                "sizes": self.sizes,
                "too_much": self.too_much and [self.too_much.size, self.too_much.columns],
            }
        )
        texts = [as_json(one.items) if one.text is None else one.text for one in self.columns.values()]
        put(file, "\n".join((head, *texts)).encode())


def load(file: Path) -> Book | None:
    """What was kept in a file; None where nothing was, or it is torn, damaged or of another name."""
    payload = read_kept(file)
    if payload is None:
        return None
    head, *texts = payload.decode().split("\n")
    said: Mapping[str, Any] = json.loads(head)
    if said["name"] != file.name:
        return None
    names, keys = said["files"], [tuple(_read(one) for one in key) for key in said["keys"]]
    places = [
        (names[number], start, keys[key]) for number, start, key in zip(*said["places"], said["members"], strict=True)
    ]
    items = json.loads(f"[{','.join(texts)}]")  # all at once takes half as long as one by one
    columns = {
        name: Values(kind, scale, is_date, of_column, text, reach)
        for (name, (kind, scale, is_date, reach)), of_column, text in zip(
            said["columns"].items(), items, texts, strict=True
        )
    }
    too_much = TooMany(*said["too_much"]) if said["too_much"] else None
    return Book(said["types"], names, places, columns, said["unkept"], too_much, said["sizes"])


def panes_of(read: Read, is_wanted: Callable[[int], bool]) -> Panes:
    """Panes that were read for this run alone: those that start where they are wanted."""
    rows = [row for row, place in enumerate(read.places) if is_wanted(place[1])]
    book = Book(
        places=[read.places[row] for row in rows],
        columns={name: values.some(rows) for name, values in read.columns.items()},
    )
    return book.ordered().panes()


def _written(member: object) -> object:
    return {"decimal": str(member)} if isinstance(member, Decimal) else member


def _read(member: Any) -> object:
    return Decimal(member["decimal"]) if isinstance(member, dict) else member
