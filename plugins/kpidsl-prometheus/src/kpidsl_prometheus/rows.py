"""From the series of an answer to rows: a sample each, or a bucket of a histogram each."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from kpidsl.diagnostics import SourceError

Labels = dict[str, str]
Sample = tuple[Labels, int, str]
Bucket = tuple[Labels, int, float | None, float | None, float | None]


def samples(series: Sequence[dict[str, Any]], server: str) -> Iterator[Sample]:
    """Labels, moment (ms) and value, as the server writes it."""
    for one in series:
        if one.get("histograms"):
            raise SourceError(
                f"on the Prometheus server `{server}`, the expression gives native histograms, which are no numbers",
                code="K0602",
                hint="`buckets: true` gives their buckets; `histogram_count(…)`, `histogram_sum(…)` and "
                "`histogram_quantile(…)` in the expression give numbers",
            )  # fmt: skip
        for moment, value in one.get("values", ()):
            yield one["metric"], milliseconds(moment), value


def buckets(series: Sequence[dict[str, Any]], server: str) -> Iterator[Bucket]:
    """Labels, moment (ms), bounds and count of each bucket alone; None for a bound that is infinite.

    Series of a classic histogram differ in `le` and count what is below: neighbours are subtracted. A count that is
    less than its lower neighbour's, as extrapolation and floating point may give, is taken as equal to it, as
    `histogram_quantile` does. Native histograms say each bucket; where one is closed is not told.
    """
    classic: dict[tuple[tuple[str, str], ...], dict[int, list[tuple[float, float]]]] = {}
    for one in series:
        labels = dict(one["metric"])
        for moment, histogram in one.get("histograms", ()):
            for _, lower, upper, count in histogram.get("buckets", ()):
                yield labels, milliseconds(moment), finite(lower), finite(upper), finite(count)
        if not one.get("values"):
            continue
        bound = labels.pop("le", None)
        try:
            upper = float(bound) if bound is not None else math.nan
        except ValueError:
            upper = math.nan
        if math.isnan(upper):
            raise SourceError(
                f"on the Prometheus server `{server}`, the expression gives series that are no buckets: "
                "they have no label `le` with a number", code="K0602",
                hint="keep `le` in its `by (…)`, or leave `buckets` out",
            )  # fmt: skip
        moments = classic.setdefault(tuple(sorted(labels.items())), {})
        for moment, count in one["values"]:
            moments.setdefault(milliseconds(moment), []).append((upper, float(count)))
    for key, moments in classic.items():
        for moment, counts in sorted(moments.items()):
            yield from _alone(dict(key), moment, sorted(counts))


def _alone(labels: Labels, moment: int, counts: Sequence[tuple[float, float]]) -> Iterator[Bucket]:
    lower, below = -math.inf, 0.0
    for upper, count in counts:
        if math.isnan(count):
            yield labels, moment, finite(lower), finite(upper), None
        else:
            yield labels, moment, finite(lower), finite(upper), max(count - below, 0.0)
            below = max(count, below)
        lower = upper


def milliseconds(moment: float) -> int:
    return round(moment * 1000)


def finite(text: str | float) -> float | None:
    """A number; None for one that is infinite or none."""
    value = float(text)
    return value if math.isfinite(value) else None
