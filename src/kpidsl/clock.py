"""How long the stages of a run took."""

from __future__ import annotations

import time
from decimal import Decimal


class Clock:
    """How long each stage took, in seconds to the millisecond."""

    def __init__(self) -> None:
        self.laps: tuple[tuple[str, Decimal], ...] = ()
        self._last = time.perf_counter()

    def lap(self, name: str) -> None:
        now = time.perf_counter()
        self.laps = (*self.laps, (name, Decimal(f"{now - self._last:.3f}")))
        self._last = now
