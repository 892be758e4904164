"""Plugins: what a well-made one gives, and that a broken one harms nobody but its users."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kpidsl import plugins
from kpidsl.diagnostics import Severity
from kpidsl.plugins import EntryPoint, PluginError, Registry, entry_points, load
from kpidsl.semantic.terms import GivenTwice

GOOD = """
from dataclasses import dataclass, field
from kpidsl.hookspecs import Function, Provider, ReportFormat, hookimpl
from kpidsl.semantic.types import DataType

@dataclass(frozen=True)
class Options:
    name: str = field(metadata={"positional": True})

@hookimpl
def kpidsl_providers():
    return [Provider("{provider}", Options, lambda options, context: None)]

@hookimpl
def kpidsl_report_formats():
    return (ReportFormat("markdown", (".md",), lambda results: "# hello"),)

@hookimpl
def kpidsl_functions():
    return (Function("initials", (DataType.TEXT,), DataType.TEXT, "left($1, 1)"),)
"""
SEEN: list[object] = []


def good(provider: str) -> str:
    """The code of a plugin without fault."""
    return GOOD.replace("{provider}", provider)


@pytest.fixture(autouse=True)
def _clean_modules() -> Iterator[None]:
    before = set(sys.modules)
    SEEN.clear()
    yield
    for name in set(sys.modules) - before:
        if name.startswith("kp_"):
            del sys.modules[name]


class Site:
    """A folder that looks like site-packages, with plugins in it."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        patch.syspath_prepend(str(folder))

    def install(self, distribution: str, code: str, *, entry: str | None = None, version: str = "1.0") -> None:
        module = "kp_" + distribution.replace("-", "_")
        (self.folder / f"{module}.py").write_text(code, "utf-8")
        info = self.folder / f"{distribution.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        lines = entry if entry is not None else f"{distribution.removeprefix('kpidsl-')} = {module}"
        (info / "entry_points.txt").write_text(f"[console_scripts]\nx = y:z\n\n[kpidsl]\n# hello\n{lines}\n", "utf-8")

    def load(self, **settings: str) -> Registry:
        return load(environ=settings, found=entry_points([str(self.folder)]))


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    return Site(tmp_path, monkeypatch)


def test_built_ins_come_through_the_same_hook() -> None:
    registry = load(no_plugins=True)
    assert list(registry.providers) == ["csv", "parquet", "json", "ndjson", "duckdb", "sqlite", "arrow"]
    assert registry.provider("csv").name == "csv"
    assert registry.warnings == ()
    assert [plugin.distribution for plugin in registry.plugins] == ["kpidsl"]


def test_a_plugin(site: Site) -> None:
    site.install("kpidsl-remote", good("remote"), version="2.1")
    registry = site.load()
    assert registry.provider("remote").name == "remote"
    assert registry.report_formats["markdown"].render(None) == "# hello"
    assert registry.report_format("markdown") is registry.report_formats["markdown"]
    assert registry.format_of(".md") is registry.report_formats["markdown"]
    assert registry.format_of(".nope") is None
    assert list(registry.functions) == ["initials"]
    assert registry.warnings == ()
    plugin = registry.plugins[1]
    assert (plugin.distribution, plugin.version, plugin.gives) == (
        "kpidsl-remote",
        "2.1",
        ("remote", "markdown", "initials"),
    )


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import nowhere_at_all", "ModuleNotFoundError: No module named 'nowhere_at_all'"),
        ("1 / 0", "ZeroDivisionError"),
        ("raise SystemExit(3)", "SystemExit"),
        ("def (", "SyntaxError"),
    ],
)
def test_one_that_cannot_be_imported_is_a_warning(site: Site, code: str, reason: str) -> None:
    site.install("kpidsl-bad", code)
    site.install("kpidsl-zebra", good("zebra"))
    registry = site.load()
    (warning,) = registry.warnings
    assert (warning.code, warning.severity) == ("K0801", Severity.WARNING)
    assert f"the plugin kpidsl-bad could not be loaded: {reason}" in warning.message
    assert "Traceback" in registry.failures[0].traceback
    assert registry.provider("zebra").name == "zebra"
    assert registry.provider("csv").name == "csv"


def test_using_what_it_would_have_given_is_an_error_that_names_it(site: Site) -> None:
    site.install("kpidsl-postgres", "raise ImportError('no libpq')")
    registry = site.load()
    with pytest.raises(PluginError) as caught:
        registry.provider("postgres")
    assert (caught.value.code, caught.value.exit_code) == ("K0802", 4)
    assert "the package kpidsl-postgres failed to load: ImportError: no libpq" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("name", "words"),
    [("cvs", "did you mean `csv`?"), ("postgres", "pip install kpidsl-postgres"), ("CSV", "did you mean `csv`?")],
)
def test_unknown_providers(name: str, words: str) -> None:
    registry = load(no_plugins=True)
    assert words in registry.explain_missing(name)
    with pytest.raises(PluginError, match=f"there is no provider `{name}`"):
        registry.provider(name)


def test_a_report_format_cannot_take_the_name_of_one_that_is_built_in(site: Site) -> None:
    site.install("kpidsl-one", good("one").replace('"markdown"', '"json"'))
    registry = site.load()
    (said,) = registry.warnings
    assert (said.code, said.message) == ("K0804", "the report format `json` of the plugin kpidsl-one is built in")
    assert registry.report_format("json") is None
    assert registry.provider("one").name == "one"


@pytest.mark.parametrize("name", ["year", "round", "sum"])
def test_a_function_cannot_take_the_name_of_one_of_the_language(name: str, site: Site) -> None:
    site.install("kpidsl-one", good("one").replace('"initials"', f'"{name}"'))
    registry = site.load()
    (said,) = registry.warnings
    assert (said.code, said.message) == ("K0804", f"the function `{name}` of the plugin kpidsl-one is built in")
    assert name not in registry.functions


def test_a_name_given_twice_is_an_error_for_those_who_use_it(site: Site) -> None:
    site.install("kpidsl-one", good("csv"))
    site.install("kpidsl-two", good("other"))
    registry = site.load()
    assert registry.provider("other").name == "other"
    for ask, words in (
        (registry.provider, "the provider `csv` is given by kpidsl and kpidsl-one"),
        (registry.report_format, "the report format `markdown` is given by kpidsl-one and kpidsl-two"),
    ):
        name = words.split("`")[1]
        with pytest.raises(PluginError) as caught:
            ask(name)
        assert (caught.value.code, caught.value.message) == ("K0804", words)
    assert "csv" not in registry.providers
    with pytest.raises(
        PluginError, match=r"the suffix `\.md`: `markdown` \(kpidsl-one\) and `markdown` \(kpidsl-two\)"
    ):
        registry.format_of(".md")
    said = registry.functions["initials"]
    assert isinstance(said, GivenTwice)
    assert said.message == "the function `initials` is given by kpidsl-one and kpidsl-two"


@pytest.mark.parametrize(
    ("code", "words", "hint"),
    [
        (
            "@hookimpl\ndef kpidsl_provider():\n    return ()",
            "implements `kpidsl_provider`, which is no hook",
            "did you mean `kpidsl_providers`?",
        ),
        (
            "@hookimpl\ndef something():\n    return ()",
            "implements `something`, which is no hook",
            "the hooks are kpidsl_providers",
        ),
        ("def kpidsl_providers():\n    return ()", "is not marked as one", "write @hookimpl above `kpidsl_providers`"),
        ("def kpidsl_provider():\n    return ()", "is not marked as one", "write @hookimpl above `kpidsl_providers`"),
    ],
)
def test_misspelt_hooks(site: Site, code: str, words: str, hint: str) -> None:
    site.install("kpidsl-odd", f"from kpidsl.hookspecs import hookimpl\n{code}\n")
    (warning,) = site.load().warnings
    assert warning.code == "K0805"
    assert words in warning.message
    assert hint in str(warning.hint)


@pytest.mark.parametrize(
    ("code", "number", "words"),
    [
        ("raise RuntimeError('boom')", "K0806", "kpidsl_providers of the plugin kpidsl-odd failed: RuntimeError: boom"),
        ("return 5", "K0806", "TypeError"),
        ("return ['csv2']", "K0808", "gives something that is no Provider: 'csv2'"),
        ("return [Provider('My Source', Options, open)]", "K0808", "lower-case letters"),
        ("return [Provider('odd', dict, open)]", "K0808", "not a dataclass"),
        ("return [Provider('odd', Odd, open)]", "K0808", "a type that a spec cannot write"),
        ("return [Provider('odd', Lost, open)]", "K0808", "NameError"),
    ],
)
def test_a_hook_that_raises_or_gives_nonsense(site: Site, code: str, number: str, words: str) -> None:
    site.install(
        "kpidsl-odd",
        "from __future__ import annotations\nfrom dataclasses import dataclass\n"
        "from kpidsl.hookspecs import Function, Provider, hookimpl\nfrom kpidsl.semantic.types import DataType\n"
        "@dataclass\nclass Options:\n    a: int = 1\n@dataclass\nclass Odd:\n    a: bytes = b''\n"
        "@dataclass\nclass Lost:\n    a: Nowhere = None\n"
        f"@hookimpl\ndef kpidsl_providers():\n    {code}\n"
        "@hookimpl\ndef kpidsl_functions():\n    return [Function('f', (DataType.TEXT,), DataType.TEXT, '$1')]\n",
    )
    registry = site.load()
    (warning,) = registry.warnings
    assert warning.code == number
    assert words in warning.message
    assert "f" in registry.functions, "its other hooks still count"
    assert registry.provider("csv").name == "csv"


def test_a_hook_with_wrong_arguments(site: Site) -> None:
    site.install(
        "kpidsl-odd", "from kpidsl.hookspecs import hookimpl\n@hookimpl\ndef kpidsl_providers(config):\n    return ()"
    )
    (warning,) = site.load().warnings
    assert warning.code == "K0801"
    assert "kpidsl-odd could not be registered" in warning.message


def test_after_eval(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plugins, "SEEN_BY_TEST", SEEN, raising=False)
    head = "from kpidsl import plugins\nfrom kpidsl.hookspecs import hookimpl\n@hookimpl\n"
    site.install("kpidsl-a", head + "def kpidsl_after_eval(results):\n    raise ValueError('no disk')")
    site.install("kpidsl-b", head + "def kpidsl_after_eval(results):\n    plugins.SEEN_BY_TEST.append(results)")
    site.install("kpidsl-c", head + "def kpidsl_after_eval():\n    plugins.SEEN_BY_TEST.append('called')")
    (warning,) = site.load().after_eval({"kpis": 3})
    assert SEEN == [{"kpis": 3}, "called"]
    assert warning.code == "K0806"
    assert "kpidsl-a failed after the evaluation" in warning.message


@pytest.mark.parametrize(
    ("chosen", "loaded"),
    [
        ("", []),
        (" ", []),
        ("kpidsl-one", ["kpidsl-one"]),
        ("two", ["kpidsl-two"]),
        ("kpidsl_ONE, two", ["kpidsl-one", "kpidsl-two"]),
    ],
)
def test_kpidsl_plugins(site: Site, chosen: str, loaded: list[str]) -> None:
    site.install("kpidsl-one", good("one"))
    site.install("kpidsl-two", "raise RuntimeError")
    registry = site.load(KPIDSL_PLUGINS=chosen)
    names = [plugin.distribution for plugin in registry.plugins] + [
        failure.distribution for failure in registry.failures
    ]
    assert names == ["kpidsl", *loaded]


def test_kpidsl_plugins_that_are_not_there(site: Site) -> None:
    site.install("kpidsl-one", good("one"))
    (warning,) = site.load(KPIDSL_PLUGINS="kpidsl-ones").warnings
    assert (warning.code, warning.hint) == ("K0807", "did you mean `kpidsl-one`?")


@pytest.mark.parametrize("name", ["warehouse", "kpidsl-warehouse", "kpidsl_warehouse"])
def test_what_is_not_installed_is_no_package_of_another_project(name: str, site: Site) -> None:
    """`KPIDSL_PLUGINS=warehouse` names an entry point; a package of that name would be anyone's."""
    (warning,) = site.load(KPIDSL_PLUGINS=name).warnings
    assert warning.hint in ("pip install kpidsl-warehouse", "pip install kpidsl_warehouse")


def test_no_plugins(site: Site) -> None:
    site.install("kpidsl-one", "raise RuntimeError")
    assert load(no_plugins=True, environ={}, found=entry_points([str(site.folder)])).warnings == ()


def test_entry_points(site: Site, tmp_path: Path) -> None:
    site.install("kpidsl-a", "", entry="x = kp_a:inner.thing\ny=kp_b [extra]\n[other]\nz = kp_c")
    site.install("plain", "", entry="")
    hidden = tmp_path / "later"
    (hidden / "kpidsl_a-9.dist-info").mkdir(parents=True)
    (hidden / "kpidsl_a-9.dist-info" / "entry_points.txt").write_text("[kpidsl]\nx = elsewhere\n")
    assert entry_points([str(site.folder), str(hidden), str(tmp_path / "missing")]) == (
        EntryPoint("x", "kp_a", "inner.thing", "kpidsl-a", "1.0"),
        EntryPoint("y", "kp_b", None, "kpidsl-a", "1.0"),
    )


def test_they_are_those_that_the_standard_library_finds() -> None:
    from importlib import metadata

    found = sorted((entry.name, entry.value) for entry in metadata.entry_points(group="kpidsl"))
    ours = sorted(
        (entry.name, f"{entry.module}:{entry.attribute}" if entry.attribute else entry.module)
        for entry in entry_points()
    )
    assert ours == found


def test_an_attribute_of_the_module(site: Site) -> None:
    code = good("inner").replace("@hookimpl\ndef kpidsl_", "@staticmethod\n@hookimpl\ndef kpidsl_")
    head, _, hooks = code.partition("@staticmethod")
    body = "\n".join("    " + line for line in ("@staticmethod" + hooks).splitlines())
    site.install("kpidsl-a", f"{head}\nclass Plugin:\n{body}\n", entry="a = kp_kpidsl_a:Plugin")
    registry = site.load()
    assert registry.warnings == ()
    assert registry.provider("inner").name == "inner"


def test_loading_imports_neither_an_engine_nor_what_opens_sources() -> None:
    import subprocess

    heavy = ("duckdb", "sqlglot", "pyarrow", "sqlite3", "importlib.metadata", "kpidsl.sources.csv_files")
    script = f"import sys; from kpidsl import plugins; plugins.load(); print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env={"PYTHONPATH": ":".join(sys.path)}
    )
    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stderr
