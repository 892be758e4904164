"""The formats a result can be written in."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from kpidsl.assess.results import Results
from kpidsl.records import dataclass
from kpidsl.report.json import pieces, to_json
from kpidsl.report.text import to_text
from kpidsl.report.toml import to_toml


@dataclass(frozen=True, slots=True)
class Format:
    """A format by name, and the suffixes of the files it is meant for. `render` returns the whole text, `pieces` give
    it one after the other, so that of many segments few are in memory.
    """

    name: str
    suffixes: tuple[str, ...]
    render: Callable[[Results], str]
    summary: str
    pieces: Callable[[Results], Iterable[str]]


def _whole(render: Callable[[Results], str]) -> Callable[[Results], Iterable[str]]:
    return lambda results: (render(results),)


FORMATS = (
    Format("text", (".txt",), to_text, "a table for people", _whole(to_text)),
    Format("json", (".json",), to_json, "the document as JSON", pieces),
    Format("toml", (".toml",), to_toml, "the same document as TOML", _whole(to_toml)),
)
