"""The servers that tests start: that they answer, that one is shared, and that none is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from servers import Server, mariadb, postgres

pytestmark = pytest.mark.server
HERE = Path(__file__).resolve().parent


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_postgres_answers(postgres_server: Server) -> None:
    assert postgres.execute(postgres_server, "select 6 * 7").strip() == "42"


def test_mariadb_answers(mariadb_server: Server) -> None:
    assert mariadb.execute(mariadb_server, "select 6 * 7").strip() == "42"


def test_a_server_ends_with_the_run_that_started_it_even_where_that_was_killed(tmp_path: Path) -> None:
    program = textwrap.dedent("""
        import time
        from servers import postgres
        one = postgres.started()
        print(one.pids[0], one.folder, flush=True)
        time.sleep(600)
    """)
    environment = {key: value for key, value in os.environ.items() if key != "PYTEST_XDIST_WORKER"}
    owner = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, env={**environment, "PYTHONPATH": str(HERE)}
    )
    assert owner.stdout is not None
    with owner:
        pid, folder = owner.stdout.readline().split()
        assert not is_gone(int(pid))
        owner.send_signal(signal.SIGKILL)
    end = time.monotonic() + 60
    while (not is_gone(int(pid)) or Path(folder).exists()) and time.monotonic() < end:
        time.sleep(0.1)
    assert is_gone(int(pid))
    assert not Path(folder).exists()
