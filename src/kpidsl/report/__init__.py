"""Results written down: as a table, JSON, TOML, or an Arrow table."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kpidsl.report.arrow import to_arrow
    from kpidsl.report.formats import FORMATS, Format
    from kpidsl.report.json import to_json
    from kpidsl.report.schema import schema_text
    from kpidsl.report.text import to_text
    from kpidsl.report.toml import to_toml

__all__ = ["FORMATS", "Format", "schema_text", "to_arrow", "to_json", "to_text", "to_toml"]

_HOMES = {
    "FORMATS": "formats",
    "Format": "formats",
    "schema_text": "schema",
    "to_arrow": "arrow",
    "to_json": "json",
    "to_text": "text",
    "to_toml": "toml",
}


def __getattr__(name: str) -> Any:
    """Each name from its module, imported when it is first used: of three formats a run writes one."""
    from importlib import import_module

    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module `kpidsl.report` has no attribute `{name}`")
    found = globals()[name] = getattr(import_module(f"kpidsl.report.{home}"), name)
    return found
