"""Report formats, row functions and listeners of plugins, where they are used."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock

import pyarrow as pa
import pytest

import kpidsl
from kpidsl import plugins
from kpidsl.checked import SpecError
from kpidsl.cli import main
from kpidsl.hookspecs import Function, ReportFormat, hookimpl
from kpidsl.semantic.types import DataType

SPEC = """
source o { from csv("o.csv"); time day }
metric big = sum(clamped(amount, 5)) from o where shouted(kind) == "A!" over last month
kpi k { value count() from o over last month; target >= 1 }
test "functions of plugins stand in tests, too" {
  as of 2026-03-31
  given o {
    day, amount, kind
    2026-03-02, 9, "a"
  }
  expect big == 5
}
"""


@contextmanager
def installed(names: tuple[str, ...] = ("extra",), **hooks: Any) -> Iterator[None]:
    module = ModuleType("kpidsl_extra")
    for name, things in hooks.items():
        function = things if callable(things) else partial(tuple, things)

        def hook(call: Any = function) -> Any:
            return call()

        hook.__name__ = f"kpidsl_{name}"
        vars(module)[f"kpidsl_{name}"] = things if name == "after_eval" else hookimpl(lambda things=things: things)

    @dataclass(frozen=True)
    class Entry(plugins.EntryPoint):
        def load(self) -> Any:
            own = ModuleType(f"kpidsl_{self.name}")
            vars(own).update({name: thing for name, thing in vars(module).items() if name.startswith("kpidsl_")})
            return own

    entries = [Entry(name, "kpidsl_extra", None, f"kpidsl-{name}", "1.0") for name in names]
    with mock.patch.object(plugins, "load", partial(plugins.load, environ={}, found=entries)):
        yield


FUNCTIONS = (
    Function("clamped", (DataType.INTEGER, DataType.INTEGER), DataType.INTEGER, "least($1,$2)"),
    Function("shouted", (DataType.TEXT,), DataType.TEXT, "upper($1) || '!'"),
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "spec.kpi").write_text(SPEC, "utf-8")
    (tmp_path / "o.csv").write_text("day,amount,kind\n2026-03-02,9,a\n2026-03-03,3,a\n2026-03-04,7,b\n", "utf-8")
    return tmp_path


def test_a_function_is_checked_and_computed(folder: Path) -> None:
    with installed(functions=FUNCTIONS):
        spec = kpidsl.load([folder])
        assert spec.check().ok
        found = spec.evaluate(as_of="2026-03-31")
        assert (found.metrics[0].value, found.errors) == (8, ())
        assert spec.test().passed
    with pytest.raises(SpecError, match="there is no function `clamped`"):
        kpidsl.load([folder]).evaluate(as_of="2026-03-31")


@pytest.mark.parametrize(
    ("written", "code"),
    [("clamped(amount)", "K0309"), ("clamped(kind, 5)", "K0304"), ("clampd(amount, 5)", "K0308")],
)
def test_a_function_that_is_used_wrongly_is_told(folder: Path, written: str, code: str) -> None:
    (folder / "spec.kpi").write_text(SPEC.replace("clamped(amount, 5)", written), "utf-8")
    with installed(functions=FUNCTIONS):
        found = [one.code for one in kpidsl.load([folder]).check().diagnostics if one.severity.value == "error"]
    assert found[0] == code


@pytest.mark.parametrize(
    "sql", ["(select 1)", "amount + $1", "least($1, $9)", "$1 +", "read_text('/etc/passwd') from x"]
)
def test_a_function_sees_its_arguments_and_nothing_else(folder: Path, sql: str) -> None:
    wrong = (Function("clamped", (DataType.INTEGER, DataType.INTEGER), DataType.INTEGER, sql), FUNCTIONS[1])
    with installed(functions=wrong):
        found = kpidsl.load([folder]).evaluate(as_of="2026-03-31")
    assert [one.code for one in found.errors] == ["K0808"]
    assert found.metrics[0].value_undefined == "source_error"


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    return int(ended.value.code or 0)


def lines(results: Any) -> str:
    return "".join(f"{kpi.name},{kpi.assessment.status}\n" for kpi in results.kpis)


def test_a_report_format_is_written_to_standard_output_and_to_files(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    formats = (ReportFormat("lines", (".lines",), lines, "a line a KPI"),)
    out = folder / "kpis.lines"
    with installed(functions=FUNCTIONS, report_formats=formats):
        assert run("eval", str(folder), "--as-of", "2026-03-31", "-f", "lines", "-o", str(out)) == 0
    assert capsys.readouterr().out == "k,green\n"
    assert out.read_text("utf-8") == "k,green\n"
    with installed(functions=FUNCTIONS, report_formats=formats):
        assert run("eval", str(folder), "-f", "lnes") == 2
    assert "did you mean `lines`?" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (("-f", "lines"), "the report format `lines` is given by kpidsl-extra and kpidsl-other"),
        (("-o", "kpis.lines"), "have the suffix `.lines`: `lines` (kpidsl-extra) and `lines` (kpidsl-other)"),
        (("-f", "lnes"), "`lnes` is no format"),
        (("-f", "json"), ""),
    ],
)
def test_a_format_that_two_plugins_give_is_told_to_who_asks_for_it(
    folder: Path, capsys: pytest.CaptureFixture[str], asked: tuple[str, str], says: str
) -> None:
    formats = (ReportFormat("lines", (".lines",), lines, "a line a KPI"),)
    (folder / "spec.kpi").write_text(
        'source o { from csv("o.csv"); time day }\nmetric rows = count() from o over 2026\n'
    )
    with installed(("extra", "other"), report_formats=formats):
        code = run("eval", str(folder), "--as-of", "2026-03-31", *asked)
    assert (code == 0) == (not says)
    assert says in " ".join(capsys.readouterr().err.split())


def test_a_function_that_two_plugins_give_is_told_where_it_is_called(folder: Path) -> None:
    with installed(("extra", "other"), functions=FUNCTIONS):
        found = kpidsl.load([folder]).check().diagnostics
    assert [(one.code, one.message) for one in found if one.severity.value == "error"] == [
        ("K0804", "the function `clamped` is given by kpidsl-extra and kpidsl-other")
    ]


@pytest.mark.parametrize("asked", [("-f", "lines"), ("-o", "kpis.lines")])
def test_a_format_of_a_plugin_that_failed_is_told_with_the_failure(
    folder: Path, capsys: pytest.CaptureFixture[str], asked: tuple[str, str]
) -> None:
    with installed(report_formats=5):
        assert run("eval", str(folder), *asked) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "; the plugin kpidsl-extra failed: TypeError: 'int' object is not iterable" in said


@pytest.mark.parametrize(
    ("render", "says"),
    [(lambda _: 1 // 0, "ZeroDivisionError"), (lambda _: None, "render gives a NoneType, not a text")],
)
def test_a_format_that_fails_costs_only_itself(
    folder: Path, capsys: pytest.CaptureFixture[str], render: Any, says: str
) -> None:
    formats = (ReportFormat("lines", (".lines",), render, ""),)
    out = folder / "kpis.lines"
    with installed(functions=FUNCTIONS, report_formats=formats):
        assert run("eval", str(folder), "--as-of", "2026-03-31", "-f", "json", "-o", str(out)) == 3
    said = capsys.readouterr()
    assert json.loads(said.out)["kpis"][0]["status"] == "green"
    assert "cannot be written as lines: " in said.err
    assert says in said.err
    assert not out.exists()


def test_who_listens_hears_the_results_after_they_were_written(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    heard: list[Any] = []

    @hookimpl
    def kpidsl_after_eval(results: Any) -> None:
        heard.append((len(results.kpis), (folder / "out.json").exists()))
        raise OSError("nobody takes it")

    with installed(functions=FUNCTIONS, after_eval=kpidsl_after_eval):
        out = str(folder / "out.json")
        assert run("eval", str(folder), "--as-of", "2026-03-31", "-f", "json", "-o", out) == 0
    assert heard == [(1, True)]
    assert "kpidsl-extra failed after the evaluation" in capsys.readouterr().err


def test_a_day_is_no_text(folder: Path) -> None:
    table = pa.table({"day": [date(2026, 3, 2)], "amount": [1], "kind": ["a"]})
    with installed(functions=FUNCTIONS):
        assert kpidsl.load([folder]).evaluate(as_of="2026-03-31", sources={"o": table}).metrics[0].value == 1


@pytest.mark.parametrize("sql", ["sum($1)", "(($1", "(SELECT 1)", "nosuch($1)"])
def test_a_function_that_is_none_costs_only_what_calls_it(folder: Path, sql: str) -> None:
    (folder / "spec.kpi").write_text(
        'source o { from csv("o.csv"); time day }\n'
        "kpi fine { value sum(amount) from o over last month; target >= 1; by kind }\n"
        "kpi rows { value count() from o over last month; target >= 1 }\n"
        "kpi wrong { value sum(odd(amount)) from o over last month; target >= 1 }\n",
        "utf-8",
    )
    odd = Function("odd", (DataType.INTEGER,), DataType.INTEGER, sql)
    with installed(functions=(odd,)):
        found = kpidsl.load([folder]).evaluate(as_of="2026-03-31")
    assert [(one.name, one.assessment.value) for one in found.kpis] == [("fine", 19), ("rows", 3), ("wrong", None)]
    assert [one.affects for one in found.errors] == [("wrong",)]
