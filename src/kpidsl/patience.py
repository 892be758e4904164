"""Calling what may be slow, fail for a moment, or never answer: with a time limit, tried again, side by side."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Generic, TypeVar

from kpidsl.diagnostics import SourceError
from kpidsl.hookspecs import Limits

T = TypeVar("T")
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
"""Seconds before the second try, doubled for each further one; and the most of them, whatever a server asks for."""
_LOOK = 0.1


class _Call(Generic[T]):
    """A call in a thread of its own, which ends with the process at the latest."""

    def __init__(self, call: Callable[[], T]) -> None:
        self.done = threading.Event()
        self.result: T | None = None
        self.error: BaseException | None = None
        self._call = call
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        try:
            self.result = self._call()
        except BaseException as error:  # noqa: BLE001 — handed to whoever waits
            self.error = error
        self.done.set()

    def outcome(self) -> T:
        if self.error is not None:
            raise self.error
        return self.result  # type: ignore[return-value]


def within(
    call: Callable[[], T],
    seconds: float,
    what: str,
    stop: Callable[[], None] | None = None,
    *,
    allowed: float | None = None,
) -> T:
    """What a call returns, if it does so in time; else `stop` is called and SourceError K0617 raised. `allowed` is the
    limit that people set, where `seconds` are what earlier tries left of it.

    The thread that waits can be interrupted.
    """
    running = _Call(call)
    end = time.monotonic() + seconds
    try:
        while not running.done.wait(_LOOK):
            if time.monotonic() > end:
                raise SourceError(
                    f"{what} was not read within {round(allowed or seconds, 1):g} seconds",
                    code="K0617",
                    hint="give it more time: `timeout = …` under its connection in kpidsl.toml; or read less of it",
                )
    except BaseException:
        if stop is not None:
            with suppress(Exception):  # a provider may be anyone's, and the first error counts
                stop()
        raise
    return running.outcome()


def patiently(
    call: Callable[[], T],
    limits: Limits | None,
    what: str,
    stop: Callable[[], None] | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> T:
    """What a call returns, tried again after a failure that may pass, the whole within the time limit; what has no
    limits is called at once, in this thread.
    """
    if limits is None:
        return call()
    end = time.monotonic() + limits.timeout
    for attempt in range(limits.retries + 1):
        try:
            return within(call, max(end - time.monotonic(), _LOOK), what, stop, allowed=limits.timeout)
        except SourceError as error:
            pause = error.retry_after if error.retry_after is not None else FIRST_PAUSE * 2**attempt
            is_last = attempt == limits.retries or time.monotonic() + pause >= end
            if not error.transient or is_last or pause > LONGEST_PAUSE:
                if error.transient and attempt:
                    error.message += f" (tried {attempt + 1} times)"
                raise
            sleep(pause)
    raise AssertionError("a loop that returns or raises")


def side_by_side(
    calls: Mapping[str, Callable[[], T]],
    most: int,
    told: Callable[[str], None],
    stop: Callable[[str], None] = lambda _: None,
) -> dict[str, T | BaseException]:
    """What each call returns or raises, at most `most` of them at a time, in the order they were given. `told` hears
    which are under way. Where the thread that waits is interrupted, `stop` is called for each of those.
    """
    waiting = dict(calls)
    running: dict[str, _Call[T]] = {}
    found: dict[str, T | BaseException] = {}
    try:
        while waiting or running:
            while waiting and len(running) < most:
                name = next(iter(waiting))
                running[name] = _Call(waiting.pop(name))
                told(", ".join(running))
            next(iter(running.values())).done.wait(_LOOK)
            for name, one in tuple(running.items()):
                if one.done.is_set():
                    del running[name]
                    found[name] = one.error if one.error is not None else one.result  # type: ignore[assignment]
                    if running:
                        told(", ".join(running))
    except BaseException:
        for name in running:
            with suppress(Exception):
                stop(name)
        raise
    return {name: found[name] for name in calls}
