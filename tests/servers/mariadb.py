"""A MariaDB server with password authentication, and a database to fill."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from servers.running import Server, account, free_port, new_folder, program, server, start, wait_until

USER = "keeper"
PASSWORD = "correct horse battery staple"
DATABASE = "shop"
PACKAGE = "mariadb-server"


def started(certificate: Path | None = None, key: Path | None = None) -> Server:
    """A new, empty server; with a certificate and its key it offers TLS. `details`: user, password, database, socket."""
    user = account("mysql")
    folder = new_folder("mariadb", user)
    data, socket = folder / "data", folder / "mariadb.sock"
    install = [program("mariadb-install-db", package=PACKAGE), "--no-defaults", f"--datadir={data}"]
    install += ["--auth-root-authentication-method=normal", "--skip-test-db"]
    as_user = {} if user is None else {"user": user}
    subprocess.run(install, check=True, capture_output=True, cwd=folder, **as_user)  # type: ignore[call-overload]
    port = free_port()
    command = [program("mariadbd", "/usr/sbin", package=PACKAGE), "--no-defaults", f"--datadir={data}"]
    command += [f"--socket={socket}", f"--port={port}", "--bind-address=127.0.0.1", f"--pid-file={folder}/mariadbd.pid"]
    command += ["--character-set-server=utf8mb4", "--skip-log-bin", "--innodb-flush-log-at-trx-commit=0"]
    for option, file in (("ssl-cert", certificate), ("ssl-key", key)):
        if file is not None:
            shutil.copy(file, folder / option)
            if user is not None:
                shutil.chown(folder / option, user)
            command += [f"--{option}={folder / option}"]
    keeper, pid = start(folder, "mariadb", command, user=user)
    details = {"user": USER, "password": PASSWORD, "database": DATABASE, "socket": str(socket)}
    one = Server("mariadb", port, str(folder), (keeper,), (pid,), details)
    client = [program("mariadb", package="mariadb-client"), "--no-defaults", f"--socket={socket}", "--user=root"]

    def is_ready() -> bool:
        return subprocess.run([*client, "-e", "select 1"], capture_output=True).returncode == 0

    wait_until(is_ready, "MariaDB to be ready")
    execute(
        one,
        f"create database {DATABASE} character set utf8mb4;"
        f"create user {USER}@'127.0.0.1' identified by '{PASSWORD}'; grant all on *.* to {USER}@'127.0.0.1' with grant option;",
        database="mysql",
    )
    return one


def execute(one: Server, sql: str, *, database: str = DATABASE) -> str:
    """Run SQL as root through the client program, and give what it printed."""
    client = [program("mariadb", package="mariadb-client"), "--no-defaults", "--batch", "--skip-column-names"]
    command = [*client, f"--socket={Path(one.details['socket'])}", "--user=root", database]
    ran = subprocess.run(command, input=sql, text=True, capture_output=True)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


@contextmanager
def running(certificate: Path | None = None, key: Path | None = None) -> Iterator[Server]:
    """A server of a test's own."""
    with server(lambda: started(certificate, key)) as one:
        yield one
