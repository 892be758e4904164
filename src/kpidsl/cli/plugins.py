"""`kpidsl plugins`: what is installed, what it takes, and a project for one of one's own."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kpidsl.cli import completing, options
from kpidsl.cli.faults import Exit
from kpidsl.cli.init import template_files
from kpidsl.cli.output import write_file
from kpidsl.cli.streams import aside, columns, is_coloured, say, write
from kpidsl.diagnostics.errors import UsageError
from kpidsl.diagnostics.suggest import did_you_mean

if TYPE_CHECKING:
    from kpidsl.hookspecs import Provider
    from kpidsl.plugins import Registry
    from kpidsl.plugins.registry import Offer
    from kpidsl.sources.options import OptionField

EXAMPLES = """\b
Examples:
  kpidsl plugins list
  kpidsl plugins info csv
  kpidsl plugins new ledger
"""
NAME = re.compile(r"[a-z][a-z0-9_]*")
format_ = click.option(
    "--format", "-f", "format_", type=click.Choice(("text", "json")), default="text", show_default=True,
    help="A table, or a document.",
)  # fmt: skip


@click.group("plugins", short_help="Show what plugins give, or begin one.", epilog=EXAMPLES)
@options.help_
def command() -> None:
    """Show the sources, report formats and functions that plugins give, or begin a plugin of your own."""


@command.command("list", short_help="What is installed.", epilog=EXAMPLES)
@format_
@options.no_plugins
@options.common
def list_(format_: str, no_plugins: bool) -> int:
    """List everything that kpidsl and its plugins give, and what could not be loaded."""
    from kpidsl import plugins

    with aside():
        registry = plugins.load(no_plugins=no_plugins)
    warned(registry)
    rows = given(registry)
    if format_ == "json":
        failed = [
            {"distribution": one.distribution, "name": one.name, "reason": one.reason} for one in registry.failures
        ]
        write(f"{json.dumps({'plugins': rows, 'failed': failed}, indent=2, ensure_ascii=False)}\n")
        return Exit.FINE
    widths = [max(len(row[key]) for row in rows) for key in ("name", "kind", "from")]
    for row in rows:
        left = "  ".join(row[key].ljust(width) for key, width in zip(("name", "kind", "from"), widths, strict=True))
        write(f"{left}  {row['summary']}".rstrip() + "\n")
    return Exit.FINE


@command.command("info", short_help="What a source takes.", epilog=EXAMPLES)
@click.argument("name")
@format_
@options.no_plugins
@options.common
def info(name: str, format_: str, no_plugins: bool) -> int:
    """Tell what the provider NAME takes in a spec, and in kpidsl.toml."""
    from kpidsl import plugins

    with aside():
        registry = plugins.load(no_plugins=no_plugins)
    warned(registry)
    provider = registry.provider_offer.get(name)
    if provider is None:
        known = tuple(registry.provider_offer.given)
        hint = did_you_mean(name, known) or registry.explain_missing(name)
        raise UsageError(f"there is no provider `{name}`", hint=hint)
    found = described(provider, registry.provider_offer.given[name][0][0])
    write(f"{json.dumps(found, indent=2, ensure_ascii=False)}\n" if format_ == "json" else told(provider, found))
    return Exit.FINE


@command.command("new", short_help="Begin a plugin of your own.", epilog=EXAMPLES)
@click.argument("name")
@click.argument("folder", default="", metavar="[FOLDER]", shell_complete=completing.folders)
@options.common
def new(name: str, folder: str) -> int:
    """Write a project for a source called NAME into FOLDER (kpidsl-NAME where none is given).

    It installs, passes its tests and evaluates its example as it is. No file that is there already is touched: then
    nothing is written, and the command ends with 2.
    """
    if not NAME.fullmatch(name):
        near = re.sub(r"[^a-z0-9_]+", "_", name.lower()).strip("_0123456789")
        raise UsageError(
            f"`{name}` is no name that a spec could write",
            hint=f"lower-case letters, digits and `_`: `kpidsl plugins new {near or 'ledger'}`",
        )
    from kpidsl.plugins import load

    if name in load(no_plugins=True).providers:
        raise UsageError(
            f"`{name}` is a source of kpidsl itself, and a spec could not tell them apart",
            hint=f"another name: `kpidsl plugins new my_{name}`",
        )
    target = Path(folder or f"kpidsl-{name.replace('_', '-')}")
    words = {
        "NAME": name,
        "DASHED": name.replace("_", "-"),
        "CLASS": "".join(part.capitalize() for part in name.split("_") if part),
    }
    files = {
        filled(path, words): filled(text, words)
        for path, text in template_files(resources.files("kpidsl.templates").joinpath("plugin"))
    }
    there = [path for path in files if (target / path).exists() or (target / path).is_symlink()]
    if there:
        raise UsageError(
            f"{target / there[0]} is there already, and is not overwritten",
            hint=f"name another folder: `kpidsl plugins new {name} {target}-2`",
        )
    for path, text in files.items():
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        write_file(target / path, text)
    written = "\n".join(f"  {(target / path).as_posix()}" for path in files)
    write(
        f"written:\n{written}\n\ntry:\n  pip install -e '{target.as_posix()}[dev]'\n  pytest {target.as_posix()}\n"
        f"  kpidsl eval {(target / 'example').as_posix()} --as-of 2026-03-31\n"
    )
    return Exit.FINE


def filled(text: str, words: dict[str, str]) -> str:
    for key, word in words.items():
        text = text.replace(f"__{key}__", word)
    return text


def warned(registry: Registry) -> None:
    """Say what is wrong with plugins."""
    from kpidsl.diagnostics.text import render_text

    if registry.warnings:
        say(render_text(registry.warnings, colour=is_coloured(sys.stderr), width=columns(sys.stderr)))


def given(registry: Registry) -> list[dict[str, str]]:
    """What is given, a row each; a name that several distributions give has a row for each."""
    versions = {plugin.distribution: plugin.version for plugin in registry.plugins}
    kinds: tuple[tuple[str, Offer[Any]], ...] = (
        ("source", registry.provider_offer),
        ("report format", registry.format_offer),
        ("function", registry.function_offer),
    )
    return [
        {
            "name": name,
            "kind": kind,
            "from": f"{distribution} {versions.get(distribution, '')}".rstrip(),
            "summary": thing.summary if len(offers) == 1 else f"{thing.summary} (given twice: it cannot be used)",
        }
        for kind, offer in kinds
        for name, offers in sorted(offer.given.items())
        for distribution, thing in offers
    ]


def described(provider: Provider, distribution: str) -> dict[str, object]:
    """Everything a provider takes."""
    from dataclasses import replace

    from kpidsl.sources.options import option_fields

    connection = None
    if provider.connection is not None:
        connection = [field(one) for one in option_fields(replace(provider, options=provider.connection))]
    return {
        "name": provider.name,
        "from": distribution,
        "summary": provider.summary,
        "options": [field(one) for one in option_fields(provider)],
        "connection": connection,
        "needs_connection": provider.connection is not None and provider.needs_connection,
    }


def field(one: OptionField) -> dict[str, object]:
    default = one.default if isinstance(one.default, str | int | float | bool) else None
    return {
        "name": one.name,
        "type": one.words,
        "positional": one.positional,
        "required": one.required,
        "default": list(one.default) if isinstance(one.default, tuple) else default,
        "help": one.help,
    }


def told(provider: Provider, found: dict[str, object]) -> str:
    """What a provider takes, for people."""
    options_, connection = found["options"], found["connection"]
    assert isinstance(options_, list)
    first = ["CONNECTION"] if connection is not None else []
    first += [str(one["name"]).upper() for one in options_ if one["positional"]]
    lines = [f"{provider.name} – {provider.summary}" if provider.summary else provider.name]
    lines += [
        "",
        f"  from {provider.name}({', '.join([*first, 'option: value, …'])})",
        "",
        "options:",
        *_rows(options_),
    ]
    if isinstance(connection, list):
        lines += ["", f'in kpidsl.toml, [connections.NAME] with provider = "{provider.name}":', *_rows(connection)]
        lines += ["  public, connect_timeout, timeout, retries: as for every connection"]
    return "\n".join(lines) + "\n"


def _rows(fields: Iterable[dict[str, object]]) -> list[str]:
    rows = list(fields)
    width = max((len(str(one["name"])) for one in rows), default=0)
    found = []
    for one in rows:
        needed = "needed" if one["required"] else f"default {_written(one['default'])}"
        text = f"  {str(one['name']).ljust(width)}  {one['type']}, {needed}"
        found.append(f"{text}: {one['help']}" if one["help"] else text)
    return found or ["  none"]


def _written(value: object) -> str:
    match value:
        case None | []:
            return "none"
        case bool():
            return str(value).lower()
        case str():
            return f'"{value}"'
        case _:
            return str(value)
