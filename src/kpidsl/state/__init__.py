"""What `eval --state DIR` keeps of the files it read, so that it reads only new ones (docs/adr/0015-kept-state.md)."""

from __future__ import annotations

from kpidsl.state.keeping import Keeping, keep, on_demand

__all__ = ["Keeping", "keep", "on_demand"]
