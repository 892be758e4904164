"""The data of check-ins: opened through a provider like a source, with columns of fixed names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING

from kpidsl.binding import Bound, Learn, dataset_beside
from kpidsl.diagnostics import KpidslError, Problems, SourceError, did_you_mean, foreign_errors
from kpidsl.hookspecs import ColumnRequest, Dataset, ScanRequest
from kpidsl.opening import Opener
from kpidsl.remote import foreign
from kpidsl.semantic.scope import Names
from kpidsl.semantic.types import DataType, Schema
from kpidsl.sources.materialize import into_duckdb
from kpidsl.syntax import goal_nodes as g
from kpidsl.syntax.shared_nodes import ProviderCall

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from kpidsl.assess.checkins import Checkin

COLUMNS = {
    "date": DataType.DATE,
    "key_result": DataType.TEXT,
    "confidence": DataType.TEXT,
    "note": DataType.TEXT,
    "by": DataType.TEXT,
}
NEEDED = ("date", "key_result")


def checkins_of(names: Names) -> dict[str, ProviderCall]:
    """Where the check-ins of each objective are kept."""
    return {
        name: prop.provider
        for name, declared in names.named.items()
        if isinstance(declared.node, g.ObjectiveDecl)
        for prop in declared.node.properties
        if isinstance(prop, g.CheckinsProp)
    }


def bind_checkins(
    written: Mapping[str, ProviderCall],
    opener: Opener,
    problems: Problems,
    *,
    frames: Mapping[str, object],
    learn: Learn,
) -> dict[str, Dataset | KpidslError]:
    """Check the providers and options of check-ins, by objective; `learn` whether their columns are there.

    A wrong option is a problem of the spec, data that cannot be had one of its objective.
    """
    found: dict[str, Dataset | KpidslError] = {}
    for name, call in written.items():
        dataset = dataset_beside(call, opener, problems, f"the check-ins of `{name}`", frames=frames, learn=learn)
        if dataset is None:
            continue
        knows = learn == "all" or (
            learn == "local" and isinstance(dataset, Dataset) and dataset.fingerprint() is not None
        )
        if knows and not isinstance(dataset, KpidslError):
            error = _missing(name, dataset.schema())
            if error is not None:
                problems.error(error.code, error.message, call.span, hint=error.hint, affects=(name,))
                dataset = error
        found[name] = dataset
    return found


def _missing(name: str, schema: Schema) -> SourceError | None:
    for column in NEEDED:
        if schema.get(column) is None:
            hint = did_you_mean(column, schema.names) or f"its columns are {', '.join(schema.names)}"
            message = f"the check-ins of `{name}` have no column `{column}`"
            return SourceError(message, code="K0605", hint=hint)
    return None


def read_checkins(
    bound: Bound, connection: DuckDBPyConnection, objectives: Iterable[str]
) -> dict[str, tuple[Checkin, ...] | KpidslError]:
    """The check-ins of these objectives in the order of their data, or why they cannot be had."""
    from kpidsl.sql import queries as q

    found: dict[str, tuple[Checkin, ...] | KpidslError] = {}
    for name in objectives:
        dataset = bound.checkins.get(name)
        if dataset is None or isinstance(dataset, KpidslError):
            if dataset is not None:
                found[name] = dataset
            continue
        view = f"check-ins of {name}"
        try:
            schema = dataset.schema()
            there = {column: kind for column, kind in COLUMNS.items() if schema.get(column) is not None}
            moment = schema.get("date")
            if moment is not None and moment.type is DataType.TIMESTAMP:
                there["date"] = DataType.TIMESTAMP
            request = ScanRequest(tuple(ColumnRequest(column, kind) for column, kind in there.items()))
            into_duckdb(connection, view, dataset, request)
            rows = connection.execute(q.text(q.columns_of(view, tuple(there)))).fetchall()
        except KpidslError as error:
            found[name] = error
            continue
        except foreign_errors() as error:
            found[name] = foreign(view, "checkins", error)
            continue
        found[name] = tuple(_checkin(dict(zip(there, row, strict=True))) for row in rows)
    return found


def _checkin(row: Mapping[str, object]) -> Checkin:
    from kpidsl.assess.checkins import Checkin

    texts = {column: str(row[column]) if row.get(column) is not None else None for column in COLUMNS}
    on = row["date"]
    day = on.date() if isinstance(on, datetime) else on if isinstance(on, date) else None
    return Checkin(day, texts["key_result"], texts["confidence"], texts["note"], texts["by"])
