"""SMART: whether KPIs and key results are specific, measurable, achievable, relevant and time-bound.

George T. Doran, "There's a S.M.A.R.T. way to write management's goals and objectives", Management Review 70 (11), 1981.
"""

from kpidsl.smart.records import Addition, Finding, Judgement, Letter, SmartReport, State
from kpidsl.smart.run import judge

__all__ = ["Addition", "Finding", "Judgement", "Letter", "SmartReport", "State", "judge"]
