"""Prometheus as a data source for kpidsl: `from prometheus(metrics, "increase(http_requests_total[1h])", …)`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kpidsl.hookspecs import Context, Provider, hookimpl
from kpidsl_prometheus.options import PrometheusConnection, PrometheusOptions

if TYPE_CHECKING:
    from kpidsl_prometheus.dataset import PrometheusDataset


def open_prometheus(options: PrometheusOptions, context: Context) -> PrometheusDataset:
    from kpidsl_prometheus.dataset import PrometheusDataset

    return PrometheusDataset(options, context.connection, context.connection_name or "", context.limits)


@hookimpl
def kpidsl_providers() -> tuple[Provider, ...]:
    summary = "what a PromQL expression was over time"
    return (Provider("prometheus", PrometheusOptions, open_prometheus, summary, PrometheusConnection),)
