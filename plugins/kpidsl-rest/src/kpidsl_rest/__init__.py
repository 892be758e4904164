"""JSON and CSV over HTTP as a data source for kpidsl: `from rest(crm, "deals", records: "data")`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kpidsl.hookspecs import Context, Provider, hookimpl
from kpidsl_rest.options import RestConnection, RestOptions

if TYPE_CHECKING:
    from kpidsl_rest.dataset import RestDataset


def open_rest(options: RestOptions, context: Context) -> RestDataset:
    from kpidsl_rest.dataset import RestDataset

    return RestDataset(options, context.connection, context.connection_name or "", context.limits)


@hookimpl
def kpidsl_providers() -> tuple[Provider, ...]:
    return (Provider("rest", RestOptions, open_rest, "JSON or CSV over HTTP, page by page", RestConnection),)
