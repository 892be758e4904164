"""What a shell offers behind the cursor: names of the spec, codes, files. Nothing is read but .kpi files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

if TYPE_CHECKING:
    from kpidsl.semantic.scope import Names
    from kpidsl.syntax.nodes import Spec

ASKED = "_KPIDSL_COMPLETE"
"""The variable that a shell asks by."""
MOST_BYTES = 300_000
"""A shell must answer at once: of more text than this the names of the rest are not offered."""


def spec_paths(_ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Folders and .kpi files that begin as typed."""
    folder, slash, start = incomplete.rpartition("/")
    base = Path(folder + slash) if slash else Path()
    try:
        found = sorted(base.expanduser().iterdir())
    except OSError:
        return []
    items: list[CompletionItem] = []
    for each in found:
        if not each.name.startswith(start) or (each.name.startswith(".") and not start.startswith(".")):
            continue
        if each.is_dir():
            items.append(CompletionItem(f"{folder}{slash}{each.name}/", type="plain", nospace=True))
        elif each.suffix == ".kpi":
            items.append(CompletionItem(f"{folder}{slash}{each.name}"))
    return items


def folders(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Folders that begin as typed."""
    return [item for item in spec_paths(ctx, parameter, incomplete) if str(item.value).endswith("/")]


def selections(ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """What `--select` takes: names of metrics and KPIs, `tag:…` and `owner:…`."""
    names = _names(ctx)
    if names is None:
        return []
    kinds = _kinds(names)
    said = [CompletionItem(name, help=kind) for name, kind in kinds.items() if kind in ("metric", "kpi")]
    tags, owners = _tags_and_owners(names)
    said += [CompletionItem(f"tag:{tag}") for tag in tags]
    said += [CompletionItem(f"owner:{owner}") for owner in owners]
    return _beginning(said, incomplete)


def codes_and_names(ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """What `explain` takes: codes where one is begun, else every name of the spec."""
    from kpidsl.diagnostics.codes import CODES

    codes = [CompletionItem(code, help=title) for code, title in CODES.items()]
    if incomplete[:1] == "K":
        return _beginning(codes, incomplete)
    names = _names(ctx)
    known = [CompletionItem(name, help=kind) for name, kind in _kinds(names).items()] if names is not None else []
    return _beginning([*known, *(codes if not incomplete else [])], incomplete)


def assignments(ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """What `--set` takes: the params of the spec."""
    names = _names(ctx)
    found = [CompletionItem(f"{name}=", nospace=True) for name in names.params] if names is not None else []
    return _beginning(found, incomplete)


def files(_ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Any file, as the shell finds it."""
    return [CompletionItem(incomplete, type="file")]


def formats(_ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The formats that come with kpidsl."""
    return [CompletionItem(name) for name in ("text", "json", "toml") if name.startswith(incomplete)]


def nothing(_ctx: click.Context, _parameter: click.Parameter, _incomplete: str) -> list[CompletionItem]:
    """Nothing: only the person knows."""
    return []


def _beginning(items: Iterable[CompletionItem], incomplete: str) -> list[CompletionItem]:
    return [item for item in items if str(item.value).startswith(incomplete)]


def _names(ctx: click.Context) -> Names | None:
    """The names of the spec on the command line, from its text alone; None where it cannot be read."""
    from kpidsl.diagnostics import KpidslError, Problems
    from kpidsl.semantic.scope import resolve
    from kpidsl.spec_files import files_of, parse_file

    # Before an option without its value yet, click leaves the paths among what it could not place.
    paths: Sequence[str] = ctx.params.get("paths") or ()
    given = [*paths, *(each for each in ctx.args if Path(each).exists())] or ["."]
    try:
        found = [file for path in given if path != "-" for file in files_of(Path(path))]
        specs: list[Spec] = []
        read = 0
        for file in found:
            read += file.stat().st_size
            if read <= MOST_BYTES:
                specs.append(parse_file(file, Path.cwd(), Problems()))
        return resolve(specs, Problems())
    except (KpidslError, OSError):
        return None


def _kinds(names: Names) -> dict[str, str]:
    from kpidsl.lookup.find import all_names

    return all_names(names)


def _tags_and_owners(names: Names) -> tuple[list[str], list[str]]:
    from kpidsl.lookup.find import tags_and_owners

    return tags_and_owners(names)
