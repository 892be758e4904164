"""Time limits, tries and calls side by side."""

from __future__ import annotations

import itertools
import threading
import time

import pytest

from kpidsl.diagnostics import SourceError
from kpidsl.hookspecs import Limits
from kpidsl.patience import patiently, side_by_side, within


def failing(times: int, **how: object):  # type: ignore[no-untyped-def]
    calls: list[int] = []

    def call() -> str:
        calls.append(1)
        if len(calls) <= times:
            raise SourceError("busy", transient=True, **how)  # type: ignore[arg-type]
        return "rows"

    return call, calls


def test_what_answers_in_time_is_returned_and_what_raises_raises() -> None:
    assert within(lambda: 7, 5, "it") == 7
    with pytest.raises(ZeroDivisionError):
        within(lambda: 1 // 0, 5, "it")


def test_what_does_not_answer_is_stopped() -> None:
    stopped = threading.Event()
    with pytest.raises(SourceError, match=r"`s` was not read within 0\.2 seconds") as caught:
        within(lambda: time.sleep(30), 0.2, "the source `s`", stopped.set)
    assert caught.value.code == "K0617"
    assert stopped.is_set()


def test_pauses_double_and_a_server_that_names_one_is_heeded() -> None:
    pauses: list[float] = []
    call, calls = failing(2)
    assert patiently(call, Limits(retries=3), "it", sleep=pauses.append) == "rows"
    assert (pauses, len(calls)) == ([0.5, 1.0], 3)
    pauses.clear()
    call, _ = failing(1, retry_after=7.0)
    patiently(call, Limits(retries=3), "it", sleep=pauses.append)
    assert pauses == [7.0]


def test_no_pause_is_longer_than_the_time_that_is_left() -> None:
    call, calls = failing(1, retry_after=100.0)
    with pytest.raises(SourceError):
        patiently(call, Limits(timeout=300, retries=3), "it", sleep=lambda _: None)
    call, calls = failing(1, retry_after=20.0)
    with pytest.raises(SourceError):
        patiently(call, Limits(timeout=10, retries=3), "it", sleep=lambda _: None)
    assert len(calls) == 1


def test_a_later_try_that_takes_too_long_is_told_with_the_time_that_all_had(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = itertools.count(step=2)
    monkeypatch.setattr("kpidsl.patience.time.monotonic", lambda: float(next(clock)))
    call, calls = failing(1, retry_after=1.0)
    never = threading.Event()

    def slow() -> str:
        call()
        never.wait()
        return ""

    with pytest.raises(SourceError, match=r"it was not read within 60 seconds"):
        patiently(slow, Limits(timeout=60, retries=3), "it", never.set, sleep=lambda _: None)
    assert len(calls) == 2


def test_results_and_failures_keep_the_order_they_were_asked_in() -> None:
    told: list[str] = []
    found = side_by_side(
        {"slow": lambda: time.sleep(0.3) or "a", "wrong": lambda: 1 // 0, "quick": lambda: "c"}, 2, told.append
    )
    assert list(found) == ["slow", "wrong", "quick"]
    assert (found["slow"], found["quick"]) == ("a", "c")
    assert isinstance(found["wrong"], ZeroDivisionError)
    assert told[0] == "slow"
    assert "slow, wrong" in told


def test_what_runs_side_by_side_is_stopped_when_the_run_is() -> None:
    stopped: list[str] = []

    def told(names: str) -> None:
        if len(told_of) == 2:
            raise KeyboardInterrupt
        told_of.append(names)

    told_of: list[str] = []
    calls = {name: lambda: time.sleep(30) for name in "abc"}
    with pytest.raises(KeyboardInterrupt):
        side_by_side(calls, 3, told, stopped.append)
    assert stopped == ["a", "b", "c"]


def test_a_stop_that_fails_hides_nothing() -> None:
    with pytest.raises(SourceError, match="was not read within"):
        within(lambda: time.sleep(30), 0.2, "it", lambda: 1 // 0)
