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
    listen [::1]:{port};
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
    """A new server. `details`: url, logs (the folder of its logs)."""
    folder, port = new_folder("nginx"), free_port()
    (folder / "logs").mkdir()
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(CONFIGURATION.format(folder=folder, port=port, user=user), "utf-8")
    command = [
        program("nginx", "/usr/sbin", package="nginx-light"),
        "-p",
        str(folder),
        "-c",
        str(folder / "nginx.conf"),
    ]
    command += ["-e", str(folder / "errors.log"), "-g", "daemon off; master_process off;"]
    keeper, pid = start(folder, "nginx", command)
    one = Server(
        "nginx", port, str(folder), (keeper,), (pid,), {"url": f"http://127.0.0.1:{port}", "logs": str(folder / "logs")}
    )
    wait_until(partial(_answers, port), "nginx to answer")
    return one


def ask(one: Server, path: str, *, agent: str = "Mozilla/5.0", method: str = "GET", **headers: str) -> int:
    """The status of an answer."""
    made = {"User-Agent": agent, **{name.replace("_", "-"): value for name, value in headers.items()}}
    return send(one, "".join([f"{method} {path} HTTP/1.1\r\nHost: site\r\nConnection: close\r\n",
                              *(f"{name}: {value}\r\n" for name, value in made.items()), "\r\n"]).encode())  # fmt: skip


def send(one: Server, request: bytes, host: str = "127.0.0.1") -> int:
    """The status of the answer to any bytes; 0 without one."""
    with socket.create_connection((host, one.port), timeout=20) as connection:
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


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False
