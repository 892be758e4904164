"""Runs one server and ends it: on SIGTERM, or when the process that ordered it is gone.

The order comes as JSON on standard input. A program of its own, since it has to outlive a worker of the test run.
"""

from __future__ import annotations

import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

GRACE = 10.0  # seconds between asking a server to end and making it


def lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def main() -> None:
    order = json.loads(sys.stdin.read())
    told = False

    def end(*_: object) -> None:
        nonlocal told
        told = True

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    as_user = {}
    if order["user"] is not None:
        who = pwd.getpwnam(order["user"])
        as_user = {"user": who.pw_uid, "group": who.pw_gid, "extra_groups": []}
    with Path(order["log"]).open("ab") as log:
        process = subprocess.Popen(
            order["command"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=order["folder"],
            env=order["env"],
            start_new_session=True,
            **as_user,
        )
    says = Path(order["pid"])
    beside = says.with_suffix(".new")
    beside.write_text(str(process.pid), "ascii")
    beside.rename(says)
    while not told and process.poll() is None and lives(order["owner"]):
        time.sleep(0.1)
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(GRACE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    if not lives(order["owner"]):
        shutil.rmtree(order["folder"], ignore_errors=True)


if __name__ == "__main__":
    main()
