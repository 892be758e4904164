"""Where a value stands in time: anchor, window, and how both were moved."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from kpidsl import calendar as c
from kpidsl.calendar import Calendar, ToDate, Unit, Window, WindowSpec
from kpidsl.records import dataclass


@dataclass(frozen=True, slots=True)
class Moment:
    """An anchor, the publication lag that is taken off it, a window as written, and the moves (`1 year earlier`) made
    on both. `back` counts `previous`; `around` is where the outermost series stands, for a moment inside one.
    """

    anchor: datetime
    lag: tuple[int, Unit] | None = None
    window: WindowSpec | None = None
    moves: tuple[tuple[int, Unit], ...] = ()
    back: int = 0
    around: Moment | None = None

    def over(self, window: WindowSpec) -> Moment:
        if self.back and isinstance(window, ToDate):
            # What precedes a window to date is that window one of its units earlier.
            return replace(self, window=window, moves=(*self.moves, (self.back, window.unit)), back=0)
        return replace(self, window=window)

    def earlier(self, count: int, unit: Unit) -> Moment:
        return replace(self, moves=(*self.moves, (count, unit)))

    def in_series(self) -> Moment:
        """The same moment, inside a series that stands here."""
        return self if self.around is not None else replace(self, around=self)

    def preceding(self) -> Moment:
        return replace(self, back=self.back + 1)


def anchor_of(moment: Moment, calendar: Calendar) -> datetime:
    """The anchor after all moves, less the lag."""
    anchor = moment.anchor
    for count, unit in moment.moves:
        if moment.window is None:
            anchor = c.shift_anchor(anchor, count, unit, calendar)
        else:
            anchor = c.shifted(moment.window, anchor, count, unit, calendar)[0]
    return anchor if moment.lag is None else c.shift_anchor(anchor, *moment.lag, calendar)


def window_of(moment: Moment, calendar: Calendar) -> Window | None:
    """The window after all moves, or None where none is written (or none precedes it)."""
    spec = moment.window
    if spec is None:
        return None
    anchor = anchor_of(moment, calendar)
    if isinstance(spec, c.Period | c.Days | c.Since):
        if not moment.back and len(moment.moves) == 1:
            window = c.shifted(spec, moment.anchor, *moment.moves[0], calendar)[1]
        else:
            found = c.previous(spec, anchor, calendar) if moment.back else c.resolve(spec, anchor, calendar)
            if found is None:
                return None
            window = _moved(found, moment, calendar)
        if isinstance(spec, c.Since) and window.start is not None:
            return Window(window.start, max(anchor, window.start), window.label)
        return window
    found = c.previous(spec, anchor, calendar) if moment.back else c.resolve(spec, anchor, calendar)
    return found if found is None else Window(found.start, found.end, found.label + _suffix(moment))


def _moved(window: Window, moment: Moment, calendar: Calendar) -> Window:
    """A fixed window is moved itself."""
    start, end = window.start, window.end
    for count, unit in moment.moves:
        start = c.shift_anchor(start, count, unit, calendar) if start is not None else None
        end = c.shift_anchor(end, count, unit, calendar)
    return Window(start, end, window.label + _suffix(moment))


def _suffix(moment: Moment) -> str:
    return "".join(f" {unit.counted(count)} earlier" for count, unit in moment.moves)
