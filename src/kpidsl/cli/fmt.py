"""`kpidsl fmt`: spec files in the one layout."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kpidsl.cli import options
from kpidsl.cli.difference import difference
from kpidsl.cli.faults import Exit, say_error
from kpidsl.cli.output import write_file
from kpidsl.cli.streams import columns, is_coloured, say, write
from kpidsl.diagnostics.glyphs import visible

if TYPE_CHECKING:
    from kpidsl.diagnostics import Problems
    from kpidsl.source_text import Source
    from kpidsl.syntax import Spec
    from kpidsl.syntax.format import LayoutFault

STANDARD_INPUT = "-"
EXAMPLES = """\b
Examples:
  kpidsl fmt specs/
  kpidsl fmt specs/ --check          exit code 1 where a file is not laid out so; nothing is written
  kpidsl fmt specs/ --diff           what would change
  kpidsl fmt - < shop.kpi            from standard input to standard output
"""


class _End(Enum):
    """What became of a file, in the order of the summary."""

    CHANGED = "reformatted"
    WOULD_CHANGE = "would be reformatted"
    AS_IT_WAS = "unchanged"
    NOT_WRITTEN = "not written"
    BROKEN = "left alone because of errors"


@click.command("fmt", short_help="Lay out spec files.", epilog=EXAMPLES)
@options.paths
@click.option("--check", is_flag=True, help="Write nothing; end with 1 where a file would change, and name it.")
@click.option("--diff", is_flag=True, help="Write nothing; show what would change as a unified diff.")
@options.no_cache
@options.common
def command(paths: Sequence[str], check: bool, diff: bool) -> int:
    """Lay out spec files: one way to indent, align and break lines. What a spec means stays as it is.

    Comments and single blank lines are kept. A file with syntax errors is left as it is, with exit code 4.
    """
    from kpidsl.syntax.format import LayoutFault, format_spec

    ends = Counter[_End]()
    faults: list[LayoutFault] = []
    for path, spec, problems in _specs(list(paths) or ["."]):
        if problems.has_errors:
            _show(problems)
            ends[_End.BROKEN] += 1
            continue
        try:
            text = format_spec(spec)
        except LayoutFault as fault:
            faults.append(fault)
            continue
        ends[_finish(path, spec.source, text, check=check, diff=diff)] += 1
    if list(paths) != [STANDARD_INPUT] or check:
        say(_summary(ends))
    if faults:
        raise faults[0]
    return max(
        Exit.SPEC if ends[_End.BROKEN] else Exit.FINE,
        Exit.NOT_HAD if ends[_End.NOT_WRITTEN] else Exit.FINE,
        Exit.FAILED_ON if check and ends[_End.WOULD_CHANGE] else Exit.FINE,
    )


def _specs(paths: Sequence[str]) -> Iterator[tuple[Path | None, Spec, Problems]]:
    """Every file of the paths, parsed by itself, with its own problems; no path where it is standard input.

    What a file imports is laid out where it is named itself. Raises `UsageError` for a path that is not there.
    """
    from kpidsl.diagnostics import Problems, UsageError
    from kpidsl.source_text import Source
    from kpidsl.spec_files import SUFFIX, files_of, parse_file
    from kpidsl.syntax import parse

    files = [(path, files_of(Path(path)) if path != STANDARD_INPUT else []) for path in dict.fromkeys(paths)]
    if not any(path == STANDARD_INPUT or found for path, found in files):
        raise UsageError(f"there is no {SUFFIX} file in {', '.join(paths)}", hint="name a file, or a folder with some")
    seen: set[Path] = set()
    for path, found in files:
        if path == STANDARD_INPUT:
            problems = Problems()
            yield None, parse(Source("<stdin>", options.standard_input()), problems), problems
        for file in found:
            if file.resolve() not in seen:
                seen.add(file.resolve())
                problems = Problems()
                yield file, parse_file(file, file.resolve().parent, problems), problems


def _finish(path: Path | None, source: Source, text: str, *, check: bool, diff: bool) -> _End:
    """Write the text of one spec where it belongs, or say that it would change."""
    changed = text != source.text
    try:
        if diff and changed:
            write(difference(source, text, "reformatted", colour=is_coloured(sys.stdout)))
        if check or diff:
            if check and changed:
                say(f"would reformat {visible(source.path)}")
            return _End.WOULD_CHANGE if changed else _End.AS_IT_WAS
        if path is None:
            write(text)
        elif changed:
            write_file(path, text)
            say(f"reformatted {visible(source.path)}")
    except OSError as error:
        target = "standard output" if path is None or diff else source.path
        say_error(f"cannot write {target}: {(error.strerror or str(error)).lower()}")
        return _End.NOT_WRITTEN
    return _End.CHANGED if changed else _End.AS_IT_WAS


def _show(problems: Problems) -> None:
    from kpidsl.diagnostics.text import render_text

    say(render_text(list(problems), colour=is_coloured(sys.stderr), width=columns(sys.stderr)))


def _summary(ends: Counter[_End]) -> str:
    """`2 files reformatted, 1 file unchanged`."""
    return ", ".join(f"{count} {'file' if count == 1 else 'files'} {end.value}" for end in _End if (count := ends[end]))
