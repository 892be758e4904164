"""A PostgreSQL server with password authentication, and a database to fill."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from servers.running import Server, account, free_port, new_folder, program, server, start, wait_until

BINARIES = "/usr/lib/postgresql/*/bin"
SUPERUSER = "keeper"
PASSWORD = "correct horse battery staple"
DATABASE = "shop"


def started() -> Server:
    """A new, empty server. `details`: user, password, database."""
    user = account("postgres")
    folder = new_folder("postgres", user)
    data, secret = folder / "data", folder / "password"
    secret.write_text(PASSWORD, "utf-8")
    secret.chmod(0o644)
    run = {"check": True, "capture_output": True, "user": user, "cwd": folder}
    if user is None:
        del run["user"]
    initdb = program("initdb", BINARIES, package="postgresql")
    options = ("--encoding=UTF8", "--locale=C.UTF-8", "--auth=scram-sha-256", "--no-sync", f"--pwfile={secret}")
    subprocess.run([initdb, "-D", str(data), "-U", SUPERUSER, *options], **run)  # type: ignore[call-overload]
    port = free_port()
    settings = {"listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": folder, "fsync": "off"}
    command = [program("postgres", BINARIES, package="postgresql"), "-D", str(data)]
    command += [f"--{name}={value}" for name, value in settings.items()]
    keeper, pid = start(folder, "postgres", command, user=user)
    details = {"user": SUPERUSER, "password": PASSWORD, "database": DATABASE}
    one = Server("postgres", port, str(folder), (keeper,), (pid,), details)
    is_ready = [program("pg_isready", BINARIES, package="postgresql"), "-q", "-h", "127.0.0.1", "-p", str(port)]
    wait_until(lambda: subprocess.run(is_ready).returncode == 0, "PostgreSQL to be ready")
    execute(one, f"create database {DATABASE}", database="postgres")
    return one


def execute(one: Server, sql: str, *, database: str = DATABASE) -> str:
    """Run SQL as the superuser through psql, and give what it printed."""
    psql = program("psql", BINARIES, package="postgresql-client")
    command = [psql, "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", str(one.port)]
    ran = subprocess.run(
        [*command, "-U", SUPERUSER, "-d", database],
        input=sql,
        text=True,
        capture_output=True,
        env={"PGPASSWORD": PASSWORD, "PATH": str(Path(psql).parent)},
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


@contextmanager
def running() -> Iterator[Server]:
    """A server of a test's own."""
    with server(started) as one:
        yield one
