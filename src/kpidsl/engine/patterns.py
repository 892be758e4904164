"""Whether a text is a regular expression as the engine reads one."""

from __future__ import annotations

from collections.abc import Iterable

from kpidsl.engine.duck import failures, looking


def wrong_patterns(patterns: Iterable[str]) -> dict[str, str]:
    """What is wrong with those that are none, in RE2's words (github.com/google/re2/wiki/Syntax)."""
    found: dict[str, str] = {}
    with looking() as connection:
        for pattern in dict.fromkeys(patterns):
            try:
                connection.execute("SELECT regexp_matches('', $1)", [pattern]).fetchall()
            except failures() as error:
                found[pattern] = str(error).split("\n")[0].partition("Error: ")[2] or str(error)
    return found
