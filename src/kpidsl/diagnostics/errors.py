"""What goes wrong around a spec rather than in it: the one exception family that `cli` catches."""

from __future__ import annotations

import math
import os
from collections import deque
from typing import Final

from kpidsl.diagnostics.secrets import redacted


class KpidslError(Exception):
    """A broken environment or a source that fails; `code` is the diagnostic code, `hint` what to do.

    `exit_code` is the one of the command line: 2 wrong usage, 3 a value could not be had, 4 the spec is wrong. Secrets
    in either text are hidden: a driver may repeat them.
    """

    exit_code = 3

    def __init__(self, message: str, *, code: str = "K0600", hint: str | None = None) -> None:
        message = redacted(str(message))
        super().__init__(message)
        self.message = message
        self.code = code
        self.hint = redacted(str(hint)) if hint is not None else None


class UsageError(KpidslError):
    """Wrong usage: a path that does not exist, a selection that matches nothing."""

    exit_code = 2


_commands: Final[set[int]] = set()


def is_command() -> None:
    """From here on this process is a command that does nothing else."""
    _commands.add(os.getpid())


def is_fork() -> bool:
    """Whether this is no command, but a process that something made of it by a fork: nobody waits for its document."""
    return bool(_commands) and os.getpid() not in _commands


def foreign_errors() -> tuple[type[BaseException], ...]:
    """What a provider or another part of a plugin may raise, which may be anyone's: what exits, was cancelled, or
    panics in compiled code, takes nothing else along. What exits a fork is meant to end it.
    """
    kept = (KeyboardInterrupt, SystemExit) if is_fork() else (KeyboardInterrupt,)
    return tuple(kind for kind in BaseException.__subclasses__() if kind not in kept)


def told(error: BaseException) -> str:
    """What an exception of anyone's says, after its kind; its kind alone where it says nothing, or cannot."""
    try:
        text = str(error).strip()
    except Exception:  # noqa: BLE001 - whatever its author did there
        text = ""
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


class SourceError(KpidslError):
    """A data source failed: wrong path, wrong column, unreadable row, connection.

    Names the file and line where it can. A `transient` one may be gone the next time – a server that is busy, a
    connection that was lost – and is tried again, after `retry_after` seconds where the source said so. `column` is the
    one whose values cannot be used, where the others can. A code that there is none of, as a plugin may give, is K0602.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str = "K0600",
        hint: str | None = None,
        transient: bool = False,
        retry_after: float | None = None,
        column: str | None = None,
    ) -> None:
        from kpidsl.diagnostics.codes import CODES

        super().__init__(message, code=code if code in CODES else "K0602", hint=hint)
        self.transient = transient
        self.retry_after = _seconds(retry_after)
        self.column = column
        _RECENT.append((self.message, self.code, self.hint, transient, self.retry_after))

    @classmethod
    def said(cls, text: str, message: str) -> SourceError | None:
        """What was raised with a text not long ago, under another message: of an error in the midst of an Arrow stream
        only the first line of its text arrives, and no column can be used. None for what was no SourceError.
        """
        for words, code, hint, transient, retry_after in reversed(_RECENT):
            if words.partition("\n")[0].strip() == text.strip():
                return cls(message, code=code, hint=hint, transient=transient, retry_after=retry_after)
        return None


def _seconds(given: object) -> float | None:
    """A time to wait, as a plugin may have taken it from a header; None for what is none."""
    if not isinstance(given, str | int | float):
        return None
    try:
        found = float(given)
    except ValueError:
        return None
    return found if math.isfinite(found) and found >= 0 else None


_RECENT: Final[deque[tuple[str, str, str | None, bool, float | None]]] = deque(maxlen=32)


class CellError(SourceError):
    """A value that cannot be computed with: an overflow, a text that is no number. Other values are not affected."""


class Unanswerable(SourceError):
    """A query that a source's engine cannot answer, though nothing is wrong with the source: it has no such function
    or type, or not the room. The rows are read instead.
    """


class OptionError(KpidslError):
    """A provider was given an option it does not know, or a value of the wrong type (`option` names it)."""

    exit_code = 4

    def __init__(
        self, message: str, *, option: str | None = None, code: str = "K0803", hint: str | None = None
    ) -> None:
        super().__init__(message, code=code, hint=hint)
        self.option = option
