"""A Datasette over one SQLite file, to which tests add tables: a JSON and CSV API over HTTP."""

from __future__ import annotations

import sqlite3
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from servers.running import Server, free_port, new_folder, server, start, wait_until


def started() -> Server:
    """A new server over `shop.db`. `details`: url, and file, the database that tests write into."""
    folder = new_folder("datasette")
    file = folder / "shop.db"
    with closing(sqlite3.connect(file)) as database:
        database.execute("pragma journal_mode=wal")
        database.execute("create table empty (x integer)")
        database.commit()
    port = free_port()
    command = [sys.executable, "-m", "datasette", "serve", str(file), "--host", "127.0.0.1", "--port", str(port)]
    command += ["--setting", "max_returned_rows", "10000", "--setting", "default_page_size", "100"]
    keeper, pid = start(folder, "datasette", command, env={"HOME": str(folder)})
    url = f"http://127.0.0.1:{port}"

    def is_ready() -> bool:
        try:
            with urllib.request.urlopen(f"{url}/-/versions.json", timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    wait_until(is_ready, "Datasette to be ready")
    return Server("datasette", port, str(folder), (keeper,), (pid,), {"url": url, "file": str(Path(file))})


@contextmanager
def running() -> Iterator[Server]:
    """A server of a test's own."""
    with server(started) as one:
        yield one
