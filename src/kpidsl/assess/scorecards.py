"""What scorecards show, in their order: KPIs as they were assessed, and values beside them."""

from __future__ import annotations

from collections.abc import Mapping

from kpidsl.assess.inputs import Inputs
from kpidsl.assess.numbers import value_of
from kpidsl.assess.results import KpiResult, ScorecardResult, SectionResult, ShownResult
from kpidsl.assess.trends import window_result
from kpidsl.calendar import Calendar
from kpidsl.engine.algebra import Evaluation
from kpidsl.engine.scalars import Missing, Scalar
from kpidsl.plan import nodes as n
from kpidsl.records import dataclass
from kpidsl.semantic import goal_model as g


@dataclass(frozen=True, slots=True)
class ScorecardReader:
    """Reads scorecards off one run. `kpis` are its results by name."""

    evaluation: Evaluation
    calendar: Calendar
    kpis: Mapping[str, KpiResult]

    def read(self, scorecard: g.ScorecardModel, plan: n.Shown) -> tuple[ScorecardResult, tuple[object, ...]]:
        """A scorecard, and the errors its values met."""
        errors: list[object] = []
        sections = tuple(
            SectionResult(
                section.title,
                tuple(
                    self.item(item, question, errors) for item, question in zip(section.items, questions, strict=True)
                ),
            )
            for section, questions in zip(scorecard.sections, plan, strict=True)
        )
        found = ScorecardResult(
            scorecard.name,
            scorecard.about.title,
            scorecard.about.description,
            sections,
            scorecard.about.owner,
            scorecard.about.tags,
            scorecard.span.place,
        )
        return found, tuple(errors)

    def item(self, item: g.ShownModel, question: n.Question | None, errors: list[object]) -> ShownResult:
        kpi = self.kpis.get(item.kpi) if item.kpi is not None else None
        if kpi is not None:
            return shown_kpi(item, kpi)
        if item.value is None or question is None:
            return ShownResult(
                item.text, item.kpi, item.title, None, "source_error", None, None, None, None, None, None, None, ()
            )
        found = self.evaluation.single(question.step, {})
        if isinstance(found, Missing):
            errors.extend(found.errors)
        info = item.value.info
        return ShownResult(
            item.text,
            None,
            item.title,
            value_of(found.value, found.exact, self.calendar) if isinstance(found, Scalar) else None,
            found.reason if isinstance(found, Missing) else None,
            info.unit.label,
            info.kind,
            found.n,
            window_result(question.window, self.calendar),
            None,
            None,
            None,
            Inputs(self.evaluation, self.calendar).of(question.step),
        )


def shown_kpi(item: g.ShownModel, kpi: KpiResult) -> ShownResult:
    """A KPI as a scorecard shows it; the rest of it stands among the KPIs."""
    found = kpi.assessment
    return ShownResult(
        item.text,
        kpi.name,
        kpi.title,
        found.value,
        found.value_undefined,
        kpi.unit,
        kpi.kind,
        found.n,
        kpi.window,
        found.target,
        found.status,
        found.reason,
        (),
    )
