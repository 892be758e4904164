"""Spec tests – the `test` blocks of a spec set, run over the rows that stand in them – and the suite for sources."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kpidsl.testing.contract import NEVER_SHOWN, SourceContract

__all__ = ["NEVER_SHOWN", "SourceContract"]


def __getattr__(name: str) -> object:
    if name in __all__:
        from kpidsl.testing import contract

        return getattr(contract, name)
    raise AttributeError(name)
