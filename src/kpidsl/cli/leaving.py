"""How a process of the command ends."""

from __future__ import annotations

import atexit
import os
import sys
import threading
from typing import NoReturn

from kpidsl import leftovers
from kpidsl.cli import stopping
from kpidsl.cli.faults import Exit


def leave(ended: SystemExit) -> NoReturn:
    """End the process with an exit code. What was registered for the end is done and what was written is out, but the
    objects of the run are not taken apart one by one: of ten thousand KPIs that takes a tenth of a second.

    Raised again, for the interpreter to end as it does, is the end of a run that has threads left, is watched by a
    profiler or debugger, or whose output nobody takes. One that was interrupted waits for no thread.
    """
    code = ended.code if ended.code is not None else Exit.FINE
    is_watched = sys.getprofile() is not None or sys.gettrace() is not None or sys.flags.inspect
    has_threads = threading.active_count() > 1 and code != Exit.INTERRUPTED
    if has_threads:
        stopping.end_at_once()
    if not isinstance(code, int) or is_watched or has_threads:
        raise ended
    if code == Exit.INTERRUPTED:
        leftovers.remove_all()
    atexit._run_exitfuncs()  # noqa: SLF001  what the interpreter itself calls first
    try:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
    except (OSError, ValueError):
        raise ended from None
    os._exit(code)
