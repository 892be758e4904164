"""What the tests of syntax and meaning share: a shop's sources with known columns, and a check without files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kpidsl.diagnostics import Diagnostic, Problems
from kpidsl.library import library_units
from kpidsl.semantic.check import check
from kpidsl.semantic.half_read import check_half_read
from kpidsl.semantic.lints import tidy
from kpidsl.semantic.model import KpiModel, MetricModel, Model
from kpidsl.semantic.scope import resolve
from kpidsl.semantic.types import Column, DataType, Schema
from kpidsl.source_text import Source
from kpidsl.syntax import parse

D = DataType
SHOP = """\
source orders {
  from csv("orders.csv"); time ordered_at; join customers on customer_id
  column amount: EUR; column cost: USD; column rate: %; column temperature: degC; column energy: kWh
  column power_used: MJ; column wait: minutes
}
source customers { from csv("customers.csv"); key customer_id }
source staff { from csv("staff.csv"); holds from hired_on to left_on }
metric revenue = sum(amount) from orders where status == "paid"
metric paid_share = share(status == "paid") from orders
"""


def schema(**columns: DataType) -> Schema:
    return Schema(tuple(Column(name, kind) for name, kind in columns.items()))


SCHEMAS = {
    "orders": schema(
        order_id=D.INTEGER, customer_id=D.INTEGER, ordered_at=D.TIMESTAMP, delivered_at=D.TIMESTAMP, day=D.DATE,
        status=D.TEXT, country=D.TEXT, amount=D.DECIMAL, cost=D.DECIMAL, items=D.INTEGER, rate=D.FLOAT, score=D.INTEGER,
        late=D.BOOLEAN, temperature=D.FLOAT, energy=D.FLOAT, power_used=D.FLOAT, wait=D.INTEGER,
    ),
    "customers": schema(customer_id=D.INTEGER, country=D.TEXT, since=D.DATE),
    "staff": schema(hired_on=D.DATE, left_on=D.DATE, department=D.TEXT),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Checked:
    model: Model
    problems: tuple[Diagnostic, ...]

    @property
    def codes(self) -> list[str]:
        return [problem.code for problem in self.problems]

    def named(self, name: str) -> MetricModel | KpiModel:
        return self.model.metrics.get(name) or self.model.kpis[name]


def checked(
    *files: tuple[str, str],
    schemas: Mapping[str, Schema | None] | None = None,
    params: Mapping[str, str] | None = None,
    tidily: bool = False,
) -> Checked:
    """The model of files (name, text), and the problems found, in file order; `tidily` with what is never used."""
    problems = Problems()
    specs = [parse(Source(name, text), problems) for name, text in files]
    names = resolve(specs, problems)
    model = check(names, problems, schemas=schemas or {}, params=params or {}, library=library_units)
    check_half_read(names, problems, schemas=schemas or {}, params=params or {}, library=library_units)
    if tidily:
        tidy(names, model, problems)
    return Checked(model, tuple(problems))


def in_shop(text: str, **params: str) -> Checked:
    """A text checked beside the shop's sources."""
    return checked(("shop.kpi", SHOP), ("spec.kpi", text), schemas=SCHEMAS, params=params)
