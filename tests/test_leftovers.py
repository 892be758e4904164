"""What a process closes before it ends, and what it leaves to its end."""

from __future__ import annotations

import pytest

from kpidsl import leftovers


class Held:
    closed = False

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def ending(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leftovers._Process, "is_ending", False)
    monkeypatch.setattr(leftovers, "_kept", [])
    leftovers.end_with_process()


def test_what_a_caller_opened_is_closed_behind_it() -> None:
    with leftovers.closing(Held()) as held:
        assert not held.closed
    assert held.closed


@pytest.mark.usefixtures("ending")
def test_a_process_that_does_one_thing_leaves_it_to_its_end() -> None:
    with leftovers.closing(Held()) as held:
        pass
    assert not held.closed
    assert leftovers._kept == [held]


@pytest.mark.usefixtures("ending")
def test_what_failed_is_closed_at_once() -> None:
    held = Held()
    with pytest.raises(KeyboardInterrupt), leftovers.closing(held):
        raise KeyboardInterrupt
    assert held.closed
