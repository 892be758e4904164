"""docs/plugins.md is complete, and its plugin works."""

from __future__ import annotations

import dataclasses
import inspect
import re
import sys
from contextlib import closing
from pathlib import Path
from types import ModuleType

import pytest

from kpidsl import hookspecs, plugins
from kpidsl.diagnostics import OptionError, SourceError
from kpidsl.engine import duck
from kpidsl.hookspecs import ColumnRequest, Context, ScanRequest
from kpidsl.semantic.types import DataType
from kpidsl.sources.materialize import into_duckdb
from kpidsl.sources.options import build_options

PAGE = (Path(__file__).parents[2] / "docs" / "plugins.md").read_text("utf-8")
RECORDS = ("Provider", "Context", "ScanRequest", "ColumnRequest", "ReportFormat", "Function")


def signature(name: str) -> str:
    """A hook's first line, as its source has it."""
    source = inspect.getsource(getattr(hookspecs, name))
    found = re.search(r"def .*?(?=:\n)", source, re.DOTALL)
    assert found is not None
    return found[0]


@pytest.mark.parametrize("hook", plugins.HOOKS)
def test_every_hook_is_described_with_its_signature(hook: str) -> None:
    assert f"```python\n{signature(hook)}\n```" in PAGE
    doc = " ".join((inspect.getdoc(getattr(hookspecs, hook)) or "").split())
    assert doc in " ".join(PAGE.split())


def test_no_hook_is_described_that_is_none() -> None:
    assert set(re.findall(r"def (kpidsl_\w+)", PAGE)) == set(plugins.HOOKS)
    assert len(plugins.HOOKS) == 4


@pytest.mark.parametrize("record", RECORDS)
def test_every_field_is_described(record: str) -> None:
    table = PAGE.partition(f"| field of `{record}` |")[2].partition("\n\n")[0]
    described = re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)
    assert described == [field.name for field in dataclasses.fields(getattr(hookspecs, record))]


@pytest.mark.parametrize(
    "protocol",
    [
        hookspecs.Dataset,
        hookspecs.Scannable,
        hookspecs.Relational,
        hookspecs.Queryable,
        hookspecs.Recalling,
        hookspecs.Divisible,
    ],
)
def test_every_method_of_a_dataset_is_described(protocol: type) -> None:
    for name in (name for name in vars(protocol) if not name.startswith("_")):
        assert f"`{name}" in PAGE, name


def test_every_type_and_code_is_described() -> None:
    for kind in DataType:
        assert f"`{kind.name}`" in PAGE
    package = Path(hookspecs.__file__).parent
    code = "".join(path.read_text("utf-8") for name in ("sources", "plugins") for path in (package / name).glob("*.py"))
    used = set(re.findall(r"\bK0[68]\d\d\b", code))
    assert len(used) > 12
    assert used - set(re.findall(r"\bK0[68]\d\d\b", PAGE)) == set()


def test_the_plugin_of_the_page(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    code = PAGE.partition("<!-- example -->\n```python\n")[2].partition("\n```")[0]
    module = ModuleType("kpidsl_weather")
    monkeypatch.setitem(sys.modules, "kpidsl_weather", module)
    exec(compile(code, "kpidsl_weather.py", "exec"), module.__dict__)
    entry = plugins.EntryPoint("weather", "kpidsl_weather", None, "kpidsl-weather", "1.0")
    registry = plugins.load(environ={}, found=[entry])
    assert registry.warnings == ()
    provider = registry.provider("weather")
    opened = provider.open(build_options(provider, ["berlin"], {"days": 2}), Context(tmp_path, tmp_path))
    request = ScanRequest((ColumnRequest("degrees"), ColumnRequest("day", DataType.DATE)))
    with closing(duck.connect()) as connection:
        name = into_duckdb(connection, "weather", opened, request)
        assert connection.execute(f"SELECT degrees, CAST(day AS VARCHAR) FROM {name}").fetchall() == [
            (7, "2026-01-01"),
            (8, "2026-01-02"),
        ]
    with pytest.raises(OptionError, match="has no option `station_name`"):
        build_options(provider, [], {"station_name": "berlin"})
    with pytest.raises(SourceError, match="there is no station oslo"):
        provider.open(build_options(provider, ["oslo"]), Context(tmp_path, tmp_path))
