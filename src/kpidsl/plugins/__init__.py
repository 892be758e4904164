"""Plugins: found through entry points, loaded one by one, named and kept apart."""

from kpidsl.plugins.entry_points import EntryPoint, entry_points
from kpidsl.plugins.loading import HOOKS, load
from kpidsl.plugins.registry import ENVIRONMENT, Failure, Offer, Plugin, PluginError, Registry

__all__ = [
    "ENVIRONMENT",
    "HOOKS",
    "EntryPoint",
    "Failure",
    "Offer",
    "Plugin",
    "PluginError",
    "Registry",
    "entry_points",
    "load",
]
