"""The formats a result can be written in."""

from __future__ import annotations

from collections.abc import Callable

from kpidsl.assess.results import Results
from kpidsl.records import dataclass
from kpidsl.report.json import to_json
from kpidsl.report.text import to_text
from kpidsl.report.toml import to_toml


@dataclass(frozen=True, slots=True)
class Format:
    """A format by name, and the suffixes of the files it is meant for. `render` returns the whole text."""

    name: str
    suffixes: tuple[str, ...]
    render: Callable[[Results], str]
    summary: str


FORMATS = (
    Format("text", (".txt",), to_text, "a table for people"),
    Format("json", (".json",), to_json, "the document as JSON"),
    Format("toml", (".toml",), to_toml, "the same document as TOML"),
)
