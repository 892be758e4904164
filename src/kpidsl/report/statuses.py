"""How statuses and states look: a sign and a word, as colour alone tells some people nothing."""

from __future__ import annotations

from kpidsl.records import dataclass


@dataclass(frozen=True, slots=True)
class Status:
    """A sign, a word, and an ANSI colour."""

    sign: str
    word: str
    colour: str

    def __str__(self) -> str:
        return f"{self.sign} {self.word}"


# Worst first: of many segments those that come first here are shown.
STATUSES = {
    "red": Status("✗", "red", "31"),
    "error": Status("‼", "error", "1;31"),
    "amber": Status("!", "amber", "33"),
    "stale": Status("~", "stale", "35"),
    "no_data": Status("∅", "no data", "36"),
    "no_target": Status("-", "no target", "2"),
    "green": Status("✓", "green", "32"),
}
WORST_FIRST = tuple(STATUSES)
STATES = {
    "off_track": Status("✗", "off track", "31"),
    "missed": Status("✗", "missed", "31"),
    "error": Status("‼", "error", "1;31"),
    "no_data": Status("∅", "no data", "36"),
    "stale": Status("~", "stale", "35"),
    "at_risk": Status("!", "at risk", "33"),
    "too_early": Status("…", "too early", "2"),
    "not_started": Status("·", "not started", "2"),
    "on_track": Status("✓", "on track", "32"),
    "achieved": Status("✓", "achieved", "32"),
    "abandoned": Status("-", "abandoned", "2"),
    # of outcomes alone
    "not_achieved": Status("✗", "not achieved", "31"),
    "contested": Status("≠", "contested", "33"),
    "partly": Status("!", "partly", "33"),
    "insufficient_evidence": Status("∅", "insufficient evidence", "36"),
    "not_due": Status("·", "not due", "2"),
}
