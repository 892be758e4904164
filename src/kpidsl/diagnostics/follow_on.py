"""What is said once: mistakes that follow from another, and one mistake met in many places."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import TYPE_CHECKING

from kpidsl.patterns import regex

if TYPE_CHECKING:
    from kpidsl.diagnostics.model import Diagnostic

OF_NAMES = frozenset({"K0203", "K0204", "K0207", "K0311", "K0605"})
TOLD_ONCE = OF_NAMES | {"K0411"}
NAMELESS = "*"  # stands among broken names for a declaration whose name could not be made out
PLACES = 6  # of one mistake, before the rest is only counted
_WORD = regex(r"\w+")


def follows_from(found: Diagnostic, broken: AbstractSet[str]) -> bool:
    """Whether a name is missing only because its declaration could not be read, of which a problem tells already."""
    span = found.span
    if not broken or span is None or found.code not in OF_NAMES:
        return False
    words = _WORD.findall(span.text)
    if NAMELESS in broken and (found.code != "K0605" or len(words) > 1):
        return True
    return any(word in broken for word in words)


def once(ordered: Iterable[Diagnostic]) -> list[Diagnostic]:
    """The diagnostics, a name that is missing in many places told where it is met first, with the others beside it.

    A fix of one of several places is left out: where many agree, it may be the declaration that is misspelt.
    """
    found: list[Diagnostic] = []
    at: dict[tuple[str, str], int] = {}
    more: dict[int, int] = {}
    for each in ordered:
        key = (each.code, each.message)
        if each.code not in TOLD_ONCE or each.span is None:
            found.append(each)
        elif key not in at:
            at[key] = len(found)
            found.append(each)
        else:
            number = at[key]
            first = found[number]
            affects = tuple(dict.fromkeys((*first.affects, *each.affects)))
            labels = first.labels
            if len(labels) < PLACES:
                labels = (*labels, replace(each.labels[0], text="and here"))
            else:
                more[number] = more.get(number, 0) + 1
            fix = first.fix if each.code == "K0605" else None
            found[number] = replace(first, labels=labels, affects=affects, fix=fix)
    for number, count in more.items():
        note = f"and in {count} more place{'s' if count > 1 else ''}"
        found[number] = replace(found[number], notes=(*found[number].notes, note))
    return found
