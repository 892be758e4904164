"""Rows from Python into DuckDB, through a temporary CSV file: three times faster than bound lists and two hundred
times faster than `executemany`.
"""

from __future__ import annotations

import csv
import secrets
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kpidsl.engine import duck
from kpidsl.engine.duck import identifier, literal, path_pattern
from kpidsl.leftovers import passing

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

RowSource = Callable[[str], Iterable[Sequence[object]]]
"""Gives the rows when it is told the text that stands for NULL."""


def load(connection: DuckDBPyConnection, columns: Sequence[tuple[str, str]], rows: RowSource) -> str:
    """A temporary table with these (name, DuckDB type) columns and rows; floats keep all their digits.

    Raises what `rows` raises, and DuckDB's errors.
    """
    name = duck.fresh_name("rows")
    # A random text, so that no value can be taken for NULL.
    null = f"\x02{secrets.token_hex(8)}"
    with tempfile.TemporaryDirectory(prefix="kpidsl-rows-") as name_of_folder, passing(Path(name_of_folder)) as folder:
        path = folder / "rows.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(rows(null))
        types = ", ".join(f"'c{index}': {literal(sql_type)}" for index, (_, sql_type) in enumerate(columns))
        picked = ", ".join(f"c{index} AS {identifier(column)}" for index, (column, _) in enumerate(columns))
        source = f"read_csv({literal(path_pattern(str(path)))}, header = false, auto_detect = false, delim = ',', "
        source += f"quote = '\"', escape = '\"', nullstr = {literal(null)}, "
        source += f"strict_mode = true, parallel = false, max_line_size = 268435456, columns = {{{types}}})"
        connection.execute(f"CREATE TEMP TABLE {identifier(name)} AS SELECT {picked} FROM {source}")
    return name
