"""What stands twice in a list, where once is enough: dimensions, tags, keys, comparisons, derived columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kpidsl.diagnostics import Fix, Problems
from kpidsl.source_text import Span
from kpidsl.syntax import decl_nodes as d
from kpidsl.syntax import goal_nodes as g
from kpidsl.syntax import shared_nodes as p
from kpidsl.syntax.node import Name, Node

_LISTS: tuple[tuple[type[Node], str], ...] = ((p.TagsProp, "tags"), (p.SupportsProp, "supports"))


def lists_without_repeats(properties: Sequence[Node], problems: Problems) -> bool:
    """Whether no name stands twice behind `by`, `tags`, `supports` and `for` of a declaration, nor twice in `compare`.

    A list may go on in a second property of its kind; each `by` is a grouping of its own.
    """
    groupings = [prop for prop in properties if isinstance(prop, p.ByProp)]
    told = [_once([_names(prop)], "by", problems) for prop in groupings]
    fine = all(told)
    if fine and len(groupings) > 1:
        fine = _once([[(_grouping(prop), prop.span)] for prop in groupings], "by", problems)
    for kind, word in _LISTS:
        fine = _once([_names(prop) for prop in properties if isinstance(prop, kind)], word, problems) and fine
    whom = [_names(prop) for prop in properties if isinstance(prop, g.ForProp)]
    compared = [
        [(item.span.text, item.span) for item in prop.items] for prop in properties if isinstance(prop, d.CompareProp)
    ]
    return _once(whom, "for", problems) and _once(compared, "compare", problems) and fine


def source_without_repeats(node: d.SourceDecl, problems: Problems) -> None:
    """Say which columns stand twice in the key or a join of a source, and which it derives twice."""
    derived: dict[str, Name] = {}
    for prop in node.properties:
        match prop:
            case d.KeyProp(columns=columns):
                _once([[(name.text, name.span) for name in columns]], "key", problems)
            case d.JoinProp(keys=keys, source=source):
                _once([[(key.span.text, key.span) for key in keys]], f"join {source.text} on", problems)
            case d.LetProp(name=name):
                first = derived.setdefault(name.text, name)
                if first is not name:
                    problems.error(
                        "K0201", f"the column `{name.text}` is derived twice", name.span, "again here",
                        also=[(first.span, "first here")], hint="keep one, or rename the other",
                    )  # fmt: skip
            case _:
                pass


def _names(prop: Node) -> list[tuple[str, Span]]:
    names: Iterable[Name] = ()
    match prop:
        case p.ByProp(dimensions=found) | p.TagsProp(tags=found) | p.SupportsProp(names=found) | g.ForProp(names=found):
            names = found
        case _:
            pass
    return [(name.text, name.span) for name in names]


def _grouping(prop: p.ByProp) -> str:
    return ", ".join(sorted(name.text for name in prop.dimensions))


def _once(lists: Sequence[Sequence[tuple[str, Span]]], word: str, problems: Problems) -> bool:
    """Whether nothing stands twice in some lists that belong together; where it does in one, it can be taken out."""
    first: dict[str, Span] = {}
    fine = True
    for each in lists:
        before: Span | None = None
        for text, span in each:
            place = first.setdefault(" ".join(text.split()), span)
            if place is not span:
                fix = Fix("keep one", Span(span.source, before.end, span.end), "") if before is not None else None
                problems.error(
                    "K0201", f"`{text}` stands twice behind `{word}`", span, "again here",
                    also=[(place, "first here")], hint="keep one", fix=fix,
                )  # fmt: skip
                fine = False
            before = span
    return fine
