"""The command as a process of its own, also as `python -m kpidsl`."""

from __future__ import annotations

import gc
import signal
from typing import NoReturn


def run() -> NoReturn:
    """Run the command line. Until it listens for Ctrl-C, that ends it as it does other programs, without a word: what
    it is made of is still being imported, and nothing is half done.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    gc.disable()  # there is little garbage among what is imported
    from kpidsl import cli

    cli.run()


if __name__ == "__main__":
    run()
