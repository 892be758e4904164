"""Who may import whom, where each third-party package lives, and how long a file may get.

The order is the one of docs/architecture.md: change both in the same commit, and say why.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parent.parent
SRC = ROOT / "src"

ROWS = (
    ("records", "patterns", "clock", "source_text", "sharing", "leftovers", "kept_files", "diagnostics"),
    ("calendar", "stats", "syntax"),
    ("semantic",),
    ("plan",),
    ("sql",),
    ("engine",),
    ("assess",),
    ("report",),
    ("hookspecs", "plugins", "sources", "configuration"),
    (
        "spec_files",
        "library",
        "kept_model",
        "needed",
        "patience",
        "opening",
        "remote",
        "binding",
        "checkins",
        "selection",
        "lookup",
    ),
    ("matching",),
    ("checked", "state"),
    ("smart", "graph"),
    ("pipeline", "testing", "fixing"),
    ("",),  # kpidsl/__init__.py: the public names
    ("cli", "__main__"),
)
STRANGERS = ("calendar", "stats", "syntax")
HOMES = {
    "lark": ("syntax",),
    "duckdb": ("engine",),
    "sqlglot": ("sql",),
    "click": ("cli",),
    "pluggy": ("hookspecs", "plugins"),
    "tomli_w": ("report",),
    "pyarrow": ("report", "sources", "testing"),
    "holidays": ("calendar",),
}
OPTIONAL = ("pyarrow", "holidays")  # may be missing: imported inside the function that needs it
LONGEST = 400  # lines
LEFT_OVER = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError)\b")


class Import(NamedTuple):
    module: str
    line: int
    at_top: bool
    for_types: bool


def imports(package: str, text: str) -> Iterator[Import]:
    """Every import of a module's text, those inside functions too; `package` is what a relative one starts from."""
    tree = ast.parse(text)
    inside, guarded = set(), set()
    for outer in ast.walk(tree):
        if isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef):
            inside |= {id(node) for node in ast.walk(outer)}
        elif isinstance(outer, ast.If) and ast.unparse(outer.test) == "TYPE_CHECKING":
            guarded |= {id(node) for node in ast.walk(outer)}
    for node in ast.walk(tree):
        how = (id(node) not in inside, id(node) in guarded)
        if isinstance(node, ast.Import):
            yield from (Import(alias.name, node.lineno, *how) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parts = package.split(".")
            start = ".".join(parts[: len(parts) - node.level + 1]) if node.level else ""
            module = ".".join(part for part in (start, node.module) if part)
            names = [alias.name for alias in node.names] if module == "kpidsl" else [""]
            yield from (Import(f"{module}.{name}".rstrip("."), node.lineno, *how) for name in names)


def unit(module: str) -> str:
    """`kpidsl.syntax.nodes` → `syntax`; `kpidsl` and the names it publishes → ``."""
    name = [*module.split("."), ""][1]
    return name if any(name in names for names in ROWS) else ""


def row(name: str) -> int:
    return next(number for number, names in enumerate(ROWS) if name in names)


def wrong_imports(module: str, text: str, *, is_package: bool = False) -> Iterator[str]:
    """What a module imports that it may not, in words."""
    own = unit(module)
    for found in imports(module if is_package else module.rpartition(".")[0], text):
        top = found.module.partition(".")[0]
        where = f"{module}:{found.line} imports {found.module}"
        if found.module == "kpidsl.__version__":
            continue  # a constant, there before anything else is
        if top == "kpidsl":
            other = unit(found.module)
            if row(other) > row(own):
                yield f"{where}: `{other or 'kpidsl'}` stands below `{own}`"
            elif other != own and own in STRANGERS and other in STRANGERS:
                yield f"{where}: `{own}` and `{other}` are strangers"
        elif top in HOMES and not found.for_types:
            if own not in HOMES[top]:
                yield f"{where}: the home of {top} is {' and '.join(HOMES[top])}"
            elif top in OPTIONAL and found.at_top:
                yield f"{where}: {top} may be missing, so import it where it is used"
        elif top not in HOMES and top not in sys.stdlib_module_names:
            yield f"{where}: no dependency of this project"


def modules() -> Iterator[tuple[str, Path]]:
    for file in sorted((SRC / "kpidsl").rglob("*.py")):
        if "templates" in file.parts:
            continue  # a project for somebody else, with names to fill in
        yield ".".join(file.relative_to(SRC).with_suffix("").parts).removesuffix(".__init__"), file


def test_a_module_imports_only_from_rows_above_and_packages_stay_in_their_homes() -> None:
    found = [
        wrong
        for name, file in modules()
        for wrong in wrong_imports(name, file.read_text("utf-8"), is_package=file.name == "__init__.py")
    ]
    assert not found, "\n".join(found)


def test_every_module_has_a_row() -> None:
    named = {name for names in ROWS for name in names}
    strays = sorted({name.split(".")[1] for name, _ in modules() if "." in name} - named)
    assert not strays, f"in no row of the import order: {strays}"


def test_no_two_packages_import_each_other() -> None:
    needs: dict[str, set[str]] = {}
    for name, file in modules():
        for found in imports(name if file.name == "__init__.py" else name.rpartition(".")[0], file.read_text("utf-8")):
            if found.module.startswith("kpidsl") and found.at_top and not found.for_types:
                needs.setdefault(unit(name), set()).add(unit(found.module))
    rings = [(one, other) for one in needs for other in needs[one] if one < other and one in needs.get(other, ())]
    assert not rings


def test_no_file_is_too_long() -> None:
    kinds = ("*.py", "*.lark", "*.kpi")
    folders = [ROOT / name for name in ("src", "plugins", "tests", "grammar", "specs", "docs", "bench", "fuzz")]
    files = [file for folder in folders for kind in kinds for file in folder.rglob(kind)]
    lengths = {str(file.relative_to(ROOT)): len(file.read_text("utf-8").splitlines()) for file in files}
    assert lengths
    assert not {name: length for name, length in lengths.items() if length > LONGEST}


def test_no_package_of_the_tests_hides_one_of_the_standard_library() -> None:
    # `tests` is on the path for the oracle, so a package tests/calendar would be found before Python's own.
    packages = {file.parent.name for file in (ROOT / "tests").glob("*/__init__.py")}
    assert packages.isdisjoint(sys.stdlib_module_names)


def test_nothing_is_left_over() -> None:
    found = [
        f"{file.relative_to(ROOT)}:{number}: {line.strip()}"
        for _, file in modules()
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1)
        if LEFT_OVER.search(line)
    ]
    assert not found


@pytest.mark.parametrize(
    ("module", "text", "says"),
    [
        ("kpidsl.syntax.parsing", "from kpidsl.semantic import check", "`semantic` stands below `syntax`"),
        ("kpidsl.syntax.parsing", "from ..semantic import check", "`semantic` stands below `syntax`"),
        ("kpidsl.syntax.parsing", "def f():\n    import kpidsl.cli.main", "`cli` stands below `syntax`"),
        ("kpidsl.plan.lower", "from kpidsl import evaluate", "`kpidsl` stands below `plan`"),
        ("kpidsl.plan.lower", "from kpidsl import sql", "`sql` stands below `plan`"),
        ("kpidsl.stats.trend", "from kpidsl.calendar import Window", "strangers"),
        ("kpidsl.assess.kpi", "import duckdb", "the home of duckdb is engine"),
        ("kpidsl.report.arrow", "import pyarrow.compute", "import it where it is used"),
        ("kpidsl.assess.kpi", "def f():\n    import numpy", "no dependency"),
    ],
)
def test_these_rules_can_be_broken(module: str, text: str, says: str) -> None:
    (wrong,) = wrong_imports(module, text)
    assert says in wrong


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("kpidsl.plan.lower", "from kpidsl.semantic import Model\nfrom kpidsl.plan.nodes import Scan\nimport decimal"),
        ("kpidsl.diagnostics.model", "from kpidsl.source_text import Span"),
        ("kpidsl.report.arrow", "def to_arrow():\n    import pyarrow"),
        ("kpidsl.hookspecs", "if TYPE_CHECKING:\n    from duckdb import DuckDBPyConnection"),
        ("kpidsl.cli.main", "from kpidsl import __version__\nimport click"),
    ],
)
def test_these_rules_let_pass_what_is_meant(module: str, text: str) -> None:
    assert not list(wrong_imports(module, text))
