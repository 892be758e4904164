"""`kpidsl check`: everything that can be known without reading rows."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kpidsl.cli import options
from kpidsl.cli.faults import version
from kpidsl.cli.streams import aside, columns, is_coloured, say, write

if TYPE_CHECKING:
    from kpidsl.checked import CheckReport
    from kpidsl.diagnostics import Diagnostic
    from kpidsl.pipeline import SpecSet
    from kpidsl.smart.records import SmartReport

EXAMPLES = """\b
Examples:
  kpidsl check specs/
  kpidsl check specs/ --no-schemas            the text alone: no data file is opened
  kpidsl check specs/ -f sarif > kpidsl.sarif
  kpidsl check specs/ --smart                 what each KPI lacks to be SMART, with the line to add
  kpidsl check specs/ --fix                   misspelt names, `=` for `==`, a missing `}` at the end, …
  kpidsl check - --fix < shop.kpi             the mended text on standard output
"""


@click.command("check", short_help="Check specs without reading rows.", epilog=EXAMPLES)
@options.paths
@click.option(
    "--format",
    "-f",
    "format_",
    type=click.Choice(("text", "json", "sarif", "github")),
    default="text",
    show_default=True,
    help="text goes to standard error, the others are documents on standard output.",
)
@click.option("--no-schemas", is_flag=True, help="Do not look at the columns of the data.")
@click.option("--connect", is_flag=True, help="Ask databases and servers for their columns, too.")
@click.option(
    "--smart",
    is_flag=True,
    help="Say what each KPI and key result lacks to be specific, measurable, achievable, relevant and time-bound. "
    "Asks the data what was achieved, unless --no-schemas is given.",
)
@options.as_of
@click.option("--fix", is_flag=True, help="Write the fixes that surely help into the files; tell what remains.")
@click.option("--diff", is_flag=True, help="Write nothing; show what --fix would change as a unified diff.")
@options.params
@options.config
@options.profile
@options.untrusted
@options.no_plugins
@options.no_cache
@options.common
def command(
    paths: Sequence[str],
    format_: str,
    no_schemas: bool,
    connect: bool,
    smart: bool,
    as_of: str | None,
    fix: bool,
    diff: bool,
    params: Mapping[str, str],
    config: Path | None,
    profile: str | None,
    untrusted: bool,
    no_plugins: bool,
) -> int:
    """Check specs: syntax, names, units, windows, targets, tests, and the columns of the data they name.

    Ends with 0 where there are no errors (warnings may be), 4 where a spec has errors, 3 where only data fails.
    Text shows the first 200 problems, errors before warnings; the other formats hold all.
    """
    if connect and no_schemas:
        raise click.UsageError("--no-schemas looks at no columns, and --connect at all of them: leave one out")
    if as_of is not None and not smart:
        raise click.UsageError("--as-of is the anchor of --smart: nothing is evaluated without it")
    if smart and (fix or diff):
        raise click.UsageError("--smart proposes lines for a person to choose from: --fix and --diff go without it")
    if smart:
        with aside():
            judged = options.load(paths, config, profile, untrusted=untrusted).smart(
                as_of=as_of, schemas=not no_schemas, params=params, untrusted=untrusted, no_plugins=no_plugins
            )
        return say_judged(judged, format_)
    ended = 0

    def checked(spec: SpecSet) -> CheckReport:
        with aside():
            return spec.check(
                schemas=not no_schemas, params=params, untrusted=untrusted, no_plugins=no_plugins, connect=connect
            )

    if fix or diff:
        from kpidsl.cli.fix import fix as fixed

        report, ended = fixed(
            paths, checked, config, profile, diff=diff, document=format_ != "text", untrusted=untrusted
        )
    else:
        report = checked(options.load(paths, config, profile, untrusted=untrusted))
    deliver(tuple(report.diagnostics), format_)
    return max(report.exit_code, ended)


def say_judged(report: SmartReport, format_: str) -> int:
    """The judgements: in text a document of their own, in the other formats notes among the diagnostics."""
    match format_:
        case "text":
            from kpidsl.smart.text import to_text

            if report.problems:
                deliver(report.problems, format_)
            write(to_text(report, colour=is_coloured(sys.stdout), width=columns(sys.stdout)))
        case "json":
            from kpidsl.smart.document import entries

            deliver(report.diagnostics, format_, {"smart": entries(report)})
        case _:
            deliver(report.diagnostics, format_)
    return report.exit_code


def deliver(found: tuple[Diagnostic, ...], format_: str, more: Mapping[str, object] | None = None) -> None:
    """The diagnostics where their format goes; `more` are further keys of a JSON document."""
    match format_:
        case "json":
            from kpidsl.diagnostics.json import render_json

            write(render_json(found, more))
        case "sarif":
            from kpidsl.diagnostics.sarif import render_sarif

            write(render_sarif(found, version()))
        case "github":
            from kpidsl.diagnostics.github import render_github

            write(render_github(found))
        case _:
            from kpidsl.diagnostics.text import render_text

            shown = render_text(found, colour=is_coloured(sys.stderr), width=columns(sys.stderr))
            say(shown or "no problems found")
