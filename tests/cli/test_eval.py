"""`kpidsl eval`: what it asks for, where it writes, how it ends."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from cli.conftest import Ran
from cli.fake import FakePipeline, FakeSpecError, failed, problem
from kpidsl.cli.eval import FORMATS, SUFFIXES
from kpidsl.cli.fail_on import FAILS
from kpidsl.diagnostics import SourceError, UsageError
from kpidsl.report import FORMATS as RENDERED
from kpidsl.report import schema_text, to_json, to_text, to_toml
from report.sample import assessment, kpi, results, shop

Run = Callable[..., Ran]


def asked(pipeline: FakePipeline, step: str) -> dict[str, Any]:
    (found,) = [each for name, each in pipeline.calls if name == step]
    return found


# ── what is asked for ───────────────────────────────────────────────────────────────────────────────────────────────


def test_options_reach_the_pipeline(run: Run, pipeline: FakePipeline, tmp_path: Path) -> None:
    (tmp_path / "specs").mkdir()
    ran = run(
        "eval", "specs", "--as-of", "2026-03-31", "--select", "tag:board", "-s", "rev*", "--set", "region=US",
        "--set", "cut=a=b", "--threads", "3", "--jobs", "6", "--memory", "2GB", "--explain", "--timings", "--untrusted", "--no-plugins",
    )  # fmt: skip
    assert ran.code == 0, ran.err
    assert asked(pipeline, "load") == {"paths": ["specs"], "stdin_text": None, "untrusted": True}
    assert asked(pipeline, "evaluate") == {
        "as_of": "2026-03-31",
        "select": ("tag:board", "rev*"),
        "params": {"region": "US", "cut": "a=b"},
        "threads": 3,
        "memory": "2GB",
        "jobs": 6,
        "explain": True,
        "untrusted": True,
        "no_plugins": True,
        "timings": True,
        "state": None,
    }


def test_what_is_not_said_has_its_default(run: Run, pipeline: FakePipeline) -> None:
    assert run("eval").code == 0
    assert asked(pipeline, "load")["paths"] == ["."]
    assert asked(pipeline, "evaluate") == {
        "as_of": None,
        "select": (),
        "params": {},
        "threads": None,
        "memory": None,
        "jobs": None,
        "explain": False,
        "untrusted": False,
        "no_plugins": False,
        "timings": False,
        "state": None,
    }


@pytest.mark.parametrize("option", ["--jobs", "-j"])
def test_jobs_have_two_names(run: Run, pipeline: FakePipeline, option: str) -> None:
    assert run("eval", option, "2").code == 0
    assert asked(pipeline, "evaluate")["jobs"] == 2


def test_a_configuration_and_a_profile_are_named_on_the_line_or_in_the_environment(
    run: Run, pipeline: FakePipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("eval", "--config", "other.toml", "--profile", "prod").code == 0
    assert asked(pipeline, "load") == {
        "paths": ["."], "stdin_text": None, "config": Path("other.toml"), "profile": "prod"
    }  # fmt: skip
    pipeline.calls.clear()
    monkeypatch.setenv("KPIDSL_CONFIG", "env.toml")
    monkeypatch.setenv("KPIDSL_PROFILE", "test")
    assert run("check").code == 0
    assert asked(pipeline, "load")["config"] == Path("env.toml")
    assert asked(pipeline, "load")["profile"] == "test"


def test_the_environment_can_ask_for_mistrust(
    run: Run, pipeline: FakePipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KPIDSL_UNTRUSTED", "1")
    assert run("eval").code == 0
    assert asked(pipeline, "evaluate")["untrusted"] is True


# ── what is written where ───────────────────────────────────────────────────────────────────────────────────────────


def test_standard_output_that_is_no_terminal_gets_json(run: Run, pipeline: FakePipeline) -> None:
    pipeline.found = results(kpi())
    ran = run("eval")
    assert (ran.code, ran.out, ran.err) == (0, to_json(pipeline.found), "")
    jsonschema.validate(json.loads(ran.out), json.loads(schema_text()))


@pytest.mark.parametrize(("name", "render"), [("json", to_json), ("toml", to_toml), ("text", to_text)])
def test_a_format_can_be_chosen(run: Run, pipeline: FakePipeline, name: str, render: Any) -> None:
    pipeline.found = results(kpi())
    assert run("eval", "-f", name).out == render(pipeline.found)


def test_formats_and_suffixes_are_those_of_the_reports() -> None:
    assert [each.name for each in RENDERED] == list(FORMATS)
    assert {suffix: each.name for each in RENDERED for suffix in each.suffixes} == SUFFIXES


def test_files_are_written_beside_standard_output(run: Run, pipeline: FakePipeline, tmp_path: Path) -> None:
    pipeline.found = shop()
    ran = run("eval", "-o", "a.json", "-o", "b.toml", "-o", "c.txt", "-o", "D.JSON")
    assert ran.code == 3, "the shop has an error"
    assert (tmp_path / "a.json").read_text("utf-8") == to_json(shop()) == ran.out
    assert (tmp_path / "D.JSON").read_text("utf-8") == to_json(shop())
    assert (tmp_path / "b.toml").read_text("utf-8") == to_toml(shop())
    assert (tmp_path / "c.txt").read_text("utf-8") == to_text(shop())
    assert tomllib.loads((tmp_path / "b.toml").read_text("utf-8"))["kpis"]
    assert sorted(each.name for each in tmp_path.iterdir()) == ["D.JSON", "a.json", "b.toml", "c.txt"]


def test_a_file_that_cannot_be_written_keeps_nothing_else_back(
    run: Run, pipeline: FakePipeline, tmp_path: Path
) -> None:
    ran = run("eval", "-o", "missing/a.json", "-o", "b.json")
    assert ran.code == 3
    assert "cannot write missing/a.json" in ran.err
    assert "there is no folder missing" in ran.err
    assert (tmp_path / "b.json").read_text("utf-8") == ran.out == to_json(pipeline.found)
    assert [each.name for each in tmp_path.iterdir()] == ["b.json"]


def test_errors_and_warnings_go_to_standard_error_too(run: Run, pipeline: FakePipeline) -> None:
    pipeline.found = shop()
    ran = run("eval")
    assert "error[K0601]: cannot read data/visits.csv" in ran.err
    assert "warning[K0412]: a Sunday is missing" in ran.err
    assert json.loads(ran.out)["errors"][0]["code"] == "K0601"


# ── how it ends ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("words", "status", "code"),
    [
        ("red", "red", 1),
        ("red", "amber", 0),
        ("amber", "red", 1),
        ("amber", "amber", 1),
        ("amber", "stale", 0),
        ("stale,no_data", "no_data", 1),
        ("stale, no_data", "stale", 1),
        ("no_data", "stale", 0),
        ("error", "error", 1),
        ("any", "amber", 1),
        ("any", "red", 1),
        ("any", "no_data", 1),
        ("any", "stale", 1),
        ("any", "error", 1),
        ("any", "green", 0),
        ("any", "no_target", 0),
        ("at_risk", "red", 0),
    ],
)
def test_fail_on(run: Run, pipeline: FakePipeline, words: str, status: str, code: int) -> None:
    pipeline.found = results(kpi("a"), kpi("b", assessment("1", status, "because")))
    ran = run("eval", "--fail-on", words)
    assert ran.code == code
    assert json.loads(ran.out)["kpis"]


def test_fail_on_may_be_repeated(run: Run, pipeline: FakePipeline) -> None:
    pipeline.found = results(kpi("b", assessment("1", "stale", "old")))
    assert run("eval", "--fail-on", "red", "--fail-on", "stale").code == 1


def test_every_word_of_fail_on_is_explained_in_its_help(run: Run) -> None:
    shown = re.sub(r"\s+", " ", run("eval", "--help").out)
    assert ", ".join(FAILS) in shown


def test_an_error_outweighs_fail_on_and_everything_is_still_written(run: Run, pipeline: FakePipeline) -> None:
    pipeline.found = failed()
    ran = run("eval", "--fail-on", "any")
    assert ran.code == 3
    assert [each["name"] for each in json.loads(ran.out)["kpis"]] == ["fine", "gone"]


def test_a_wrong_spec_ends_with_4_and_writes_nothing(run: Run, pipeline: FakePipeline, tmp_path: Path) -> None:
    pipeline.raises = FakeSpecError([problem()])
    ran = run("eval", "-o", "a.json", "--fail-on", "any")
    assert (ran.code, ran.out) == (4, "")
    assert "error[K0310]: no such column: amoutn" in ran.err
    assert "shop.kpi:1:16" in ran.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("raised", "code", "says"),
    [
        (
            UsageError("nothing is called `x`", hint="did you mean `y`?"),
            2,
            "error: nothing is called `x`\n  = help: did you",
        ),
        (
            SourceError("cannot connect", code="K0610", hint="is it up?"),
            3,
            "error[K0610]: cannot connect\n  = help: is it up?",
        ),
        (PermissionError(13, "Permission denied", "/x/y"), 3, "error: Permission denied: /x/y"),
        (KeyboardInterrupt(), 130, "interrupted"),
    ],
)
def test_what_goes_wrong_around_a_spec(
    run: Run, pipeline: FakePipeline, raised: BaseException, code: int, says: str
) -> None:
    pipeline.raises = raised
    ran = run("eval")
    assert (ran.code, ran.out) == (code, "")
    assert says in ran.err
    assert "Traceback" not in ran.err


def test_a_fault_of_ours_asks_to_be_reported(run: Run, pipeline: FakePipeline) -> None:
    pipeline.raises = ZeroDivisionError("oh")
    ran = run("eval")
    assert ran.code == 70
    for part in ("ZeroDivisionError: oh", "fault of kpidsl", "report", "Python 3.", "--debug"):
        assert part in ran.err
    assert "Traceback" not in ran.err
    assert "Traceback" in run("eval", "--debug").err


def test_a_file_that_is_not_there_is_told_what_it_may_be_meant_as(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "shop.kpi").write_text("", "utf-8")
    monkeypatch.chdir(tmp_path)
    assert "did you mean `shop.kpi`?" in run("eval", "shp.kpi").err
    assert "--select" not in run("graph", "revenue").err


# ── wrong usage ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["eval", "--nope"], "--nope"),
        (["eval", "--as-off", "x"], "--as-of"),
        (["eval", "nowhere.kpi"], "no such file or folder: nowhere.kpi"),
        (["eval", "on_time"], "--select on_time"),
        (["eval", "-f", "xml"], "xml"),
        (["eval", "-o", "a.xml"], ".txt, .json, .toml"),
        (["eval", "-o", "noformat"], "names no format"),
        (["eval", "-o", "a.json", "-o", "a.json"], "given twice"),
        (["eval", "-o", "a.json", "-o", "./a.json"], "given twice"),
        (["eval", "--set", "region"], "name=value"),
        (["eval", "--set", "=US"], "name=value"),
        (["eval", "--set", "a=1", "--set", "a=2"], "set twice"),
        (["eval", "--fail-on", "ambr"], "did you mean `amber`?"),
        (["eval", "--fail-on", ""], "is no status"),
        (["eval", "--threads", "0"], "--threads"),
        (["evil"], "Did you mean `eval`?"),
        (["specs/shop.kpi"], "kpidsl eval specs/shop.kpi"),
        (["show", "tree"], "tree"),
        ([], "Usage:"),
    ],
)
def test_wrong_usage_ends_with_2_and_says_what_to_type(run: Run, arguments: list[str], says: str) -> None:
    ran = run(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert says in ran.err
