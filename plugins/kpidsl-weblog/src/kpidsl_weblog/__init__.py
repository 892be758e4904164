"""Access logs as a data source for kpidsl: `from weblog("access.log*")`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kpidsl.hookspecs import Context, Provider, hookimpl
from kpidsl_weblog.options import WeblogOptions

if TYPE_CHECKING:
    from kpidsl_weblog.dataset import WeblogDataset


def open_weblog(options: WeblogOptions, context: Context) -> WeblogDataset:
    from kpidsl_weblog.dataset import WeblogDataset

    return WeblogDataset(options, context)


@hookimpl
def kpidsl_providers() -> tuple[Provider, ...]:
    return (Provider("weblog", WeblogOptions, open_weblog, "access logs: requests, or sessions of visitors"),)
