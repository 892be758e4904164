"""`kpidsl eval`: specs and data in, results out."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kpidsl.cli import completing, options
from kpidsl.cli.fail_on import FAILS, fails, statuses
from kpidsl.cli.faults import Exit, say_error
from kpidsl.cli.streams import Progress, aside, columns, is_coloured, is_terminal, say, write
from kpidsl.diagnostics.errors import UsageError, foreign_errors, is_fork, told
from kpidsl.diagnostics.glyphs import visible
from kpidsl.diagnostics.suggest import did_you_mean

if TYPE_CHECKING:
    from kpidsl.assess.results import Results
    from kpidsl.plugins import Registry

EXAMPLES = """\b
Examples:
  kpidsl eval specs/flights --as-of 2013-12-31
  kpidsl eval specs/ --select tag:board --select 'on_time_*' -f text
  kpidsl eval specs/ -o kpis.json -o kpis.toml --fail-on red
  cat shop.kpi | kpidsl eval - --set region=US
"""
FORMATS = ("text", "json", "toml")
SUFFIXES = {".txt": "text", ".json": "json", ".toml": "toml"}


def outputs(_ctx: click.Context | None, _parameter: click.Parameter | None, given: Sequence[str]) -> tuple[Path, ...]:
    """The files to write, each once."""
    paths = [Path(each) for each in given]
    for each in paths:
        if paths.count(each) > 1:
            raise click.BadParameter(f"`{each}` is given twice")
    return tuple(paths)


def formats(format_: str | None, files: Sequence[Path], no_plugins: bool) -> tuple[str | None, dict[Path, str]]:
    """The format of standard output and of every file: one of ours, or one that a plugin gives."""
    registry: Registry | None = None
    failed = ""
    if format_ not in (None, *FORMATS) or any(path.suffix.lower() not in SUFFIXES for path in files):
        from kpidsl import plugins

        with aside():
            registry = plugins.load(no_plugins=no_plugins)
        failed = "".join(f"; the plugin {one.distribution} failed: {one.reason}" for one in registry.failures)
    given = registry.report_formats if registry is not None else {}
    if format_ is not None and format_ not in FORMATS and (registry is None or not registry.report_format(format_)):
        known = (*FORMATS, *given)
        hint = did_you_mean(format_, known) or f"there are {', '.join(known)}"
        raise click.BadParameter(f"`{format_}` is no format; {hint}{failed}", param_hint="'--format' / '-f'")
    found: dict[Path, str] = {}
    for path in files:
        suffix = path.suffix.lower()
        offered = registry.format_of(suffix) if registry is not None and suffix not in SUFFIXES else None
        name = offered.name if offered is not None else SUFFIXES.get(suffix)
        if name is None:
            suffixes = (*(one for each in given.values() for one in each.suffixes), *SUFFIXES)
            raise click.BadParameter(
                f"the suffix of `{path}` names no format; known are {', '.join(dict.fromkeys(suffixes))}{failed}",
                param_hint="'--output' / '-o'",
            )
        found[path] = name
    return format_, found


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
    metavar=f"[{'|'.join(FORMATS)}|…]",
    shell_complete=completing.formats,
    help="What to write to standard output; plugins add more. Default: text on a terminal, else json.",
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
@click.option("--timings", is_flag=True, help="Add how long each stage took, and what crossed the wire.")
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
    files: Sequence[Path],
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
    format_, wanted = formats(format_, files, no_plugins)
    spec = options.load(paths, config, profile, untrusted=untrusted)
    unsaved: list[OSError] = []
    with aside(), Progress() as progress:
        results = spec.evaluate(
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
            unsaved=unsaved.append,
        )
    if unsaved:
        say_unsaved(unsaved[0], state)
    shown = format_ or ("text" if is_terminal(sys.stdout) else "json")
    codes = [Exit.NOT_HAD if results.errors else Exit.FINE, Exit.FAILED_ON if fails(results, fail_on) else Exit.FINE]
    if not (shown == "text" and is_terminal(sys.stdout)):  # the table a person sees there ends with them
        say(problems(results))
    codes.append(deliver(results, shown, wanted, no_plugins=no_plugins))
    with aside():
        warned = spec.tell(results)
    if warned:
        from kpidsl.diagnostics.text import render_text

        say(render_text(warned, colour=is_coloured(sys.stderr), width=columns(sys.stderr)))
    return max(codes)


def rendered(results: Results, names: Sequence[str], *, no_plugins: bool) -> dict[str, Callable[[], Iterable[str]]]:
    """What gives the pieces of the document in each of some formats; one that a plugin fails to write is told and left
    out. What is written to several places is written down once.
    """
    from kpidsl.cli.once import Once
    from kpidsl.report.formats import FORMATS as OURS

    found: dict[str, Callable[[], Iterable[str]]] = {}
    for each in OURS:
        if names.count(each.name) > 1:
            found[each.name] = Once(partial(each.pieces, results))
        elif each.name in names:
            found[each.name] = partial(each.pieces, results)
    foreign = [name for name in names if name not in FORMATS]
    if foreign:
        from kpidsl import plugins

        with aside():
            registry = plugins.load(no_plugins=no_plugins)
        for name in dict.fromkeys(foreign):
            try:
                with aside():
                    text: object = registry.report_formats[name].render(results)
                if not isinstance(text, str):
                    raise TypeError(f"render gives a {type(text).__name__}, not a text")
                found[name] = partial(_same, text)
            except foreign_errors() as error:
                say_error(f"the results cannot be written as {name}: {told(error)}", code="K0806")
    return found


def _same(text: str) -> Iterable[str]:
    return (text,)


def deliver(results: Results, shown: str, files: Mapping[Path, str], *, no_plugins: bool = False) -> Exit:
    """Write the document everywhere it is wanted; one place that cannot be written does not keep it from the others."""
    if is_fork():  # by a plugin, which forgot to end it
        os._exit(0)
    failed: list[tuple[str, str | None]] = []
    with Progress() as progress:
        progress.says("writing")
        texts = rendered(results, (shown, *files.values()), no_plugins=no_plugins)
        if shown == "text":
            from kpidsl.report.table import WIDTH
            from kpidsl.report.text import to_text

            on_screen = _same(to_text(results, width=columns(sys.stdout) or WIDTH, colour=is_coloured(sys.stdout)))
        else:
            on_screen = texts[shown]() if shown in texts else ()
        for path, name in files.items():
            if name in texts:
                failed.extend(_failure(partial(_write_file, path, texts[name]()), str(path), _hint(path)))
        if not is_terminal(sys.stdout):
            failed.extend(_failure(partial(write, on_screen), "to standard output"))
    if is_terminal(sys.stdout):  # where the line of progress would stand in the text
        failed.extend(_failure(partial(write, on_screen), "to standard output"))
    if sys.stdout is None and not files:
        failed.append(("cannot write to standard output: it is closed", "`-o kpis.json` writes a file"))
    for said, hint in failed:
        say_error(said, hint=hint)
    return Exit.FINE if not failed and {shown, *files.values()} <= texts.keys() else Exit.NOT_HAD


def _write_file(path: Path, pieces: Iterable[str]) -> None:
    from kpidsl.cli.output import write_file

    write_file(path, pieces)


def _failure(writes: Callable[[], None], where: str, hint: str | None = None) -> list[tuple[str, str | None]]:
    """What is to be said of a place that cannot be written."""
    try:
        writes()
    except OSError as error:
        return [(f"cannot write {where}: {(error.strerror or str(error)).lower()}", hint)]
    return []


def say_unsaved(error: OSError, state: Path | None) -> None:
    """That the next run has nothing to go on from, and why."""
    reason = (error.strerror or str(error)).lower()
    lines = [
        f"warning: state could not be kept in {state}: {reason}",
        "  = help: the results are the same without it, and the next run reads these files again",
    ]
    say("\n".join(map(visible, lines)))


def problems(results: Results) -> str:
    """Errors and warnings for standard error."""
    if not (results.errors or results.warnings):
        return ""
    from kpidsl.report.notes import notes
    from kpidsl.report.table import WIDTH

    colour, width = is_coloured(sys.stderr), columns(sys.stderr) or WIDTH
    lines = notes(results.errors, "error", width=width, colour=colour)
    return "\n".join([*lines, *notes(results.warnings, "warning", width=width, colour=colour)])


def _hint(path: Path) -> str | None:
    return None if path.parent.is_dir() else f"there is no folder {path.parent}"
