"""`kpidsl init`: a small spec with data, to start from."""

from __future__ import annotations

from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

import click

from kpidsl.cli import completing, options
from kpidsl.cli.faults import Exit
from kpidsl.cli.output import write_file
from kpidsl.cli.streams import write

EXAMPLES = """\b
Examples:
  kpidsl init                  into the current folder
  kpidsl init my-kpis          into a folder, which is made
"""
TEMPLATE = "start"
AS_OF = "2026-03-31"
"""The day the example's data ends."""


@click.command("init", short_help="Write a small spec with data to start from.", epilog=EXAMPLES)
@click.argument("folder", default=".", metavar="[FOLDER]", shell_complete=completing.folders)
@options.common
def command(folder: str) -> int:
    """Write a small spec with data into FOLDER, and say what to try.

    A spec of a bakery: two sources, a few metrics, four KPIs, an objective and tests, with a README. No file
    that is there already is touched: then nothing is written, and the command ends with 2.
    """
    from kpidsl.diagnostics import UsageError

    target = Path(folder)
    files = dict(template_files(resources.files("kpidsl.templates").joinpath(TEMPLATE)))
    if target.exists() and not target.is_dir():
        raise UsageError(f"{folder} is a file", hint="name a folder: `kpidsl init my-kpis`")
    another = f"{folder.rstrip('/')}-2" if folder.strip("./") else "my-kpis"
    for name in files:
        there = target / name
        if there.exists() or there.is_symlink():
            raise UsageError(
                f"{there} is there already, and is not overwritten",
                hint=f"name another folder: `kpidsl init {another}`",
            )
    for name, text in files.items():
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        write_file(target / name, text)
    write(_said(folder, tuple(files)))
    return Exit.FINE


def template_files(folder: Traversable, before: str = "") -> list[tuple[str, str]]:
    """The files of a template by their path inside it, in name order; not what pip compiles beside them."""
    found: list[tuple[str, str]] = []
    for each in sorted(folder.iterdir(), key=lambda one: one.name):
        if each.name == "__pycache__" or each.name.startswith("."):
            continue
        if each.is_dir():
            found += template_files(each, f"{before}{each.name}/")
        elif not each.name.endswith(".pyc"):
            found.append((f"{before}{each.name}", each.read_text("utf-8")))
    return found


def _said(folder: str, files: tuple[str, ...]) -> str:
    path = "" if folder in (".", "./") else f" {folder}"
    written = "\n".join(f"  {(Path(folder) / name).as_posix()}" for name in files)
    return (
        f"written:\n{written}\n\ntry:\n  kpidsl check{path}\n  kpidsl eval{path} --as-of {AS_OF}\n  kpidsl test{path}\n"
    )
