"""Time zones as a spec writes them."""

from __future__ import annotations

from functools import cache

from kpidsl.calendar import known_timezones
from kpidsl.diagnostics import Problems, did_you_mean
from kpidsl.semantic.windows import Invalid
from kpidsl.source_text import Span


@cache
def _zones() -> frozenset[str]:
    return known_timezones()


def timezone(name: str, span: Span, problems: Problems) -> str:
    """A known time zone. Raises `Invalid`."""
    known = _zones()
    if name not in known:
        cities = sorted(zone for zone in known if "/" in zone and zone.rpartition("/")[2].casefold() == name.casefold())
        near = f"did you mean `{cities[0]}`?" if len(cities) == 1 else did_you_mean(name, known)
        problems.error(
            "K0332", f"there is no time zone `{name}`", span,
            hint=near or 'zones are written like "Europe/Berlin" or "UTC"',
        )  # fmt: skip
        raise Invalid
    return name
