"""Starting and stopping a server: its folder, its user, its port, and the keeper that ends it with the test run."""

from __future__ import annotations

import fcntl
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

import pytest

KEEPER = Path(__file__).with_name("keeper.py")
PATIENCE = 120.0  # seconds: a loaded machine may take its time
FOLDER = "servers"


@dataclass(frozen=True)
class Server:
    """A server that runs: its port on 127.0.0.1, its folder, and what else a client must know.

    `keepers` are the processes that keep its processes: a SIGTERM to each ends them. `pids` are its own processes.
    """

    name: str
    port: int
    folder: str
    keepers: tuple[int, ...]
    pids: tuple[int, ...]
    details: Mapping[str, str] = field(default_factory=dict)

    @property
    def log(self) -> str:
        """What it wrote so far."""
        return "\n".join(file.read_text("utf-8", "replace") for file in sorted(Path(self.folder).glob("*.log")))

    def kill(self) -> None:
        """End it at once, as a crash would."""
        for pid in self.pids:
            _signal(pid, signal.SIGKILL)

    def stop(self) -> None:
        """End it, and remove its folder."""
        for pid in self.keepers:
            _signal(pid, signal.SIGTERM)
        for pid in self.keepers:
            wait_until(lambda pid=pid: not _lives(pid), f"{self.name} to stop")  # type: ignore[misc]
        shutil.rmtree(self.folder, ignore_errors=True)


def free_port() -> int:
    """A port of 127.0.0.1 that is free now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def program(name: str, *folders: str, package: str) -> str:
    """Where a program is, looked for in `folders` (patterns) and on the path; without it the test fails."""
    for pattern in folders:
        found = sorted(Path("/").glob(f"{pattern.lstrip('/')}/{name}"))
        if found:
            return str(found[-1])
    on_path = shutil.which(name)
    if on_path is None:
        pytest.fail(f"`{name}` is not installed: `make servers`, or apt-get install {package}")
    return on_path


def wait_until(is_so: Callable[[], object], what: str, patience: float = PATIENCE) -> None:
    """Return as soon as something is so; the test fails where it takes longer than `patience` seconds."""
    end = time.monotonic() + patience
    while not is_so():
        if time.monotonic() > end:
            pytest.fail(f"waited {patience:g} s for {what}")
        time.sleep(0.05)


def account(name: str) -> str | None:
    """The user a server runs as: `name` where we are root and there is one, since some refuse to run as root."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(name).pw_name
    except KeyError:
        return "nobody"


def new_folder(name: str, user: str | None = None) -> Path:
    """A folder below the temporary one, which the server's user may enter: pytest's own are closed to others."""
    folder = Path(tempfile.mkdtemp(prefix=f"kpidsl-{name}-"))
    folder.chmod(0o755)
    if user is not None:
        shutil.chown(folder, user)
    return folder


def start(
    folder: Path, name: str, command: Sequence[str], *, user: str | None = None, env: Mapping[str, str] | None = None
) -> tuple[int, int]:
    """Start a process under a keeper, its output in `NAME.log`; the keeper's process id and its own.

    The keeper ends it when it is told to, or when the process that runs the tests is gone.
    """
    says = folder / f"{name}.pid"
    order = {
        "owner": _owner(),
        "command": list(command),
        "log": str(folder / f"{name}.log"),
        "pid": str(says),
        "user": user,
        "folder": str(folder),
        "env": {**os.environ, **(env or {})},
    }
    keeper = subprocess.Popen(
        [sys.executable, str(KEEPER)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        text=True,
    )
    assert keeper.stdin is not None
    keeper.stdin.write(json.dumps(order))
    keeper.stdin.close()
    wait_until(says.exists, f"{name} to start")
    keeper.returncode = 0  # it outlives this process, and init takes it over: nobody is to wait for it
    return keeper.pid, int(says.read_text("ascii"))


@contextmanager
def server(started: Callable[[], Server]) -> Iterator[Server]:
    """A server of a test's own."""
    one = started()
    try:
        yield one
    finally:
        one.stop()


def shared(name: str, started: Callable[[], Server], tmp_path_factory: pytest.TempPathFactory) -> Server:
    """The server of that name that this test run has, started by the first who asks."""
    place = _place(tmp_path_factory)
    place.mkdir(exist_ok=True)
    file = place / f"{name}.json"
    with (place / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if file.exists():
            known = json.loads(file.read_text("utf-8"))
            return Server(**{**known, "keepers": tuple(known["keepers"]), "pids": tuple(known["pids"])})
        one = started()
        file.write_text(json.dumps(asdict(one)), "utf-8")
        return one


def stop_shared(place: Path) -> None:
    """Stop what `shared` started; called once, when the run ends."""
    for file in (place / FOLDER).glob("*.json"):
        known = json.loads(file.read_text("utf-8"))
        Server(**{**known, "keepers": tuple(known["keepers"]), "pids": tuple(known["pids"])}).stop()
        file.unlink()


def _place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.getbasetemp()
    return (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / FOLDER


def _owner() -> int:
    """The process that runs the tests: a worker's parent."""
    return os.getppid() if "PYTEST_XDIST_WORKER" in os.environ else os.getpid()


def _lives(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
