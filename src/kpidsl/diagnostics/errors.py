"""What goes wrong around a spec rather than in it: the one exception family that `cli` catches."""

from __future__ import annotations

import sys
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
        message = redacted(message)
        super().__init__(message)
        self.message = message
        self.code = code
        self.hint = redacted(hint) if hint is not None else None


class UsageError(KpidslError):
    """Wrong usage: a path that does not exist, a selection that matches nothing."""

    exit_code = 2


def foreign_errors() -> tuple[type[BaseException], ...]:
    """What a provider or another part of a plugin may raise, which may be anyone's: what exits, or was cancelled, takes
    nothing else along.
    """
    asked = sys.modules.get("asyncio.exceptions")  # only who imported it can have been cancelled
    cancelled = (asked.CancelledError,) if asked is not None else ()
    return (Exception, SystemExit, GeneratorExit, *cancelled)


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
        self.retry_after = retry_after
        self.column = column
        _RECENT.append((self.message, self.code, self.hint, transient, retry_after))

    @classmethod
    def said(cls, text: str, message: str) -> SourceError | None:
        """What was raised with a text not long ago, under another message: of an error in the midst of an Arrow stream
        only the first line of its text arrives, and no column can be used. None for what was no SourceError.
        """
        for words, code, hint, transient, retry_after in reversed(_RECENT):
            if words.partition("\n")[0].strip() == text.strip():
                return cls(message, code=code, hint=hint, transient=transient, retry_after=retry_after)
        return None


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
