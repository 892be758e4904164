"""Real servers for tests: each on a free loopback port, in a folder of its own, stopped by its process id.

A server that many tests may use is `shared`: the first worker that asks starts it, the others find it, and it ends with
the test run. One that a test is going to hurt is the test's own: `with postgres.running() as server: …`.

Where a program is not installed, the test fails and says what installs it (`make servers`); nothing is skipped.
"""

from __future__ import annotations

from servers.running import Server, free_port, program, server, shared, stop_shared, wait_until

__all__ = ["Server", "free_port", "program", "server", "shared", "stop_shared", "wait_until"]
