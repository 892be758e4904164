"""An nginx that serves a small site and logs in three formats: combined, common, and one with a cookie and durations."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from servers.running import Server, free_port, new_folder, program, server, start, wait_until

CONFIGURATION = """
pid {folder}/nginx.pid;
error_log {folder}/errors.log;
{user}
events {{}}
http {{
  access_log off;
  log_format common '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent';
  log_format own '$msec $remote_addr "$request" $status $body_bytes_sent $request_time "$cookie_uid" "$http_user_agent"';
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port};
    {listen_too}
    access_log {folder}/logs/access.log combined;
    access_log {folder}/logs/common.log common;
    access_log {folder}/logs/own.log own;
    location / {{ return 200 "a page of the site\\n"; }}
    location = /missing {{ return 404; }}
    location = /broken {{ return 500; }}
    location = /old {{ return 301 /new; }}
    location = /nothing {{ return 204; }}
  }}
}}
"""


def started() -> Server:
    """A new server. `details`: logs (the folder of its logs), other (a second address that callers may have)."""
    folder, port = new_folder("nginx"), free_port()
    (folder / "logs").mkdir()
    other = "::1" if _has_ipv6() else "127.0.0.2"
    too = f"listen [::1]:{port};" if other == "::1" else ""
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(
        CONFIGURATION.format(folder=folder, port=port, user=user, listen_too=too), "utf-8"
    )
    command = [program("nginx", "/usr/sbin", package="nginx-light"), "-p", str(folder)]
    command += [
        "-c",
        str(folder / "nginx.conf"),
        "-e",
        str(folder / "errors.log"),
        "-g",
        "daemon off; master_process off;",
    ]
    keeper, pid = start(folder, "nginx", command)
    details = {"logs": str(folder / "logs"), "other": other}
    one = Server("nginx", port, str(folder), (keeper,), (pid,), details)
    wait_until(partial(_answers, port), "nginx to answer")
    return one


def ask(one: Server, path: str, *, agent: str = "Mozilla/5.0", method: str = "GET", **headers: str) -> int:
    """The status of an answer."""
    made = {"User-Agent": agent, **{name.replace("_", "-"): value for name, value in headers.items()}}
    return send(one, "".join([f"{method} {path} HTTP/1.1\r\nHost: site\r\nConnection: close\r\n",
                              *(f"{name}: {value}\r\n" for name, value in made.items()), "\r\n"]).encode())  # fmt: skip


def send(one: Server, request: bytes, caller: str = "127.0.0.1") -> int:
    """The status of the answer to any bytes; 0 without one."""
    to = "::1" if caller == "::1" else "127.0.0.1"
    with socket.create_connection((to, one.port), timeout=20, source_address=(caller, 0)) as connection:
        connection.sendall(request)
        answer = b""
        while part := connection.recv(65536):
            answer += part
    words = answer.split(None, 2)
    return int(words[1]) if len(words) > 1 and words[0].startswith(b"HTTP/") else 0


def rotate(one: Server, number: int) -> None:
    """What logrotate does: move the logs away, and tell nginx to open new ones."""
    logs = Path(one.details["logs"])
    for log in list(logs.glob("*.log")):
        log.rename(logs / f"{log.name}.{number}")
    os.kill(one.pids[0], signal.SIGUSR1)
    wait_until((logs / "access.log").exists, "nginx to open new logs")


@contextmanager
def running() -> Iterator[Server]:
    """A server of a test's own."""
    with server(started) as one:
        yield one


def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as one:
            one.bind(("::1", 0))
    except OSError:
        return False
    return True


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False
