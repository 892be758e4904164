"""Key results that name what is done instead of what changes by it."""

from __future__ import annotations

import re

from kpidsl.diagnostics import Problems
from kpidsl.semantic import goal_model as m
from kpidsl.syntax.goal_nodes import KeyResultDecl

# Hardly ever the name of a result.
ACTIVITIES = re.compile(
    r"(re)?launch(ing)?|implement(ing)?|introduc(e|ing)|organi[sz](e|ing)|conduct(ing)?|publish(ing)?|migrat(e|ing)|"
    r"rollout|install(ing)?|host(ing)?|develop(ing)?|(roll|rolling|set|setting|carry|carrying) (out|up)"
)
# Also the name of a result – `Build the team`, `Hold refunds under 4%`, `Create value` – unless what is counted is what
# was done: `Hold 20 workshops`, `Write 12 articles`.
OFTEN_ACTIVITIES = re.compile(
    r"run(ning)?|hold(ing)?|creat(e|ing)|writ(e|ing)|deliver(ing)?|build(ing)?|mak(e|ing)|send(ing)?|ship(ping)?|"
    r"releas(e|ing)|complet(e|ing)|finish(ing)?|start(ing)?|train(ing)?|meet(ing)?|visit(ing)?|call(ing)?|prepar(e|ing)"
)


def activity(title: str, counts: bool) -> str | None:
    """The word of a title that names an activity; `counts`: the key result counts things rather than rates them."""
    words = " ".join(title.casefold().split())
    for pattern in (ACTIVITIES, OFTEN_ACTIVITIES) if counts else (ACTIVITIES,):
        found = re.match(rf"({pattern.pattern})\b", words)
        if found is not None:
            return found[0]
    return None


def check_activity(node: KeyResultDecl, aim: m.AimModel, problems: Problems) -> None:
    """Warn of a measured key result whose title names an activity. `deliver` says openly that it is one."""
    if isinstance(aim, m.DeliverModel | m.KeepModel) or node.title is None:
        return
    word = activity(node.title.value, aim.value.info.kind == "flow")
    if word is None:
        return
    problems.warning(
        "K0395",
        f"`{word}` names what is done, not what changes by it",
        node.title.span,
        hint='say the result: "20% more active users"; a thing to finish is written `deliver "…" due 2026-06-15`',
    )


def check_only_deliveries(
    key_results: tuple[KeyResultDecl, ...], aims: tuple[m.AimModel, ...], problems: Problems
) -> None:
    """Warn of an objective all of whose key results are lists of things to do."""
    if aims and all(isinstance(aim, m.DeliverModel) for aim in aims):
        problems.warning(
            "K0395",
            "this objective lists what is done, and measures nothing that changes by it",
            key_results[0].name.span,
            "no key result but `deliver`" if len(aims) > 1 else "its one key result is `deliver`",
            hint="add a key result that measures it: `increase METRIC over last month by 20%`",
        )
