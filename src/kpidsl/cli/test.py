"""`kpidsl test`: the `test` blocks of specs."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from kpidsl.cli import completing, options
from kpidsl.cli.faults import Exit, say_error
from kpidsl.cli.output import write_file
from kpidsl.cli.streams import is_coloured, write

EXAMPLES = """\b
Examples:
  kpidsl test specs/
  kpidsl test specs/ -k refunds               the tests whose title holds the word
  kpidsl test specs/ -f junit -o tests.xml    for continuous integration
"""


@click.command("test", short_help="Run the tests of specs.", epilog=EXAMPLES)
@options.paths
@click.option(
    "--format",
    "-f",
    "format_",
    type=click.Choice(("text", "junit")),
    default="text",
    show_default=True,
    help="junit is XML as continuous integration reads it.",
)
@click.option("-k", "only", metavar="NAME", help="Only tests whose title holds this (* and ? match).")
@click.option(
    "--output",
    "-o",
    "file",
    metavar="FILE",
    shell_complete=completing.files,
    help="Write to a file instead of standard output.",
)
@click.option("--verbose", "-v", is_flag=True, help="Name the tests that passed, too.")
@options.params
@options.untrusted
@options.no_cache
@options.common
def command(
    paths: Sequence[str],
    format_: str,
    only: str | None,
    file: str | None,
    verbose: bool,
    params: Mapping[str, str],
    untrusted: bool,
) -> int:
    """Run the `test` blocks of specs against the rows that stand in them.

    No data is opened: a source without rows in a test is empty there. Ends with 0 where all tests pass, 1 where one
    fails, 2 where there is none, 4 where a spec has errors.
    """
    report = options.load(paths, untrusted=untrusted).test(params=params, only=only)
    if format_ == "junit":
        text = report.to_junit()
    else:
        text = report.to_text(colour=file is None and is_coloured(sys.stdout), verbose=verbose)
    try:
        if file is None:
            write(text)
        else:
            write_file(Path(file), text)
    except OSError as error:
        say_error(f"cannot write {file or 'standard output'}: {(error.strerror or str(error)).lower()}")
        return Exit.NOT_HAD
    return report.exit_code
