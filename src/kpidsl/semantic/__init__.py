"""What a spec means: names resolved, types and units checked, nothing of the syntax left but places."""

from kpidsl.semantic.check import check, is_of_data
from kpidsl.semantic.lints import tidy
from kpidsl.semantic.scope import Names, resolve

__all__ = ["Names", "check", "is_of_data", "resolve", "tidy"]
