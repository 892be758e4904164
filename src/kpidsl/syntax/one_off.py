"""Statements in which a word or sign is too many, too few or at the wrong place."""

from __future__ import annotations

import re

from kpidsl.syntax.slip_model import Said

_KEYWORDS = frozenset({"from", "over", "where", "on", "per", "each", "default", "and", "or", "at", "earlier"})


def one_off(said: Said) -> tuple[str, str | None] | None:
    """A word or sign too many or too few."""
    before, text = said.before, said.text
    doubled = text != "" and text == before.rstrip(" \t")[-len(text) :] and not text[0].isalnum()
    if doubled and text[0] not in '"()+-':
        return f"`{text}` stands here twice: leave one out", ""
    if text.startswith('"') and re.search(r"^[ \t]*\w+[ \t]+(?:result[ \t]+)?\w+[ \t]+\"[^\"\n]*\"[ \t]*$", before):
        return "it has one title: what else is to be said of it is its `description`", None
    titled = re.match(r"[ \t]*metric[ \t]+(\w+)[ \t]*=[ \t]*(\"[^\"\n]*\")\s*$", before)
    if titled is not None and text.isidentifier():
        return f"the title stands before `=`: `metric {titled[1]} {titled[2]} = …`", None
    if re.search(r"(?:==|!=|[<>]=?|\b(?:and|or|not|in)|[-+*/])[ \t]*$", before) and text in (";", "}", ")", "]"):
        return "a value is missing before it", None
    if re.search(r"\b(?:where|and|or|not|when|if)[ \t]+$|\([ \t]*$", before) and re.fullmatch(r"==|!=|[<>]=?", text):
        return f"say of what: `COLUMN {text}{said.rest}`", None
    if text.startswith('"') and re.search(r"\b(?:where|and|or|not)[ \t]+[\w.`]+[ \t]+$", before):
        return f"a sign is missing: `== {text}`", f"== {text}"
    if re.search(r"\bfrom[ \t]+$", before) and text == "(" and re.match(r'[ \t]*"', said.rest):
        return f"name what reads it: `from csv{text}{said.rest.strip()}`", f"csv{text}"
    if re.search(r"\)[ \t]+from[ \t]+where[ \t]+$", before) or (
        re.search(r"\)[ \t]+$", before) and re.match(r"[ \t]+from\b", said.rest) and text.isidentifier()
    ):
        return f"the source stands between `from` and `where`: `from {text}`", None
    if re.search(r"\)[ \t]+$", before) and text.isidentifier() and re.match(r"[ \t]*($|where\b|at\b|on\b)", said.rest):
        return f"a source stands behind `from`: `from {text}`", f"from {text}"
    if said.accepted >= {"GIVEN", "EXPECT"} and not before.strip() and text.isidentifier():
        if said.rest.rstrip().endswith("{") or not said.rest.strip():
            return f"a table begins with `given`: `given {text} {{`", f"given {text}"
        if re.search(r"[=~<>]|\b(?:is|undefined)\b", said.rest):
            return "what must come out begins with `expect`", f"expect {text}"
    if (
        re.search(r"=[ \t]*[\w.]+[ \t]+$", before)
        and text.isidentifier()
        and text not in _KEYWORDS
        and "SIGN" in said.accepted
    ):
        return f"a sign is missing between them: `+`, `-`, `*` or `/` before `{text}`", None
    let = re.match(r"[ \t]*let[ \t]+(\w+)[ \t]+$", before)
    if let is not None and text != "=":
        return f"write `let {let[1]} = {text}{said.rest}`", f"= {text}"
    if re.search(r"\b(?:as of|done|due|on|starting|since)[ \t]+$", before) and re.match(r"\d{4,6}$", text):
        return "a date is year, month and day: `2026-03-31`", None
    return None
