"""SQL where it differs, and how the same is written here."""

from __future__ import annotations

import re

from kpidsl.syntax.slip_model import Place, Slip, cannot

_PLAIN = re.compile(r"[\w -]+")
NULLS = frozenset({"none", "nil", "nan", "na", "missing", "empty", "blank", "undefined", "unknown"})
"""What `null` is called elsewhere."""


def _is_window(place: Place, between: re.Match[str]) -> bool:
    """Whether `between` has two days, and stands behind a value rather than in a condition."""
    days = all(re.fullmatch(r"\d{4}-\d\d-\d\d", one) for one in between.groups())
    return days and "OVER" in place.accepted and not re.search(r"\bwhere\b|\(", place.before)


def sql(place: Place) -> Slip | None:
    if match := re.match(r"between[ \t]+([\w.\"%:-]+)[ \t]+and[ \t]+([\w.\"%:-]+)", place.after, re.IGNORECASE):
        what = re.search(r"(?<![\w.`])([A-Za-z_][\w.]*)[ \t]+$", place.before)
        if _is_window(place, match):
            meant = f"over {match[1]}..{match[2]}"
            end = place.offset + match.end()
            return cannot(place.offset, end, "between", f"a window stands behind `over`: `{meant}`", meant)
        if re.search(r"(^|[{;])[ \t]*keep\b[^;{}]*$", place.before):
            return None
        if what is not None and what[1].lower() in ("days", "time", "hours", "minutes", "duration"):
            start, end = place.line_start + what.start(1), place.offset + match.end()
            meant = f"days_between({match[1]}, {match[2]})" if what[1].lower() == "days" else f"{match[2]} - {match[1]}"
            return cannot(start, end, "between", f"write `{meant}`", meant)
        if what is not None and what[1] not in ("not", "where", "and", "or"):
            meant = f"{what[1]} >= {match[1]} and {what[1]} <= {match[2]}"
            start = place.line_start + what.start(1)
            negated = re.search(r"\bnot[ \t]+$", place.text[place.line_start : start])
            end = place.offset + match.end()
            instead = None if negated else meant
            return cannot(start, end, "between", f"write both bounds: `{meant}`", instead)
    if match := re.match(r'(?:i?like)[ \t]+"([^"\\]*)"', place.after, re.IGNORECASE):
        return _like(place, match)
    if match := re.match(
        r"in[ \t]*\(([^()\n]*)\)", place.text[max(place.line_start, place.offset - 3) : place.line_end]
    ):
        start = max(place.line_start, place.offset - 3)
        return cannot(start, start + match.end(), "(", f"a list stands in `[ ]`: `in [{match[1]}]`", f"in [{match[1]}]")
    opened = re.match(r"\(([^()\n]*)\)", place.after)
    if opened is not None and "LSQB" in place.accepted and re.search(r"\bin[ \t]*$", place.before):
        meant = f"[{opened[1]}]"
        return cannot(place.offset, place.offset + opened.end(), "(", f"a list stands in `[ ]`: `in {meant}`", meant)
    said = re.search(r"\bis[ \t]+(not[ \t]+)?$", place.before)
    if said is not None and re.match(r"[\"\d(A-Za-z_]", place.after) and not re.match(r"(not|null)\b", place.after):
        sign = "!=" if said[1] else "=="
        start = place.line_start + said.start()
        rest = re.match(r'"[^"\n]*"|[\w.]+', place.after)
        if rest is not None and rest[0].casefold() in NULLS:
            meant = f"is {said[1] or ''}null"
            return cannot(start, place.offset + rest.end(), said[0].strip(), f"write `{meant}`", meant)
        shown = f"`{sign} {rest[0]}`" if rest else f"`{sign}`"
        return cannot(start, place.offset, said[0].strip(), f"`is` goes with `null`: write {shown}", f"{sign} ")
    distinct = re.search(r"\bcount[ \t]*\([ \t]*distinct[ \t]+$", place.before, re.IGNORECASE)
    name = re.match(r"[\w.]+", place.after)
    if distinct is not None and name is not None:
        start = place.line_start + distinct.start()
        meant = f"count_distinct({name[0]}"
        return cannot(start, place.offset + name.end(), distinct[0].strip(), f"write `{meant})`", meant)
    if re.match(r"select\b", place.after, re.IGNORECASE) or re.search(
        r"=[ \t]*select[ \t]+$", place.before, re.IGNORECASE
    ):
        start = place.line_start + place.text[place.line_start : place.line_end].lower().find("select")
        drop = re.match(r"select[ \t]*", place.text[start : place.line_end], re.IGNORECASE)
        end = start + (drop.end() if drop else 6)
        instead = "" if place.before.strip().endswith(("=", "value", "select")) else None
        return cannot(start, end, "select", "leave `select` out: `sum(amount) from orders`", instead)
    return None


def _like(place: Place, match: re.Match[str]) -> Slip:
    pattern = match[1]
    inner = pattern.strip("%")
    hint = 'texts are compared with a pattern by `matches "^abc"`'
    instead = None
    if _PLAIN.fullmatch(inner) and "_" not in inner:
        if pattern == inner:
            instead = f'== "{inner}"'
        else:
            instead = f'matches "{"" if pattern.startswith("%") else "^"}{inner}{"" if pattern.endswith("%") else "$"}"'
        hint = f"write `{instead}`"
    return cannot(place.offset, place.offset + match.end(), match[0].split()[0], hint, instead)
