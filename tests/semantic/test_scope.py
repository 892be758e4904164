"""Names across files and namespaces, params, and what is not said twice."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from kpidsl.diagnostics import UsageError
from kpidsl.semantic import not_here
from kpidsl.semantic.types import Schema
from kpidsl.semantic.values import aggregates
from kpidsl.spec_files import read
from semantic.cases import SCHEMAS, D, checked, in_shop, schema

SALES = """\
namespace sales
param region = "EU"
source orders { from csv("orders.csv"); time ordered_at }
metric paid = count() from orders where country == param.region
"""


def test_a_namespace_is_written_from_outside_only() -> None:
    found = checked(
        ("sales.kpi", SALES),
        ("again.kpi", "namespace sales\nmetric double = paid + sales.paid"),
        (
            "outside.kpi",
            "metric a = sales.paid\nmetric b = count() from sales.orders where country == param.sales.region",
        ),
        schemas={"sales.orders": SCHEMAS["orders"]},
    )
    assert found.codes == []
    assert list(found.model.metrics) == ["sales.paid", "sales.double", "a", "b"]


def test_a_filter_keeps_the_names_of_where_it_is_written() -> None:
    found = checked(
        ("sales.kpi", SALES),
        ("outside.kpi", 'param region = "US"\nmetric a = sales.paid where country == param.region'),
        schemas={"sales.orders": SCHEMAS["orders"]},
    )
    (aggregate,) = aggregates(found.model.metrics["a"].value)
    assert found.codes == []
    assert sorted(repr(where.row).count("'EU'") for where in aggregate.where) == [0, 1]


def test_a_name_of_another_namespace_is_not_seen_and_is_suggested() -> None:
    (problem,) = checked(("a.kpi", "namespace hr\nmetric heads = 1"), ("b.kpi", "metric x = heads")).problems
    assert (problem.code, problem.hint) == ("K0204", "did you mean `hr.heads`?")


def test_a_second_declaration_shows_both_places() -> None:
    (problem,) = checked(("a.kpi", "metric m = 1"), ("b.kpi", "\nkpi m { value 1 }")).problems
    assert [label.span.place for label in problem.labels] == ["b.kpi:2", "a.kpi:1"]


@pytest.mark.parametrize(
    ("given", "value"),
    [
        ("7", 7), ("-5", -5), ("120k", 120_000), ("1_200.50", Fraction(2401, 2)), ("12 EUR", 12),
    ],
)  # fmt: skip
def test_a_param_is_set_as_it_would_be_written(given: str, value: Fraction) -> None:
    assert in_shop("param least = 10 EUR", least=given).model.params["least"] == value


def test_a_length_of_time_is_set_in_any_unit() -> None:
    assert in_shop("param reply = 4 hours", reply="30 minutes").model.params["reply"] == Fraction(1, 2)


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("least", "x"), ("least", "12 USD"), ("least", "nan"), ("least", "inf"), ("least", "1e5"), ("least", ""),
        ("least", "5\nmetric x = 1"), ("least", "2026-01-01"), ("rate", "6"), ("day", "2026-02-30"),
        ("flag", "1"), ("leest", "5"),
    ],
)  # fmt: skip
def test_a_param_is_not_set_to_something_else(name: str, given: str) -> None:
    spec = "param least = 10 EUR\nparam rate = 5%\nparam day = 2026-01-01\nparam flag = true"
    with pytest.raises(UsageError):
        in_shop(spec, **{name: given})


def test_what_is_wrong_is_said_once() -> None:
    text = """\
source x { from csv("x.csv"); time at; column a: nope; let b = a + 1; let c = b + c }
metric m = sum(a) from x
metric n1 = m / m
kpi k { value n1 over last month; target >= m over last month }
"""
    assert checked(("x.kpi", text)).codes == ["K0311", "K0208"]


def test_a_wrong_target_is_not_missed_by_the_amber_bound() -> None:
    text = """\
source x { from csv("x.csv"); time at; column amount: EUR }
kpi k { value sum(amount) from x over last month; target >= 120; amber >= 90% of target }
"""
    assert checked(("x.kpi", text)).codes == ["K0310"]


def test_a_declaration_that_cannot_be_read_is_not_missed_elsewhere() -> None:
    found = checked(
        ("a.kpi", "metric revenue = = 5\nsource s { from }"), ("b.kpi", "metric x = revenue + count() from s")
    )
    assert found.codes == ["K0101", "K0101"]


def test_one_broken_file_hides_nothing_in_the_others() -> None:
    found = checked(
        ("a.kpi", "}}}} ((("), ("b.kpi", "metric x = nope"), ("c.kpi", 'metric y = "'), ("d.kpi", "metric z = nothing")
    )
    assert [(problem.place, problem.code) for problem in found.problems if problem.code == "K0204"] == [
        ("b.kpi:1", "K0204"),
        ("d.kpi:1", "K0204"),
    ]
    assert {problem.place.partition(":")[0] for problem in found.problems} == {"a.kpi", "b.kpi", "c.kpi", "d.kpi"}


# ---------------------------------------------------------------- files
def files(folder: Path, **texts: str) -> list[str]:
    for name, text in texts.items():
        (folder / f"{name}.kpi").write_text(text, "utf-8")
    found = read([folder / "main.kpi"])
    assert len({spec.source.file for spec in found.specs}) == len(found.specs)
    return [problem.code for problem in found.problems]


def test_a_file_is_imported_once_by_whatever_way(tmp_path: Path) -> None:
    assert (
        files(tmp_path, main='import "a.kpi"\nimport "b.kpi"', a='import "b.kpi"', b='import "./c.kpi"', c="unit x")
        == []
    )


def test_a_ring_of_imports(tmp_path: Path) -> None:
    assert files(tmp_path, main='import "a.kpi"', a='import "b.kpi"', b='import "main.kpi"') == ["K0209"]


def test_a_file_that_imports_itself(tmp_path: Path) -> None:
    assert files(tmp_path, main='import "main.kpi"') == ["K0209"]


def test_a_missing_import(tmp_path: Path) -> None:
    assert files(tmp_path, main='import "units.kpi"\nimport "../nowhere/x.kpi"', unit="unit x") == ["K0210", "K0210"]


def test_a_long_line_of_imports(tmp_path: Path) -> None:
    for number in range(1500):
        (tmp_path / f"f{number}.kpi").write_text(f'import "f{number + 1}.kpi"', "utf-8")
    assert files(tmp_path, main='import "f0.kpi"', f1500="unit last_one") == []


def test_a_byte_order_mark_and_other_bytes(tmp_path: Path) -> None:
    (tmp_path / "a.kpi").write_bytes(b"\xef\xbb\xbfmetric m = 1\r\nmetric q = 2\r\n")
    (tmp_path / "b.kpi").write_bytes(b"metric r = 1 # caf\xe9")
    found = read([tmp_path])
    assert [len(spec.declarations) for spec in found.specs] == [2, 0]
    assert [problem.code for problem in found.problems] == ["K0108"]


def test_columns_of_other_sources_are_gathered_once_for_all_that_are_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    gathered: list[str] = []
    columns = not_here._columns

    def look(declared: Any, known: Schema | None) -> list[str]:
        gathered.append(declared.name)
        return columns(declared, known)

    monkeypatch.setattr(not_here, "_columns", look)
    schemas = {
        name: schema(at=D.DATE, **{f"{name}_{number}": D.DECIMAL for number in range(3)}) for name in ("a", "b", "c")
    }
    sources = [f'source {name} {{ from csv("{name}.csv"); time at }}' for name in schemas]
    metrics = [f"metric m{number} = sum(c_{1 + number % 2}) from {'ab'[number % 2]}" for number in range(20)]
    found = checked(("k.kpi", "\n".join((*sources, *metrics))), schemas=schemas)
    assert gathered == ["a", "b", "c"]
    assert [one.hint for one in found.problems if one.code == "K0605"] == [
        f"`c` has it: add `join c on COLUMN` to `{name}`, and write `c.{column}`"
        for name, column in (("a", "c_1"), ("b", "c_2"))
    ]
