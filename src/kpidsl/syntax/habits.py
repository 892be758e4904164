"""What people write out of habit from SQL, spreadsheets and other languages, and how it is written here."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Set as AbstractSet

from kpidsl.diagnostics import closest
from kpidsl.diagnostics.suggest import is_slip
from kpidsl.syntax import sayings
from kpidsl.syntax.expected import SHOWN, spellings, window_meant
from kpidsl.syntax.one_off import one_off
from kpidsl.syntax.prose import period_of_a_year, prose
from kpidsl.syntax.recovery import is_property
from kpidsl.syntax.sayings import Advice
from kpidsl.syntax.slip_model import Said
from kpidsl.syntax.spoken import named_otherwise, spoken

_WORDS: dict[str, Advice] = {
    "like": ('texts are compared with a pattern by `matches "^abc"`', None),
    "between": ("write both bounds: `x >= 1 and x <= 5`", None),
    "then": ("`if` is written `if … then … else …`", None),
    "group": ("say `each country` behind the value in brackets, or `by country` in a KPI", None),
    "order": ("leave it out: what is shown has an order of its own", None),
    "having": ("compare behind `each`: `count(sales each country > 5)`", None),
    "limit": ("leave it out: every member is shown", None),
    "vs": ("a comparison has a line of its own: `compare previous`", None),
    "versus": ("a comparison has a line of its own: `compare previous`", None),
    "select": ("leave `select` out: `sum(amount) from orders`", None),
    "distinct": ("write `count_distinct(…)`", None),
}
_CONTINUING = re.compile(r"[ \t]*(where|over|on|per|each|default|and|or|[+*/-] |/)")
_TITLED = re.compile(r"\s*(metric|kpi|source|objective|outcome|scorecard|policy|evidence|key\s+result)\s+")
_PERIOD = r"(\d{4})(?:-(?:(0[1-9]|1[0-2])|Q([1-4])|H([12])))?"
_PERIODS = re.compile(rf"\b(?:over|period|horizon|baseline)\s+{_PERIOD}\s*(?:\.\.|to\b|-|–)\s*{_PERIOD}(?![\w-])")
_DATES = re.compile(r"\s*(\d{4}-\d\d-\d\d)\s*(?:to|until|till|\.\.|-|–)\s*(\d{4}-\d\d-\d\d)")
_UNITS = frozenset({"second", "minute", "hour", "day", "week", "month", "quarter", "half", "year", "fiscal"})
_TURNED = {"<=": ">=", "<": ">", ">=": "<=", ">": "<"}
_COLOURS = ("green", "amber", "red")
_RELATIVE = {"past": "last", "rolling": "trailing", "current": "this"}


def advice(text: str, before: str, after: str, accepted: AbstractSet[str]) -> Advice | None:
    """What is said of a word or sign, after the text before it in its declaration."""
    statement = _statement(before)
    line = before[before.rfind("\n") + 1 :]
    in_words = spoken(text, statement, after, accepted) or prose(text, statement, after, accepted)
    if in_words is not None:
        return in_words
    as_of = re.match(r"\s*as$", statement)
    if as_of is not None and accepted == {"OF"}:
        return "write `as of 2026-03-31`", " " if text in ("-", "_") else None
    if text == "=" and "COMPARISON" in accepted:
        return "equality is written `==`", "=="
    if text == "when" and re.search(r"\bcase\s+$", line):
        return "a choice is written `if … then … else …`", None
    if text == "from" and re.match(r"\s*\(\s*select\b", after, re.IGNORECASE):
        return "a query is no source: name one, and narrow it by `where`", None
    if text.isdecimal() and re.search(r"\bperiod\s+from\s+$", line) and (dates := _DATES.match(text + after)):
        return f"a period is written without `from`: `period {dates[1]}..{dates[2]}`", None
    if text == "from":
        dates = _DATES.match(after)
        if dates is not None and "AMBITION" in accepted:
            return f"the time of an objective is its period: `period {dates[1]}..{dates[2]}`", None
        if not line.strip():
            return "put `from` on the line of its call", None
        if "FROM_NUMBER" in accepted:
            started = re.match(r"\s*([^;{}\n]*[^\s;{}])", after)
            return f"put where it starts in brackets: `from ({started[1] if started else '…'})`", None
        if "RPAR" in accepted:
            return "close the bracket before it: `sum(amount) from …`", None
        if re.search(r"\bwhere\b", statement):
            if re.search(r"\bfrom\b", statement):
                return "a `where` reaches as far right as it can: put `(… from … where …)` in brackets", None
            return "`from` stands before `where`: `sum(amount) from orders where …`", None
        if statement.rstrip().endswith(")"):
            return "each aggregation says its own source: `(sum(amount) from orders) / (count() from orders)`", None
    if "ELSE" in accepted and not accepted & {"OR", "AND"}:
        return "a condition says both: `if … then … else 0`", None
    if "COLOUR_WHEN" in accepted and re.match(r"[ \t]+when\b", after) and text.isidentifier():
        colour = next((one for one in _COLOURS if is_slip(text, one)), None) or closest(text, _COLOURS)
        return f"did you mean `{colour or 'red'} when …`?", colour
    if "GIVEN" in accepted and text != "given" and is_slip(text, "given"):
        return "did you mean `given`?", "given"
    if text == "," and not after.partition("\n")[0].partition("#")[0].strip():
        return "leave it out: a statement ends with its line", ""
    if text == ":" and "LBRACE" in accepted:
        return f"what belongs to it stands in a block: `{' '.join(statement.split())} {{ … }}`", None
    if text == ":" and after.startswith(":"):
        return "a type is said in the source: `column amount: float`", None
    if text == ":" and statement.count("(") > statement.count(")"):
        return "what is given to a function has no name: `sum(amount)`", None
    if text == ":" and re.search(r"\d$", statement):
        many = re.search(r"(\d[\d_.]*)$", statement)
        if many is not None and re.match(r"1\b(?![.:])", after):
            return f"so many to one is a plain number: `{many[1]}`", None
        return "a length of time has a unit: `30 minutes`; a ratio is a quotient: `20 per 3`", None
    if text == ":":
        return "a property is written without a colon", ""
    if text == "where" and not accepted & {"COMPARISON", "WHERE"}:
        if "LET" in accepted:
            return "a source has all its rows: put `where` behind the aggregation, or into a metric", None
        return "put the part before `where` in brackets", None
    if text == "*" and re.search(r"\bcount\($", statement):
        return "write `count()`", ""
    if text == "," and re.search(r"\d$", statement) and re.match(r"\d{3}", after):
        return "digits are grouped by `_`: `1_000`", "_"
    if text == "given" and "GIVEN" in accepted:
        return "a table stands in a block: `given orders {`, then a line of column names, then the rows, then `}`", None
    if text == "per" and re.search(r"\bcolumn\b", statement):
        return "a unit is written with `/`: `EUR/kWh`", "/"
    periods = _periods(text, line, after)
    if periods is not None:
        return periods
    as_said = sayings.said(text, statement, after, accepted)
    if as_said is not None:
        return as_said
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    if re.match(r"\s*compare\b", statement) and text in ("last", "this"):
        return "say how much earlier: `compare previous, 1 year earlier`", None
    if text.startswith('"') and re.search(r"\bfrom\s+$", statement):
        return f"name what reads it: `from csv({text})`", None
    judged = _judged(text, statement, after)
    if judged is not None:
        return judged
    bound = re.match(r"\s*(target|amber)\s+(\S+(?:\s+[A-Za-z]+)?)\s*$", statement)
    if bound is not None and (not text.strip() or text in ("}", ";")):
        return f"say which way is better: `{bound[1]} >= {bound[2]}` or `{bound[1]} <= {bound[2]}`", None
    if text.startswith('"') and _TITLED.fullmatch(statement):
        name = re.sub(r"\W+", "_", text.strip('"').lower()).strip("_") or "name"
        return f"a name stands before the title: `{' '.join(statement.split())} {name} {text}`", None
    if "FROM" in accepted and "TIME" in accepted and re.match(r"\s*\(", after):
        return f"write `from {text}(…)`", None
    if text == "-" and not line.strip() and re.match(r"\d", after):
        return "a line that begins with a sign and a space continues the one above: write `- 5`", None
    return None


def _periods(text: str, line: str, after: str) -> Advice | None:
    """What is said of two periods that are meant as the time from one to the other."""
    for found in _PERIODS.finditer(line + text + after.partition("\n")[0]):
        if found.start() <= len(line) < found.end():
            first, last = _months(*found.groups()[:4])[0], _months(*found.groups()[4:])[1]
            year, month = divmod(last - 1, 12)
            start, end = f"{divmod(first - 1, 12)[0]}-{(first - 1) % 12 + 1:02}-01", f"{year}-{month + 1:02}"
            return f"write the days: `{start}..{end}-{monthrange(max(year, 1), month + 1)[1]}`", None
    return None


def _months(year: str, month: str | None, quarter: str | None, half: str | None) -> tuple[int, int]:
    """The first and the last month of a period, counted from the year 0."""
    length = 1 if month else 3 if quarter else 6 if half else 12
    first = int(year) * 12 + 1 + (int(month or quarter or half or 1) - 1) * length
    return first, first + length - 1


def _judged(text: str, statement: str, after: str) -> Advice | None:
    """What is said of targets and colours as other tools write them."""
    turned = re.match(r"\s*(target|amber)\s+(\S+(?:\s+[A-Za-z]+)?)\s+$", statement)
    if turned is not None and text in _TURNED:
        return f"the value stands on the left: `{turned[1]} {_TURNED[text]} {turned[2]}`", None
    part = re.search(r"(\d[\d_.]*)\s+of\s+$", statement)
    if part is not None and text in ("target", "previous"):
        return f"a part is a percentage: `{part[1]}% of {text}`", None
    compared = re.match(r"\s*([<>]=?)", after)
    if compared is not None and not statement.strip():
        if text == "green":
            return "what is green is the target: write `target`", "target"
        if text == "red":
            return (
                "what misses the target and `amber` is red: leave this out, or write `red when value`",
                "red when value",
            )
    early = re.match(r"\s*(\w+)\s+before\s+$", statement)
    if early is not None and text.endswith("%"):
        return f"did you mean `too_early before {text} elapsed`?", None
    return None


def misplaced(text: str, before: str, after: str, accepted: AbstractSet[str]) -> Advice | None:
    """What is said of a word or sign that is too many, too few or at the wrong place."""
    return one_off(Said.of(text, _statement(before), after, accepted))


def last_resort(text: str, before: str, accepted: AbstractSet[str]) -> str | None:
    """What can be said of the place when nothing is known of the word."""
    day = re.search(r"\bover\s+(\d{4}-\d\d-\d\d)\s*$", before)
    if day is not None:
        return f"one day is `over {day[1]}..{day[1]}`, all from then on `over since {day[1]}`"
    if "RPAR" in accepted and (not text.strip() or text in (";", "{", "}") or text.isidentifier()):
        return "close the bracket that is open here with `)`"
    if accepted == {"FISCAL", "NAME"}:
        counted = re.search(r"(\d[\d_]*)\s*$", before)
        unit = "months" if counted is None or re.search(r"\btrend\s+\S*$", before.rstrip()) else "days"
        return f"say of what: `{counted[1] if counted else 12} {unit}`"
    if not text.strip():
        if "LBRACE" in accepted:
            return "open its block with `{` on this line"
        if re.search(r"[-+*/]\s*$", before):
            return "put the sign at the beginning of the next line: a line that begins with one continues this"
        return "go on in this line: the next one would be a statement of its own"
    if "COMMA" in accepted and re.search(r"\w\s+$", before) and text.isidentifier():
        return "put a comma between them"
    if "COMMA" in accepted and re.search(r"\"\s+$", before) and text.startswith('"'):
        return "put a comma between them"
    if accepted <= {"STRING", "LONG_STRING"}:
        return f'put it in quotes: "{text}"' if text.isidentifier() else 'a text in "quotes" stands here'
    if re.search(r"\bover\s+$", before) and text[0].isdigit():
        return f"say which: `over last {text} …` for complete ones, or `over trailing {text} …` up to now"
    if re.search(r"\bcompare\s+(?:.*,\s*)?$", before[before.rfind("\n") + 1 :]):
        return "say with what: `compare previous, 1 year earlier`"
    keywords = [spellings()[name] for name in accepted if spellings().get(name, "")[1:-1].isidentifier()]
    names = accepted - {"_NL", "SEMICOLON", "RBRACE"}
    if len(names) == 1 and len(keywords) == 1:
        return f"write {keywords[0]} before it"
    begins = text in ("metric", "kpi", "source", "objective", "outcome", "param", "goal", "test")
    if (begins or is_property(text, 0)) and "_NL" in accepted:
        return "begin a new line, or put `;` between them"
    if len(keywords) > SHOWN and not _statement(before).strip():
        return f"what may stand here: {', '.join(sorted(keywords))}"
    if re.search(r"\b(not|if|true|false|null)$", before.rstrip()):
        word = before.rstrip().rsplit(None, 1)[-1].rsplit("(", 1)[-1]
        return f"a column that is called `{word}` is written in backquotes"
    return None


def window_before(before: str, accepted: AbstractSet[str]) -> tuple[str, str, str | None] | None:
    """The word behind `over` that was taken for the unit of a window to date, what is said, and what to write."""
    if "TO" not in accepted:
        return None
    found = re.search(r"\bover\s+([A-Za-z_][A-Za-z0-9_]*)\s*(?:#[^\n]*)?\s*$", before)
    if found is None:
        return None
    word = found[1]
    meant = window_meant(word)
    if meant is not None:
        return word, f"write `over {meant}`", meant
    if word.lower() in _RELATIVE:
        return word, f"write `over {_RELATIVE[word.lower()]} …`", _RELATIVE[word.lower()]
    named = named_otherwise(word)
    if named is not None:
        return word, f"write `over {named}`", named
    dated = period_of_a_year(word)
    if dated is not None:
        return word, dated, None
    if word.lower() == "previous":
        return word, "write `over last month`, or `over last month 1 month earlier` for the one before", None
    if word.lower() == "the":
        return word, "leave `the` out: `over last month`", None
    if word.lower() == "from":
        return word, "write `over since 2026-01-01`, or `over 2026-01-01 .. 2026-03-31`", None
    if word.isdigit() or word.rstrip("s") not in _UNITS:
        near = closest(word, ("last", "next", "this", "trailing", "since"))
        if near is None:
            return word, "a window stands behind `over`: `over last month`; a source stands behind `from`", None
    near = closest(word, ("last", "next", "this", "trailing", "since"))
    if near is not None:
        return word, f"did you mean `over {near} …`?", near if is_slip(word, near) else None
    return word, f"say which: `over last {word}`, `over this {word}` or `over {word} to date`", None


def _statement(before: str) -> str:
    """The statement that leads up to a place: back to the nearest line that begins one."""
    lines = before.split("\n")
    kept = [lines.pop()]
    while lines and _CONTINUING.match(kept[0]):
        kept.insert(0, lines.pop())
    return re.split(r"[;{}]", "\n".join(kept))[-1]
