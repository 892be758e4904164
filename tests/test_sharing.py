"""Parts that are alike become one object, and nothing else changes."""

from __future__ import annotations

import pickle
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

import kpidsl
from kpidsl.calendar import Grain, Last, Unit
from kpidsl.records import dataclass
from kpidsl.semantic.rows import ColumnValue, Comparison, Constant
from kpidsl.semantic.types import DataType
from kpidsl.semantic.units import NUMBER
from kpidsl.semantic.units import Unit as Measure
from kpidsl.semantic.values import Aggregate, aggregates
from kpidsl.sharing import shared
from kpidsl.source_text import Source, Span


def condition(member: str) -> Comparison:
    column = ColumnValue(DataType.TEXT, NUMBER, (), "orders", "country")
    return Comparison(DataType.BOOLEAN, NUMBER, "==", column, Constant(DataType.TEXT, Measure(), member))


def test_equal_parts_are_one_object() -> None:
    (a, b), c = shared(((condition("DE"), condition("DE")), condition("FR")))
    assert a is b
    assert a == condition("DE")
    assert a.left is c.left
    assert a is not c


def test_what_is_equal_but_not_alike_stays_apart() -> None:
    given_ = (True, 1, Fraction(1), Decimal("1"), Decimal("1.0"), Measure(label="EUR"), Measure(label="%"))
    found = shared(given_)
    assert [repr(one) for one in found] == [repr(one) for one in given_]


def test_places_dicts_and_windows_are_looked_into() -> None:
    source = Source("a.kpi", "kpi a")
    windows = {name: (Last(2, Unit(Grain.DAY)), Span(source, 0, 3)) for name in ("a", "b")}
    found = shared(windows)
    assert found == windows
    assert list(found) == ["a", "b"]
    assert found["a"] is found["b"]
    assert found["a"][1].source is source


def test_a_field_that_is_left_out_keeps_nothing_apart() -> None:
    source = Source("a.kpi", "kpi a")
    given_ = tuple((condition("DE"), Span(source, place, place + 1)) for place in range(2))
    whole = tuple(Answer(text, span) for text, span in given_)
    assert shared(whole) == whole
    first, second = shared(whole, {Answer: "span"})
    assert first is second
    assert first == Answer(condition("DE"), None)


@dataclass(frozen=True, slots=True)
class Answer:
    row: Comparison
    span: Span | None


values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=2), st.fractions(), st.decimals()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(st.text(max_size=2), inner, max_size=3),
        inner.map(lambda one: Constant(None, NUMBER, one)),
    ),
)


@given(values)
def test_nothing_else_changes(value: object) -> None:
    assert repr(shared(value)) == repr(value)


def test_a_kept_model_is_smaller(tmp_path: Path) -> None:
    lines = ['source orders { from arrow("orders"); time at }']
    lines += [
        f'metric m{n} = count() from orders where country == "DE"; kpi k{n} {{ value m{n} over last month; target >= 1 }}'
        for n in range(50)
    ]
    (tmp_path / "a.kpi").write_text("\n".join(lines).replace("; kpi", "\nkpi"), "utf-8")
    spec = kpidsl.load(tmp_path)
    from kpidsl.checked import modelled, opened
    from kpidsl.library import library_units

    found = opened(spec._files, {}, spec._wanted, untrusted=False, no_plugins=True, learn="nothing")
    model = modelled(found, {}, library_units, keep=False).model
    smaller = shared(model)
    assert smaller == model
    assert len(pickle.dumps(smaller.metrics, 5)) < 0.8 * len(pickle.dumps(model.metrics, 5))
    counts = [one for metric in smaller.metrics.values() for one in aggregates(metric.value)]
    assert len({id(one.where[0].row) for one in counts}) == 1
    assert len({id(one) for one in counts}) == 50
    without = shared(model, {Aggregate: "span"})
    assert len({id(one) for metric in without.metrics.values() for one in aggregates(metric.value)}) == 1
