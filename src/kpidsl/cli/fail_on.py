"""`--fail-on`: which statuses make the exit code 1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from kpidsl.diagnostics.suggest import did_you_mean

if TYPE_CHECKING:
    from kpidsl.assess.results import Results

# What each word stands for. Those after `any` are states of objectives and outcomes.
FAILS = {
    "amber": ("amber", "red"),
    "red": ("red",),
    "no_data": ("no_data",),
    "stale": ("stale",),
    "error": ("error",),
    "any": ("amber", "red", "no_data", "stale", "error", "at_risk", "off_track", "missed", "not_achieved"),
    "at_risk": ("at_risk", "off_track", "missed"),
    "off_track": ("off_track",),
    "missed": ("missed",),
    "not_achieved": ("not_achieved",),
}


def statuses(_ctx: click.Context | None, _parameter: click.Parameter | None, given: Sequence[str]) -> frozenset[str]:
    """The statuses that `--fail-on amber,stale --fail-on no_data` names."""
    words = [word.strip() for each in given for word in each.split(",")]
    for word in words:
        if word not in FAILS:
            hint = did_you_mean(word, FAILS)
            raise click.BadParameter(f"`{word}` is no status; {hint or 'known are ' + ', '.join(FAILS)}")
    return frozenset(status for word in words for status in FAILS[word])


def fails(results: Results, named: frozenset[str]) -> bool:
    """Whether a KPI, an objective, a key result or an outcome has one of these statuses. A segment counts where its
    KPI takes the status of its worst one.
    """
    found = [kpi.assessment.status for kpi in results.kpis]
    for objective in results.objectives:
        found += [objective.status, *(one.status for one in objective.key_results)]
    found += [outcome.state for outcome in results.outcomes]
    return not named.isdisjoint(found)
