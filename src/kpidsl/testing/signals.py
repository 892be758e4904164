"""What tests expect of a KPI's signals: a word that one of them says."""

from __future__ import annotations

from collections.abc import Iterable

from kpidsl.assess.results import KpiResult
from kpidsl.assess.signal_results import SignalResult
from kpidsl.diagnostics import Problems, did_you_mean
from kpidsl.semantic.scope import Named
from kpidsl.syntax import test_nodes as t
from kpidsl.syntax.decl_nodes import KpiDecl, SignalProp

WORDS = (
    "common_cause", "improvement", "concern", "special_cause", "capable", "hit_and_miss", "failing", "rising",
    "falling", "no_trend", "insufficient_history", "overlapping_windows", "cumulative", "autocorrelated",
)  # fmt: skip


def is_sound(node: t.ExpectSignalProp, named: Named | None, problems: Problems) -> bool:
    """Whether a KPI with a signal is asked, and for a word there is."""
    has_signal = isinstance(named, KpiDecl) and any(isinstance(prop, SignalProp) for prop in named.properties)
    if not has_signal:
        what = "has no `signal`" if isinstance(named, KpiDecl) else "is no KPI, and only a KPI has signals"
        hint = "add `signal xmr` to it" if isinstance(named, KpiDecl) else "name the KPI"
        problems.error("K0303", f"`{node.value.span.text}` {what}", node.value.span, hint=hint)
    is_known = node.word.text in WORDS
    if not is_known:
        hint = did_you_mean(node.word.text, WORDS) or f"it is one of {', '.join(WORDS)}"
        problems.error("K0303", f"no signal says `{node.word.text}`", node.word.span, hint=hint)
    return has_signal and is_known


def is_said(word: str, found: KpiResult) -> bool:
    """Whether one of the signals says a word."""
    return any(word in _words(one) for one in found.assessment.signals)


def said(found: KpiResult) -> str:
    """All that the signals say."""
    return ", ".join(word for one in found.assessment.signals for word in _words(one) if word is not None)


def reasons(found: KpiResult) -> Iterable[str]:
    return (one.reason for one in found.assessment.signals)


def _words(one: SignalResult) -> tuple[str | None, ...]:
    return (one.variation, one.assurance, one.direction, one.undefined)
