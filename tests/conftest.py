"""What every test gets: a clean environment, a cache folder of its own, and `--accept` for golden files."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from kpidsl.sql import exp, queries
from kpidsl.sql.glot import as_sqlglot, text_of
from kpidsl.sql.written import written as the_text
from servers.fixtures import mariadb_server, postgres_server, spark_server
from surroundings import cache_folder, clean_environment, load_profile, pytest_sessionfinish

__all__ = [
    "cache_folder",
    "clean_environment",
    "mariadb_server",
    "postgres_server",
    "pytest_sessionfinish",
    "spark_server",
]

load_profile()

# A shell that runs us in the background has interrupts ignored, and our children would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--accept", action="store_true", help="rewrite golden files with what came out; read the diff")


# Whole files that take more than a second and a half, on data or texts of real size or in processes of their own: `make
# check` leaves them to `make test`.
SLOW = (
    "calendar/test_properties.py",
    "cli/test_fix.py",
    "cli/test_leaving.py",
    "cli/test_names.py",
    "cli/test_plugins.py",
    "cli/test_streams.py",
    "configuration/test_remote.py",
    "diagnostics/test_codes.py",
    "diagnostics/test_pages.py",
    "engine/test_business_days.py",
    "engine/test_coded.py",
    "engine/test_conversions.py",
    "engine/test_distinct.py",
    "engine/test_exact.py",
    "engine/test_extents.py",
    "engine/test_fiscal.py",
    "engine/test_floats.py",
    "engine/test_intervals.py",
    "engine/test_kpis.py",
    "engine/test_located.py",
    "engine/test_many_windows.py",
    "engine/test_marks.py",
    "engine/test_nothing.py",
    "engine/test_partial.py",
    "engine/test_quantiles.py",
    "engine/test_quotients.py",
    "engine/test_scale.py",
    "engine/test_shared_scan.py",
    "engine/test_stocks.py",
    "engine/test_times.py",
    "goalmap/test_actions.py",
    "goalmap/test_checkins.py",
    "lookup/test_explain.py",
    "objectives/test_edges.py",
    "objectives/test_rollup.py",
    "objectives/test_ways.py",
    "outcomes/test_evidence.py",
    "pipeline/test_faults.py",
    "pipeline/test_hard_faults.py",
    "pipeline/test_kept.py",
    "plan/test_cells.py",
    "plugins/kpidsl-excel/tests/test_broken_workbooks.py",
    "plugins/kpidsl-excel/tests/test_contract_of_excel.py",
    "plugins/kpidsl-rest/tests/test_rest.py",
    "plugins/kpidsl-sqlalchemy/tests/test_asked.py",
    "plugins/kpidsl-sqlalchemy/tests/test_contract_of_sqlalchemy.py",
    "plugins/kpidsl-sqlalchemy/tests/test_reading_sqlite.py",
    "plugins/kpidsl-sqlalchemy/tests/test_spreads_as_certified.py",
    "plugins/test_faulty.py",
    "plugins/test_used.py",
    "properties/test_engine_equals_oracle.py",
    "published/test_calendars.py",
    "published/test_flights.py",
    "published/test_nist.py",
    "published/test_statistics.py",
    "published/test_trends.py",
    "published/test_years.py",
    "report/test_packed.py",
    "semantic/test_objectives.py",
    "signals/test_charts.py",
    "signals/test_trends.py",
    "smart/test_additions.py",
    "smart/test_reports.py",
    "sources/test_arrow.py",
    "sources/test_contract.py",
    "sources/test_counted_times.py",
    "sources/test_csv_faults.py",
    "sources/test_csv_files.py",
    "sources/test_csv_types.py",
    "sources/test_databases.py",
    "sources/test_json.py",
    "sources/test_parquet.py",
    "sources/test_text_times.py",
    "spec_tests/test_command.py",
    "spec_tests/test_expectations.py",
    "specs_examples/test_checked.py",
    "specs_examples/test_outcomes.py",
    "specs_examples/test_values.py",
    "state/test_same_document.py",
    "state/test_state.py",
    "stats/test_dependence.py",
    "syntax/test_any_text.py",
    "syntax/test_drive.py",
    "syntax_format/test_layout.py",
    "test_startup.py",
    "trust/test_untrusted.py",
)


_HERE = Path(__file__).parent
assert [name for name in SLOW if not ((_HERE / name).exists() or (_HERE.parent / name).exists())] == []


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of servers come first: while one worker waits for a server, another has work for the processor."""
    for item in items:
        if item.path.as_posix().endswith(SLOW):
            item.add_marker(pytest.mark.slow)
    items.sort(key=lambda item: item.get_closest_marker("server") is None)


@pytest.fixture(scope="session")
def accept(request: pytest.FixtureRequest) -> bool:
    """Whether golden files are to be rewritten rather than compared."""
    return bool(request.config.getoption("--accept"))


SAME: set[tuple[str, str]] = set()
"""Trees, with all that they are made of, and their texts that sqlglot wrote as we do: none is written by it twice."""


@pytest.fixture(autouse=True)
def written_as_sqlglot_does(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every query that a test has written in this process is also written by sqlglot, and the texts are the same."""
    differ: list[tuple[str, str]] = []

    def written(query: exp.Expr) -> str:
        ours, tree = the_text(query), repr(query)
        if (tree, ours) not in SAME:
            theirs = text_of(as_sqlglot(query))
            if ours == theirs:
                SAME.add((tree, ours))
            else:
                differ.append((ours, theirs))
        return ours

    monkeypatch.setattr(queries, "written", written)
    yield
    assert differ == []


@pytest.fixture(autouse=True)
def no_plugins(monkeypatch: pytest.MonkeyPatch, clean_environment: None) -> None:
    """The plugins beside us are installed in the same environment; only tests of their own load them."""
    monkeypatch.setenv("KPIDSL_PLUGINS", "")
