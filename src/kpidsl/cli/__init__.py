"""The command `kpidsl`: one command a file, and what all of them share."""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from typing import NoReturn

import click

from kpidsl import leftovers
from kpidsl.cli import completing, options, stopping
from kpidsl.cli.faults import Exit, Session, answer
from kpidsl.cli.leaving import leave
from kpidsl.cli.streams import buffer_output, prepare, say, write
from kpidsl.diagnostics.suggest import closest

CONTEXT = {"help_option_names": [], "max_content_width": 100}
EXAMPLES = """\b
Examples:
  kpidsl check specs/                       what can be known without reading data
  kpidsl eval specs/ --as-of 2026-03-31     a table on a terminal, JSON in a pipe
  kpidsl eval specs/ -o kpis.json -o kpis.toml --fail-on red
"""


NAMES = ("check", "completion", "eval", "explain", "fmt", "graph", "init", "plugins", "schema", "show", "test")
"""The commands, each a module of its name here, in order."""


class Commands(click.Group):
    """The commands, each imported when it is asked for; a wrong name is answered with the one that was meant."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(NAMES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in NAMES:
            return None
        found: click.Command = import_module(f"kpidsl.cli.{cmd_name}").command
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        is_typing = ctx.resilient_parsing  # a shell asks how the line may go on
        if not is_typing and not name.startswith("-") and self.get_command(ctx, name) is None:
            near = closest(name, NAMES)
            looks_like_path = "/" in name or name.endswith(".kpi") or name == "."
            hint = f" Did you mean `kpidsl eval {name}`?" if looks_like_path else ""
            if near and not looks_like_path:
                hint = f" Did you mean `{near}`?"
            ctx.fail(f"No such command `{name}`.{hint}")
        return super().resolve_command(ctx, args)


def print_version(ctx: click.Context, _parameter: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        from kpidsl import __version__

        write(f"kpidsl {__version__}\n")
        ctx.exit()


@click.group(cls=Commands, context_settings=CONTEXT, epilog=EXAMPLES, invoke_without_command=True)
@click.option(
    "--version", is_flag=True, expose_value=False, is_eager=True, callback=print_version, help="Show the version."
)
@options.help_
@click.pass_context
def kpidsl(ctx: click.Context) -> int:
    """Evaluate metrics and KPIs written in .kpi files over real data.

    PATHS are files, folders (searched recursively) or - for standard input; the current folder where none is given.
    """
    if ctx.invoked_subcommand is None:
        say(ctx.get_help())
        return Exit.USAGE
    return Exit.FINE


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a command line and leave with its exit code."""
    # A command makes trees that live until it ends: looking for garbage among them costs a third of a large check.
    gc.disable()
    prepare()
    if os.environ.get(completing.ASKED):
        from kpidsl.cli import completion

        completion.offer(kpidsl)
    # Ended from outside as by Ctrl-C: files that are only half there are taken away.
    with suppress(ValueError):  # not in the main thread
        signal.signal(signal.SIGTERM, _interrupt)
    session = Session()
    sys.exit(answer(lambda: _run(arguments, session), session))


def run() -> NoReturn:
    """`main` for a process that does nothing else."""
    try:
        leftovers.end_with_process()
        stopping.watch()
        buffer_output()
        main()
    except SystemExit as ended:
        leave(ended)
    except KeyboardInterrupt:  # before there was anything to interrupt
        leave(SystemExit(stopping.CODE))


def _interrupt(_signal: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt


def _run(arguments: Sequence[str] | None, session: Session) -> int:
    ended = kpidsl.main(
        args=None if arguments is None else list(arguments), prog_name="kpidsl", standalone_mode=False, obj=session
    )
    return ended if isinstance(ended, int) else 0
