"""What went wrong, as an exit code and a message on standard error."""

from __future__ import annotations

import sys
from collections.abc import Callable
from enum import IntEnum

import click

from kpidsl.cli.stopping import CODE, claim
from kpidsl.cli.streams import columns, is_coloured, say
from kpidsl.diagnostics.errors import KpidslError, is_fork
from kpidsl.diagnostics.glyphs import visible, wrapped
from kpidsl.records import dataclass


class Exit(IntEnum):
    """The exit codes; docs/cli.md says when each."""

    FINE = 0
    FAILED_ON = 1
    USAGE = 2
    NOT_HAD = 3
    SPEC = 4
    BUG = 70
    INTERRUPTED = CODE


@dataclass(slots=True)
class Session:
    """What options decide for the whole run."""

    debug: bool = False


def answer(run: Callable[[], int], session: Session) -> int:
    """The exit code of a run; whatever it raises is said on standard error."""
    try:
        return run()
    except click.exceptions.Exit as ended:
        return ended.exit_code
    except click.ClickException as wrong:
        say(usage(wrong))
        return wrong.exit_code
    except (KeyboardInterrupt, click.Abort):
        return interrupted()
    except KpidslError as error:
        report(error)
        trace(session)
        return error.exit_code
    except OSError as error:
        say_error(f"{error.strerror or error}" + (f": {error.filename}" if error.filename else ""))
        trace(session)
        return Exit.NOT_HAD
    except BaseException as error:
        if type(error) is RuntimeError and str(error) == "Query interrupted":  # what DuckDB makes of Ctrl-C
            return interrupted()
        if isinstance(error, SystemExit) and is_fork():
            raise
        say(fault(error))
        trace(session)
        return Exit.BUG


def interrupted() -> int:
    """The exit code of a run that was interrupted, which is said once."""
    if claim():
        say("interrupted")
    return Exit.INTERRUPTED


def usage(wrong: click.ClickException) -> str:
    """Click's message, with where to read on."""
    lines = []
    if isinstance(wrong, click.UsageError) and wrong.ctx is not None:
        lines.append(wrong.ctx.get_usage())
        lines.append(f"Try `{wrong.ctx.command_path} --help`.\n")
    return "\n".join([*lines, f"error: {visible(wrong.format_message())}"])


def report(error: KpidslError) -> None:
    """A broken environment, or the diagnostics of a spec that is wrong."""
    found = getattr(error, "diagnostics", ())
    if found:
        from kpidsl.diagnostics.text import render_text

        say(render_text(found, colour=is_coloured(sys.stderr), width=columns(sys.stderr)))
    else:
        is_usage = error.exit_code == Exit.USAGE
        say_error(error.message, code="" if is_usage else error.code, hint=error.hint)


def say_error(message: str, *, code: str = "", hint: str | None = None) -> None:
    """`error[K0601]: message`, and under it what to do."""
    first, *rest = wrapped(message, None)
    lines = [f"error{f'[{code}]' if code else ''}: {first}", *(f"  {line}" for line in rest)]
    if hint:
        lines += [f"  = help: {line}" for line in wrapped(hint, None)]
    say("\n".join(lines))


def trace(session: Session) -> None:
    if session.debug:
        import traceback

        say(traceback.format_exc())


def fault(error: BaseException) -> str:
    """A fault of ours, with what its report needs."""
    import platform
    import traceback

    place = traceback.extract_tb(error.__traceback__)[-1:]
    where = f" ({place[0].name}, line {place[0].lineno} of {place[0].filename})" if place else ""
    said = visible(str(error)) or "no message"
    return "\n".join(
        [
            f"error: kpidsl itself failed: {type(error).__name__}: {said}{where}",
            "  This is a fault of kpidsl, not of your spec. Please report it with this message, the command and,",
            "  if you can, the spec; `--debug` adds the traceback.",
            f"  kpidsl {version()}, Python {platform.python_version()}, {platform.platform()}",
        ]
    )


def version() -> str:
    from kpidsl import __version__

    return __version__
