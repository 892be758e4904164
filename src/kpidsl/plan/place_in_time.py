"""Where a value stands in time: anchor, window, and how both were moved."""

from __future__ import annotations

from collections.abc import Callable
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
        moves, back = self.moves, self.back
        if back and isinstance(window, ToDate):
            # What precedes a window to date is that window one of its units earlier.
            moves, back = (*moves, (back, window.unit)), 0
        return Moment(self.anchor, self.lag, window, moves, back, self.around)

    def earlier(self, count: int, unit: Unit) -> Moment:
        return replace(self, moves=(*self.moves, (count, unit)))

    def in_series(self) -> Moment:
        """The same moment, inside a series that stands here."""
        return self if self.around is not None else replace(self, around=self)

    def preceding(self) -> Moment:
        return replace(self, back=self.back + 1)


class Moments:
    """Every moment of a run as one object, with its anchor and window: thousands of values stand at a few moments."""

    def __init__(self, calendar: Calendar) -> None:
        self.calendar = calendar
        self._same: dict[Moment, Moment] = {}
        self._moved: dict[tuple[object, ...], tuple[object, Moment]] = {}
        self._placed: dict[int, tuple[datetime, Window | None]] = {}

    def one(self, moment: Moment) -> Moment:
        """The first moment that is equal to this one. The methods below take such ones, and give them."""
        return self._same.setdefault(moment, moment)

    def over(self, moment: Moment, window: WindowSpec) -> Moment:
        key = (id(moment), id(window))
        found = self._moved.get(key)
        if found is None:  # the window is kept beside its id, which would otherwise be given to another one after it
            found = self._moved[key] = (window, self.one(moment.over(window)))
        return found[1]

    def earlier(self, moment: Moment, count: int, unit: Unit) -> Moment:
        return self._move((id(moment), count, unit), lambda: moment.earlier(count, unit))

    def preceding(self, moment: Moment) -> Moment:
        return self._move((id(moment), "preceding"), moment.preceding)

    def in_series(self, moment: Moment) -> Moment:
        return self._move((id(moment), "in series"), moment.in_series)

    def at(self, moment: Moment, anchor: datetime) -> Moment:
        return self._move((id(moment), anchor), lambda: replace(moment, anchor=anchor))

    def _move(self, key: tuple[object, ...], make: Callable[[], Moment]) -> Moment:
        found = self._moved.get(key)
        if found is None:
            found = self._moved[key] = (None, self.one(make()))
        return found[1]

    def placed(self, moment: Moment) -> tuple[datetime, Window | None]:
        """The anchor and the window of a moment."""
        found = self._placed.get(id(moment))
        if found is None:
            found = self._placed[id(moment)] = _placed(moment, self.calendar)
        return found


def _placed(moment: Moment, calendar: Calendar) -> tuple[datetime, Window | None]:
    """The anchor after all moves, less the lag; and the window after all moves, or None where none is written (or none
    precedes it, or a 53rd week has none to compare with).
    """
    spec = moment.window
    if spec is None or not any(c.counts_weeks(spec, unit, calendar) for _, unit in moment.moves):
        return _anchor(moment, calendar), _window(moment, calendar)
    # First all that moves by its place in the fiscal year, then what moves by weeks.
    plain, weeks = replace(moment, moves=()), 0
    for count, unit in moment.moves:
        found = _window(plain, calendar)
        by = c.weeks_apart(spec, found, count, unit, calendar) if found is not None else 0
        if by is None:
            return _anchor(plain, calendar), None
        if by:
            weeks += by
        else:
            plain = replace(plain, moves=(*plain.moves, (count, unit)))
    anchor, window = _anchor(plain, calendar), _window(plain, calendar)
    if not weeks or window is None:
        return anchor, window
    anchor, window = c.moved_by_weeks(anchor, window, weeks, calendar)
    return anchor, replace(
        window, label=window.label + _suffix(replace(moment, moves=moment.moves[len(plain.moves) :]))
    )


def _anchor(moment: Moment, calendar: Calendar) -> datetime:
    anchor = moment.anchor
    for count, unit in moment.moves:
        by = unit if moment.window is None else c.counted_in(moment.window, unit, calendar)
        anchor = c.shift_anchor(anchor, count, by, calendar)
    return anchor if moment.lag is None else c.shift_anchor(anchor, *moment.lag, calendar)


def _window(moment: Moment, calendar: Calendar) -> Window | None:
    spec = moment.window
    if spec is None:
        return None
    anchor = _anchor(moment, calendar)
    found = c.previous(spec, anchor, calendar) if moment.back else c.resolve(spec, anchor, calendar)
    if found is None or not moment.moves:
        return found
    if not isinstance(spec, c.Period | c.Days | c.Since):
        return replace(found, label=found.label + _suffix(moment))
    window = _moved(found, moment, calendar)
    if isinstance(spec, c.Since) and window.start is not None:
        return replace(window, end=max(anchor, window.start))
    return window


def _moved(window: Window, moment: Moment, calendar: Calendar) -> Window:
    """A fixed window is moved itself."""
    assert moment.window is not None
    start, end = window.start, window.end
    for count, unit in moment.moves:
        by = c.counted_in(moment.window, unit, calendar)
        start = c.shift_anchor(start, count, by, calendar) if start is not None else None
        end = c.shift_anchor(end, count, by, calendar)
    return Window(start, end, window.label + _suffix(moment))


def _suffix(moment: Moment) -> str:
    return "".join(f" {unit.counted(count)} earlier" for count, unit in moment.moves)
