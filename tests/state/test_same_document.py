"""Whatever the spec, and in whatever order files arrive: the document is the same with kept state and without."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

import kpidsl
from kpidsl.report import FORMATS
from properties.strategies import Case, cases
from properties.test_engine_equals_oracle import arrow

TO_JSON = next(one.render for one in FORMATS if one.name == "json")
UNHURRIED = [HealthCheck.too_slow, HealthCheck.data_too_large]


def hold(case: Case, data: st.DataObject) -> None:
    spec = re.sub(r'from arrow\("(\w+)"\)', r'from parquet("\1/*.parquet")', case.spec)
    note(spec)
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "case.kpi").write_text(spec, "utf-8")
        late: list[tuple[Path, object]] = []
        for source, types in case.types.items():
            (folder / source).mkdir()
            rows = list(case.rows[source])
            cuts = sorted(data.draw(st.lists(st.integers(0, len(rows)), max_size=3)))
            edges = [0, *cuts, len(rows)]
            parts = [rows[low:high] for low, high in itertools.pairwise(edges)]
            for number, place in enumerate(data.draw(st.permutations(range(len(parts))))):
                file = folder / source / f"{place}.parquet"
                table = arrow(parts[place], types)
                if number and data.draw(st.booleans()):
                    late.append((file, table))
                else:
                    pq.write_table(table, file)
        loaded = kpidsl.load([folder])

        def document(state: Path | None) -> str:
            return TO_JSON(loaded.evaluate(as_of=case.as_of, state=state))

        half = len(late) // 2
        for batch in [one for place, one in enumerate((late[:half], late[half:])) if one or not place]:
            for file, table in batch:
                pq.write_table(table, file)
            without = document(None)
            assert document(folder / "state") == without  # learned, and what is new read
            assert document(folder / "state") == without  # nothing is new


@settings(max_examples=5, suppress_health_check=UNHURRIED)
@given(cases(), st.data())
def test_the_document_does_not_depend_on_kept_state(case: Case, data: st.DataObject) -> None:
    hold(case, data)


@pytest.mark.slow
@settings(max_examples=20, suppress_health_check=UNHURRIED)
@given(cases(), st.data())
def test_nor_do_many_more(case: Case, data: st.DataObject) -> None:
    hold(case, data)


@pytest.mark.slow
@settings(max_examples=20, suppress_health_check=UNHURRIED)
@given(cases(), st.data())
def test_nor_do_as_many_again(case: Case, data: st.DataObject) -> None:
    hold(case, data)


@settings(max_examples=5, suppress_health_check=[*UNHURRIED, HealthCheck.function_scoped_fixture])
@given(case=cases(), data=st.data())
def test_nor_on_scans_that_filters_share(case: Case, data: st.DataObject, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kpidsl.engine.shared_scan.FEWEST_FILTERS", 0)
    hold(case, data)
