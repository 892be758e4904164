"""Objectives evaluated over rows written in the test."""

from __future__ import annotations

import json

import jsonschema

import kpidsl
from engine.evaluating import Table, evaluate
from kpidsl.assess.goal_results import KeyResultResult, ObjectiveResult
from kpidsl.report import schema_text

VALIDATOR = jsonschema.Draft202012Validator(json.loads(schema_text()))
SOURCE = """
source o { from arrow("o"); time at }
metric x = sum(amount) from o
metric y = sum(other) from o
"""
Rows = dict[str, float | None]


def run(spec: str, as_of: str, source: str = SOURCE, **tables: Table) -> kpidsl.Results:
    """The results of a spec, whose document the schema knows."""
    found = evaluate(source + spec, as_of, **tables)
    VALIDATOR.validate(json.loads(found.to_json()))
    return found


def key_result(aim: str, as_of: str, o: Table, period: str = "2026-Q2", source: str = SOURCE) -> KeyResultResult:
    """The key result `k` of an objective over the source `o`."""
    found = run(f"objective e {{ period {period}; key result k {{ {aim} }} }}", as_of, source, o=o)
    return found.objectives[0].key_results[0]


def objective(results: kpidsl.Results, name: str) -> ObjectiveResult:
    return next(one for one in results.objectives if one.name == name)
