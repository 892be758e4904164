"""Words of the language with a fixed meaning: functions, types, weekdays, months."""

from __future__ import annotations

from typing import Protocol

from kpidsl.records import dataclass
from kpidsl.semantic.types import DataType


class GivenFunction(Protocol):
    """A function of row expressions that a plugin gives; `sql` is an expression over `$1`, `$2`, …"""

    @property
    def parameters(self) -> tuple[DataType, ...]: ...
    @property
    def returns(self) -> DataType: ...
    @property
    def sql(self) -> str: ...


@dataclass(frozen=True, slots=True)
class GivenTwice:
    """Stands for functions of one name that several plugins give: told to whoever calls it."""

    message: str
    hint: str


@dataclass(frozen=True, slots=True)
class AggregationTerm:
    """An aggregation: how many arguments it takes, what they are, what kind of number comes out."""

    name: str
    least: int
    most: int
    takes: str  # number | any | condition | ordered
    kind: str  # flow | mean | ratio | distinct | quantile | stock


AGGREGATIONS = {
    term.name: term
    for term in (
        AggregationTerm("count", 0, 1, "any", "flow"),
        AggregationTerm("count_distinct", 1, 1, "any", "distinct"),
        AggregationTerm("count_distinct~", 1, 1, "any", "distinct"),
        AggregationTerm("sum", 1, 1, "number", "flow"),
        AggregationTerm("avg", 1, 1, "number", "mean"),
        AggregationTerm("min", 1, 1, "ordered", "quantile"),
        AggregationTerm("max", 1, 1, "ordered", "quantile"),
        AggregationTerm("median", 1, 1, "number", "quantile"),
        AggregationTerm("percentile", 2, 2, "number", "quantile"),
        AggregationTerm("stddev", 1, 1, "number", "mean"),
        AggregationTerm("variance", 1, 1, "number", "mean"),
        AggregationTerm("first", 1, 1, "any", "stock"),
        AggregationTerm("last", 1, 1, "any", "stock"),
        AggregationTerm("share", 1, 1, "condition", "ratio"),
        AggregationTerm("nps", 1, 1, "number", "ratio"),
        AggregationTerm("top_box", 2, 2, "number", "ratio"),
        AggregationTerm("csat", 1, 2, "number", "ratio"),
        AggregationTerm("ces", 1, 2, "number", "mean"),
        AggregationTerm("ces_net", 2, 2, "number", "ratio"),
        AggregationTerm("prevalence", 1, 1, "condition", "ratio"),
        AggregationTerm("krippendorff_alpha", 1, 1, "any", "ratio"),
        AggregationTerm("cohen_kappa", 1, 1, "any", "ratio"),
        AggregationTerm("fleiss_kappa", 1, 1, "any", "ratio"),
    )
}
AGREEMENT = frozenset({"krippendorff_alpha", "cohen_kappa", "fleiss_kappa"})
"""How far coders agree."""
DISTINCT = frozenset({"count_distinct", "count_distinct~"})
"""Counts of different values, exact and approximate."""
REDUCTIONS = frozenset(
    {"avg", "min", "max", "sum", "median", "stddev", "percentile", "count", "share", "first", "last", "slope", "cagr"}
)
IN_ORDER = frozenset({"first", "last", "slope", "cagr"})
AGGREGATION_SYNONYMS = {
    "average": "avg",
    "mean": "avg",
    "total": "sum",
    "distinct": "count_distinct",
    "unique": "count_distinct",
    "countd": "count_distinct",
    "nunique": "count_distinct",
    "distinctcount": "count_distinct",
    "uniq": "count_distinct",
    "sumx": "sum",
    "averagex": "avg",
    "stdev": "stddev",
    "std": "stddev",
    "var": "variance",
    "quantile": "percentile",
    "p50": "median",
    "ratio": "share",
    "percent": "share",
    "maximum": "max",
    "minimum": "min",
    "latest": "last",
    "newest": "last",
    "oldest": "first",
}

# Row functions: the types of their arguments (None: any), the least that must be given, and what comes out.
ROW_FUNCTIONS: dict[str, tuple[tuple[str, ...], int, DataType | None]] = {
    "coalesce": (("same...",), 2, None),
    "lower": (("text",), 1, DataType.TEXT),
    "upper": (("text",), 1, DataType.TEXT),
    "trim": (("text",), 1, DataType.TEXT),
    "abs": (("number",), 1, None),
    "round": (("number", "digits"), 1, None),
    "floor": (("number",), 1, None),
    "ceil": (("number",), 1, None),
    "year": (("time",), 1, DataType.INTEGER),
    "quarter": (("time",), 1, DataType.INTEGER),
    "month": (("time",), 1, DataType.INTEGER),
    "day": (("time",), 1, DataType.INTEGER),
    "hour": (("time",), 1, DataType.INTEGER),
    "weekday": (("time",), 1, DataType.INTEGER),
    "date": (("time",), 1, DataType.DATE),
    "days_between": (("time", "time"), 2, DataType.INTEGER),
    "business_days_between": (("time", "time"), 2, DataType.INTEGER),
}

TYPE_WORDS = {
    "integer": DataType.INTEGER,
    "decimal": DataType.DECIMAL,
    "float": DataType.FLOAT,
    "text": DataType.TEXT,
    "boolean": DataType.BOOLEAN,
    "date": DataType.DATE,
    "timestamp": DataType.TIMESTAMP,
}
TYPE_SYNONYMS = {
    "int": "integer",
    "bigint": "integer",
    "number": "decimal",
    "numeric": "decimal",
    "double": "float",
    "real": "float",
    "string": "text",
    "varchar": "text",
    "str": "text",
    "bool": "boolean",
    "datetime": "timestamp",
    "timestamptz": "timestamp",
    "time": "timestamp",
}

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
