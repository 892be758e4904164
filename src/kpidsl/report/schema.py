"""The published JSON Schema (draft 2020-12) of the document."""

from __future__ import annotations

from importlib.resources import files


def schema_text() -> str:
    """The schema, as it lies in the package."""
    return files("kpidsl.report").joinpath("results.schema.json").read_text("utf-8")
