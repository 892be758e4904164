"""A declaration and the name it goes by."""

from __future__ import annotations

from typing import Generic, TypeVar

from kpidsl.records import dataclass

D = TypeVar("D")


@dataclass(frozen=True, slots=True)
class Declared(Generic[D]):
    """A declaration, its full name, and the namespace of the file it stands in."""

    name: str
    namespace: str
    node: D
