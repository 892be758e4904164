"""The pages of `kpidsl explain`, taken apart: what their examples consist of and what comes of them."""

from __future__ import annotations

import re
import sqlite3
import sys
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import ModuleType
from unittest import mock

import kpidsl
from kpidsl import plugins
from kpidsl.checked import SpecError
from kpidsl.diagnostics import KpidslError, Problems
from kpidsl.diagnostics.codes import explain
from kpidsl.pipeline import load
from kpidsl.semantic.check import check
from kpidsl.semantic.lints import tidy
from kpidsl.semantic.scope import resolve
from kpidsl.source_text import Source
from kpidsl.sources import builtin
from kpidsl.syntax import parse
from kpidsl.syntax.setting_nodes import UnitDecl

BLOCK = re.compile(r"^```(\w+)(?: ([^\n]+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TIDY = {"K0371", "K0372", "K0373"}  # said of sound specs by `kpidsl check`: no target, never used
LIBRARY = Path(kpidsl.__file__).parent / "std"


@dataclass(frozen=True, slots=True)
class Block:
    """One example in a page: ```kpi, or ```csv orders.csv; `detail` is what stands behind the kind."""

    kind: str
    detail: str
    text: str


def blocks(code: str, heading: str) -> tuple[Block, ...]:
    """The examples under a heading of a page; one that says `repeated N times` is."""
    _, _, rest = (explain(code) or "").partition(f"## {heading}\n")
    section = re.split(r"^## ", rest, flags=re.MULTILINE)[0]
    found = []
    for kind, detail, text in BLOCK.findall(section):
        repeated = re.fullmatch(r"repeated (\d+) times", detail)
        found.append(Block(kind, "" if repeated else detail, text * int(repeated[1]) if repeated else text))
    return tuple(found)


def library() -> list[UnitDecl]:
    """The units every spec knows."""
    specs = (parse(Source(file.name, file.read_text("utf-8")), Problems()) for file in sorted(LIBRARY.glob("*.kpi")))
    return [node for spec in specs for node in spec.declarations if isinstance(node, UnitDecl)]


UNITS = library()


def checked(text: str, *, tidily: bool = False) -> list[str]:
    """The codes that the text of one spec gives, without a look at its data; `tidily` with what is never used."""
    problems = Problems()
    names = resolve([parse(Source("example.kpi", text), problems)], problems)
    model = check(names, problems, schemas={}, params={}, library=lambda: UNITS)
    if tidily:
        tidy(names, model, problems)
    return [found.code for found in problems]


def judged(text: str) -> list[str]:
    """The codes that the text of one spec gives with what it lacks to be SMART, without a look at its data."""
    report = load("-", stdin_text=text).smart(schemas=False)
    return [found.code for found in report.diagnostics if found.code not in TIDY]


def plugged(code: str) -> list[str]:
    """The codes that loading a plugin gives whose module has this text, and using what it gives."""
    entry = Written("ledger", "", None, "kpidsl-ledger", "1.0", code)
    registry = plugins.load(environ={}, found=[entry], built_in=(builtin,))
    found = [warning.code for warning in registry.warnings]
    for name in registry.provider_offer.given:
        try:
            registry.provider(name)
        except KpidslError as error:
            found.append(error.code)
    return found


@dataclass(frozen=True)
class Written(plugins.EntryPoint):
    """A plugin that is a text, not an installed module."""

    text: str

    def load(self) -> object:
        module = ModuleType(self.name)
        sys.modules[self.name] = module  # where a dataclass looks up its annotations
        exec(compile(self.text, "ledger.py", "exec", dont_inherit=True), vars(module))  # a page of this project
        return module


def laid_out(folder: Path, examples: tuple[Block, ...]) -> Path:
    """The files of an example, written into a folder."""
    for block in examples:
        if block.kind == "python":
            continue
        encoding = re.sub("^encoded ", "", block.detail) if block.detail.startswith("encoded ") else "utf-8"
        file = folder / (block.detail if "." in block.detail else "example.kpi")
        if block.kind == "sql":
            with closing(sqlite3.connect(file)) as database:
                database.executescript(block.text)
        else:
            file.write_text(block.text, encoding)
    return folder


def evaluated(folder: Path, examples: tuple[Block, ...]) -> set[str]:
    """The codes that checking and evaluating an example gives."""
    plugin = [Written("ledger", "", None, "kpidsl-ledger", "1.0", one.text) for one in examples if one.kind == "python"]
    if plugin:
        with mock.patch.object(plugins, "load", partial(plugins.load, environ={}, found=plugin)):
            return _evaluated(folder, examples)
    return _evaluated(folder, examples)


def _evaluated(folder: Path, examples: tuple[Block, ...]) -> set[str]:
    untrusted = any(block.detail == "untrusted" for block in examples)
    specs = load([laid_out(folder, examples)], untrusted=untrusted)
    found = {one.code for one in specs.check(untrusted=untrusted).diagnostics} - TIDY
    try:
        results = specs.evaluate(as_of="2026-03-31", untrusted=untrusted)
    except SpecError as error:
        return found | {error.code} | {one.code for one in error.diagnostics}
    return found | {one.code for one in (*results.errors, *results.warnings)}
