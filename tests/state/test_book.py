"""The file of kept state: what goes on is written behind what is there, and reads as if it were written anew."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest

from kpidsl.engine.kept import RUNNING, Panes
from kpidsl.engine.kept_reading import Read
from kpidsl.engine.kept_values import Values, as_json, json_after
from kpidsl.state.book import Book, TooMany, load

PLACES = [("a", 0, ()), ("a", 10, ())]


def read(file: str, start: int, **columns: Values) -> Read:
    return Read([(file, start, ())], columns, sizes={"country": 3})


def kept(folder: Path, book: Book) -> tuple[bytes, Book]:
    file = folder / "panes.kept"
    book.save(file)
    found = load(file)
    assert found is not None
    return file.read_bytes(), found


def plain(book: Book) -> Book:
    """As if it had not been read from a file."""
    columns = {name: Values(one.kind, one.scale, one.is_date, one.items) for name, one in book.columns.items()}
    return Book(book.types, book.files, book.places, columns, book.unkept, sizes=book.sizes)


@pytest.mark.parametrize("start", [20, 5], ids=["behind all", "between others"])
def test_what_goes_on_reads_as_if_it_were_written_anew(tmp_path: Path, start: int) -> None:
    columns = {
        "sums": Values("sum", 2, False, [105, -7]),
        "floats": Values("binary", 3, False, [1, 2**70]),
        "least": Values("least", 0, False, ["Zürich\n", None]),
        "days": Values("greatest", 0, True, [None, "2026-01-31"]),
    }
    more = {
        "sums": Values("sum", 3, False, [-(10**20)]),  # a digit more behind the point
        "floats": Values("binary", 1, False, [3]),
        "least": Values("least", 0, False, ["\u2028"]),
        "days": Values("greatest", 0, True, [None]),
    }
    _, book = kept(tmp_path, Book("types", ["a"], PLACES, columns, ["odd"]))
    assert all(one.text == json.dumps(one.items, separators=(",", ":")) for one in book.columns.values())
    grown = book.with_files(["b"], read("b", start, **more), [], 1000)
    bytes_of_grown, found = kept(tmp_path, grown)
    bytes_of_plain, _ = kept(tmp_path, plain(grown))
    assert bytes_of_grown == bytes_of_plain
    assert found == grown
    assert found.sizes == {"country": 3}
    assert found.columns["sums"].reach() == 10**20
    assert all(one.text is not None for name, one in grown.columns.items() if name != "sums") is (start == 20)


def test_items_behind_those_of_a_text() -> None:
    for before in ([], [1], [None, "a"]):
        for more in ([], [2, None], ["b"]):
            assert json_after(as_json(before), more) == as_json([*before, *more])


def test_how_far_items_reach_is_known_where_scales_differ() -> None:
    one, other = Values("sum", 0, False, [-5]), Values("sum", 2, False, [499])
    assert one.and_more(other).reach() == other.and_more(one).reach() == 500
    assert Values("sum", 0, False, []).reach() == 0
    assert not Values("sum", 0, False, [10**36] * 11).is_safe()
    assert not Values("sum", 0, False, [10**36]).and_more(Values("sum", 0, False, [0] * 10)).is_safe()


def test_a_column_is_added_up_the_same_often_or_seldom() -> None:
    panes = Panes(list(range(4)), {(): (0, 4)}, {"a": Values("sum", 1, False, [5, 10, -3, 1])})
    spans = [(low, high) for low in range(5) for high in range(low, 5)] * RUNNING
    for low, high in spans:
        assert panes.merged("a", low, high) == Fraction(sum([5, 10, -3, 1][low:high]), 10)
    assert panes._sums["a"] == [0, 5, 15, 12, 13]


def test_what_was_too_much_is_looked_at_again_where_data_or_spec_are_others() -> None:
    then = TooMany(size=1000, columns=10)
    assert then.is_still(1000, 10) and then.is_still(600, 10) and then.is_still(1900, 6)
    assert not then.is_still(2000, 10)  # twice the data
    assert not then.is_still(500, 10)
    assert not then.is_still(1000, 5)  # half of what was asked
