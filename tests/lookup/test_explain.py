"""Declarations explained: found by name, with their windows, inputs, queries, and what hangs on them."""

from __future__ import annotations

import json
import re
from importlib import resources
from pathlib import Path
from textwrap import dedent

import pytest

from kpidsl.diagnostics import Problems, UsageError
from kpidsl.lookup.find import all_names
from kpidsl.pipeline import SpecSet, load
from kpidsl.report.explanation import Explanation, Related
from kpidsl.report.explanation_json import to_json
from kpidsl.report.explanation_text import to_text
from kpidsl.semantic.scope import resolve

ROOT = Path(__file__).parents[2]
SHOP = """
calendar { timezone "Europe/Berlin" }
unit order
param least = 10 EUR
goal good "A good shop" { kind goal }
source customers { from csv("nowhere/customers.csv"); key customer_id }
source orders {
  from   csv("nowhere/orders.csv")
  time   at in "UTC"
  column amount: EUR
  join   customers on customer_id
  let    large = amount >= param.least
  complete after 2 days
}
source plan { from csv("nowhere/plan.csv"); time month; column revenue: EUR; ahead }
## What was paid.
metric revenue "Revenue" = sum(amount) from orders where status == "paid"
metric paid = count() from orders where status == "paid"
metric value_of_order = revenue / paid
metric planned = sum(revenue) from plan
metric unread = max(amount) from orders
metric busiest = max(paid each day) over last month
kpi monthly "Monthly" {
  value    revenue over last month
  target   >= 10 EUR starting 2026-01-01
  target   >= 20 EUR starting 2026-03-01
  target   >= 30 EUR starting 2026-07-01
  amber    >= 90% of target
  red when value < 50% of previous
  compare  previous, 1 year earlier
  trend    3 months
  require  n >= 2
  supports good
}
kpi basket { value value_of_order over last month 1 year earlier; target >= planned over this quarter }
scorecard board { section "All" { show monthly, paid over last week } }
test "paid" {
  as of 2026-03-31
  given orders {
    at,         status, amount
    2026-03-02, "paid", 5
  }
  expect revenue over last month == 5 EUR
}
objective grow "Grow" {
  period   2026-Q2
  supports good
  key result more { increase revenue over last month from 10 EUR to 20 EUR }
}
"""


def explained(name: str, spec: str = SHOP, as_of: str = "2026-04-30") -> Explanation:
    """The one declaration of a name; nothing of its data is there."""
    (found,) = load("-", stdin_text=dedent(spec)).explain(name, as_of=as_of)
    return found


def days(shown: Explanation) -> list[tuple[str, str | None, str, tuple[str, ...]]]:
    return [
        (
            one.label,
            one.start.isoformat(" ", "minutes")[:16] if one.start else None,
            one.end.isoformat(" ", "minutes")[:16],
            one.of,
        )
        for one in shown.windows
    ]


def names(found: tuple[Related, ...]) -> list[tuple[str, str, str | None]]:
    return [(one.kind, one.name, one.through) for one in found]


# ---------------------------------------------------------------- what it is
def test_a_metric_tells_its_definition_kind_and_unit() -> None:
    shown = explained("revenue")
    assert (shown.kind, shown.title, shown.description) == ("metric", "Revenue", "What was paid.")
    assert shown.text == 'metric revenue "Revenue" = sum(amount) from orders where status == "paid"'
    assert shown.at == "<stdin>:17"
    assert (shown.measure, shown.unit) == ("flow", "EUR")
    assert [(one.aggregation, one.source, one.where) for one in shown.inputs] == [
        ("sum(amount)", "orders", ('status == "paid"',))
    ]
    assert explained("value_of_order").measure == "ratio"


@pytest.mark.parametrize(
    ("name", "kind", "fact"),
    [
        ("good", "goal", ("kind", "goal")),
        ("orders", "source", ("complete", "after 2 days")),
        ("plan", "source", ("ahead", "rows after the as-of are read, too")),
        ("least", "param", ("default", "10 EUR")),
        ("param.least", "param", ("default", "10 EUR")),
        ("order", "unit", ("dimension", "order")),
        ("EUR", "unit", ("dimension", "a currency: it is converted to no other")),
        ("minutes", "unit", ("in base units", "60")),
        ("grow", "objective", ("key result", "more: increase revenue over last month from 10 EUR to 20 EUR")),
    ],
)
def test_other_declarations_tell_what_they_have(name: str, kind: str, fact: tuple[str, str]) -> None:
    shown = explained(name)
    assert shown.kind == kind
    assert fact in shown.facts


def test_a_param_tells_what_it_is_set_to() -> None:
    (shown,) = load("-", stdin_text=SHOP).explain("least", params={"least": "12 EUR"})
    assert ("set to", "12") in shown.facts


# ---------------------------------------------------------------- when
def test_a_kpi_resolves_its_windows_after_the_lag_of_its_source() -> None:
    assert days(explained("monthly")) == [
        ("last month", "2026-03-01 00:00", "2026-04-01 00:00", ("value",)),
        ("previous month", "2026-02-01 00:00", "2026-03-01 00:00", ("compare previous",)),
        ("last month 1 year earlier", "2025-03-01 00:00", "2025-04-01 00:00", ("compare 1 year earlier",)),
        ("3 values, a month apart", "2026-01-01 00:00", "2026-04-01 00:00", ("trend",)),
    ]


def test_a_metric_without_a_window_tells_those_it_is_read_in() -> None:
    assert days(explained("revenue")) == [
        ("last month", "2026-03-01 00:00", "2026-04-01 00:00", ("monthly",)),
        ("last month 1 year earlier", "2025-03-01 00:00", "2025-04-01 00:00", ("basket",)),
    ]
    assert days(explained("paid"))[0] == ("last month, each day", "2026-03-01 00:00", "2026-04-01 00:00", ("busiest",))
    assert days(explained("planned")) == [("this quarter", "2026-04-01 00:00", "2026-07-01 00:00", ("basket",))]


def test_an_objective_tells_its_period() -> None:
    assert days(explained("grow")) == [
        ("2026-Q2", "2026-04-01 00:00", "2026-07-01 00:00", ("period",)),
        ("last month", "2026-04-01 00:00", "2026-05-01 00:00", ("more",)),
    ]


@pytest.mark.parametrize(
    ("as_of", "target"),
    [("2026-03-31", ">= 10 EUR starting 2026-01-01"), ("2026-04-30", ">= 20 EUR starting 2026-03-01")],
)
def test_the_target_in_force_is_that_of_the_window(as_of: str, target: str) -> None:
    bounds = explained("monthly", as_of=as_of).bounds
    assert [one.text for one in bounds if one.what == "target" and one.in_force] == [target]
    assert [one.what for one in bounds] == ["target", "target", "target", "amber", "red when", "require"]


def test_without_an_as_of_it_is_now() -> None:
    (shown,) = load("-", stdin_text=SHOP).explain("revenue")
    assert shown.as_of_is_now
    assert "now, " in to_text([shown], width=100)


# ---------------------------------------------------------------- what hangs on what
def test_what_uses_a_metric_is_told_directly_and_through_others() -> None:
    assert names(explained("revenue").used_by) == [
        ("metric", "value_of_order", None),
        ("kpi", "monthly", None),
        ("objective", "grow", None),
        ("test", "paid", None),
        ("kpi", "basket", "value_of_order"),
        ("scorecard", "board", "monthly"),
    ]
    assert {one.name: one.at for one in explained("revenue").used_by}["monthly"] == "<stdin>:24"


def test_a_column_of_the_same_name_is_no_use() -> None:
    assert ("metric", "planned", None) not in names(explained("revenue").used_by)
    assert names(explained("planned").built_on) == []


def test_a_goal_is_used_by_what_supports_it_and_by_nothing_beyond() -> None:
    assert sorted(names(explained("good").used_by)) == [("kpi", "monthly", None), ("objective", "grow", None)]
    assert ("goal", "good", None) not in names(explained("monthly").built_on)


def test_what_a_kpi_is_built_on() -> None:
    shown = explained("basket")
    assert names(shown.built_on) == [
        ("metric", "value_of_order", None),
        ("metric", "planned", None),
        ("metric", "revenue", "value_of_order"),
        ("metric", "paid", "value_of_order"),
        ("param", "least", "orders"),
    ]
    assert [one.name for one in shown.sources] == ["customers", "orders", "plan"]


def test_a_unit_is_used_by_what_writes_it() -> None:
    assert {name for _, name, through in names(explained("EUR").used_by) if through is None} >= {
        "least",
        "orders",
        "monthly",
        "grow",
    }


def test_units_used_by_nothing_say_so() -> None:
    assert explained("order").used_by == ()
    assert "nothing in this spec" in to_text([explained("order")], width=100)


# ---------------------------------------------------------------- names
def test_a_key_result_is_found_by_both_names() -> None:
    shown = explained("grow.more")
    assert (shown.kind, shown.name) == ("key result", "grow.more")
    assert names(shown.built_on)[0] == ("metric", "revenue", None)
    assert explained("more").name == "grow.more"


def test_an_unknown_name_is_answered_with_the_one_that_was_meant() -> None:
    with pytest.raises(UsageError) as wrong:
        explained("revenu")
    assert wrong.value.hint == "did you mean `revenue`?"
    assert wrong.value.exit_code == 2
    with pytest.raises(UsageError, match="declares no `zzz`"):
        explained("zzz")


def test_a_name_of_a_namespace_may_be_short_where_it_is_the_only_one(tmp_path: Path) -> None:
    for space in ("a", "b"):
        (tmp_path / f"{space}.kpi").write_text(
            f'namespace {space}\nsource s{space} {{ from csv("x.csv"); time at }}\nmetric rows = count() from s{space}\n',
            "utf-8",
        )
    specs = load(tmp_path)
    assert [one.name for one in specs.explain("a.rows", as_of="2026-01-01")] == ["a.rows"]
    assert [one.name for one in specs.explain("sa", as_of="2026-01-01")] == ["a.sa"]
    with pytest.raises(UsageError, match=r"may be `a\.rows`, `b\.rows`"):
        specs.explain("rows", as_of="2026-01-01")


def test_declarations_of_different_kinds_may_share_a_name() -> None:
    spec = SHOP + "\nmetric orders = count() from orders\n"
    found = load("-", stdin_text=spec).explain("orders", as_of="2026-01-01")
    assert sorted(one.kind for one in found) == ["metric", "source"]
    assert to_text(found, width=100).count("as of the end of 2026-01-01") == 2


# ---------------------------------------------------------------- data that is not there, specs that are wrong
def test_without_data_everything_but_the_columns_is_told() -> None:
    shown = explained("monthly")
    assert shown.sources[1].problem is not None
    assert "orders.csv" in shown.sources[1].problem
    assert '"t"."amount"' in shown.queries[0].sql
    assert shown.exit_code == 0


def test_what_is_wrong_with_a_declaration_is_told_with_it() -> None:
    wrong = 'source s { from csv("x.csv"); time at }\nmetric a = count() from s\nmetric b = sevn * a\nkpi c { value a over last month; target >= 1 }\n'
    shown = explained("b", wrong)
    assert [one.code for one in shown.problems] == ["K0204"]
    assert shown.exit_code == 4
    assert explained("c", wrong).exit_code == 0
    assert "K0204" in to_text([shown], width=100)
    assert json.loads(to_json([shown]))["explained"][0]["problems"][0]["code"] == "K0204"


def test_a_column_that_is_not_there_is_of_the_data(tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_text("at,amount\n2026-01-01,1\n", "utf-8")
    (tmp_path / "s.kpi").write_text('source s { from csv("s.csv"); time at }\nmetric a = sum(amuont) from s\n', "utf-8")
    (shown,) = load(tmp_path).explain("a", as_of="2026-01-01")
    assert shown.exit_code == 3


def test_an_as_of_out_of_reach_is_wrong_usage() -> None:
    with pytest.raises(UsageError):
        explained("monthly", as_of="0001-01-05")


# ---------------------------------------------------------------- the query
@pytest.fixture(scope="module")
def bakery() -> SpecSet:
    """The spec that `kpidsl init` writes, with its data."""
    return load(str(resources.files("kpidsl.templates") / "start"))


@pytest.mark.parametrize("name", ["cancelled", "happy_customers", "monthly_revenue", "basket"])
def test_the_query_of_a_value_is_one_that_runs(bakery: SpecSet, name: str, tmp_path: Path) -> None:
    alone = tmp_path / "alone.kpi"
    folder = resources.files("kpidsl.templates") / "start"
    text = (folder / "bakery.kpi").read_text("utf-8").replace('csv("data', f'csv("{folder}/data')
    bare = re.sub(r"^  (target|amber|compare|by|trend|require|action).*$", "", text, flags=re.MULTILINE)
    bare = re.sub(r'^    owner "sales"\n    due   5 days\n    when  red\n  }\n', "", bare, flags=re.MULTILINE)
    alone.write_text(bare, "utf-8")
    (kpi,) = load(alone).evaluate(as_of="2026-03-31", select=[name], explain=True).kpis
    run = list(dict.fromkeys(part.sql for part in kpi.inputs))
    (shown,) = bakery.explain(name, as_of="2026-03-31")
    assert [one.sql for one in shown.queries] == run


def test_a_sum_of_floats_is_written_without_its_data() -> None:
    spec = 'source s { from csv("x.csv"); time at; column x: float }\nmetric a = stddev(x) from s\nmetric b = sum(x) from s\n'
    assert "x" in explained("a", spec).queries[0].sql
    assert "SUM" in explained("b", spec).queries[0].sql


def test_a_metric_that_nothing_reads_has_an_example() -> None:
    shown = explained("unread")
    assert shown.windows == ()
    assert "as an example" in shown.queries[0].about


# ---------------------------------------------------------------- every declaration of the examples
@pytest.mark.parametrize("folder", ["flights", "storefront"])
def test_every_name_of_the_examples_is_explained(folder: str) -> None:
    specs = load(ROOT / "specs" / folder)
    known = all_names(resolve(specs._files.specs, Problems()))
    assert len(known) > 30
    for name in known:
        found = specs.explain(name, as_of="2013-12-31" if folder == "flights" else "2026-05-16")
        assert {one.exit_code for one in found} == {0}
        assert json.loads(to_json(found))["explained"][0]["name"] == name
        for line in to_text(found, width=80).splitlines():
            assert line == line.rstrip()


NAMES = ("revenue", "happy_customers", "orders", "steady_growth", "good_bread", "EUR")


@pytest.mark.parametrize("name", NAMES)
def test_the_page_of_a_name(bakery: SpecSet, name: str, accept: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without its query, which is the engine's to word."""
    folder = Path(str(resources.files("kpidsl.templates") / "start"))
    monkeypatch.chdir(folder)
    page = to_text(load(".").explain(name, as_of="2026-03-31"), width=90)
    page = re.sub(r"(?<=\nSQL)( .*\n)(  .*\n)+", r"\1  …\n", page)
    golden = Path(__file__).parent / f"{name.lower()}.txt"
    if accept:
        golden.write_text(page, "utf-8")
    assert page == golden.read_text("utf-8")
