"""Results as the Python API gives them: the records of an evaluation that also write themselves."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

from kpidsl.assess import results as assessed
from kpidsl.records import dataclass
from kpidsl.report.json import to_json

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Results(assessed.Results):
    """What `SpecSet.evaluate` found: `metrics`, `kpis`, `objectives`, `errors`, `warnings`, and the same as a document.

    >>> from tempfile import TemporaryDirectory
    >>> from pathlib import Path
    >>> import kpidsl
    >>> with TemporaryDirectory() as folder:
    ...     _ = Path(folder, "shop.kpi").write_text('''
    ...         source orders { from csv("orders.csv"); time at; column amount: EUR }
    ...         kpi sales { value sum(amount) from orders over last month; target >= 30 EUR }
    ...     ''')
    ...     _ = Path(folder, "orders.csv").write_text("at,amount\\n2026-03-01,10.50\\n2026-03-31,20.00\\n")
    ...     results = kpidsl.load(folder).evaluate(as_of="2026-03-31")
    >>> results.kpis[0].assessment.value, results.kpis[0].assessment.status
    (Decimal('30.5'), 'green')
    """

    @classmethod
    def of(cls, found: assessed.Results) -> Results:
        """The same records with the reports as methods."""
        return cls(*(getattr(found, part.name) for part in fields(found)))

    def to_json(self) -> str:
        """The document as JSON, byte for byte what `kpidsl eval -f json` writes.

        >>> import json, kpidsl
        >>> spec = kpidsl.load("-", stdin_text='''
        ...     source orders { from arrow("orders"); time at }
        ...     kpi sold { value count() from orders over 2026-03; target >= 2 }
        ... ''')
        >>> import pyarrow as pa
        >>> from datetime import date
        >>> orders = pa.table({"at": [date(2026, 3, 1), date(2026, 3, 31)]})
        >>> results = spec.evaluate(as_of="2026-03-31", sources={"orders": orders})
        >>> json.loads(results.to_json())["kpis"][0]["status"]
        'green'
        """
        return to_json(self)

    def to_toml(self) -> str:
        """The document as TOML: the same content, but for the members of segments whose dimension is NULL, which
        are left out.

        >>> import kpidsl, tomllib
        >>> spec = kpidsl.load("-", stdin_text="metric answer = 6 * 7")
        >>> tomllib.loads(spec.evaluate(as_of="2026-03-31").to_toml())["as_of"]
        '2026-04-01T00:00:00+00:00'
        """
        from kpidsl.report.toml import to_toml

        return to_toml(self)

    def to_arrow(self) -> pa.Table:
        """A `pyarrow.Table` with a row for every KPI, segment, metric, objective and key
        result. Raises `KpidslError` without pyarrow.

        >>> import kpidsl
        >>> spec = kpidsl.load("-", stdin_text='''
        ...     source orders { from arrow("orders"); time at }
        ...     kpi sold { value count() from orders over 2026-03; target >= 2 }
        ... ''')
        >>> import pyarrow as pa
        >>> from datetime import date
        >>> orders = pa.table({"at": [date(2026, 3, 1), date(2026, 3, 31)]})
        >>> table = spec.evaluate(as_of="2026-03-31", sources={"orders": orders}).to_arrow()
        >>> table.select(["name", "value", "status"]).to_pylist()
        [{'name': 'sold', 'value': 2.0, 'status': 'green'}]
        """
        from kpidsl.report.arrow import to_arrow

        return to_arrow(self)
