"""The Python API: its examples, and what it says of wrong use."""

from __future__ import annotations

import doctest
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import pyarrow as pa
import pytest

import kpidsl
from kpidsl import pipeline
from kpidsl.diagnostics import UsageError
from kpidsl.report import results

SPEC = """
source orders { from arrow("orders"); time at }
kpi sold { value count() from orders over last month; target >= 2 }
"""
ORDERS = {"orders": pa.table({"at": [date(2026, 3, 1), date(2026, 3, 31)]})}


@pytest.mark.parametrize("module", [kpidsl, pipeline, results], ids=lambda module: module.__name__)
def test_the_examples_in_the_docstrings_are_true(module: ModuleType) -> None:
    found = doctest.testmod(module, extraglobs={"Decimal": Decimal})
    assert found.attempted > 0
    assert found.failed == 0


def test_a_selection_that_matches_nothing_is_wrong_usage() -> None:
    with pytest.raises(UsageError, match="matches nothing") as caught:
        kpidsl.load("-", stdin_text=SPEC).evaluate(as_of="2026-03-31", select=["solt"])
    assert "sold" in (caught.value.hint or "")


@pytest.mark.parametrize("as_of", [date(2026, 3, 31), "2026-03-31", "2026-04-01T00:00"])
def test_a_date_means_its_end(as_of: str | date) -> None:
    found = kpidsl.load("-", stdin_text=SPEC).evaluate(as_of=as_of, sources=ORDERS)
    assert found.as_of.isoformat() == "2026-04-01T00:00:00+00:00"
    assert not found.as_of_is_now


def test_stages_are_shown_as_stable_text() -> None:
    spec = kpidsl.load("-", stdin_text=SPEC)
    assert "KpiDecl" in spec.show("ast")
    shown = [spec.show("model", select=["sold"], as_of="2026-03-31", sources=ORDERS) for _ in range(2)]
    assert shown[0] == shown[1]
    assert shown[0].startswith("sold\n  KpiModel name='sold'")
    assert "window=(last month)" in shown[0]
    sql = spec.show("sql", as_of="2026-03-31", sources=ORDERS)
    assert sql.startswith("SELECT")
    assert "2026-03-01" in sql


def test_one_word_is_a_selection_as_well() -> None:
    found = kpidsl.load("-", stdin_text=SPEC).evaluate(as_of="2026-03-31", select="sold", sources=ORDERS)
    assert [one.name for one in found.kpis] == ["sold"]


def test_an_as_of_of_another_type_is_told() -> None:
    with pytest.raises(UsageError, match="`as_of` is of type int"):
        kpidsl.load("-", stdin_text=SPEC).evaluate(as_of=20260331, sources=ORDERS)  # type: ignore[arg-type]


@pytest.mark.parametrize("given", [1, Decimal("1.5"), True])
def test_a_param_that_is_no_text_is_told(given: Any) -> None:
    spec = kpidsl.load("-", stdin_text="param least = 5\nkpi k { value param.least over last month }")
    with pytest.raises(kpidsl.KpidslError, match=f"the param `least` is given as {type(given).__name__}") as caught:
        spec.evaluate(as_of="2026-03-31", params={"least": given})
    assert caught.value.hint == f'write it as behind --set: params={{"least": "{given}"}}'


def test_a_table_for_a_source_that_there_is_none_of_is_told(tmp_path: Path) -> None:
    """A slip of the pen would otherwise evaluate the file that the table was to stand for."""
    (tmp_path / "o.csv").write_text("at\n2026-03-01\n", "utf-8")
    (tmp_path / "s.kpi").write_text(
        'source orders { from csv("o.csv"); time at }\nsource plan { from arrow("planned"); time at }\n'
        "kpi k { value count() from orders over last month }\n",
        "utf-8",
    )
    spec = kpidsl.load(tmp_path)
    table = pa.table({"at": [date(2026, 3, 2)] * 2})
    for sources in ({"orders": table, "planned": table}, {"orders": table, "plan": table}):
        assert spec.evaluate(as_of="2026-03-31", sources=sources).kpis[0].assessment.value == 2
        assert spec.check(sources=sources).ok
    for call in (partial(spec.evaluate, as_of="2026-03-31"), spec.check):
        with pytest.raises(kpidsl.KpidslError, match="a table is given for `order`, and there is no") as caught:
            call(sources={"order": table, "planned": table})
        assert caught.value.hint == "did you mean `orders`?"


def test_what_is_imported_when_it_is_used_is_listed() -> None:
    assert set(kpidsl.__all__) <= set(dir(kpidsl))


def test_evaluations_side_by_side_give_what_they_give_alone() -> None:
    def document(_: int = 0) -> str:
        return kpidsl.load("-", stdin_text=SPEC).evaluate(as_of="2026-03-31", sources=ORDERS).to_json()

    alone = document()
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(document, range(8))) == {alone}


def test_data_is_no_spec(tmp_path: Path) -> None:
    tmp_path.joinpath("orders.csv").write_text("at,x\n2026-03-01,1\n", "utf-8")
    with pytest.raises(UsageError, match=r"orders\.csv holds data and is no spec"):
        kpidsl.load(tmp_path / "orders.csv")


def test_a_spec_file_may_be_called_anything(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9.kpi")
    (tmp_path / name).write_text(SPEC, "utf-8")
    found = kpidsl.load(tmp_path).evaluate(as_of="2026-03-31", sources=ORDERS)
    assert found.kpis[0].assessment.value == 2
    assert "caf" in found.to_json()


def test_a_pipe_is_no_spec_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "spec.kpi")
    with pytest.raises(UsageError, match="is no file"):
        kpidsl.load(tmp_path / "spec.kpi")
    with pytest.raises(UsageError, match="is no regular file"):
        kpidsl.load(tmp_path)
