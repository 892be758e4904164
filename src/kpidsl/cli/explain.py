"""`kpidsl explain`: the page of a diagnostic's code, or everything that is to be known of a declaration."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from kpidsl.cli import completing, options
from kpidsl.cli.faults import Exit
from kpidsl.cli.streams import aside, columns, is_coloured, write

EXAMPLES = """\b
Examples:
  kpidsl explain K0310
  kpidsl explain revenue specs/storefront --as-of 2026-03-31
  kpidsl explain engagement.active specs/storefront -f json
  kpidsl explain --codes                      every code there is
"""
CODE = re.compile(r"[Kk][0-9]{4}")


@click.command("explain", short_help="Explain a code such as K0310, or a name of a spec.", epilog=EXAMPLES)
@click.argument("name", metavar="CODE|NAME", required=False, shell_complete=completing.codes_and_names)
@options.paths
@click.option("--codes", is_flag=True, help="List all codes, with what each is about.")
@options.as_of
@options.params
@click.option(
    "--format", "-f", "format_", type=click.Choice(("text", "json")), default="text", show_default=True,
    help="How to write what is known of a name.",
)  # fmt: skip
@options.config
@options.profile
@options.untrusted
@options.no_plugins
@options.no_cache
@options.common
def command(
    name: str | None,
    paths: Sequence[str],
    codes: bool,
    as_of: str | None,
    params: Mapping[str, str],
    format_: str,
    config: Path | None,
    profile: str | None,
    untrusted: bool,
    no_plugins: bool,
) -> int:
    """Explain a code, or a declaration of a spec.

    Of a code such as K0310: what is wrong, why, a wrong example and a right one. Of a metric, KPI, source, param, unit,
    goal, objective or outcome of the spec in PATHS: its definition, its kind and unit, its windows at this as-of, where
    its rows come from, the SQL that would be run, and what uses it. No row is read.
    """
    if codes:
        write(every_code(name))
        return Exit.FINE
    if name is None:
        raise click.UsageError("A code or a name is expected; `kpidsl explain --codes` lists the codes.")
    if CODE.fullmatch(name) and not paths:
        write(page_of(name))
        return Exit.FINE
    if not _is_path(name, paths):
        with aside():
            found = options.load(paths, config, profile, untrusted=untrusted).explain(
                name, as_of=as_of, params=params, untrusted=untrusted, no_plugins=no_plugins
            )
        if format_ == "json":
            from kpidsl.report.explanation_json import to_json

            write(to_json(found))
        else:
            from kpidsl.report.explanation_text import to_text
            from kpidsl.report.table import WIDTH

            write(to_text(found, width=columns(sys.stdout) or WIDTH, colour=is_coloured(sys.stdout)))
        return max(one.exit_code for one in found)
    from kpidsl.diagnostics import UsageError

    names = [each for each in paths if not Path(each).exists()]
    shown = f"`kpidsl explain {names[0] if names else 'NAME'} {name}`"
    raise UsageError(f"`{name}` is a path, and a name or code is expected first", hint=f"write {shown}")


def every_code(name: str | None) -> str:
    """The codes and their titles. Raises `UsageError` where one is named besides."""
    from kpidsl.diagnostics import UsageError
    from kpidsl.diagnostics.codes import index

    if name is not None:
        raise UsageError("`--codes` lists all codes", hint=f"leave it out: `kpidsl explain {name}`")
    return index()


def page_of(code: str) -> str:
    """The page of a code. Raises `UsageError` where there is none."""
    from kpidsl.diagnostics import UsageError, did_you_mean
    from kpidsl.diagnostics.codes import CODES, explain

    page = explain(code)
    if page is None:
        raise UsageError(
            f"there is no code `{code}`",
            hint=did_you_mean(code.upper(), CODES) or "`kpidsl explain --codes` lists them",
        )
    return page


def _is_path(name: str, paths: Sequence[str]) -> bool:
    """Whether a path stands where a name should; a folder may be called like a metric."""
    if name in ("-", ".", "..") or "/" in name or name.endswith(".kpi"):
        return True
    return Path(name).is_dir() and bool(paths) and not any(Path(each).exists() for each in paths)
