"""What is asked of the data, and how the answers are put together."""

from kpidsl.plan.build import plan
from kpidsl.plan.nodes import Cell, Plan, Question, SlicePlan

__all__ = ["Cell", "Plan", "Question", "SlicePlan", "plan"]
