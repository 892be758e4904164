"""Targets, windows and lists as a person says them – `target is at least 100 EUR`, `fees per month` – and as they are
written here.
"""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet

from kpidsl.syntax.slips import CURRENCIES

Said = tuple[str, str | None]
_NUMBER = r"[+-]?\d[\d_.,]*[kM%]?(?:[ \t]*(?:%|EUR|USD|GBP|[A-Za-z]+(?=[ \t]*(?:$|[;}#\n]))))?"
_LEAST = r"at[ \t]+least|(?:more|greater|higher|better)[ \t]+than|above|over|min(?:imum)?"
_MOST = r"at[ \t]+most|(?:less|lower|fewer|smaller)[ \t]+than|below|under|max(?:imum)?|up[ \t]+to"
_IN_WORDS = re.compile(
    rf"(?:(?:is|are|be|to|should|must|shall|of|stays?|remains?)[ \t]+)*(?:(?P<least>{_LEAST})|(?P<most>{_MOST}))"
    rf"[ \t]+(?P<number>{_NUMBER})"
)
_BOUND = re.compile(r"[ \t]*(?P<name>target|amber)[ \t]+")
_SIZES = {
    "thousand": "k", "thousands": "k", "k": "k", "K": "k", "tsd": "k", "million": "M", "millions": "M", "mio": "M",
    "mn": "M", "mln": "M", "m": "M", "mm": "M", "billion": "000M", "billions": "000M", "bn": "000M", "mrd": "000M",
}  # fmt: skip
_RHYTHMS = {"day": "daily", "week": "weekly", "month": "monthly", "quarter": "quarterly", "year": "yearly"}
_MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
           "december")  # fmt: skip


_OF_COLUMN = re.compile(
    r"[ \t]*(?:(?:by|key)(?![ \t]+result\b)[ \t]+(?:[\w.`]+[ \t]*,[ \t]*)*|(?:column|time)[ \t]+"
    r"|join[ \t]+\w+[ \t]+on[ \t]+|holds[ \t]+from[ \t]+(?:\S+[ \t]+to[ \t]+)?)"
)


def prose(text: str, statement: str, after: str, accepted: AbstractSet[str]) -> Said | None:
    """What is said of a word, after its statement up to it and before what follows."""
    line = after.partition("\n")[0]
    rest = re.split(r"[;}#]", line)[0].rstrip()
    bound = _BOUND.match(statement)
    if bound is not None:
        found = _bound(bound["name"], statement[bound.end() :], text, rest)
        if found is not None:
            return found
    return _window(text, statement, rest, accepted) or _property(text, statement, rest, accepted)


def _bound(name: str, written: str, text: str, rest: str) -> Said | None:
    whole = f"{written}{text}{rest}" if text.strip(" \n;}") else written
    in_words = _IN_WORDS.match(whole)
    if in_words is not None:
        sign = ">=" if in_words["least"] else "<="
        return f"write `{name} {sign} {in_words['number'].strip()}`", None
    sized = re.search(rf"([<>]=?)[ \t]*(\d[\d_.]*)[ \t]+({'|'.join(_SIZES)})[ \t]+$", written)
    if sized is not None and "." in sized[2] and _SIZES[sized[3]] == "000M":
        return "write all digits: `1_500M` is 1.5 billion", None
    if sized is not None:
        joined = "_" if _SIZES[sized[3]] == "000M" else ""
        return f"write `{name} {sized[1]} {sized[2]}{joined}{_SIZES[sized[3]]} {text}`", None
    large = re.search(r"([<>]=?[ \t]*)(\d[\d_.]*)K[ \t]*$", whole[: len(written)])
    if large is not None:
        return f"thousands have a small letter: `{large[2]}k {text}`", None
    before = re.match(
        rf"([<>]=?[ \t]*)([A-Z]{{3}}|[{re.escape(''.join(CURRENCIES))}])[ \t]*(\d[\d_.]*[kM]?)[ \t]*$", whole
    )
    if before is not None:
        return f"a unit stands behind its number: `{name} {before[1].strip()} {before[3]} {before[2]}`", None
    if text == "per" and re.search(r"\d", written):
        return "leave it out: the window of the value says for how long", None
    if text == "by" and re.match(r"[ \t]*\d{4}", rest):
        return (
            "what is to be reached by a day is a key result; a target that begins on one says `starting 2026-07-01`",
            None,
        )
    if re.fullmatch(r"[<>]=?[ \t]*(?:last|this)[ \t]+", written):
        return f"what was before is called `previous`: `{name} {written.split(maxsplit=1)[0]} previous`", None
    if re.search(r"%[ \t]+of[ \t]+(?:last|this)[ \t]+$", written):
        return "what was before is called `previous`, and another window belongs to a value: `110% of previous`", None
    grown = re.match(
        r"(grow|growth|increase|up|rise|drop|decrease|reduce|down|fall)\w*[ \t]+(?:by[ \t]+)?(\d[\d.]*)%", whole
    )
    if grown is not None:
        up = grown[1] in ("grow", "growth", "increase", "up", "rise")
        part = f"{100 + float(grown[2]) * (1 if up else -1):g}"
        return f"write `{name} {'>=' if up else '<='} {part}% of previous`", None
    around = re.match(r"within[ \t]+(\d[\d.]*)%", whole)
    if around is not None and name == "amber":
        return f"write `amber >= {100 - float(around[1]):g}% of target`", None
    return None


def _window(text: str, statement: str, rest: str, accepted: AbstractSet[str]) -> Said | None:
    if (
        text in ("of", "per", "in")
        and "OVER" in accepted
        and re.match(r"[ \t]+(last|this|the|day|week|month|quarter|year)\b", rest)
    ):
        unit = re.search(r"(day|week|month|quarter|year)", rest)
        return f"a window stands behind `over`: `over last {unit[1] if unit else 'month'}`", None
    often = re.search(r"\bvalue[ \t]+(daily|weekly|monthly|quarterly|yearly|annual)[ \t]+$", statement)
    if often is not None and text.isidentifier():
        period = next((one for one, rhythm in _RHYTHMS.items() if rhythm == often[1]), "year")
        return f"the window stands behind: `value {text} over last {period}`", None
    return None


def _property(text: str, statement: str, rest: str, accepted: AbstractSet[str]) -> Said | None:
    if re.match(r"[ \t]*review[ \t]+(every|each|once|per)[ \t]+$", statement):
        return f"write `review {_RHYTHMS.get(text.rstrip('s'), 'monthly')}`", None
    of_column = _OF_COLUMN.fullmatch(statement)
    if of_column is not None and len(text) > 2 and text[0] == text[-1] == '"' and "`" not in text:
        column = text[1:-1] if re.fullmatch(r"[a-z_]\w*", text[1:-1]) else f"`{text[1:-1]}`"
        if column != text[1:-1]:
            return f"a column whose name is more than one word is written in backquotes: {column}", column
        return f"a column is written without quotes: `{column}`", column
    names = re.match(r"[ \t]*(tags|by|supports|key|method|stakeholder|success|policy|parent)[ \t]+$", statement)
    if names is not None and (text in ("[", "(") or text.startswith('"')):
        found = [one for one in re.findall(r"[A-Za-z]\w*", f"{text}{rest}".lower()) if one != "and"]
        return f"names stand here, without quotes and brackets: `{names[1]} {', '.join(found) or 'board'}`", None
    if re.match(r"[ \t]*description[ \t]+$", statement) and text.isidentifier():
        return f'put it in quotes: "{text}{rest}"', None
    if text == "timezone" and re.match(r"[ \t]*time[ \t]", statement):
        return f"write `in{rest}`", "in"
    if text == "format" and re.match(r"[ \t]*time[ \t]", statement):
        column = statement.split()[1]
        return f"how a time is written is said of its column: `column {column}: timestamp{rest}`", None
    if text == "(" and re.match(r"[ \t]*column[ \t]+\S+[ \t]*\w+$", statement):
        return "a type has no sizes: leave the brackets out", None
    if text.startswith('"') and re.search(r"\b(within|after|due|horizon|period)[ \t]+$", statement):
        return f"write it without quotes: `{text.strip(chr(34))}`", text.strip('"')
    if re.match(r"[ \t]*judged\b.*\"[ \t]*$", statement) and "ON" in accepted:
        return 'say when: `judged good by "Ana" on 2026-02-01`', None
    titled = re.match(r'[ \t]*action[ \t]+"[^"\n]*"[ \t]+$', statement)
    if titled is not None and text.isidentifier():
        return f"what belongs to it stands in a block: `{statement.strip()} {{ {text}{rest} }}`", None
    if re.match(r"[ \t]*deliver[ \t]+.*\"[ \t]+$", statement) and text in ("on", "by", "until"):
        return "say `due` for what is to come, and `done` for what is over", "due"
    if re.match(r"[ \t]*reach[ \t]+", statement):
        if text == "=":
            return "say which way is better: `reach … >= 5` or `reach … <= 5`", None
        if text in ("}", ";", "\n") and not re.search(r"[<>]", statement):
            return "say what is to be reached, and how much: `reach sales over last month >= 100`", None
    if "DELIVER" in accepted and text in ("launch", "ship", "finish", "complete", "release", "do"):
        return 'what is done, and not measured, is delivered: `deliver "Beta" due 2026-06-30`', None
    if "DELIVER" in accepted and text in ("double", "triple", "halve"):
        verb, much = {"double": ("increase", 100), "triple": ("increase", 200), "halve": ("reduce", 50)}[text]
        return f"write `{verb}{rest} by {much}%`", None
    return None


def period_of_a_year(word: str) -> str | None:
    """What is written for a month or a quarter that is named without its year."""
    if re.fullmatch(r"[QH][1-4]", word, re.IGNORECASE):
        return f"a period has its year: `over 2026-{word.upper()}`"
    near = [number for number, month in enumerate(_MONTHS, 1) if len(word) > 2 and month.startswith(word.lower())]
    return f"a month is written with its year: `over 2026-{near[0]:02}`" if len(near) == 1 else None
