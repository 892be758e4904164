"""The names of columns: each once, and those that are asked for there."""

from __future__ import annotations

from collections.abc import Sequence

from kpidsl.diagnostics import SourceError, closest


def distinct(names: Sequence[str], label: str) -> None:
    """Raise SourceError K0605 for two columns of one table that differ in nothing but capitals: DuckDB takes them for
    one.
    """
    seen: dict[str, str] = {}
    for name in names:
        other = seen.setdefault(name.casefold(), name)
        if other != name:
            words = f"the columns `{other}` and `{name}` of {label} differ in nothing but capitals"
            raise SourceError(words, code="K0605", hint="rename one of them in the data to use both")


def missing_column(name: str, columns: Sequence[str], label: str, hint: str | None = None) -> SourceError:
    """K0605, with the column that was probably meant or those that there are."""
    near = closest(name, columns)
    listed = ", ".join(columns[:20]) + (", …" if len(columns) > 20 else "")
    hint = hint or (f"did you mean `{near}`? It has {listed}" if near else f"it has {listed}")
    return SourceError(f"{label} has no column `{name}`", code="K0605", hint=hint)
