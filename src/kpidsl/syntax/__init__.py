"""The syntax of `.kpi` files: grammar, tree, parser. The only home of lark."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kpidsl.syntax.nodes import Declaration, Spec
    from kpidsl.syntax.parsing import parse

__all__ = ["Declaration", "Spec", "parse"]

_HOMES = {"Declaration": "nodes", "Spec": "nodes", "parse": "parsing"}


def __getattr__(name: str) -> Any:
    """Each name from its module, imported when it is first used: a set that is kept is not parsed."""
    from importlib import import_module

    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module `kpidsl.syntax` has no attribute `{name}`")
    return getattr(import_module(f"kpidsl.syntax.{home}"), name)
