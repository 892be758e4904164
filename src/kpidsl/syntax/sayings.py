"""What people write as they would say it – `1 year ago`, `at least 5` – and how it is written here."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from kpidsl.syntax.expected import spellings

Advice = tuple[str, str | None]
"""What is said, and what to put in place of the word (None: no single replacement)."""
_WINDOW = re.compile(r"\s+(last|next|this|trailing|since|\d{4}\b)")
_INSIDE = frozenset(
    {"from", "value", "increase", "reduce", "keep", "reach", "achieve", "deliver", "period", "measured"}
)
"""What hardly belongs to a name, and begins what a declaration says."""
_BEGINS = ("last", "next", "this", "trailing", "since")
_DECLARED = r"(?:metric|kpi|source|objective|outcome|param|goal|scorecard|policy|unit|key\s+result)"
_SPLITS = ("split", "per", "segment", "segments", "slice", "group", "breakdown", "dimension", "dimensions")
_PERIODS = ("hour", "day", "week", "month", "quarter", "half", "year", "period")
_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 604800}
_NUMBER = r"-?\d[\d_.]*%?(?:\s+[A-Za-z]\w*)?"


_LENGTHS = {"s": "second", "m": "minute", "h": "hour", "d": "day", "w": "week", "y": "year"}


class _Word(NamedTuple):
    text: str
    statement: str
    after: str
    accepted: AbstractSet[str]


def said(text: str, statement: str, after: str, accepted: AbstractSet[str]) -> Advice | None:
    """What is said of a word, after its statement up to it and before what follows."""
    word = _Word(text, statement, after, accepted)
    for look in _LOOKS:
        found = look(word)
        if found is not None:
            return found
    return None


def _twice(word: _Word) -> Advice | None:
    """A word that was typed twice."""
    before = re.search(r"([A-Za-z_]\w*)[ \t]+$", word.statement)
    if before is not None and before[1] == word.text:
        return f"`{word.text}` stands here twice: leave one out", ""
    taken = re.search(r"(?<![\w.])([A-Za-z_]\w*)[ \t]+\1[ \t]+$", word.statement)  # the second one for a name
    return (f"`{taken[1]}` stands there twice: leave one out", None) if taken is not None else None


def _of_other_tools(word: _Word) -> Advice | None:
    text, statement, after = word.text, word.statement, word.after
    if text == ")":
        if re.search(r"[-+*/=<>,(][ \t]*$", statement):
            return "a value is missing before it", None
        if statement.count("(") <= statement.count(")"):
            return "no bracket is open here: leave it out", ""
    if text == ";" and "COMMA" in word.accepted and re.match(r"[^\n;{}]*\)", after):
        return "what is given to a function is separated by commas", ","
    if text == "=" and re.search(r"=[ \t]*$", statement):
        return "one `=` defines", ""
    if text == "*" and re.search(r"\bcount\($", statement, re.IGNORECASE):
        return "write `count()`", ""
    if text == "^":
        return "a power is written as a product: `x * x`", None
    if text == "[":
        ranged = re.match(r"(\d+)[ \t]*([smhdwy])\w*[ \t]*\]", after)
        if ranged is not None:
            shown = f"{ranged[1]} {_LENGTHS[ranged[2]]}{'' if ranged[1] == '1' else 's'}"
            return f"a window stands behind the value: `… over trailing {shown}`", None
    if text == "offset" and "EARLIER" not in word.accepted:
        return "what was before is a shifted window: `… over last week 1 week earlier`", None
    if text == "(" and re.search(r"\bover[ \t]+$", statement):
        return "members have values of their own by `each country`, or by `by country` in a KPI", None
    if re.search(r"\bfrom[ \t]+[\w.]+[ \t]+$", statement) and "WHERE" in word.accepted:
        if text == "join" or text.lower() in ("left", "inner"):
            return "a join stands in the source: `join customers on customer_id`", None
        if text.lower() == "as" or re.fullmatch(r"[a-z]{1,2}", text):
            return "a source has no second name here: leave it out, and write columns alone", None
    if text == "(" and re.search(r"\bfrom[ \t]+\w+$", statement):
        named = re.match(r"[ \t]*[\"'](\w+)[\"'][ \t]*\)", after)
        return f"a source is named alone: `from {named[1] if named else 'orders'}`", None
    return None


def _of_lists(word: _Word) -> Advice | None:
    """Two words where one stands: `for older people`, `compare previous month`."""
    statement, text = word.statement, word.text
    called = re.match(r"\s*by\s+(?:[^;{}\n]*,\s*)?(\w+)\s*$", statement)
    if text == "(" and called is not None:
        column = re.match(r"\s*(\w+)\s*\)", word.after)
        part = f"{called[1]}({column[1] if column else '…'})"
        return f"a dimension is a column: `let {called[1]}_of = {part}` in the source, and `by {called[1]}_of`", None
    if not text.isidentifier():
        return None
    if re.search(r"\bcompare\s+(?:[^;{}\n]*,\s*)?previous\s+$", statement) and text.rstrip("s") in _PERIODS:
        return "`previous` is the window before, whatever its length: leave the word behind it out", ""
    words = re.match(r"\s*(for|tags|method|stakeholder)\s+(?:[^;{}\n]*,\s*)?(\w+)\s+$", statement)
    if words is not None:
        one = f"`{words[2]}_{text}`"
        if words[1] in ("method", "stakeholder"):
            return f"a name is one word: {one}", None
        return f"put a comma between them, or make one word of it: {one}", None
    return None


def _of_time(word: _Word) -> Advice | None:
    if word.text in ("ago", "prior", "before") and "EARLIER" in word.accepted:
        return "write `earlier`", "earlier"
    if word.text == "to" and _may_stand("..", word.accepted):
        return "write `..` between the first and the last", ".."
    if re.search(r"\btrend\s+$", word.statement) and word.text.isidentifier():
        counted = re.match(r"\s+(\d+\s+\w+)", word.after)
        return f"a trend is so many steps: `trend {counted[1] if counted else '12 months'}`", None
    return None


def _may_stand(written: str, accepted: AbstractSet[str]) -> bool:
    return any(spellings().get(name) == f"`{written}`" for name in accepted)


def _of_windows(word: _Word) -> Advice | None:
    twice = re.search(r"\bover\s+this\s+(last|past|previous|current)\s+$", word.statement)
    if twice is not None and word.text.isidentifier():
        which = "this" if twice[1] == "current" else "last"
        return f"one word says which: `over {which} {word.text}`", None
    so_far = re.search(r"\bover\s+this\s+(\w+)\s+$", word.statement)
    if so_far is not None and word.text == "so" and word.after.lstrip(" \t").startswith("far"):
        return f"write `over {so_far[1]} to date`", None
    if "OVER" not in word.accepted:
        return None
    if word.text in ("for", "during", "within", "in") and _WINDOW.match(word.after):
        return "a window stands behind `over`", "over"
    if word.text in _BEGINS:
        return f"a window stands behind `over`: `over {word.text} …`", f"over {word.text}"
    if word.text == "previous":
        return "what was before is another window: `over last month 1 month earlier`", None
    return None


def _of_bounds(word: _Word) -> Advice | None:
    bound = re.match(r"\s*(target|amber)\s+(.*)$", word.statement, re.DOTALL)
    if bound is None:
        return None
    name, written = bound[1], bound[2]
    ranged = re.match(rf"between\s+({_NUMBER})\s+(?:and|to)\s+({_NUMBER})", f"{written}{word.text}{word.after}")
    if ranged is not None:
        return f"the least and the most: `{name} {ranged[1]} .. {ranged[2]}`", None
    dashed = re.fullmatch(r"(\d[\d_.]*%?)\s*-\s*(\d\S*(?:\s+[A-Za-z]+)?)\s*", written)
    if dashed is not None and (not word.text.strip() or word.text in ("}", ";")):
        return f"the least and the most: `{name} {dashed[1]}..{dashed[2]}`", None
    if written.strip() == "at" and word.text in ("least", "most"):
        return f"write `{name} {'>=' if word.text == 'least' else '<='} {_number(word.after) or '…'}`", None
    both = re.fullmatch(rf"([<>])=?\s*({_NUMBER})\s+", written)
    other = re.match(rf"\s*([<>])=?\s*({_NUMBER})", word.after)
    if word.text == "and" and both is not None and other is not None and both[1] != other[1]:
        low, high = (both[2], other[2]) if both[1] == ">" else (other[2], both[2])
        return f"the least and the most: `{name} {low} .. {high}`", None
    long = re.fullmatch(r"([<>]=?)\s*(\d+)\s+(\w+)\s+(\d+)\s+(\w+)\s*", f"{written}{word.text}".rstrip("};\n "))
    if long is not None and {long[3].rstrip("s"), long[5].rstrip("s")} <= _SECONDS.keys():
        whole, rest = (_SECONDS[long[at].rstrip("s")] * int(long[at - 1]) for at in (3, 5))
        unit = _SECONDS[long[5].rstrip("s")]
        if (whole + rest) % unit == 0:
            return f"a length of time has one unit: `{name} {long[1]} {(whole + rest) // unit} {long[5]}`", None
    part = re.search(r"(\d+)%\s+$", written)
    if part is not None and word.text in ("above", "over", "more", "below", "under", "less"):
        share = 100 + int(part[1]) * (1 if word.text in ("above", "over", "more") else -1)
        return f"say what part of it: `{share}% of previous`", None
    return None


def _number(after: str) -> str | None:
    found = re.match(rf"\s*({_NUMBER})", after)
    return found[1] if found else None


def _of_names(word: _Word) -> Advice | None:
    declared = re.match(rf"\s*{_DECLARED}\s+(\w*)\s*$", word.statement)
    if declared is None or (word.after[:1] and word.after[0] in '="{'):
        return None
    before = declared[1]
    if before and word.text.isidentifier() and word.statement[-1].isspace():
        line = word.after.partition("\n")[0]
        if "LBRACE" in word.accepted and word.text in _INSIDE and "{" not in line and line.strip():
            return f"what belongs to it stands in a block: `{word.statement.strip()} {{ {word.text} … }}`", None
        further = re.match(r"(?:[ \t]+\w+)*", word.after)
        name = "_".join((before, word.text, *(further[0].split() if further else ()))).lower()
        return f"a name is one word: `{name[:60]}`", None
    if before and word.text == "-":
        rest = re.match(r"\w+", word.after)
        return f"a name has no `-`: `{before}_{rest[0] if rest else ''}`", None
    if not before and word.text[:1].isdigit():
        return "a name begins with a letter", None
    return None


def _of_rows(word: _Word) -> Advice | None:
    matched = re.match(r'\s*(?:with\s+)?"(\w+)"', word.after)
    if matched is not None and re.search(r"\bwhere\b", word.statement):
        if word.text in ("contains", "includes"):
            return f'write `matches "{matched[1]}"`', None
        if word.text in ("starts", "startswith", "begins"):
            return f'write `matches "^{matched[1]}"`', None
        if word.text in ("ends", "endswith"):
            return f'write `matches "{matched[1]}$"`', None
    if word.text == "=" and _may_stand(":", word.accepted) and re.search(r"\bfrom\s+\w+\(", word.statement):
        return "an option is written with a colon", ":"
    if word.text.lower() == "as" and "FROM" in word.accepted:
        return "leave it out: the name of the metric is the name", None
    if word.text in ("}", ";", "\n") and re.search(r"\binterval\s*$", word.statement):
        return "say how sure it is to be: `interval 95%`", None
    return None


def _of_goals(word: _Word) -> Advice | None:
    statement, text = word.statement, word.text
    if text.lower() in ("kr", "key_result", "keyresult") and _may_stand("key", word.accepted):
        return "write `key result`", "key result"
    if re.match(r"\s*(increase|reduce)\b", statement) and "BY" in word.accepted and re.match(r"\d", text):
        shown = _number(text + word.after)
        return f"say `by {shown}` for how much, or `to {shown}` for how far", None
    if text == "from" and re.match(r"\s*(increase|reduce)\b.*\bby\b", statement, re.DOTALL):
        start = re.match(rf"\s+({_NUMBER})", word.after)
        return f"where it starts stands before `by`: `from {start[1] if start else '…'} by …`", None
    bound = re.search(r"\bto\s+(below|under|above|over)\s+(\d\S*)?\s*$", statement)
    if bound is not None and (bound[2] or text[:1].isdigit()):
        return (
            f"write `to {'<' if bound[1] in ('below', 'under') else '>'} {bound[2] or _number(text + word.after)}`",
            None,
        )
    needed = re.match(r"\s*need\s+(\d+)\s+(of\s+)?$", statement)
    if needed is not None and (needed[2] or text == "of"):
        kind = re.search(r"\b(evidence|methods?|stakeholders?)\b", word.after)
        return f"say how many are needed: `need {needed[1]} {kind[1] if kind else 'evidence'}`", None
    kept = re.match(r"\s*(reach|keep)\b", statement)
    if kept is not None and text in ("of", "at", "above", "over", "below", "under"):
        sign = "<=" if text in ("below", "under") else ">="
        return f"write `{sign} {_number(word.after) or '…'}`", sign
    if not statement.strip() and _may_stand("reach", word.accepted):
        happens = _what_happens(word)
        if happens is not None:
            return happens, None
    year = re.match(r"\s*period\s+([QH]\d)\s*$", statement)
    if year is not None:
        return f"say of which year: `period 2026-{year[1]}`", None
    if text.startswith('"') and re.match(r"\s*for\s+$", statement):
        name = re.sub(r"\W+", "_", text.strip('"').lower()).strip("_") or "customers"
        return f"a name stands here, without quotes: `for {name}`", name
    if re.match(r"\s*horizon\s+$", statement):
        return "say by when it is to show: `horizon 2028`", None
    if text == "due" and _may_stand("ambition", word.accepted):
        return "an objective has a period: `period 2026-Q2`; its key results may be due earlier", None
    if re.match(r"\s*(on|off|at)[_ ](track|risk)\s+(when\s+)?$", statement) and "when" in f"{statement}{text}":
        return "a rule is a state and its condition: `on_track progress >= 90% of expected`", None
    return None


def _what_happens(word: _Word) -> str | None:
    """How a key result is written that was begun as a KPI is."""
    if word.text in ("from", "to"):
        return f"`{word.text}` stands behind the metric: `reduce METRIC from 20% to 10%`"
    part = r"[^;{}\n]*[^\s;{}]"
    if word.text in ("target", "goal"):
        mark = re.match(rf"\s*:?\s*([<>]=?\s*{part})", word.after)
        return f"a mark stands behind the metric: `reach METRIC {mark[1] if mark else '>= 6'}`"
    if word.text not in ("value", "metric", "measure"):
        return None
    found = "`increase METRIC by 20%`, `reduce …`, `reach …`, `keep …`"
    if ways := re.match(rf"\s*({part})\s*[;\n]\s*from\s+({part}?)\s+to\s+({part})", word.after):
        number = r"-?\d+(?:\.\d+)?"
        start, end = re.match(number, ways[2]), re.match(number, ways[3])
        verb = "reduce" if start and end and float(start[0]) > float(end[0]) else "increase"
        found = f"`{verb} {ways[1]} from {ways[2]} to {ways[3]}`"
    elif mark := re.match(rf"\s*({part})\s*[;\n]\s*target\s+([<>]=?\s*{part})", word.after):
        found = f"`reach {mark[1]} {mark[2]}`"
    return f"a key result says what is to happen: {found}"


def _of_properties(word: _Word) -> Advice | None:
    whole = re.match(r"[\w/.@+-]+", word.after)
    if word.accepted <= {"STRING", "LONG_STRING"} and whole is not None and word.text.isidentifier():
        return f'put it in quotes: "{word.text}{whole[0]}"', None
    if word.text == "by" and re.match(r"\s*metric\b", word.statement):
        return "say `each country` behind the value in brackets, or `by country` in a KPI", None
    if word.text == "by" and re.match(r"\s*(increase|reduce|reach|keep)\b", word.statement):
        return "when it is due has a line of its own: `due 2026-06-30`", None
    if word.text == "in" and re.match(r"\s*due\s+$", word.statement):
        return "leave `in` out: `due 5 days`", None
    if word.text == "{" and re.match(r"\s*metric\b[^=]*=", word.statement):
        return "a metric with a block has its value in it: `metric orders { value count() from sales }`", None
    if word.statement.strip():
        return None
    if word.text in ("higher", "lower") and "TARGET" in word.accepted:
        sign = ">=" if word.text == "higher" else "<="
        return f"the sign of the target says it: `target {sign} …`", None
    if word.accepted >= {"VALUE", "OWNER"} and word.after.startswith("("):
        return f"write `value {word.text}(…) from …`", f"value {word.text}"
    if word.text == "metric" and "VALUE" in word.accepted:
        return "what is measured stands behind `value`", "value"
    if word.text in _SPLITS and "BY" in word.accepted:
        return "segments stand behind `by`: `by country`", None if re.match(r"\s+by\b", word.after) else "by"
    if word.text in ("title", "name") and re.match(r'\s*"', word.after):
        return 'a title stands behind the name of what it is of: `kpi orders "Orders" {`', None
    if "FROM" in word.accepted and "TIME" in word.accepted and re.match(r'\s*"', word.after):
        written = re.match(r'\s*("[^"\n]*")', word.after)
        return f"write `from {word.text}({written[1] if written else '…'})`", None
    return None


def _of_calendars(word: _Word) -> Advice | None:
    if word.text == "fiscal" and _may_stand("timezone", word.accepted):
        return "the fiscal year is the calendar's: `year starts april named by end`", None
    if re.match(r"\s*year\s+starts\s+\w+\s+$", word.statement) and word.text.isdecimal():
        return "a year starts with the first day of a month: leave the day out", None
    if re.match(r"\s*year\s+starts\s+$", word.statement) and word.text[:1].isdecimal():
        named = re.match(r"\.?\s*([A-Za-z]{3,9})\b", word.after)
        spoken = [one for one in calendar.month_name[1:] if named and one.lower().startswith(named[1].lower())]
        alone = re.fullmatch(r"0?([1-9]|1[0-2])", word.text) if re.match(r"\s*(named|[;}#\n]|$)", word.after) else None
        month = spoken[0] if spoken else calendar.month_name[int(alone[1])] if alone else "april"
        return f"name the month it starts with: `year starts {month.lower()} named by end`", None
    return None


_LOOKS: tuple[Callable[[_Word], Advice | None], ...] = (
    _twice,
    _of_other_tools,
    _of_lists,
    _of_time,
    _of_windows,
    _of_bounds,
    _of_names,
    _of_rows,
    _of_goals,
    _of_properties,
    _of_calendars,
)
