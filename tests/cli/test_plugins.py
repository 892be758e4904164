"""`kpidsl plugins`: what is installed, what it takes, and a project of one's own that works at once."""

from __future__ import annotations

import compileall
import json
import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from configuration.remote import installed
from kpidsl.cli.init import template_files

ROOT = Path(__file__).resolve().parents[2]


def run(*arguments: str, cwd: Path | None = None, program: str = sys.executable) -> subprocess.CompletedProcess[str]:
    return subprocess.run([program, "-m", "kpidsl", *arguments], capture_output=True, text=True, cwd=cwd)


def test_what_is_built_in_is_listed() -> None:
    ran = run("plugins", "list")
    assert (ran.returncode, ran.stderr) == (0, "")
    names = [line.split()[0] for line in ran.stdout.splitlines()]
    assert names == ["arrow", "csv", "duckdb", "json", "ndjson", "parquet", "sqlite"]
    found = json.loads(run("plugins", "list", "-f", "json").stdout)
    assert [one["name"] for one in found["plugins"]] == names
    assert found["failed"] == []


def test_a_provider_tells_its_options() -> None:
    text = run("plugins", "info", "parquet").stdout
    assert text.startswith("parquet – Parquet files, read where they lie\n\n  from parquet(PATH, option: value, …)\n")
    assert (
        "  union              true or false, default false: true: a column that some of the files lack is NULL there"
        in text
    )
    found = json.loads(run("plugins", "info", "csv", "-f", "json").stdout)
    (path,) = [one for one in found["options"] if one["required"]]
    assert (path["name"], path["type"], path["positional"]) == ("path", "a text or a list of texts", True)
    assert found["connection"] is None


def test_a_connection_is_told_too(capsys: pytest.CaptureFixture[str]) -> None:
    from kpidsl.cli import main

    with installed(), pytest.raises(SystemExit) as ended:
        main(["plugins", "info", "remote"])
    assert ended.value.code == 0
    text = capsys.readouterr().out
    assert "  from remote(CONNECTION, option: value, …)" in text
    assert 'in kpidsl.toml, [connections.NAME] with provider = "remote":' in text
    assert "  password  a secret, default none" in text


def test_a_name_that_there_is_none_of_is_answered() -> None:
    ran = run("plugins", "info", "parket")
    assert ran.returncode == 2
    assert "did you mean `parquet`?" in ran.stderr
    assert "pip install kpidsl-postgres" in run("plugins", "info", "postgres").stderr


@pytest.mark.parametrize(("name", "hint"), [("My-Ledger", "my_ledger"), ("9lives", "lives"), ("---", "ledger")])
def test_a_name_that_no_spec_could_write_is_refused(tmp_path: Path, name: str, hint: str) -> None:
    ran = run("plugins", "new", "--", name, cwd=tmp_path)
    assert ran.returncode == 2
    assert f"kpidsl plugins new {hint}`" in ran.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_is_taken_is_refused(tmp_path: Path) -> None:
    ran = run("plugins", "new", "csv", cwd=tmp_path)
    assert ran.returncode == 2
    assert "`csv` is a source of kpidsl itself" in ran.stderr
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    assert run("plugins", "new", "ledger", cwd=tmp_path).returncode == 0
    before = {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}
    ran = run("plugins", "new", "ledger", cwd=tmp_path)
    assert ran.returncode == 2
    assert "is there already" in ran.stderr
    assert {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()} == before
    assert not [file for file in before if "__NAME__" in file.name or b"__NAME__" in before[file]]


def test_what_pip_compiles_in_a_template_is_no_part_of_it(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "given.py").write_text("GIVEN = 1\n", "utf-8")
    assert compileall.compile_dir(tmp_path, quiet=2)
    assert list(tmp_path.rglob("*.pyc"))
    assert template_files(tmp_path) == [("src/given.py", "GIVEN = 1\n")]


@pytest.mark.slow
def test_a_new_project_installs_passes_its_tests_and_evaluates_at_once(tmp_path: Path) -> None:
    assert run("plugins", "new", "cash_book", cwd=tmp_path).returncode == 0
    folder = tmp_path / "kpidsl-cash-book"
    venv.create(tmp_path / "env")
    python = str(tmp_path / "env" / "bin" / "python")
    install = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        python,
        "install",
        "-q",
        "--disable-pip-version-check",
        "-e",
        str(ROOT),
        "-e",
        f"{folder}[dev]",
    ]
    subprocess.run(install, check=True, capture_output=True)
    environment = {key: value for key, value in os.environ.items() if key != "KPIDSL_PLUGINS"}
    tests = subprocess.run([python, "-m", "pytest", "-q"], cwd=folder, capture_output=True, text=True, env=environment)
    assert tests.returncode == 0, tests.stdout
    command = [python, "-m", "kpidsl", "eval", "example", "--as-of", "2026-03-31"]
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=environment)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert json.loads(ran.stdout)["kpis"][0]["value"] == 42
    listed = subprocess.run(
        [python, "-m", "kpidsl", "plugins", "list"], capture_output=True, text=True, env=environment
    )
    assert "cash_book" in listed.stdout
