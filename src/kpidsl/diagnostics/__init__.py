"""Problems found in specs and around them: record, collector, renderers."""

from kpidsl.diagnostics.errors import (
    CellError,
    KpidslError,
    OptionError,
    SourceError,
    Unanswerable,
    UsageError,
    foreign_errors,
    told,
)
from kpidsl.diagnostics.follow_on import NAMELESS
from kpidsl.diagnostics.model import Diagnostic, Fix, Label, Problems, Severity
from kpidsl.diagnostics.suggest import closest, did_you_mean, unsplit

__all__ = [
    "NAMELESS",
    "CellError",
    "Diagnostic",
    "Fix",
    "KpidslError",
    "Label",
    "OptionError",
    "Problems",
    "Severity",
    "SourceError",
    "Unanswerable",
    "UsageError",
    "closest",
    "did_you_mean",
    "foreign_errors",
    "told",
    "unsplit",
]
