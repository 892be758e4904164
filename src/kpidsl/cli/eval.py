"""`kpidsl eval`: specs and data in, results out."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kpidsl.cli import completing, options
from kpidsl.cli.fail_on import FAILS, fails, statuses
from kpidsl.cli.faults import Exit, say_error
from kpidsl.cli.output import write_file
from kpidsl.cli.streams import Progress, columns, is_coloured, is_terminal, say, write
from kpidsl.diagnostics.errors import UsageError

if TYPE_CHECKING:
    from kpidsl.assess.results import Results

EXAMPLES = """\b
Examples:
  kpidsl eval specs/flights --as-of 2013-12-31
  kpidsl eval specs/ --select tag:board --select 'on_time_*' -f text
  kpidsl eval specs/ -o kpis.json -o kpis.toml --fail-on red
  cat shop.kpi | kpidsl eval - --set region=US
"""
FORMATS = ("text", "json", "toml")
SUFFIXES = {".txt": "text", ".json": "json", ".toml": "toml"}


def outputs(_ctx: click.Context | None, _parameter: click.Parameter | None, given: Sequence[str]) -> dict[Path, str]:
    """The format of every file to write."""
    found: dict[Path, str] = {}
    for each in given:
        path = Path(each)
        known = SUFFIXES.get(path.suffix.lower())
        if known is None:
            raise click.BadParameter(f"the suffix of `{each}` names no format; known are {', '.join(SUFFIXES)}")
        if path in found:
            raise click.BadParameter(f"`{each}` is given twice")
        found[path] = known
    return found


def memory_size(_ctx: click.Context | None, _parameter: click.Parameter | None, given: str | None) -> str | None:
    """An amount of memory, checked before anything is read."""
    if not given:
        return None
    from kpidsl.engine import duck

    try:
        return duck.memory_size(given)
    except UsageError as error:
        raise click.BadParameter(f"{error.message}; {error.hint}") from error


@click.command("eval", short_help="Evaluate specs and write the results.", epilog=EXAMPLES)
@options.paths
@options.as_of
@options.select
@options.params
@click.option(
    "--format",
    "-f",
    "format_",
    type=click.Choice(FORMATS),
    help="What to write to standard output. Default: text on a terminal, else json.",
)
@click.option(
    "--output",
    "-o",
    "files",
    multiple=True,
    metavar="FILE",
    callback=outputs,
    shell_complete=completing.files,
    help="Write a file too; its suffix (.json, .toml, .txt) decides the format. Repeatable.",
)
@click.option(
    "--fail-on",
    multiple=True,
    metavar="STATUS[,…]",
    callback=statuses,
    help=f"End with 1 where a KPI, an objective or a key result has this status: {', '.join(FAILS)}. amber includes "
    "red; any is whatever is not as it should be.",
)
@click.option("--explain", is_flag=True, help="Add the SQL behind every value.")
@click.option("--timings", is_flag=True, help="Add how long each stage took.")
@click.option(
    "--state",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Keep in this folder what was learned of data files, and read only new ones the next time.",
)
@click.option("--threads", type=click.IntRange(min=1), help="Threads of the engine. Default: one a core.")
@click.option(
    "--jobs",
    "-j",
    type=click.IntRange(min=1),
    help="So many sources that are not on this machine are read side by side. Default: 4.",
)
@click.option(
    "--memory",
    metavar="SIZE",
    envvar="KPIDSL_MEMORY",
    callback=memory_size,
    help="The most memory the engine may take (512MB, 4GB); it spills to temporary files beyond. Default: 80 %.",
)
@options.config
@options.profile
@options.untrusted
@options.no_plugins
@options.no_cache
@options.common
def command(
    paths: Sequence[str],
    as_of: str | None,
    select: Sequence[str],
    params: Mapping[str, str],
    format_: str | None,
    files: Mapping[Path, str],
    fail_on: frozenset[str],
    explain: bool,
    timings: bool,
    state: Path | None,
    threads: int | None,
    jobs: int | None,
    memory: str | None,
    config: Path | None,
    profile: str | None,
    untrusted: bool,
    no_plugins: bool,
) -> int:
    """Evaluate the metrics, KPIs and objectives of specs and write the results."""
    with Progress() as progress:
        results = options.load(paths, config, profile).evaluate(
            as_of=as_of,
            select=select,
            params=params,
            threads=threads,
            memory=memory,
            jobs=jobs,
            explain=explain,
            untrusted=untrusted,
            no_plugins=no_plugins,
            timings=timings,
            progress=progress,
            state=state,
        )
    shown = format_ or ("text" if is_terminal(sys.stdout) else "json")
    codes = [Exit.NOT_HAD if results.errors else Exit.FINE, Exit.FAILED_ON if fails(results, fail_on) else Exit.FINE]
    if not (shown == "text" and is_terminal(sys.stdout)):  # the table a person sees there ends with them
        say(problems(results))
    return max(*codes, deliver(results, shown, files))


def deliver(results: Results, shown: str, files: Mapping[Path, str]) -> Exit:
    """Write the document everywhere it is wanted; one place that cannot be written does not keep it from the others."""
    from kpidsl.report import FORMATS as RENDERED
    from kpidsl.report.text import WIDTH, to_text

    texts = {each.name: each.render(results) for each in RENDERED if each.name in (shown, *files.values())}
    on_screen = texts[shown]
    if shown == "text":
        on_screen = to_text(results, width=columns(sys.stdout) or WIDTH, colour=is_coloured(sys.stdout))
    code = Exit.FINE
    for path, name in files.items():
        try:
            write_file(path, texts[name])
        except OSError as error:
            say_error(f"cannot write {path}: {(error.strerror or str(error)).lower()}", hint=_hint(path))
            code = Exit.NOT_HAD
    try:
        write(on_screen)
    except OSError as error:
        say_error(f"cannot write to standard output: {(error.strerror or str(error)).lower()}")
        code = Exit.NOT_HAD
    return code


def problems(results: Results) -> str:
    """Errors and warnings for standard error."""
    from kpidsl.report import notes
    from kpidsl.report.text import WIDTH

    colour, width = is_coloured(sys.stderr), columns(sys.stderr) or WIDTH
    lines = notes(results.errors, "error", width=width, colour=colour)
    return "\n".join([*lines, *notes(results.warnings, "warning", width=width, colour=colour)])


def _hint(path: Path) -> str | None:
    return None if path.parent.is_dir() else f"there is no folder {path.parent}"
