"""kpidsl as others get it: a wheel from a source distribution, an editable install, each in a fresh environment."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

from kpidsl import __version__

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]

# Tests have a cache folder of their own; what pip has downloaded before is to be found all the same.
PIP_CACHE = os.environ.get("PIP_CACHE_DIR") or str(
    Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser() / "pip"
)
SPEC = """\
source orders { from csv("orders.csv"); time ordered_at }
metric revenue "Revenue" = sum(amount) from orders
kpi monthly_revenue { value revenue over last month; target >= 100 }
"""
ORDERS = "ordered_at,amount\n2026-02-27,5\n2026-03-01,40.10\n2026-03-31,70.20\n2026-04-01,1000\n"


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """A command that sees nothing of this checkout unless it is told where it lies."""
    hidden = ("PYTHON", "VIRTUAL_ENV")
    variables = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    variables["PIP_CACHE_DIR"] = PIP_CACHE
    return subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )


def done(*command: str | Path, cwd: Path) -> str:
    """The standard output of a command that must succeed."""
    ran = run(*command, cwd=cwd)
    assert ran.returncode == 0, f"{command}\n{ran.stdout}\n{ran.stderr}"
    return ran.stdout


def environment(folder: Path) -> Path:
    """A fresh environment, without a pip of its own, which takes four seconds to install; its Python."""
    done(sys.executable, "-m", "venv", "--without-pip", folder / "env", cwd=folder)
    return folder / "env" / "bin" / "python"


def pip(python: Path, *arguments: str | Path, cwd: Path) -> None:
    """Our pip works for another environment, from inside it."""
    done(sys.executable, "-m", "pip", "--python", python, *arguments, cwd=cwd)


def tracked(folder: str) -> set[str]:
    """The files of a folder of the checkout that are to be shipped, relative to it."""
    found = (file.relative_to(ROOT / folder) for file in (ROOT / folder).rglob("*") if file.is_file())
    made = re.compile(r"__pycache__|\..*_cache|\.DS_Store")
    return {file.as_posix() for file in found if not any(made.fullmatch(part) for part in file.parts)}


def assert_works(python: Path, folder: Path) -> None:
    """The command and the module check and evaluate a spec that lies elsewhere."""
    work = folder / "work"
    work.mkdir()
    (work / "shop.kpi").write_text(SPEC, "utf-8")
    (work / "orders.csv").write_text(ORDERS, "utf-8")
    kpidsl = python.with_name("kpidsl")
    assert __version__ in done(kpidsl, "--version", cwd=work)
    assert __version__ in done(python, "-m", "kpidsl", "--version", cwd=work)
    done(kpidsl, "check", "shop.kpi", cwd=work)
    done(kpidsl, "init", "bakery", cwd=work)
    assert done(kpidsl, "test", "bakery", cwd=work) == "2 passed\n"
    done(kpidsl, "plugins", "new", "ledger", cwd=work)
    assert (work / "kpidsl-ledger" / "src" / "kpidsl_ledger" / "__init__.py").is_file()
    document = json.loads(done(kpidsl, "eval", "shop.kpi", "--as-of", "2026-03-31", "--format", "json", cwd=work))
    (kpi,) = document["kpis"]
    assert (kpi["name"], kpi["value"], kpi["n"], kpi["status"]) == ("monthly_revenue", 110.3, 2, "green")
    assert document["tool"]["version"] == __version__
    (work / "wrong.kpi").write_text(SPEC.replace("sum(amount)", "sum(amuont)"), "utf-8")
    wrong = run(kpidsl, "check", "wrong.kpi", cwd=work)
    assert wrong.returncode == 4
    assert "did you mean `amount`" in wrong.stdout + wrong.stderr


@pytest.mark.slow
def test_a_wheel_from_the_source_distribution_works_where_there_is_no_checkout(tmp_path: Path) -> None:
    python = environment(tmp_path)
    pip(python, "install", "--quiet", "hatchling", cwd=tmp_path)
    done(python, "-m", "hatchling", "build", "--target", "sdist", "--directory", tmp_path, cwd=ROOT)
    (sdist,) = tmp_path.glob("kpidsl-*.tar.gz")
    with tarfile.open(sdist) as archive:
        carried = {name.partition("/")[2] for name in archive.getnames()}
    for folder in ("src", "grammar", "docs", "specs", "tests"):
        assert {f"{folder}/{name}" for name in tracked(folder)} <= carried
    assert {"README.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "Makefile", "pyproject.toml"} <= carried

    pip(python, "wheel", "--quiet", "--no-deps", "--wheel-dir", tmp_path, sdist, cwd=tmp_path)
    (wheel,) = tmp_path.glob("kpidsl-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert packed == {f"kpidsl/{name}" for name in tracked("src/kpidsl")} | {
        f"kpidsl/grammar/{name}" for name in tracked("grammar")
    }
    for kind in (
        "kpidsl/grammar/*.lark",
        "kpidsl/std/*.kpi",
        "kpidsl/templates/start/*.kpi",
        "kpidsl/templates/start/data/*.csv",
        "kpidsl/py.typed",
        "kpidsl/diagnostics/explain/K*.md",
    ):
        assert any(Path(name).match(kind) for name in packed), f"the wheel carries no {kind}"

    pip(python, "install", "--quiet", wheel, cwd=tmp_path)
    home = done(python, "-c", "import kpidsl; print(kpidsl.__file__)", cwd=tmp_path)
    assert Path(home).is_relative_to(tmp_path)
    assert_works(python, tmp_path)


@pytest.mark.slow
def test_an_editable_install_reads_the_checkout(tmp_path: Path) -> None:
    python = environment(tmp_path)
    pip(python, "install", "--quiet", "--editable", ROOT, cwd=tmp_path)
    home = done(python, "-c", "import kpidsl; print(kpidsl.__file__)", cwd=tmp_path)
    assert Path(home.strip()) == ROOT / "src" / "kpidsl" / "__init__.py"
    assert_works(python, tmp_path)


def test_the_lowest_versions_tested_are_those_the_project_allows() -> None:
    lines = (ROOT / ".ci" / "lowest.txt").read_text("utf-8").splitlines()
    tested = dict(line.split("==") for line in lines if line and not line.startswith("#"))
    optional = PROJECT["optional-dependencies"]
    needs = [*PROJECT["dependencies"], *optional["arrow"], *optional["holidays"]]
    allowed = {name: rest.partition(",")[0] for name, _, rest in (need.partition(">=") for need in needs)}
    assert tested.keys() == allowed.keys()
    for name, lowest in allowed.items():
        assert f"{tested[name]}.".startswith(f"{lowest}."), f"{name}: {tested[name]} is tested, {lowest} is allowed"
