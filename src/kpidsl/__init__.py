"""kpidsl: the language in which organisations write down what they measure and what they aim for, and its engine.

>>> import kpidsl
>>> kpidsl.__version__
'0.1.0'
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kpidsl.checked import CheckReport, SpecError
    from kpidsl.diagnostics import Diagnostic, KpidslError
    from kpidsl.hookspecs import hookimpl
    from kpidsl.pipeline import SpecSet, load
    from kpidsl.report.results import Results

__version__ = "0.1.0"
__all__ = [
    "CheckReport",
    "Diagnostic",
    "KpidslError",
    "Results",
    "SpecError",
    "SpecSet",
    "__version__",
    "hookimpl",
    "load",
]

_HOMES = {
    "CheckReport": "kpidsl.checked",
    "Diagnostic": "kpidsl.diagnostics",
    "KpidslError": "kpidsl.diagnostics",
    "Results": "kpidsl.report.results",
    "SpecError": "kpidsl.checked",
    "SpecSet": "kpidsl.pipeline",
    "hookimpl": "kpidsl.hookspecs",
    "load": "kpidsl.pipeline",
}


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def __getattr__(name: str) -> Any:
    """The public names, each imported when it is first used, so that `import kpidsl` costs next to nothing."""
    from importlib import import_module

    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module `kpidsl` has no attribute `{name}`")
    return getattr(import_module(home), name)
