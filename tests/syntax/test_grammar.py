"""The grammar itself: nothing in it is ambiguous, and its words stay free for columns."""

from __future__ import annotations

import pytest

from kpidsl.syntax.grammar import build
from semantic.cases import checked

SOME_WORDS = """
    value target from by time source day month where over default and or start end each then else at per on is to of
    last this since all as given kpi metric calendar count red amber green relative inclusive whole fiscal increase
    conversions conversion_rate period trailing next earlier matches with unit key join let column holds fresh complete
    ahead when not_ previous percentile share segments require review owner tags param goal objective outcome policy
    test evidence level prevalence cohen_kappa coder weights
"""
WORDS = SOME_WORDS.split()


@pytest.mark.slow
def test_no_two_terminals_match_the_same_text_and_no_rule_conflicts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lark's strict mode refuses shift/reduce conflicts and terminals of one priority that collide."""
    pytest.importorskip("interegular", reason="a development dependency")
    monkeypatch.setattr("lark.lexer.has_interegular", True)
    assert build(strict=True).rules


@pytest.mark.parametrize("word", WORDS)
def test_a_column_may_be_called_by_any_word(word: str) -> None:
    text = f"""\
source x {{ from csv("x.csv"); time {word}; key {word}; column {word}: timestamp; let copy = {word} }}
metric m = max({word}) from x on {word} where {word} > 2026-01-01 and 2026-01-01 < {word} and {word} is not null
"""
    assert checked(("x.kpi", text)).codes == []


@pytest.mark.parametrize("word", ["true", "false", "null", "not", "if", "Order Date", "größe"])
def test_any_other_name_stands_in_backquotes(word: str) -> None:
    text = f'source x {{ from csv("x.csv"); time at; column `{word}`: EUR }}\nmetric m = sum(`{word}`) from x'
    assert checked(("x.kpi", text)).codes == []


@pytest.mark.parametrize("word", [word for word in WORDS if word not in ("value", "target", "previous", "param")])
def test_a_metric_may_be_called_by_any_word(word: str) -> None:
    source = 'source x { from csv("x.csv"); time at }'
    text = f"{source}\nmetric {word} = count() from x\nkpi k {{ value {word} over last month }}"
    assert checked(("x.kpi", text)).codes == []
