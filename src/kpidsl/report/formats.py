"""The formats a result can be written in."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from kpidsl.assess.results import Results
from kpidsl.records import dataclass
from kpidsl.report.json import pieces, to_json


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


def _text(results: Results) -> str:
    from kpidsl.report.text import to_text

    return to_text(results)


def _toml(results: Results) -> str:
    from kpidsl.report.toml import to_toml

    return to_toml(results)


def _toml_pieces(results: Results) -> Iterable[str]:
    from kpidsl.report.toml import pieces

    return pieces(results)


def _whole(render: Callable[[Results], str]) -> Callable[[Results], Iterable[str]]:
    return lambda results: (render(results),)


FORMATS = (
    Format("text", (".txt",), _text, "a table for people", _whole(_text)),
    Format("json", (".json",), to_json, "the document as JSON", pieces),
    Format("toml", (".toml",), _toml, "the same document as TOML", _toml_pieces),
)
