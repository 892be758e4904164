"""The scene: the calendar."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Literal

from kpidsl.calendar import WEEK_53, Calendar, NoHolidays, Retail, holidays_of
from kpidsl.diagnostics import Problems, did_you_mean
from kpidsl.semantic.scope import Names
from kpidsl.semantic.terms import MONTHS, WEEKDAYS
from kpidsl.semantic.windows import Invalid
from kpidsl.semantic.zones import timezone
from kpidsl.syntax import setting_nodes as s
from kpidsl.syntax.node import Text, Word
from kpidsl.syntax.shared_nodes import ProviderCall

MOST_SHOWN = 20
_YEARS = (s.YearStartsProp, s.YearEndsLastProp, s.YearEndsNearestProp)


def check_calendar(names: Names, problems: Problems) -> Calendar:
    """The calendar of the spec set; defaults where nothing is said. Holidays that a file lists are not known yet."""
    calendar = Calendar()
    if not names.calendars:
        return calendar
    node = names.calendars[0]
    pattern: s.PatternProp | None = None
    week_53: s.Week53Prop | None = None
    ends: s.YearEndsLastProp | s.YearEndsNearestProp | None = None
    seen: dict[type, s.CalendarProp] = {}
    for prop in node.properties:
        if type(prop) in seen:
            problems.error("K0201", "this stands twice in the calendar", prop.span, "again here", hint="keep one")
            continue
        seen[type(prop)] = prop
        try:
            match prop:
                case s.TimezoneProp(zone=zone):
                    calendar = replace(calendar, timezone=timezone(zone.value, zone.span, problems))
                case s.WeekStartsProp(day=day):
                    calendar = replace(calendar, week_start=_choice(day, WEEKDAYS, problems))
                case s.YearStartsProp(month=month, named_by=named_by):
                    number = _choice(month, MONTHS, problems) + 1
                    calendar = replace(
                        calendar,
                        fiscal_start_month=number,
                        fiscal_named_by=_named_by(named_by, number == 1, prop, problems),
                    )
                case s.PatternProp():
                    pattern = prop
                case s.Week53Prop():
                    week_53 = prop
                case s.YearEndsLastProp() | s.YearEndsNearestProp():
                    ends = prop
                case s.HolidaysProp(days=days):
                    calendar = replace(calendar, holidays=_holidays(days, problems))
        except (Invalid, ValueError) as error:
            if isinstance(error, ValueError):
                problems.error("K0333", str(error), prop.span)
    _year_once(seen, problems)
    if week_53 is not None and pattern is None and ends is None:
        problems.error(
            "K0333", "only fiscal years of whole weeks have a week 53", week_53.span,
            hint="add `pattern 4-4-5` and `year ends last saturday of january`, or leave this out",
        )  # fmt: skip
        return calendar
    return _week_53(_retail(calendar, pattern, ends, problems), week_53, problems)


def _year_once(seen: Mapping[type, s.CalendarProp], problems: Problems) -> None:
    """A fiscal year is said in one way: by the month it starts with, or by the weekday it ends on."""
    years = [prop for kind, prop in seen.items() if kind in _YEARS]
    if len(years) > 1:
        problems.error(
            "K0333", "the fiscal year is said in two ways", years[1].span, "again here",
            also=[(years[0].span, "first here")],
            hint="keep one: `year starts …` for a year of months, `year ends …` for one of whole weeks",
        )  # fmt: skip


def _week_53(calendar: Calendar, prop: s.Week53Prop | None, problems: Problems) -> Calendar:
    """What a 53rd week compares with a year earlier."""
    if prop is None:
        return calendar
    try:
        way = WEEK_53[_choice(prop.way, ("blank", "week", "restated"), problems)]
    except Invalid:
        return calendar
    if prop.week != 53 or prop.number != (1 if way == "week 1" else None):
        problems.error(
            "K0333", f"`{prop.span.text}` is no way to compare the week that some years have more than others",
            prop.span, hint=f"write `week 53 compares {way}`",
        )  # fmt: skip
    elif calendar.retail is not None:
        return replace(calendar, retail=replace(calendar.retail, week_53=way))
    return calendar


def _holidays(days: Text | ProviderCall, problems: Problems) -> frozenset[date] | None:
    """The holidays of a country; None for those a file lists. Raises `Invalid`."""
    if isinstance(days, ProviderCall):
        return None
    try:
        return holidays_of(days.value)
    except NoHolidays as error:
        hint = error.hint or did_you_mean(days.value, error.known)
        if hint is None and 0 < len(error.known) <= MOST_SHOWN:
            hint = f"there are {', '.join(error.known)}"
        problems.error(
            "K0334", str(error), days.span,
            hint=hint or 'countries are written as in ISO 3166: "DE", with a part of one "DE-BY"',
        )  # fmt: skip
        raise Invalid from error


def _named_by(word: Word | None, january: bool, prop: s.YearStartsProp, problems: Problems) -> Literal["start", "end"]:
    if word is not None:
        return _start_or_end(word, problems)
    if not january:
        problems.error(
            "K0333",
            "a fiscal year that is no calendar year is named by its start or its end: say which",
            prop.span,
            hint=f"write `{prop.span.text} named by end`",
        )
        raise Invalid
    return "start"


def _retail(
    calendar: Calendar,
    pattern: s.PatternProp | None,
    ends: s.YearEndsLastProp | s.YearEndsNearestProp | None,
    problems: Problems,
) -> Calendar:
    if pattern is None and ends is None:
        return calendar
    if pattern is None or ends is None:
        there = pattern or ends
        assert there is not None
        missing = "pattern 4-4-5" if pattern is None else "year ends last saturday of january"
        problems.error(
            "K0333", "a fiscal year of whole weeks needs its pattern and its end", there.span, hint=f"add `{missing}`"
        )
        return calendar
    try:
        weekday = _choice(ends.weekday, WEEKDAYS, problems)
        if isinstance(ends, s.YearEndsLastProp):
            month = _choice(ends.month, MONTHS, problems) + 1
            retail = Retail(pattern.pattern, "last", weekday, month)
        else:
            retail = Retail(pattern.pattern, "nearest", weekday, ends.month, ends.day)
        named = _start_or_end(ends.named_by, problems) if ends.named_by is not None else "start"
        return replace(calendar, retail=retail, fiscal_named_by=named)
    except ValueError as error:
        problems.error("K0333", str(error), ends.span)
    except Invalid:
        pass
    return calendar


def _start_or_end(word: Word, problems: Problems) -> Literal["start", "end"]:
    return "end" if _choice(word, ("start", "end"), problems) else "start"


def _choice(word: Word, choices: tuple[str, ...], problems: Problems) -> int:
    if word.text in choices:
        return choices.index(word.text)
    begun = [choice for choice in choices if len(word.text) > 2 and choice.startswith(word.text.casefold())]
    hint = f"did you mean `{begun[0]}`?" if len(begun) == 1 else did_you_mean(word.text, choices)
    problems.error("K0333", f"`{word.text}` is none of {', '.join(choices)}", word.span, hint=hint)
    raise Invalid
