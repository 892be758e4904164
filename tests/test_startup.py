"""What needs no data starts fast: it imports neither duckdb nor sqlglot."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from kpidsl.cli import NAMES

PACKAGES = ("duckdb", "_duckdb", "sqlglot", "pyarrow", "numpy", "pandas")
NOT_WHERE_KEPT = (
    "lark", "sqlglot", "tomllib", "ctypes", "statistics", "tomli_w", "importlib.metadata",
    "kpidsl.syntax.parsing", "kpidsl.syntax.tables", "kpidsl.semantic.check", "kpidsl.semantic.lints", "kpidsl.matching",
    "kpidsl.semantic.value_check", "kpidsl.testing.suite", "kpidsl.configuration.read", "kpidsl.smart",
    "kpidsl.graph", "kpidsl.report.toml", "kpidsl.report.arrow", "kpidsl.report.text", "kpidsl.cli.fmt", "kpidsl.cli.fix",
    "kpidsl.cli.graph", "kpidsl.cli.output", "kpidsl.sources.sqlite_files", "kpidsl.sources.parquet_files", "kpidsl.state",
)  # fmt: skip
"""What neither `eval` nor `check` of a spec needs that has not changed."""

# Runs a command in a process of its own; the last line of standard error says which of some modules it imported.
PROBE = """
import sys
HEAVY = set(sys.argv.pop(1).split(","))
sys.argv[0] = "kpidsl"
code = 0
try:
    from kpidsl.cli import main
    main()
except SystemExit as ended:
    code = ended.code or 0
print(code, *sorted(HEAVY & sys.modules.keys()), file=sys.stderr)
"""
SPEC = """\
source orders { from csv("orders.csv"); time ordered_at }
metric revenue = sum(amount) from orders
kpi monthly_revenue { value revenue over last month; target >= 100 }
"""
TESTED = (
    SPEC
    + """
test "sums" {
  as of 2026-03-31
  given orders {
    ordered_at, amount
    2026-03-01, 40
  }
  expect revenue over last month == 40
  expect monthly_revenue is red
}
"""
)


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A folder with a spec and data that no run has seen before."""
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "shop.kpi").write_text(SPEC, "utf-8")
    (folder / "tested.kpi").write_text(TESTED, "utf-8")
    (folder / "orders.csv").write_text("ordered_at,amount\n2026-03-01,40\n", "utf-8")
    return folder


def imported(work: Path, *arguments: str, among: tuple[str, ...] = PACKAGES) -> set[str]:
    """Which of some modules a command imported; the command must succeed."""
    given = [sys.executable, "-c", PROBE, ",".join(among), *arguments]
    ran = subprocess.run(given, cwd=work, capture_output=True, text=True)
    assert ran.stderr, ran.stdout
    code, *names = ran.stderr.splitlines()[-1].split()
    assert code == "0", ran.stdout + ran.stderr
    return set(names)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["--version"],
        ["eval", "--help"],
        ["check", "--no-schemas", "shop.kpi"],
        ["check", "--no-schemas", "tested.kpi"],
        ["explain", "K0310"],
        ["completion", "bash"],
    ],
)
def test_without_data_neither_engine_nor_dialects_are_imported(work: Path, arguments: list[str]) -> None:
    assert imported(work, *arguments) == set()


@pytest.mark.parametrize("spec", ["shop.kpi", "tested.kpi"])
def test_check_opens_a_file_once_and_then_knows_its_columns(work: Path, spec: str) -> None:
    assert "_duckdb" in imported(work, "check", spec)
    assert imported(work, "check", spec) == set()


def test_a_changed_file_is_read_again(work: Path) -> None:
    imported(work, "check", "shop.kpi")
    (work / "orders.csv").write_text("ordered_at,amount,country\n2026-03-01,40,DE\n", "utf-8")
    assert "_duckdb" in imported(work, "check", "shop.kpi")


def test_eval_imports_neither_a_data_frame_library_nor_dialects(work: Path) -> None:
    loaded = imported(work, "eval", "shop.kpi", "--as-of", "2026-03-31", "--format", "json")
    assert "_duckdb" in loaded
    assert loaded.isdisjoint({"pyarrow", "numpy", "pandas", "sqlglot"})


EVAL = ("eval", "shop.kpi", "--as-of", "2026-03-31", "--format", "json")


@pytest.mark.parametrize("command", [EVAL, ("check", "shop.kpi")])
def test_what_is_kept_is_neither_parsed_nor_checked(work: Path, command: tuple[str, ...]) -> None:
    first = imported(work, *command, among=NOT_WHERE_KEPT)
    assert {"kpidsl.syntax.parsing", "kpidsl.semantic.check"} <= first
    assert imported(work, *command, among=NOT_WHERE_KEPT) == set()


def test_a_command_imports_no_other(work: Path) -> None:
    others = tuple(f"kpidsl.cli.{name}" for name in NAMES)
    assert imported(work, "check", "shop.kpi", among=others) == {"kpidsl.cli.check"}
    assert imported(work, *EVAL, among=others) == {"kpidsl.cli.eval"}
    assert imported(work, "--version", among=others) == set()


def test_tables_of_python_are_read_in_a_new_process(work: Path) -> None:
    """Where nothing else has imported what reads them."""
    program = """
import kpidsl, pyarrow
from datetime import date
spec = 'source o { from arrow("o"); time at }' + chr(10) + 'kpi sold { value count() from o over last month; target >= 1 }'
table = pyarrow.table({"at": [date(2026, 3, 1)]})
found = kpidsl.load("-", stdin_text=spec).evaluate(as_of="2026-03-31", sources={"o": table})
print(found.kpis[0].assessment.status)
"""
    ran = subprocess.run([sys.executable, "-c", program], cwd=work, capture_output=True, text=True)
    assert (ran.stdout, ran.returncode) == ("green\n", 0), ran.stderr
