"""`kpidsl show`: a stage of the road from text to SQL, as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import click

from kpidsl.cli import options
from kpidsl.cli.streams import aside, write

EXAMPLES = """\b
Examples:
  kpidsl show model specs/flights
  kpidsl show plan specs/flights --select on_time_arrival --as-of 2013-12-31
"""
WHAT = ("ast", "model", "plan", "sql")


@click.command("show", short_help="Show how a spec is understood.", epilog=EXAMPLES)
@click.argument("what", type=click.Choice(WHAT))
@options.paths
@options.select
@options.as_of
@options.params
@options.config
@options.profile
@options.untrusted
@options.no_cache
@options.common
def command(
    what: Literal["ast", "model", "plan", "sql"],
    paths: Sequence[str],
    select: Sequence[str],
    as_of: str | None,
    params: Mapping[str, str],
    config: Path | None,
    profile: str | None,
    untrusted: bool,
) -> int:
    """Show how a spec is understood.

    As a syntax tree (ast), as the checked model with units and kinds (model), as what is to be computed over which
    windows (plan), or as the queries that compute it (sql).
    """
    specs = options.load(paths, config, profile, untrusted=untrusted)
    with aside():
        text = specs.show(what, select=select, as_of=as_of, params=params)
    write(text if text.endswith("\n") else f"{text}\n")
    return 0
