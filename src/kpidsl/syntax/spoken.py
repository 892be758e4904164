"""Whole statements as people say them: what stands before, at and behind the word that stopped the parser."""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Set as AbstractSet

from kpidsl.syntax.slip_model import Said

Advice = tuple[str, str | None]
_RHYTHMS = {
    "hourly": "hour", "daily": "day", "weekly": "week", "monthly": "month", "quarterly": "quarter", "yearly": "year",
    "annually": "year", "annual": "year",
}  # fmt: skip
_AGGREGATIONS = {
    "sum": "sum", "total": "sum", "avg": "avg", "average": "avg", "mean": "avg", "min": "min", "max": "max",
    "median": "median", "count": "count", "number": "count",
}  # fmt: skip
_TO_DATE = {"y": "year", "q": "quarter", "m": "month", "w": "week"}
_NUMBER = r"-?\d[\d_.]*[kM]?(?:[ \t]*%|[ \t]+[A-Za-z]\w*)?"
_DAY = r"\d{4}-\d\d-\d\d"
_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_KPI = frozenset({"VALUE", "TARGET"})
_LOOKED_AT = r"(?:value|increase|reduce|reach|keep|measure)"
_PROPERTIES: dict[str, str] = {
    "format": "leave it out: tables round by themselves, documents keep every digit",
    "decimals": "leave it out: tables round by themselves, documents keep every digit",
    "precision": "leave it out: tables round by themselves, documents keep every digit",
    "rounding": "leave it out: tables round by themselves, documents keep every digit",
    "direction": "the sign of the target says which way is better: `target >= …` or `target <= …`",
    "polarity": "the sign of the target says which way is better: `target >= …` or `target <= …`",
    "trending": "the sign of the target says which way is better: `target >= …` or `target <= …`",
    "history": "earlier values are a trend: `trend 12 months`",
    "baseline": "a KPI is held against an earlier time by `compare 1 year earlier`; what a change starts from stands "
    "in a key result: `increase METRIC from 50 by 20%`",
    "note": 'what it is about is its `description "…"`',
    "notes": 'what it is about is its `description "…"`',
    "comment": 'what it is about is its `description "…"`',
    "purpose": 'what it is about is its `description "…"`',
    "labels": "words to find it by are `tags board, finance`",
    "label": "words to find it by are `tags board, finance`",
    "category": "words to find it by are `tags board, finance`",
    "weight": "a KPI has no weight: key results and evidence have",
    "source": "where rows come from is said by the value: `sum(amount) from orders`",
    "chart": "leave it out: what is shown of the past is the `trend`",
}
"""Properties of KPIs elsewhere, and what there is here."""
_OF_SOURCES: dict[str, tuple[str, str | None]] = {
    "date": ("the column that places rows in time stands behind `time`", "time"),
    "datetime": ("the column that places rows in time stands behind `time`", "time"),
    "primary": ("the columns that name a row stand behind `key`", None),
    "unique": ("the columns that name a row stand behind `key`", "key"),
    "derive": ("a column that is worked out is a `let`", "let"),
    "derived": ("a column that is worked out is a `let`", "let"),
    "def": ("a column that is worked out is a `let`", "let"),
    "define": ("a column that is worked out is a `let`", "let"),
    "var": ("a column that is worked out is a `let`", "let"),
}
_OF_COLUMNS = frozenset({"not", "null", "nullable", "required", "optional", "default", "primary", "unique", "key"})
"""What is said of columns elsewhere, and is no unit."""
_OF_CALENDARS = re.compile(r"[ \t]+(?:\"|starts\b|ends\b|\d\d[ \t]+compares\b|\d-\d-\d|[a-z]\w*\()")
_OF_EVIDENCE = {"value": "measure", "metric": "measure"}


def spoken(text: str, statement: str, after: str, accepted: AbstractSet[str]) -> Advice | None:
    """What is said of a statement, after its part up to a word and before what follows."""
    said = Said.of(text, statement, after, accepted)
    for look in _LOOKS:
        found = look(said)
        if found is not None:
            return found
    return None


def of_calendar(word: str, rest: str) -> str | None:
    """Where a property of the calendar, a word and the rest of its statement, stands; None for other ones."""
    if word not in ("timezone", "week", "year", "pattern", "holidays") or not _OF_CALENDARS.match(rest):
        return None
    return f"it is said of the calendar: `calendar {{ {word}{rest} }}`"


def named_otherwise(word: str) -> str | None:
    """The window that is meant by `monthly` or `FY26`; None for other words."""
    if word.lower() in _RHYTHMS:
        return f"last {_RHYTHMS[word.lower()]}"
    year = re.fullmatch(r"FY(\d\d)", word, re.IGNORECASE)
    return f"FY20{year[1]}" if year is not None else None


def _windows(said: Said) -> Advice | None:
    whole, text = said.whole, said.text
    if found := re.search(r"\bover[ \t]+(\d\d?)[/.](\d{4})\b", whole):
        return f"a month is written year first: `over {found[2]}-{int(found[1]):02}`", None
    if found := re.search(r"\bover[ \t]+(\d{4})[ \t]+([QHqh][1-4])\b", whole):
        return f"a period is written `{found[1]}-{found[2].upper()}`", None
    if found := re.search(r"\b(over|period)[ \t]+FY[ \t]*(\d\d)(-?[QH]\d)?(?!\w)", whole):
        part = f"-{found[3].lstrip('-')}" if found[3] else ""
        return f"a year has four digits: `{found[1]} FY20{found[2]}{part}`", None
    if found := re.search(r"\bover[ \t]+fiscal[ \t]+([YQMW])TD\b", whole, re.IGNORECASE):
        return f"write `over fiscal {_TO_DATE[found[1].lower()]} to date`", None
    rhythm = _RHYTHMS.get(text)
    if rhythm is not None and re.match(rf"[ \t]*{_LOOKED_AT}\b", said.before):
        word = "" if re.search(r"\bover[ \t]+$", said.before) else "over "
        return f"the window is named: `over last {rhythm}`", f"{word}last {rhythm}"
    if found := re.search(
        r"\bover[ \t]+last[ \t]+(\d+[ \t]+)?(calendar|full|complete|completed|whole|entire)[ \t]+(\w+)", whole
    ):
        return f"`last` is always whole: `over last {found[1] or ''}{found[3]}`", None
    if found := re.search(r"\bover[ \t]+last[ \t]+(\d+[ \t]+)?(?:business|working)[ \t]+days?\b", whole):
        days = f"{found[1].strip()} days" if found[1] else "day"
        return (
            f"a window has all its days: `over last {days}`; `business_days_between(a, b)` counts working days",
            None,
        )
    if found := re.search(r"\bover[ \t]+last[ \t]+(\d+[ \t]+\w+)[ \t]+(rolling|trailing)\b", whole):
        return f"up to now it is `over trailing {found[1]}`", None
    if found := re.search(
        r"\bfrom[ \t]+\w+[ \t]+(?:in|during|for|within)[ \t]+(?:the[ \t]+)?(?:last|past|previous)[ \t]+"
        r"(\d+[ \t]+)?(\w+)",
        whole,
    ):
        return f"a window stands behind `over`: `over last {found[1] or ''}{found[2]}`", None
    if found := re.search(r"\bover[ \t]+last[ \t]+(\d+)[ \t]+(\w+?)s?[ \t]+ago\b", whole):
        return f"one {found[2]} that many before is `over last {found[2]} {found[1]} {found[2]}s earlier`", None
    dates = re.match(rf"(?:from|between)[ \t]+({_DAY})[ \t]+(?:to|until|till|and)[ \t]+({_DAY})", f"{text}{said.rest}")
    if dates is not None and re.match(rf"[ \t]*{_LOOKED_AT}\b[^()]*$", said.before):
        return f"a window stands behind `over`: `over {dates[1]}..{dates[2]}`", None
    return None


def _values(said: Said) -> Advice | None:
    before, text = said.before, said.text
    called = re.search(r"(?<![\w.])(\w+)[ \t]+(?:of[ \t]+)?$", before)
    if called is not None and called[1].lower() in _AGGREGATIONS and re.match(r"of$|[a-z_]\w*$", text):
        meant = _AGGREGATIONS[called[1].lower()]
        inside = re.match(r"(?:of[ \t]+)?(\w+)(?:[ \t]+from[ \t]+(\w+))?", f"{text}{said.rest}")
        if inside is not None and re.search(
            r"=[ \t]*\w+[ \t]+(?:of[ \t]+)?$|\bvalue[ \t]+\w+[ \t]+(?:of[ \t]+)?$", before
        ):
            if meant == "count":
                return f"rows are counted so: `count() from {inside[2] or inside[1]}`", None
            return f"write `{meant}({inside[1]}) from {inside[2] or 'SOURCE'}`", None
    if text == "[":
        column = re.match(r"[ \t]*[\"']?([A-Za-z_]\w*)[\"']?[ \t]*\]", said.rest)
        if column is not None and re.search(r"\w$|\b(?:where|and|or|not)[ \t]+$|\([ \t]*$", before):
            return f"a column is written alone: `{column[1]}`, and its source behind `from`", None
        listed = re.search(r"(==|!=)[ \t]*$", before)
        if listed is not None:
            return f"one of several is written `{'in' if listed[1] == '==' else 'not in'} […]`", None
    if text == "," and re.search(r"(?<!\w)if[ \t]*\([^()]*$", before, re.IGNORECASE):
        return "a choice is written `if … then … else …`", None
    if text == "," and re.search(r"\)[ \t]+from[ \t]+\w+$", before):
        return "an aggregation reads one source: others come to it by `join … on …` in that source", None
    if re.search(r"\)[ \t]+(?:in|of)[ \t]+\w+[ \t]+$", before) and text == "where":
        return "the source stands behind `from`: `sum(amount) from orders where …`", None
    conditional = ("with", "if", "when", "filter", "for", "whose", "having", "WHERE")
    if text in conditional and "WHERE" in said.accepted and re.search(r"\bfrom[ \t]+[\w.]+[ \t]+$", before):
        return "a condition stands behind `where`", "where"
    return None


def _conditions(said: Said) -> Advice | None:
    before, text = said.before, said.text
    if not re.search(r"\b(?:where|share|let|and|or|when|if|not)\b", before):
        return None
    words = {"equals": "==", "equal": "==", "eq": "==", "neq": "!=", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
    if text in words and re.search(r"[\w`)]\s+$", before):
        return f"write `{words[text]}`", words[text] if text != "equal" else None
    if re.search(r"\bin[ \t]+$", before) and (text == "{" or text.startswith('"')):
        listed = re.findall(r'"[^"\n]*"', f"{text}{said.rest}")
        if len(listed) == 1 and "," in listed[0]:  # `in "DE,AT"`
            listed = [f'"{one.strip()}"' for one in listed[0].strip('"').split(",")]
        return f"a list stands in `[ ]`: `in [{', '.join(listed) or '…'}]`", None
    chained = re.search(rf"({_NUMBER})[ \t]*([<>]=?)[ \t]*([\w.]+)[ \t]*$", before)
    if chained is not None and text in _TURNED:
        low = f"{chained[3]} {_TURNED[chained[2]]} {chained[1]}"
        other = re.match(rf"[ \t]*({_NUMBER}|[\w.]+)", said.rest)
        return f"write both bounds: `{low} and {chained[3]} {text} {other[1] if other else '…'}`", None
    if text == "/" and re.search(r"\b(and|or)$", before):
        return "say which: `and` holds where both do, `or` where one does", None
    return None


def _kpis(said: Said) -> Advice | None:
    before, text, whole = said.before, said.text, said.whole
    bound = re.match(r"(target|amber)[ \t]+(.*)$", whole, re.DOTALL)
    if bound is not None:
        name, rest = bound[1], bound[2].strip()
        if found := re.fullmatch(rf"(?:is|be|equals?|of)[ \t]+({_NUMBER})", rest):
            return f"say which way is better: `{name} >= {found[1]}` or `{name} <= {found[1]}`", None
        if re.fullmatch(
            r"(up|down|higher|lower|increase|increasing|decrease|decreasing|maximi[sz]e|minimi[sz]e|max|min)", rest
        ):
            return f"a target is a number, and its sign says which way is better: `{name} >= 100`", None
        if found := re.fullmatch(r"([<>]=?)[ \t]*([A-Za-z_]\w*)[ \t]+((?:19|20)\d\d)", rest):
            return f"a year is a window: `{name} {found[1]} {found[2].lower()} over {found[3]}`", None
    if text in ("<", ">", "<=", ">=", "==") and (guard := re.search(r"\b(red|amber|green)[ \t]+when[ \t]+$", before)):
        return f"say of what: `{guard[1]} when value {text} …`", f"value {text}"
    if re.search(r"\bby[ \t]+(each|every|top|all)[ \t]+$", before):
        column = re.search(r"([a-z_]\w*)$", whole)
        every = "; all members are shown" if "top" in before else ""
        return f"name the column alone: `by {column[1] if column else 'country'}`{every}", None
    if text == "per" and re.match(r"[ \t]+[a-z_]\w*$", said.rest) and not before.strip() and "COMMA" in said.accepted:
        return f"segments stand behind `by`: `by{said.rest}`", "by"
    if text == "," and re.match(r"[ \t]*owner[ \t]+\"", before):
        return 'one text names who it is: `owner "ana, bob"`', None
    if re.match(r"[ \t]*interval[ \t]+$", before) and text[:1].isdigit():
        return f"it is a percentage: `interval {text.rstrip('%')}%`", f"{text.rstrip('%')}%"
    if re.match(r"[ \t]*require[ \t]+(at[ \t]+)?$", before) and text in ("at", "least", "min", "minimum"):
        number = re.search(r"\d[\d_]*", said.rest)
        return f"say of what: `require n >= {number[0] if number else 30}`", None
    if said.ends and (found := re.fullmatch(r"[ \t]*(signal|forecast|status[ \t]+worst)[ \t]*", before)):
        said_so = {
            "signal": "say by what: `signal xmr` for a chart, `signal trend` for a direction",
            "forecast": "say how: `forecast drift until 2026-12-31`",
        }
        return said_so.get(found[1], "say of what: `status worst of segments`"), None
    if re.match(r"[ \t]*forecast[ \t]+until[ \t]+$", before):
        return f"say how: `forecast drift until {text}`", None
    if not before.strip() and said.accepted >= _KPI and text in _PROPERTIES:
        return _PROPERTIES[text], None
    return _actions(said)


def _actions(said: Said) -> Advice | None:
    before, text = said.before, said.text
    if re.match(r"[ \t]*when[ \t]+\w+[ \t]*$", before) and text in ("or", "and", ",", "/"):
        return "an action is for one status: write another one for the other", None
    if text == "==" and re.match(r"[ \t]*when[ \t]+status[ \t]+$", before):
        return f"write `when{said.rest}`", None
    if not before.strip() and "DUE" in said.accepted and "WHEN" in said.accepted:
        if text == "if":
            return "write `when`", "when"
        if text == "by" and re.match(rf"[ \t]+{_DAY}", said.rest):
            return "write `due`", "due"
    if text in ("within", "after", "on") and re.match(r"[ \t]*due[ \t]+$", before):
        return f"leave `{text}` out: `due{said.rest}`", ""
    return None


def _goals(said: Said) -> Advice | None:
    before, text, whole = said.before, said.text, said.whole
    found = re.match(rf"(increase|reduce|reach|keep|achieve)[ \t]+(.*?)[ \t]+({_NUMBER})$", whole)
    turned = re.match(r"[ \t]*(increase|reduce)[ \t]+by[ \t]+$", before)
    if turned is not None and text[:1].isdigit() and re.search(r"[A-Za-z]", said.rest):
        return f"the metric stands first: `{turned[1]}{said.rest} by {text}`", None
    aim = re.match(r"[ \t]*(increase|reduce|reach|keep|achieve)\b", before)
    if aim is None:
        return _outcomes(said)
    verb = aim[1]
    if text == "%" and found is not None:
        if verb in ("increase", "reduce"):
            return f"say `by {found[3]}` for how much, or `to {found[3]}` for how far", None
        return f"say which way is better: `{verb} {found[2]} >= {found[3]}`", None
    if verb in ("increase", "reduce") and text in ("<", "<=", ">", ">="):
        return f"say how far: `to{said.rest}`, or write `reach … {text}{said.rest}`", "to"
    if verb == "reach" and text == "to":
        return f"say which way is better: `>={said.rest}`", None
    first = re.match(r"[ \t]*reach[ \t]+(\d[\d_.]*[kM]?%?(?:[ \t]+[A-Z]{3})?)[ \t]+$", before)
    if first is not None and text.isidentifier():
        return f"the metric stands first: `reach {text}{said.rest} >= {first[1]}`", None
    if verb == "achieve" and text in ("over", "<", "<=", ">", ">="):
        meant = f"reach{before.partition('achieve')[2]}{text}{said.rest}"
        return f"`achieve` says when it counts; what is to be reached is written `{meant}`", None
    if verb == "keep" and text == "between":
        ends = re.match(rf"[ \t]+({_NUMBER})[ \t]+and[ \t]+({_NUMBER})", said.rest)
        return (
            f"the least and the most: `in {ends[1]}..{ends[2]}`" if ends else "the least and the most: `in 18..22`",
            None,
        )
    return None


def _outcomes(said: Said) -> Advice | None:
    before, text = said.before, said.text
    if text == "," and re.match(r"[ \t]*levels[ \t]+[\w<, \t]+$", before):
        return "levels stand worst first, with `<` between them: `levels poor < good`", " <"
    if text.startswith('"') and re.match(r"[ \t]*(levels|level)[ \t]+([\w<, \t]+)?$", before):
        return f"a level is a name, without quotes: `{text[1:-1].lower()}`", None
    if text in ("<", "<=", ">", ">=", "==") and re.match(r"[ \t]*success[ \t]+$", before):
        return f"name the level from which on it is one: `success{said.rest}`", ""
    level = re.match(r"[ \t]*level[ \t]+(\w+)[ \t]+(\d\S*)", said.before)
    if level is not None and said.ends:
        return f"say which way is better: `level {level[1]} >= {level[2]}`", None
    if said.ends and re.fullmatch(r"[ \t]*need[ \t]+all[ \t]*", before):
        return "say of what: `need all evidence`", None
    if (said.ends and re.search(r"\bdone[ \t]*$", before)) or (text == "," and re.search(r"\bdone[ \t]*$", before)):
        return "say when: `done 2026-04-20`", None
    if before.strip():
        return None
    if "MEASURE" in said.accepted:
        if text in _OF_EVIDENCE:
            return f"what is measured stands behind `{_OF_EVIDENCE[text]}`", _OF_EVIDENCE[text]
        if re.match(r"[ \t]*[<>]=?[ \t]*\d", said.rest) and text.isidentifier():
            return f"a bound of a level begins so: `level {text}{said.rest}`", f"level {text}"
    if "LEVELS" in said.accepted and text in ("target", "goal"):
        return "the level from which on it is one is its `success`", "success"
    if "NEED" in said.accepted and text == "require":
        return "how much is enough is what the judgement needs: `need 2 evidence`", "need"
    return None


def _sources(said: Said) -> Advice | None:
    before, text = said.before, said.text
    provider = re.search(r"\bfrom[ \t]+([a-z]\w*)[ \t]+$", before)
    if provider is not None and text.startswith('"') and "LPAR" in said.accepted:
        return f"write `from {provider[1]}({text})`", None
    file = re.search(r"\bfrom[ \t]+([\w/-]+\.(csv|parquet|json|ndjson|jsonl))$", before)
    if file is not None and said.ends:
        reader = {"jsonl": "ndjson"}.get(file[2], file[2])
        return f'name what reads it: `from {reader}("{file[1]}")`', None
    part = re.match(r"[ \t]*time[ \t]+(\w+)$", before)
    if part is not None and text == "(":
        column = re.match(r"[ \t]*(\w+)", said.rest)
        return f"name a column: `let on_day = {part[1]}({column[1] if column else '…'})`, and `time on_day`", None
    until = re.match(r"[ \t]+(?:until|till|to|through|and|,)[ \t]*(\w+)", said.rest)
    if re.fullmatch(r"[ \t]*holds[ \t]+", before) and until is not None and text.isidentifier():
        return f"write `holds from {text} to {until[1]}`", None
    if re.fullmatch(r"[ \t]*holds[ \t]+from[ \t]+\S+[ \t]+", before) and text in ("until", "till", "through", "and"):
        return "write `to`", "to"
    written = re.match(r"[ \t]*time[ \t]+(\w+)[ \t]+$", before)
    if written is not None and text.startswith('"%'):
        return f"how a time is written is said of its column: `column {written[1]}: timestamp {text}`", None
    typed = re.match(r"[ \t]*column[ \t]+(\w+|`[^`\n]+`)[ \t]*:[ \t]*(\w+)?[ \t]*$", before)
    if typed is not None:
        if text.startswith('"') and not typed[2]:
            return f"a unit is written without quotes: `column {typed[1]}: {text[1:-1]}`", text[1:-1]
        is_a_unit = re.fullmatch(r"[A-Za-z]\w*|%", text) is not None and text not in _OF_COLUMNS
        if typed[2] in ("decimal", "number", "float", "integer") and is_a_unit:
            return f"a unit says that it is a number: `column {typed[1]}: {text}`", None
        if text in ("not", "null", "nullable", "required", "optional"):
            return "leave it out: what is missing stays so, and is told where a value needs it", None
        if text == "default":
            return (
                f"what is missing stays so; where it counts as something, say `coalesce({typed[1]},{said.rest})`",
                None,
            )
    if before.strip():
        return _tops(said)
    if said.accepted >= {"TIME", "KEY"}:
        if text in _OF_SOURCES and re.match(r"[ \t]+[\w`]", said.rest):
            return _OF_SOURCES[text]
        if re.match(r"[ \t]*=[^=]", said.rest) and text.isidentifier():
            return f"a column that is worked out is a `let`: `let {text}{said.rest}`", f"let {text}"
        if re.match(r"[ \t]*:[ \t]*\w", said.rest) and text.isidentifier():
            return f"write `column {text}{said.rest}`", f"column {text}"
    if text in ("tz", "timezones", "zone") and "TIMEZONE" in said.accepted:
        return "write `timezone`", "timezone"
    return _tops(said)


def _tops(said: Said) -> Advice | None:
    """Declarations begun as elsewhere."""
    before, text = said.before, said.text
    titled = re.match(r"[ \t]*metric[ \t]+(\w+)[ \t]*=[ \t]*(\"[^\"\n]*\")[ \t]*$", before)
    if text == "=" and titled is not None:
        return f"the title stands before `=`: `metric {titled[1]} {titled[2]} = …`", None
    opened = re.match(
        r"[ \t]*(kpi|source|objective|outcome|scorecard|policy)[ \t]+\w+([ \t]+\"[^\"\n]*\")?[ \t]*$", before
    )
    if text == "=" and opened is not None and said.rest.strip().startswith("{"):
        return "a block opens without `=`", ""
    if before.strip() or "METRIC" not in said.accepted or "KPI" not in said.accepted:
        return None
    calendar = of_calendar(text, said.rest)
    if calendar is not None:
        return calendar, None
    if text in ("impact", "result", "benefit"):
        return "what becomes true for people is an `outcome`", "outcome"
    if text in ("measure", "indicator", "measurement"):
        return "a number that can be computed is a `metric`", "metric"
    if text.isidentifier() and re.match(r"[ \t]*=[^=]", said.rest):
        return f"write `metric {text}{said.rest}`", f"metric {text}"
    return None


_LOOKS: tuple[Callable[[Said], Advice | None], ...] = (_windows, _values, _conditions, _kpis, _goals, _sources)
