"""Check-ins: what people say of key results from time to time. They stand beside progress and never enter it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from kpidsl.assess.numbers import written
from kpidsl.assess.results import CheckinResult, ErrorResult
from kpidsl.calendar import Calendar, Grain, Unit, shift_anchor
from kpidsl.diagnostics import did_you_mean
from kpidsl.records import dataclass
from kpidsl.semantic import goal_model as g

USUAL = (14, Unit(Grain.DAY))
"""How old a check-in may be where no `review` says how often somebody looks."""
RHYTHMS = {
    "daily": (1, Unit(Grain.DAY)),
    "weekly": (1, Unit(Grain.WEEK)),
    "fortnightly": (2, Unit(Grain.WEEK)),
    "monthly": (1, Unit(Grain.MONTH)),
    "quarterly": (3, Unit(Grain.MONTH)),
    "half_yearly": (6, Unit(Grain.MONTH)),
    "yearly": (12, Unit(Grain.MONTH)),
    "annually": (12, Unit(Grain.MONTH)),
}
_DIGITS = r"(?:[0-9]{1,9}(?:\.[0-9]{0,9})?|\.[0-9]{1,9})"
_OF = re.compile(rf"({_DIGITS})\s*(?:of|/)\s*({_DIGITS})")
_PERCENT = re.compile(rf"({_DIGITS})\s*%")
_NUMBER = re.compile(_DIGITS)
_SCALES = (1, 10, 100)
NAMED = 3


@dataclass(frozen=True, slots=True)
class Checkin:
    """A row of check-ins as it stands in the data; `key_result` is a name, full or within its objective."""

    on: date | None
    key_result: str | None
    confidence: str | None
    note: str | None
    by: str | None


def checkins_at(
    objective: g.ObjectiveModel, rows: Sequence[Checkin], anchor: datetime, calendar: Calendar
) -> tuple[CheckinResult, ...]:
    """The newest check-in of each key result before the anchor, of those that have begun; of two on one day, the one
    that stands below.

    Stale is what is older than the rhythm at which the key result, or else its objective, is reviewed (`USUAL` where
    nothing is said), seen from the anchor or from the end of a key result that is over.
    """
    scale = scale_of(rows)
    found: list[CheckinResult] = []
    for result in objective.key_results:
        if calendar.day_start(result.first) >= anchor:
            continue
        name = result.name.removeprefix(f"{objective.name}.")
        newest: Checkin | None = None
        for row in rows:
            known = row.on is not None and calendar.day_start(row.on) < anchor and row.key_result in (name, result.name)
            if known and (newest is None or newest.on is None or (row.on is not None and row.on >= newest.on)):
                newest = row
        found.append(_result(name, newest, result, objective, scale, anchor, calendar))
    return tuple(found)


def _result(
    name: str, row: Checkin | None, result: g.KeyResultModel, objective: g.ObjectiveModel, scale: int, anchor: datetime,
    calendar: Calendar,
) -> CheckinResult:  # fmt: skip
    rhythm = RHYTHMS.get(result.about.review or objective.about.review or "", USUAL)
    end = min(anchor, calendar.day_start(result.last + timedelta(days=1)))
    count, unit = rhythm
    limit = shift_anchor(end, count, unit, calendar)
    said = f"older than {unit.counted(count)}"
    if row is None or row.on is None:
        late = calendar.day_start(result.first) <= limit
        return CheckinResult(name, None, None, None, None, late, "nobody has checked in yet")
    stale = calendar.day_start(row.on) < limit
    share = confidence(row.confidence, scale)
    return CheckinResult(
        name,
        row.on,
        written(share, False) if share is not None else None,
        row.note,
        row.by,
        stale,
        f"the newest check-in is {said}" if stale else None,
    )


# ---------------------------------------------------------------- confidence
def confidence(text: str | None, scale: int) -> Fraction | None:
    """How sure somebody is, as a fraction: `7 of 10`, `7/10`, `70%`, or a number on the scale of its column."""
    found = (text or "").strip()
    ratio, percent = _OF.fullmatch(found), _PERCENT.fullmatch(found)
    if ratio is not None:
        value, of = Fraction(ratio[1]), Fraction(ratio[2])
    elif percent is not None:
        value, of = Fraction(percent[1]), Fraction(100)
    elif _NUMBER.fullmatch(found):
        value, of = Fraction(found), Fraction(scale)
    else:
        return None
    return value / of if 0 <= value <= of and of else None


def scale_of(rows: Iterable[Checkin]) -> int:
    """What bare numbers of a column are out of: 1 where none is more than 1, else 10 where none is more, else 100."""
    bare = [Decimal(text) for row in rows if _NUMBER.fullmatch(text := (row.confidence or "").strip())]
    most = max(bare, default=Decimal(0))
    return next((scale for scale in _SCALES if most <= scale), _SCALES[-1])


# ---------------------------------------------------------------- rows that cannot be used
def unusable(
    objectives: Mapping[str, g.ObjectiveModel], read: Mapping[str, Sequence[Checkin]]
) -> tuple[ErrorResult, ...]:
    """K0702 for check-ins on what is no key result, without a date, or with a confidence that is none.

    A file may hold the check-ins of several objectives: the key results of all of them are known names.
    """
    known = {name for one in objectives.values() for result in one.key_results for name in _names(one, result)}
    found: dict[str, ErrorResult] = {}
    for name, rows in read.items():
        objective = objectives[name]
        for message, hint in (*_unknown(rows, known, objective), *_unreadable(rows)):
            place = objective.span.place
            found.setdefault(message, ErrorResult("K0702", message, hint, place, (name,)))
    return tuple(found.values())


def _names(objective: g.ObjectiveModel, result: g.KeyResultModel) -> tuple[str, str]:
    return result.name, result.name.removeprefix(f"{objective.name}.")


def _unknown(rows: Sequence[Checkin], known: set[str], objective: g.ObjectiveModel) -> Iterable[tuple[str, str | None]]:
    own = [_names(objective, result)[1] for result in objective.key_results]
    for name in dict.fromkeys(row.key_result for row in rows):
        if name is None or not name.strip():
            yield "check-ins name no key result", "fill the column `key_result`"
        elif name not in known:
            hint = did_you_mean(name, known) or (f"its key results are {', '.join(own)}" if own else None)
            yield f"check-ins are about `{name}`, which is no key result", hint


def _unreadable(rows: Sequence[Checkin]) -> Iterable[tuple[str, str | None]]:
    undated = sum(row.on is None for row in rows)
    if undated:
        yield f"{undated} check-in{'s have' if undated > 1 else ' has'} no date", "fill the column `date`"
    scale = scale_of(rows)
    said = [text for row in rows if (text := (row.confidence or "").strip())]
    wrong = [text for text in said if confidence(text, scale) is None]
    if wrong:
        named = ", ".join(f"`{one}`" for one in dict.fromkeys(wrong[:NAMED]))
        yield f"the confidence {named} of check-ins is none", "write `7 of 10`, `70%` or `0.7`"
