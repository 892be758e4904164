"""Ctrl-C is answered within a second, whatever the main thread is waiting for.

Python raises KeyboardInterrupt in the main thread once that is back from what it calls. A query under way may keep it:
DuckDB looks for signals between its tasks, and a task takes long where memory is short and the machine is busy. So
another thread hears of the signal, too, and ends the process where the main thread does not in time.
"""

from __future__ import annotations

import _thread
import os
import signal
import sys
import time
from contextlib import suppress

from kpidsl import leftovers
from kpidsl.diagnostics.errors import is_command

GRACE = 0.4
"""Seconds that the main thread has to end by itself: to cancel what it asked of servers, and to take away its files."""
CODE = 130
"""The exit code of a run that was interrupted."""
_said = _thread.allocate_lock()


def watch() -> None:
    """Listen for Ctrl-C and for SIGTERM, as far as Python handles them. Only for a process that does nothing else."""
    is_command()
    with suppress(ValueError):  # not in the main thread
        if os.name == "posix":
            reading, writing = os.pipe()
            os.set_blocking(writing, False)
            signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
            os.register_at_fork(after_in_child=_hear_nothing)
            _thread.start_new_thread(_listen, (reading,))
        if signal.getsignal(signal.SIGINT) == signal.SIG_DFL:  # as `kpidsl.__main__` has it while much is imported
            signal.signal(signal.SIGINT, signal.default_int_handler)


def end_at_once() -> None:
    """From here on Ctrl-C and SIGTERM end the process: all is done, and the interpreter waits for threads of plugins,
    where nobody catches a KeyboardInterrupt.
    """
    with suppress(ValueError):  # not in the main thread
        for number in (signal.SIGINT, signal.SIGTERM):
            if callable(signal.getsignal(number)):
                signal.signal(number, _end)


def _end(_signal: int, _frame: object) -> None:
    leftovers.remove_all()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):
            stream.flush()
    if claim():
        _say()
    os._exit(CODE)


def claim() -> bool:
    """Whether it is still to be said that the run was interrupted: to the first who asks."""
    return _said.acquire(blocking=False)


def _listen(reading: int) -> None:
    while not {signal.SIGINT, signal.SIGTERM}.intersection(os.read(reading, 16)):
        pass
    time.sleep(GRACE)
    leftovers.remove_all()
    if claim():
        _say()
    os._exit(CODE)


def _say() -> None:
    """The main thread may hold the lock of `sys.stderr`, or nobody may read it."""
    from select import select

    with suppress(OSError, ValueError):
        is_line_there = sys.stderr is not None and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        if select([], [2], [], 0.1)[1]:
            os.write(2, b"\r\x1b[2Kinterrupted\n" if is_line_there else b"interrupted\n")


def _hear_nothing() -> None:
    """A fork ends as others do: workers of a pool are ended by SIGTERM, and have nothing to take away."""
    signal.set_wakeup_fd(-1)
    if callable(signal.getsignal(signal.SIGTERM)):
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
