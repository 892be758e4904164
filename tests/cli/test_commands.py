"""`check`, `show`, `schema`, and what all commands share."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

import kpidsl
from cli.conftest import Ran
from cli.fake import FakePipeline, problem
from kpidsl.cli import NAMES
from kpidsl.diagnostics import Severity
from kpidsl.report import schema_text

Run = Callable[..., Ran]


# ── check ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_check_of_a_sound_spec(run: Run, pipeline: FakePipeline) -> None:
    ran = run("check")
    assert (ran.code, ran.out, ran.err) == (0, "", "no problems found\n")
    assert pipeline.calls[-1] == (
        "check",
        {"schemas": True, "params": {}, "untrusted": False, "no_plugins": False, "connect": False},
    )


def test_check_says_what_is_wrong_on_standard_error(run: Run, pipeline: FakePipeline) -> None:
    pipeline.diagnostics = (problem(), problem("a lint", Severity.WARNING))
    ran = run("check", "--no-schemas", "--set", "a=1")
    assert (ran.code, ran.out) == (4, "")
    assert "error[K0310]: no such column: amoutn" in ran.err
    assert "warning[K0310]: a lint" in ran.err
    assert pipeline.calls[-1][1]["schemas"] is False
    assert pipeline.calls[-1][1]["params"] == {"a": "1"}


def test_warnings_alone_are_no_failure(run: Run, pipeline: FakePipeline) -> None:
    pipeline.diagnostics = (problem("a lint", Severity.WARNING),)
    assert run("check").code == 0


@pytest.mark.parametrize("name", ["json", "sarif"])
def test_check_writes_documents_to_standard_output(run: Run, pipeline: FakePipeline, name: str) -> None:
    pipeline.diagnostics = (problem(),)
    ran = run("check", "-f", name)
    assert (ran.code, ran.err) == (4, "")
    assert "amoutn" in json.dumps(json.loads(ran.out))


def test_check_writes_annotations(run: Run, pipeline: FakePipeline) -> None:
    pipeline.diagnostics = (problem(),)
    assert run("check", "-f", "github").out.startswith("::error file=shop.kpi,line=1")


def test_what_is_not_smart_is_a_document_of_its_own_beside_the_problems(run: Run, pipeline: FakePipeline) -> None:
    pipeline.diagnostics = (problem("a lint", Severity.WARNING),)
    ran = run("check", "--smart", "--as-of", "2026-03-31")
    assert ran.code == 0
    assert "KPI revenue" in ran.out
    assert "✗ relevant    missing   it is for nothing" in ran.out
    assert "a lint" in ran.err
    assert "K0503" not in ran.err
    assert pipeline.calls[-1] == (
        "smart",
        {"as_of": "2026-03-31", "schemas": True, "params": {}, "untrusted": False, "no_plugins": False},
    )


def test_what_is_not_smart_does_not_change_the_exit_code(run: Run, pipeline: FakePipeline) -> None:
    assert run("check", "--smart", "--no-schemas").code == 0
    assert pipeline.calls[-1][1]["schemas"] is False
    pipeline.diagnostics = (problem(),)
    assert run("check", "--smart").code == 4


def test_programs_are_told_what_is_not_smart_as_notes(run: Run) -> None:
    document = json.loads(run("check", "--smart", "-f", "json").out)
    assert [one["code"] for one in document["diagnostics"]] == ["K0503"]
    assert [one["name"] for one in document["smart"]["judgements"]] == ["revenue"]
    (result,) = json.loads(run("check", "--smart", "-f", "sarif").out)["runs"][0]["results"]
    assert (result["ruleId"], result["level"]) == ("K0503", "note")
    assert run("check", "--smart", "-f", "github").out.startswith("::notice file=shop.kpi,line=1")


def test_an_anchor_is_for_what_is_evaluated(run: Run) -> None:
    ran = run("check", "--as-of", "2026-03-31")
    assert ran.code == 2
    assert "--as-of is the anchor of --smart" in ran.err


@pytest.mark.parametrize("name", ["eval", "check"])
def test_without_a_cache(run: Run, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("KPIDSL_CACHE", "/kept")
    assert run(name).code == 0
    assert os.environ["KPIDSL_CACHE"] == "/kept"
    assert run(name, "--no-cache").code == 0
    assert os.environ["KPIDSL_CACHE"] == ""


# ── show, schema ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("what", ["ast", "model", "plan", "sql"])
def test_show_prints_a_stage(run: Run, pipeline: FakePipeline, tmp_path: Path, what: str) -> None:
    (tmp_path / "a.kpi").touch()
    ran = run("show", what, "a.kpi", "--select", "revenue", "--as-of", "2026-03-31", "--set", "a=1")
    assert (ran.code, ran.out) == (0, f"{what} of a spec\n")
    assert pipeline.calls[-1][1] == {"what": what, "select": ("revenue",), "as_of": "2026-03-31", "params": {"a": "1"}}


def test_schema_prints_the_schema(run: Run) -> None:
    assert run("schema").out == schema_text()


# ── what all share ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", [None, *NAMES])
def test_every_command_answers_help_with_an_example(run: Run, name: str | None) -> None:
    for option in ("--help", "-h"):
        ran = run(*([name] if name else []), option)
        assert (ran.code, ran.err) == (0, "")
        assert f"kpidsl {name or 'eval'} " in ran.out.partition("Example")[2]


def test_the_version(run: Run) -> None:
    assert run("--version").out == f"kpidsl {kpidsl.__version__}\n"


def standard_input(content: bytes) -> SimpleNamespace:
    return SimpleNamespace(buffer=io.BytesIO(content), isatty=lambda: False)


def test_a_minus_is_standard_input(run: Run, pipeline: FakePipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", standard_input("\ufeffmetric größe = 1\n".encode()))
    assert run("eval", "-").code == 0
    assert pipeline.calls[0] == ("load", {"paths": ["-"], "stdin_text": "metric größe = 1\n"})


def test_standard_input_must_be_utf_8(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", standard_input(b"metric \xff"))
    ran = run("check", "-")
    assert ran.code == 2
    assert "not UTF-8 (byte 7)" in ran.err


def test_standard_input_may_be_closed(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    assert run("check", "-").code == 2
