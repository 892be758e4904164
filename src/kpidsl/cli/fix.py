"""`kpidsl check --fix` and `--diff`: what a machine may mend is mended, and told."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kpidsl.cli import options
from kpidsl.cli.difference import difference
from kpidsl.cli.faults import Exit, say_error
from kpidsl.cli.output import write_file
from kpidsl.cli.streams import is_coloured, say, write
from kpidsl.diagnostics import UsageError
from kpidsl.diagnostics.glyphs import visible

if TYPE_CHECKING:
    from kpidsl.checked import CheckReport
    from kpidsl.fixing import Change
    from kpidsl.pipeline import SpecSet

STANDARD_INPUT = "-"
LONGEST = 60  # characters of an edit that are shown


def fix(
    paths: Sequence[str],
    check: Callable[[SpecSet], CheckReport],
    config: Path | None,
    profile: str | None,
    *,
    diff: bool,
    document: bool,
    untrusted: bool = False,
) -> tuple[CheckReport, int]:
    """Mend the files of the paths, or show what would change; what remains, and the exit code of a file not written.

    `document`: standard output is taken by the report. Raises `UsageError` where two things want standard output.
    """
    from kpidsl.fixing import fix as fixed

    given = list(paths) or ["."]
    if document and (diff or STANDARD_INPUT in given):
        what = "--diff" if diff else "--fix -"
        raise UsageError(
            f"{what} writes to standard output, and so does --format", hint="leave out --format, or check once more"
        )
    stdin_text = options.standard_input() if STANDARD_INPUT in given else None
    found = fixed(given, check, stdin_text=stdin_text, config=config, profile=profile, untrusted=untrusted)
    for change in found.changes:
        say(f"{visible(change.place)}: {_told(change)}")
    ended = int(Exit.FINE)
    for source, text in found.texts:
        if diff:
            write(difference(source, text, "fixed", colour=is_coloured(sys.stdout)))
            continue
        if source.path == "<stdin>" or source.file is None:
            continue
        try:
            marked = source.file.read_bytes().startswith(b"\xef\xbb\xbf")
            write_file(source.file, f"\ufeff{text}" if marked else text)
        except OSError as error:
            say_error(f"cannot write {source.path}: {(error.strerror or str(error)).lower()}")
            ended = int(Exit.NOT_HAD)
    if stdin_text is not None and not diff:
        write(next((text for source, text in found.texts if source.path == "<stdin>"), stdin_text))
    say(_summary(len(found.changes), diff=diff))
    if found.stopped:
        say("there is too much to try every edit: mend the first problems by hand, then run it again")
    return found.report, ended


def _told(change: Change) -> str:
    """`` `revenu` → `revenue` ``"""
    old, new = (_short(text) for text in (change.old, change.new))
    if not old:
        return f"inserted {new}"
    return f"{old} → {new}" if new else f"left out {old}"


def _short(text: str) -> str:
    if text and not text.strip():  # blanks and line ends that nobody sees
        return "a new line" if text == "\n" else "a space" if set(text) == {" "} else f"U+{ord(text[0]):04X}"
    shown = visible(" ".join(text.split()))
    return f"`{shown if len(shown) <= LONGEST else shown[: LONGEST - 1] + '…'}`" if text else ""


def _summary(count: int, *, diff: bool) -> str:
    if not count:
        return "nothing to fix by machine"
    edits = "1 fix" if count == 1 else f"{count} fixes"
    return f"{edits} would be made" if diff else f"{edits} made"
