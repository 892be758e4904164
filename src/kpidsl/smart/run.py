"""All KPIs and key results of a spec set judged, with the data where it can be asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import field
from datetime import datetime

from kpidsl.checked import Checked
from kpidsl.diagnostics import Problems, Severity
from kpidsl.records import dataclass
from kpidsl.semantic.of_data import is_of_data
from kpidsl.smart.aims import Held, held, key
from kpidsl.smart.history import History, history, with_history
from kpidsl.smart.key_results import key_result_judgements
from kpidsl.smart.kpis import Evidence, kpi_judgement
from kpidsl.smart.links import Links
from kpidsl.smart.records import Judgement, SmartReport
from kpidsl.syntax.decl_nodes import KpiDecl
from kpidsl.syntax.goal_nodes import ObjectiveDecl
from kpidsl.syntax.setting_nodes import UnitDecl


@dataclass(frozen=True, slots=True)
class Asked:
    """What the data said, or why it was not asked."""

    histories: Mapping[str, History] = field(default_factory=dict)
    unlooked: str = ""
    aims: Mapping[str, Held] = field(default_factory=dict)


def judge(
    checked: Checked, anchor: datetime | None, library: Iterable[UnitDecl], *, untrusted: bool = False
) -> SmartReport:
    """The judgements of a checked spec set, in the order of the spec. Without an anchor no data is asked."""
    report = checked.report()
    asked = _ask(checked, anchor, untrusted=untrusted)
    names, model = checked.names, checked.model
    evidence = Evidence(
        names,
        model,
        Links.of(names),
        checked.bound.failed,
        anchor is not None,
        asked.histories,
        asked.unlooked,
        asked.aims,
        {unit.name.text for unit in (*names.units, *library)},
        Counter((kpi.span.source.path, kpi.about.owner) for kpi in model.kpis.values() if kpi.about.owner is not None),
    )
    judgements: list[Judgement] = []
    left_out: list[str] = []
    for name, declared in names.named.items():
        if isinstance(declared.node, ObjectiveDecl):
            objective = model.objectives.get(name)
            if objective is None:
                left_out.append(name)
            else:
                judgements.extend(key_result_judgements(declared, objective, evidence))  # type: ignore[arg-type]
        if not isinstance(declared.node, KpiDecl):
            continue
        kpi = model.kpis.get(name)
        if kpi is None:
            left_out.append(name)
        else:
            judgements.append(kpi_judgement(kpi, declared, evidence))  # type: ignore[arg-type]
    problems = Problems()
    for one in (*report.diagnostics, *(note for judgement in judgements for note in judgement.diagnostics())):
        problems.add(one)
    as_of = model.calendar.local(anchor) if anchor is not None and not asked.unlooked else None
    return SmartReport(tuple(problems), report.exit_code, tuple(judgements), tuple(left_out), as_of)


def _ask(checked: Checked, anchor: datetime | None, *, untrusted: bool) -> Asked:
    """The histories of all KPIs: one run, whatever their number."""
    if anchor is None:
        return Asked(unlooked="the data was not looked at")
    if any(one.severity is Severity.ERROR and not is_of_data(one) for one in checked.problems):
        return Asked(unlooked="the data was not looked at: the spec has errors")
    from kpidsl.binding import Tables
    from kpidsl.engine.algebra import Evaluation
    from kpidsl.engine.duck import connect, restrict
    from kpidsl.plan import plan

    of = checked.model
    key_results = (one for objective in of.objectives.values() for one in objective.key_results)
    aims = {one.name: aim for one in key_results if (aim := held(one, anchor, of.calendar)) is not None}
    kpis = {**of.kpis, **{key(name): aim.kpi for name, aim in aims.items()}}
    model = with_history(of, kpis)
    problems = Problems()
    try:
        made = plan(model, anchor, None, problems)
    except ValueError as error:
        return Asked(unlooked=f"the data was not looked at: {error}")
    if problems.has_errors:
        return Asked(unlooked=f"the data was not looked at: {next(iter(problems)).message}")
    with (
        closing(connect(None)) as connection,
        closing(Tables(made, checked.bound, connection, lambda _: None)) as tables,
    ):
        tables.bring_all(spare=True)
        if untrusted:
            restrict(connection, tables.files())
        answers = tables.answers(made)
    evaluation = Evaluation(answers)
    return Asked({name: history(kpi, made.kpis[name][0], evaluation) for name, kpi in kpis.items()}, aims=aims)
