"""`kpidsl graph`: what supports what, as a picture or as text that others draw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from kpidsl.cli import completing, options
from kpidsl.cli.faults import Exit, say_error
from kpidsl.cli.output import write_file
from kpidsl.cli.streams import Progress, aside, say, write
from kpidsl.diagnostics.errors import UsageError

EXAMPLES = """\b
Examples:
  kpidsl graph specs/ -f svg > goals.svg
  kpidsl graph specs/ --as-of 2026-05-16 -o goals.svg
  kpidsl graph specs/ -f mermaid --no-states >> README.md
"""
FORMATS = ("dot", "mermaid", "svg")
SUFFIXES = {".dot": "dot", ".gv": "dot", ".mmd": "mermaid", ".mermaid": "mermaid", ".svg": "svg"}


@click.command("graph", short_help="Draw what supports what.", epilog=EXAMPLES)
@options.paths
@options.as_of
@options.params
@click.option(
    "--format", "-f", "format_", type=click.Choice(FORMATS), help="How to write it. Default: the file's suffix, or dot."
)
@click.option(
    "--output",
    "-o",
    "file",
    metavar="FILE",
    shell_complete=completing.files,
    help="Write a file instead of standard output (.dot, .gv, .mmd, .mermaid, .svg).",
)
@click.option("--no-states", is_flag=True, help="Only the map: nothing is evaluated, and no data is read.")
@options.config
@options.profile
@options.untrusted
@options.no_plugins
@options.no_cache
@options.common
def command(
    paths: Sequence[str],
    as_of: str | None,
    params: Mapping[str, str],
    format_: str | None,
    file: str | None,
    no_states: bool,
    config: Path | None,
    profile: str | None,
    untrusted: bool,
    no_plugins: bool,
) -> int:
    """Draw goals, outcomes, objectives, key results, KPIs, metrics and sources, and what supports what.

    With the states at an anchor, as colours and as words.
    """
    format_ = format_ or _by_suffix(file)
    from kpidsl import graph as g

    specs = options.load(paths, config, profile, untrusted=untrusted)
    if no_states and as_of is not None:
        raise UsageError("--no-states looks at no data, so --as-of says nothing", hint="leave one of them out")
    with aside(), Progress() as progress:
        drawn, results = specs.graph(
            as_of=as_of,
            states=not no_states,
            params=params,
            untrusted=untrusted,
            no_plugins=no_plugins,
            progress=progress,
        )
    renderers = {"dot": g.to_dot, "mermaid": g.to_mermaid, "svg": g.to_svg}
    text = renderers[format_](drawn)
    code = Exit.FINE
    if results is not None:
        from kpidsl.cli.eval import problems

        say(problems(results))
        code = Exit.NOT_HAD if results.errors else Exit.FINE
    if file is None:
        write(text)
        return code
    try:
        write_file(Path(file), text)
    except OSError as error:
        say_error(f"cannot write {file}: {(error.strerror or str(error)).lower()}")
        return Exit.NOT_HAD
    return code


def _by_suffix(file: str | None) -> str:
    if file is None:
        return "dot"
    found = SUFFIXES.get(Path(file).suffix.lower())
    if found is None:
        raise UsageError(
            f"the suffix of `{file}` names no format; known are {', '.join(SUFFIXES)}", hint="say it: `--format svg`"
        )
    return found
