"""What is said of an outcome's evidence and of the judgement beyond the measure: weights of criteria, conditions,
claims and what people decided.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from kpidsl.records import dataclass
from kpidsl.syntax.expr_nodes import Expr
from kpidsl.syntax.node import Name, Node, Text


@dataclass(frozen=True, slots=True)
class RubricProp(Node):
    """`rubric avg(score) from ratings over last 12 months by criterion`."""

    value: Expr
    by: Name


@dataclass(frozen=True, slots=True)
class CriterionProp(Node):
    """`criterion "depth" weight 2`: a member of the rubric's dimension."""

    member: Text
    weight: Decimal | None


@dataclass(frozen=True, slots=True)
class InvitedProp(Node):
    """How many were asked: what `response_rate` is of."""

    value: Expr


@dataclass(frozen=True, slots=True)
class AgreementProp(Node):
    """How far those who coded or rated agree: what `agreement` means in `require`."""

    value: Expr


@dataclass(frozen=True, slots=True)
class CapProp(Node):
    """`cap adequate when interviews < good`; `cap good when strength < 3`."""

    level: Name
    subject: Name
    operator: str
    against: Name | Decimal


@dataclass(frozen=True, slots=True)
class HurdleProp(Node):
    """`hurdle survey >= adequate`."""

    subject: Name
    operator: str
    level: Name


@dataclass(frozen=True, slots=True)
class OverrideProp(Node):
    """`override good by "steering group" on 2026-05-02 "why"`."""

    level: Name
    by: Text
    on: date
    why: Text | None


@dataclass(frozen=True, slots=True)
class ContributionProp(Node):
    """`contribution probable by "evaluation team" on 2026-05-02 see "studies/claim.md"`."""

    claim: Name
    by: Text
    on: date
    see: Text | None
