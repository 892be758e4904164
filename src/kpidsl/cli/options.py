"""Options and arguments that several commands share."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from kpidsl.cli import completing
from kpidsl.cli.faults import Session
from kpidsl.cli.streams import is_terminal, say, write
from kpidsl.diagnostics.errors import UsageError
from kpidsl.patterns import regex

if TYPE_CHECKING:
    from kpidsl.pipeline import SpecSet

Command = TypeVar("Command", bound=Callable[..., Any])
NAME = regex(r"[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)*")
PARAMETER = regex(r"[A-Za-z_][A-Za-z0-9_.]*")

paths = click.argument("paths", nargs=-1, metavar="[PATHS]...", shell_complete=completing.spec_paths)
as_of = click.option(
    "--as-of",
    metavar="DATE",
    shell_complete=completing.nothing,
    help="The day whose end is the anchor (2026-03-31), or an instant (2026-03-31T18:00). Default: now.",
)
select = click.option(
    "--select",
    "-s",
    multiple=True,
    metavar="NAME",
    shell_complete=completing.selections,
    help="Only these: a name (* and ? match), tag:NAME or owner:NAME. Repeatable.",
)
untrusted = click.option(
    "--untrusted", is_flag=True, envvar="KPIDSL_UNTRUSTED", help="Read no file outside the folder of the specs."
)
config = click.option(
    "--config",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    envvar="KPIDSL_CONFIG",
    help="The kpidsl.toml with connections and profiles. Default: the one beside the specs, or above.",
)
profile = click.option("--profile", metavar="NAME", envvar="KPIDSL_PROFILE", help="The profile of kpidsl.toml to use.")
no_plugins = click.option("--no-plugins", is_flag=True, help="Load no plugins; what is built in stays.")


def help_(command: Command) -> Command:
    """`--help`, written like a document: click's own takes a reader that goes away for a failure."""

    def show(ctx: click.Context, _parameter: click.Parameter, wanted: bool) -> None:
        if wanted and not ctx.resilient_parsing:
            write(f"{ctx.get_help()}\n")
            ctx.exit()

    return click.option(
        "--help", "-h", is_flag=True, expose_value=False, is_eager=True, callback=show, help="Show this message."
    )(command)


def common(command: Command) -> Command:
    """`--debug` and `--help`, which every command has."""

    def remember(ctx: click.Context, _parameter: click.Parameter, wanted: bool) -> None:
        session = ctx.find_object(Session)
        if session is not None:
            session.debug = session.debug or wanted

    debug = click.option(
        "--debug", is_flag=True, expose_value=False, is_eager=True, callback=remember, help="Show tracebacks."
    )
    return debug(help_(command))


def _forget(_ctx: click.Context, _parameter: click.Parameter, wanted: bool) -> None:
    if wanted:
        os.environ["KPIDSL_CACHE"] = ""


no_cache = click.option(
    "--no-cache",
    is_flag=True,
    expose_value=False,
    callback=_forget,
    help="Keep nothing in the cache folder, and use nothing from it.",
)


def assignments(_ctx: click.Context | None, _parameter: click.Parameter | None, given: Sequence[str]) -> dict[str, str]:
    """`name=value`, each name once."""
    found: dict[str, str] = {}
    for each in given:
        name, equals, value = each.partition("=")
        if not equals or not PARAMETER.fullmatch(name):
            raise click.BadParameter(f"`{each}` is not of the form name=value")
        if name in found:
            raise click.BadParameter(f"`{name}` is set twice")
        found[name] = value
    return found


params = click.option(
    "--set",
    "params",
    multiple=True,
    metavar="NAME=VALUE",
    callback=assignments,
    shell_complete=completing.assignments,
    help="The value of a param of the spec. Repeatable.",
)


def load(
    given: Sequence[str], config: Path | None = None, profile: str | None = None, *, untrusted: bool = False
) -> SpecSet:
    """The spec set of the paths on the command line; the current folder where there are none."""
    for each in given:
        if NAME.fullmatch(each) and not Path(each).exists():
            raise UsageError(f"no such file or folder: {each}", hint=_meant(each))
    from kpidsl.pipeline import load as load_specs

    return load_specs(
        list(given) or ["."],
        stdin_text=standard_input() if "-" in given else None,
        config=config,
        profile=profile,
        untrusted=untrusted,
    )


def _meant(name: str) -> str | None:
    """What a word that is no path is meant as: a file that is called nearly so, or a name of the spec."""
    from kpidsl.diagnostics import closest

    near = closest(name, [one.name for one in Path().iterdir()])
    if near is not None:
        return f"did you mean `{near}`?"
    context = click.get_current_context(silent=True)
    chooses = context is not None and any("--select" in one.opts for one in context.command.params)
    return f"to choose a declaration by name: --select {name}" if chooses and "." not in name else None


def standard_input() -> str:
    """The text on standard input, which must be UTF-8."""
    if sys.stdin is None:
        raise UsageError("standard input is closed")
    if is_terminal(sys.stdin):
        say("reading a spec from the terminal; Ctrl-D ends it")
    stream = getattr(sys.stdin, "buffer", None)
    if stream is None:
        return sys.stdin.read()
    try:
        return str(stream.read().decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise UsageError(f"standard input is not UTF-8 (byte {error.start})") from error
