"""An expression as a dataset: a row a series and moment, asked for in as many requests as the server's limit needs."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from kpidsl.diagnostics import SourceError
from kpidsl.hookspecs import ArrowStream, ColumnRequest, Limits, ScanRequest
from kpidsl.semantic.types import Column, DataType, Schema
from kpidsl_prometheus.options import PrometheusConnection, PrometheusOptions

Labels = dict[str, str]
Row = tuple[Labels, dict[str, Any]]


class PrometheusDataset:
    """All requests are answered before the first row is handed out."""

    def __init__(self, options: PrometheusOptions, connection: PrometheusConnection, name: str, limits: Limits) -> None:
        self.options, self.connection, self.name, self.limits = options, connection, name, limits

    def fingerprint(self) -> None:
        return None

    def schema(self) -> Schema:
        """The columns follow from the options alone: nobody is asked."""
        numbers = ("lower", "upper", "count") if self.options.buckets else ("value",)
        return Schema(
            (
                Column("time", DataType.INSTANT),
                *(Column(name, DataType.FLOAT) for name in numbers),
                *(Column(name, DataType.TEXT) for name in self.options.columns),
            )
        )

    def scan(self, request: ScanRequest) -> ArrowStream:
        import pyarrow as pa

        from kpidsl_prometheus.server import Server

        kinds = [self._kind(column) for column in request.columns]
        fields = [(column.name, kind) for column, kind in zip(request.columns, kinds, strict=True)]
        schema = pa.schema(fields)
        batches, seen = [], set[str]()
        with Server(self.connection, self.name, self.limits) as server:
            for first, last in self._spans(request):
                rows = self._rows(server.series(self.options.query, first, last, self.options.step_ms), seen)
                arrays = [pa.array(self._values(rows, name, kind), kind) for name, kind in fields]
                if rows and arrays:
                    batches.append(pa.RecordBatch.from_arrays(arrays, schema=schema))
        self._know(seen, bool(batches))
        stream: ArrowStream = pa.RecordBatchReader.from_batches(schema, batches)
        return stream

    def _spans(self, request: ScanRequest) -> Iterator[tuple[int, int]]:
        """The first and last moment of each request. Moments are multiples of the step since 1970, so that two runs ask
        for the same ones; none lies in the future, where the server would repeat its last sample.
        """
        step, is_late = self.options.step_ms, self.options.stamp == "start"
        now = int(time.time() * 1000)
        told = request.end if request.time_column == "time" else None
        end = now + 1 if told is None else math.ceil(told.timestamp() * 1000)
        start = self.options.since_ms
        if start is None:
            assert self.options.last_ms is not None
            start = end - self.options.last_ms
        if request.time_column == "time" and request.start is not None:
            start = max(start, math.floor(request.start.timestamp() * 1000))
        if is_late:  # a row's time t stands for the moment t + step, which tells of the span from t on
            start, end = start + step, end + step
        first, last = -(-start // step) * step, min((end - 1) // step * step, now // step * step)
        while first <= last:
            until = min(first + (self.options.points - 1) * step, last)
            yield first, until
            first = until + step

    def _rows(self, series: list[dict[str, Any]], seen: set[str]) -> list[Row]:
        from kpidsl_prometheus.rows import buckets, samples

        shift = self.options.step_ms if self.options.stamp == "start" else 0
        for one in series:
            seen.update(one["metric"])
        if not self.options.buckets:
            return [(labels, {"time": at - shift, "value": value}) for labels, at, value in samples(series, self.name)]
        return [
            (labels, {"time": at - shift, "lower": lower, "upper": upper, "count": count})
            for labels, at, lower, upper, count in buckets(series, self.name)
        ]

    def _kind(self, column: ColumnRequest) -> Any:
        """The Arrow type a column is handed out with: a value that is to be exact comes as the text it was."""
        import pyarrow as pa

        found = self.schema().get(column.name)
        if found is None:
            raise SourceError(
                f"the Prometheus server `{self.name}` gives no column `{column.name}`", code="K0605",
                hint=f"there are {', '.join(self.schema().names)}; others are named in `labels`",
            )  # fmt: skip
        if column.name == "time":
            return pa.timestamp("ms", "UTC")
        is_exact = column.as_type in (DataType.INTEGER, DataType.DECIMAL)
        return pa.string() if found.type is DataType.TEXT or is_exact else pa.float64()

    def _values(self, rows: list[Row], name: str, kind: Any) -> list[Any]:
        import pyarrow as pa

        label = self.options.columns.get(name)
        if label is not None:
            return [labels.get(label) or None for labels, _ in rows]
        values = [row[name] for _, row in rows]
        if name == "time":
            return values
        return [_digits(value) if kind == pa.string() else _number(value) for value in values]

    def _know(self, seen: set[str], is_any: bool) -> None:
        """A label that no series has is a slip of the pen, and no column of NULLs."""
        for column, label in self.options.columns.items():
            if is_any and label not in seen:
                raise SourceError(
                    f"no series of the Prometheus server `{self.name}` has a label `{label}` (column `{column}`)",
                    code="K0605", hint=f"they have {', '.join(sorted(seen)) or 'no labels'}",
                )  # fmt: skip


def _number(value: str | float | None) -> float | None:
    """NaN, which the server uses for what is unknown, is NULL."""
    number = math.nan if value is None else float(value)
    return None if math.isnan(number) else number


def _digits(value: str | float | None) -> str | None:
    if value is None:
        return None
    number = Decimal(str(value))
    return None if number.is_nan() else format(number, "f") if number.is_finite() else str(number)
