"""Properties that several declarations have, checked: who owns it, what it is for, what is to be done."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, TypeVar

from kpidsl.diagnostics import Problems, did_you_mean
from kpidsl.semantic import model as m
from kpidsl.semantic.declared import Declared
from kpidsl.semantic.repeats import lists_without_repeats
from kpidsl.semantic.scope import Named, Names, visible
from kpidsl.semantic.windows import Invalid, duration
from kpidsl.syntax import decl_nodes as d
from kpidsl.syntax import expr_nodes as x
from kpidsl.syntax import shared_nodes as p
from kpidsl.syntax.goal_nodes import ObjectiveDecl, OutcomeDecl
from kpidsl.syntax.node import Name, Node, Text, Word
from kpidsl.syntax.setting_nodes import GoalDecl

META = (p.OwnerProp, p.DescriptionProp, p.ReviewProp)
P = TypeVar("P")
R = TypeVar("R")


class Described(Protocol):
    """A declaration with a name, a title and properties in a block."""

    @property
    def name(self) -> Name: ...
    @property
    def title(self) -> Text | None: ...
    @property
    def doc(self) -> str | None: ...
    @property
    def properties(self) -> Sequence[Node]: ...


def about(node: Described) -> m.Descriptive:
    """What people are told of a declaration: properties, or the `##` comment above it."""
    owner = review = description = None
    tags: list[str] = []
    for prop in node.properties:
        match prop:
            case p.OwnerProp(owner=text):
                owner = text.value
            case p.ReviewProp(rhythm=word):
                review = word.text
            case p.DescriptionProp(text=text):
                description = text.value
            case p.TagsProp(tags=names):
                tags.extend(name.text for name in names)
            case _:
                pass
    return m.Descriptive(
        node.title.value if node.title is not None else None, description or node.doc, owner, review, tuple(tags)
    )


def once(node: Described, kinds: tuple[type, ...], problems: Problems) -> bool:
    """Whether each of these properties stands at most once, and nothing twice in a list; a second one is a problem."""
    fine = lists_without_repeats(node.properties, problems)
    for kind in kinds if len(node.properties) > 1 else ():
        found = [prop for prop in node.properties if isinstance(prop, kind)]
        for again in found[1:]:
            word = again.span.text.split(maxsplit=1)[0]
            problems.error(
                "K0201", f"`{word}` stands twice in `{node.name.text}`", again.span, "again here",
                also=[(found[0].span, "first here")], hint="keep one",
            )  # fmt: skip
            fine = False
    return fine


def each_named_once(nodes: Iterable[Name], what: str, problems: Problems) -> bool:
    """Whether no two parts of a declaration have one name."""
    first: dict[str, Name] = {}
    fine = True
    for name in nodes:
        if name.text in first:
            problems.error(
                "K0201", f"there are two {what} `{name.text}`", name.span, "again here",
                also=[(first[name.text].span, "first here")], hint="keep one, or rename the other",
            )  # fmt: skip
            fine = False
        first.setdefault(name.text, name)
    return fine


def every(node: Described, kind: type[P], check: Callable[[P], R]) -> tuple[list[R], bool]:
    """What the properties of a kind mean, and whether all of them mean something; the problems are reported."""
    found: list[R] = []
    fine = True
    for prop in node.properties:
        if isinstance(prop, kind):
            try:
                found.append(check(prop))
            except Invalid:
                fine = False
    return found, fine


def choice(word: Word | Name, choices: Iterable[str], what: str, problems: Problems) -> str:
    """One of a few words. Raises `Invalid` for another."""
    known = tuple(choices)
    if word.text not in known:
        listed = ", ".join(known[:-1]) + (" or " if known[1:] else "") + known[-1]
        hint = did_you_mean(word.text, known) or f"use {listed}"
        problems.error("K0303", f"`{word.text}` is no {what}", word.span, hint=hint)
        raise Invalid
    return word.text


def look_up(
    names: Names, name: Name, namespace: str, kinds: tuple[type, ...], what: str, problems: Problems,
    others: tuple[str, ...] = (),
) -> Declared[Named]:  # fmt: skip
    """The declaration of one of these kinds. Raises `Invalid` where there is none; `others` are names beside them."""
    found = names.find(name.text, namespace)
    if found is not None and isinstance(found.node, kinds):
        return found
    if found is not None:
        problems.error(
            "K0303", f"`{name.text}` is no {what}", name.span, also=[(found.node.name.span, "declared here")],
            hint=f"name a declared {what}",
        )  # fmt: skip
    elif not names.is_broken(name.text, namespace):
        fitting = [full for full, declared in names.named.items() if isinstance(declared.node, kinds)]
        hint = did_you_mean(name.text, [*visible(fitting, namespace), *others])
        listed = f", or use {', '.join(others)}" if others else ""
        hint = hint or f"declare it: `{what} {name.text} …`{listed}"
        problems.error("K0204", f"there is no {what} `{name.text}`", name.span, hint=hint)
    raise Invalid


def action_model(prop: d.ActionProp, states: tuple[str, ...], problems: Problems) -> m.ActionModel:
    """What is to be done; `states` are those it may be for. Raises `Invalid`."""
    due = duration(prop.due, problems) if isinstance(prop.due, x.Quantity) else prop.due
    if prop.trigger is not None and prop.trigger.text not in states:
        hint = did_you_mean(prop.trigger.text, states) or f"use {', '.join(states)}"
        problems.error("K0303", f"`{prop.trigger.text}` is no status", prop.trigger.span, hint=hint)
        raise Invalid
    owner = prop.owner.value if prop.owner is not None else None
    return m.ActionModel(
        prop.title.value, owner, due, prop.trigger.text if prop.trigger is not None else None, prop.done
    )


def supported(
    node: Described, names: Names, namespace: str, what: str, problems: Problems
) -> tuple[tuple[str, ...], bool]:
    """The goals, objectives and outcomes that a declaration names, and whether all of them are such."""
    found: list[str] = []
    fine = True
    for prop in node.properties:
        for name in prop.names if isinstance(prop, p.SupportsProp) else ():
            declared = names.of_kind(name, namespace, "goal", problems)
            if declared is None:
                fine = False
            elif not isinstance(declared.node, GoalDecl | ObjectiveDecl | OutcomeDecl):
                problems.error(
                    "K0303", f"`{name.text}` is no goal, objective or outcome", name.span,
                    hint=f"`supports` names what this {what} is for{_such(names, namespace)}",
                )  # fmt: skip
                fine = False
            else:
                found.append(declared.name)
    return tuple(found), fine


def _such(names: Names, namespace: str) -> str:
    """A goal, objective or outcome there is, as it is to be written."""
    aims = (name for name, one in names.named.items() if isinstance(one.node, GoalDecl | ObjectiveDecl | OutcomeDecl))
    first = next(iter(visible(aims, namespace)), None)
    return f": `supports {first}`" if first is not None else ': declare it, `goal NAME "What it is for"`'
