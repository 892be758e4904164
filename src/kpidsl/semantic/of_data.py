"""What is wrong with the data a spec meets, rather than with the spec."""

from __future__ import annotations

from kpidsl.diagnostics import Diagnostic

DATA_CODES = "K06"


def is_of_data(diagnostic: Diagnostic) -> bool:
    """Whether a problem comes from the data a spec meets, not from the spec alone."""
    return diagnostic.code.startswith(DATA_CODES)
