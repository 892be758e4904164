"""A source that fails costs only what needs it; a spec that is wrong evaluates nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

import kpidsl

FILES = {
    "good.csv": "at,x\n2026-03-01,1\n2026-03-02,2\n",
    "text.csv": "at,x\n2026-03-01,1\n2026-03-02,oops\n",
    "ragged.csv": "at,x\n2026-03-01,1\n2026-03-02\n",
    "empty.csv": "",
    "day.csv": "at,x\n2026-03-01,1\nyesterday,2\n",
}
SPEC = """
source fine {{ from csv("good.csv"); time at }}
kpi ok {{ value sum(x) from fine over 2026-03; target >= 3 }}
source bad {{ {source} }}
metric inner = sum({column}) from bad
kpi broken {{ value inner over 2026-03; target >= 3 }}
kpi both {{ value ((sum(x) from fine) + inner) over 2026-03; target >= 3 }}
kpi compared {{ value sum(x) from fine over 2026-03; target >= inner over 2026-03 }}
kpi nearly {{ value sum(x) from fine over 2026-03; target >= 4; amber >= inner over 2026-03 }}
kpi guarded {{ value sum(x) from fine over 2026-03; target >= 3; red when (inner over 2026-03) > 5 }}
kpi required {{ value sum(x) from fine over 2026-03; target >= 3; require (inner over 2026-03) > 5 }}
"""
FAILING = ("broken", "both", "compared", "nearly", "guarded", "required")


def written(folder: Path, source: str, column: str = "x") -> Path:
    for name, text in FILES.items():
        folder.joinpath(name).write_text(text, "utf-8")
    folder.joinpath("spec.kpi").write_text(SPEC.format(source=source, column=column), "utf-8")
    return folder


@pytest.mark.parametrize(
    ("source", "column", "code", "says"),
    [
        ('from csv("nowhere.csv"); time at', "x", "K0601", "nowhere.csv"),
        ('from csv("good.csv"); time at', "zzz", "K0605", "no column `zzz`"),
        ('from csv("good.csv"); time when', "x", "K0605", "no column `when`"),
        ('from csv("ragged.csv"); time at', "x", "K0603", "ragged.csv:3"),
        ('from csv("text.csv"); time at; column x: integer', "x", "K0604", "text.csv:3"),
        ('from csv("empty.csv"); time at', "x", "K0606", "empty.csv"),
        ('from csv("day.csv"); time at; column at: date', "x", "K0604", "day.csv:3"),
    ],
)
def test_a_source_that_fails_costs_only_what_needs_it(
    source: str, column: str, code: str, says: str, tmp_path: Path
) -> None:
    results = kpidsl.load(written(tmp_path, source, column)).evaluate(as_of="2026-03-31")
    statuses = {one.name: one.assessment.status for one in results.kpis}
    assert statuses == {"ok": "green"} | dict.fromkeys(FAILING, "error")
    assert results.kpis[0].assessment.value == 3
    (error,) = results.errors
    assert (error.code, set(FAILING) <= set(error.affects), "ok" in error.affects) == (code, True, False)
    assert says in error.message


SHOP = """
source orders {{ from csv("orders.csv"); time at; join people on who; {more} }}
source people {{ from csv("people.csv"); key who; column segment: text }}
metric sold = sum(x) from orders
metric nets = sum(net) from orders
metric sold_then = sold over 2026-03
metric nets_then "Net" = nets over 2026-03
metric gross_then = sum(gross) from orders over 2026-03
metric level = last(net) from orders at end
kpi all_of_them {{ value sold over 2026-03; target >= 3 }}
kpi net {{ value nets over 2026-03; target >= 3; owner "Ana"; tags money }}
kpi by_land {{ value share(x > 1) from orders over 2026-03; target >= 50%; by people.land }}
kpi by_segment {{ value share(x > 1) from orders over 2026-03; target >= 50%; by people.segment }}
"""


def shop(folder: Path, more: str) -> kpidsl.SpecSet:
    folder.joinpath("orders.csv").write_text("at,who,x\n2026-03-01,1,1\n2026-03-02,2,2\n", "utf-8")
    folder.joinpath("people.csv").write_text("who,land\n1,DE\n2,FR\n", "utf-8")
    folder.joinpath("shop.kpi").write_text(SHOP.format(more=more), "utf-8")
    return kpidsl.load(folder)


@pytest.mark.parametrize(
    "more",
    [
        "column rebate: EUR; let net = x - rebate; let gross = net * 2",
        "let net = x - rebate; let gross = net * 2",
        "column net: decimal; column gross: decimal",
    ],
)
def test_a_column_that_the_data_lacks_costs_only_what_reads_it(more: str, tmp_path: Path) -> None:
    results = shop(tmp_path, more).evaluate(as_of="2026-03-31")
    statuses = {one.name: one.assessment.status for one in results.kpis}
    assert statuses == {"all_of_them": "green", "net": "error", "by_land": "green", "by_segment": "error"}
    assert {one.name: (one.value, one.value_undefined) for one in results.metrics} == {
        "sold_then": (3, None),
        "nets_then": (None, "source_error"),
        "gross_then": (None, "source_error"),
        "level": (None, "source_error"),
    }
    lost = {name for one in results.errors for name in one.affects}
    assert lost == {"nets", "nets_then", "gross_then", "level", "net", "by_segment"}


def test_what_fails_keeps_what_is_said_of_it(tmp_path: Path) -> None:
    spec = shop(tmp_path, "let net = x - rebate")
    (net,) = spec.evaluate(as_of="2026-03-31", select=["tag:money"]).kpis
    assert (net.assessment.status, net.owner, net.tags) == ("error", "Ana", ("money",))
    (metric,) = spec.evaluate(as_of="2026-03-31", select=["nets_then"]).metrics
    assert metric.title == "Net"


def test_a_scorecard_shows_what_can_be_had(tmp_path: Path) -> None:
    shop(tmp_path, "let net = x - rebate")
    shown = "scorecard board { show sold over 2026-03, nets over 2026-03, net, sum(zz) from orders over 2026-03 }"
    tmp_path.joinpath("board.kpi").write_text(shown, "utf-8")
    results = kpidsl.load(tmp_path).evaluate(as_of="2026-03-31", select=["board"])
    (board,) = results.scorecards
    assert [(one.value, one.value_undefined) for section in board.sections for one in section.items] == [
        (3, None),
        (None, "source_error"),
        (None, "source_error"),
        (None, "source_error"),
    ]
    assert {name for one in results.errors for name in one.affects} == {"net", "board"}
    assert {one.message for one in results.errors} == {
        "`orders` has no column `rebate`",
        "`orders` has no column `zz`",
    }


def test_a_declared_column_that_nothing_misses_is_told(tmp_path: Path) -> None:
    spec = shop(tmp_path, "let net = x; let gross = x; column rebate: EUR")
    results = spec.evaluate(as_of="2026-03-31", select=["all_of_them"])
    assert [one.message for one in results.warnings if one.code == "K0605"] == [
        "the data of `orders` has no column `rebate`"
    ]
    assert not results.errors


def test_what_the_spec_says_of_a_value_holds_where_its_column_is_missing(tmp_path: Path) -> None:
    spec = tmp_path / "a.kpi"
    spec.write_text(
        'source s { from csv("s.csv"); time at; column amount: EUR }\n'
        "metric sold = sum(amount) from s\nkpi k { value sold over last month; target >= 5 EUR }\n"
        "kpi w { value avg(wait) from s over last month; target <= 5 }\nmetric here = sum(amount) from s over last month\n",
        "utf-8",
    )
    tmp_path.joinpath("s.csv").write_text("at\n2026-03-01\n", "utf-8")
    results = kpidsl.load(spec).evaluate(as_of="2026-03-31")
    assert [(one.name, one.assessment.status, one.unit, one.kind) for one in results.kpis] == [
        ("k", "error", "EUR", "flow"),
        ("w", "error", None, "mean"),
    ]
    assert [(one.value_undefined, one.unit, one.kind) for one in results.metrics] == [("source_error", "EUR", "flow")]


def test_a_joined_source_without_its_time_costs_what_looks_into_it(tmp_path: Path) -> None:
    shop(tmp_path, "let net = x; let gross = x")
    text = tmp_path.joinpath("shop.kpi").read_text("utf-8").replace("key who;", "key who; time since;")
    tmp_path.joinpath("shop.kpi").write_text(text, "utf-8")
    results = kpidsl.load(tmp_path).evaluate(as_of="2026-03-31")
    statuses = {one.name: one.assessment.status for one in results.kpis}
    assert statuses == {"all_of_them": "green", "net": "green", "by_land": "error", "by_segment": "error"}
    assert {one.assessment.reason for one in results.kpis if one.assessment.status == "error"} == {
        "`people` has no column `since`"
    }


def test_a_text_that_is_compared_with_a_time_is_to_be_declared_as_one(tmp_path: Path) -> None:
    written(tmp_path, 'from csv("due.csv"); time at; let late = due < at')
    tmp_path.joinpath("due.csv").write_text("at,x,due\n2026-03-01,1,1. March\n", "utf-8")
    asked = "kpi late { value count() from bad where late over 2026-03 }"
    tmp_path.joinpath("late.kpi").write_text(asked, "utf-8")
    (error,) = kpidsl.load(tmp_path).evaluate(as_of="2026-03-31").errors
    assert error.message == "a text and a time do not go together"
    assert "column due: timestamp" in str(error.hint)


@pytest.mark.parametrize(("mark", "shown"), [(";", ";"), ("\t", "\\t"), ("|", "|")])
def test_the_wrong_delimiter_is_suspected_of_a_column_that_is_missing(mark: str, shown: str, tmp_path: Path) -> None:
    written(tmp_path, 'from csv("other.csv"); time at')
    tmp_path.joinpath("other.csv").write_text(f"at{mark}x\n2026-03-01{mark}1\n", "utf-8")
    (error,) = kpidsl.load(tmp_path).evaluate(as_of="2026-03-31").errors
    assert f'Write `delimiter: "{shown}"`' in str(error.hint)


@pytest.mark.parametrize(
    "value",
    [
        "max(inner each kind)",
        "count(inner each kind)",
        "share(inner each kind >= 3)",
        "(sum(inner each kind) over 2026-03) default 0",
        "max((inner / (sum(x) from empty)) each kind)",
        "share((inner each kind) >= (sum(x) from empty each kind))",
        "avg((max(inner each kind)) each day)",
    ],
)
def test_members_of_a_source_that_fails_are_not_none(value: str, tmp_path: Path) -> None:
    written(tmp_path, 'from csv("nowhere.csv"); time at')
    tmp_path.joinpath("empty.csv").write_text("at,x,kind\n", "utf-8")
    value = value if "over" in value else f"{value} over 2026-03"
    asked = f'source empty {{ from csv("empty.csv"); time at }}\nkpi members {{ value {value} }}\n'
    tmp_path.joinpath("members.kpi").write_text(asked, "utf-8")
    results = kpidsl.load(tmp_path).evaluate(as_of="2026-03-31")
    assert {one.name: one.assessment.status for one in results.kpis}["members"] == "error"
    (error,) = results.errors
    assert "members" in error.affects


def test_an_error_of_the_spec_evaluates_nothing(tmp_path: Path) -> None:
    spec = kpidsl.load(written(tmp_path, 'from csv("good.csv")'))
    with pytest.raises(kpidsl.SpecError) as caught:
        spec.evaluate(as_of="2026-03-31")
    assert caught.value.exit_code == 4
    assert [one.code for one in caught.value.diagnostics] == ["K0320"]


def test_a_join_by_a_key_that_repeats_costs_only_what_uses_it(tmp_path: Path) -> None:
    tmp_path.joinpath("orders.csv").write_text("at,who\n2026-03-01,1\n2026-03-02,2\n", "utf-8")
    tmp_path.joinpath("people.csv").write_text("who,land\n1,DE\n1,FR\n2,DE\n", "utf-8")
    tmp_path.joinpath("spec.kpi").write_text(
        """
        source orders { from csv("orders.csv"); time at; column amount: integer; join people on who }
        source people { from csv("people.csv") }
        kpi count_them { value count() from orders over 2026-03; target >= 2 }
        kpi german { value count() from orders where people.land == "DE" over 2026-03; target >= 2 }
        """,
        "utf-8",
    )
    results = kpidsl.load(tmp_path).evaluate(as_of="2026-03-31")
    assert [one.assessment.status for one in results.kpis] == ["green", "error"]
    assert [(error.code, error.affects) for error in results.errors] == [("K0612", ("german",))]


def test_untrusted_reads_files_below_the_spec_and_no_other(tmp_path: Path) -> None:
    inside, outside = tmp_path / "spec", tmp_path / "outside.csv"
    inside.mkdir()
    outside.write_text("t,x\n2026-03-01,1\n")
    (inside / "inside.csv").write_text("t,x\n2026-03-01,1\n")
    (inside / "link.csv").symlink_to(outside)
    (inside / "all.kpi").write_text(
        'source a { from csv("inside.csv"); time t }\n'
        'source b { from csv("../outside.csv"); time t }\n'
        'source c { from csv("link.csv"); time t }\n'
        "kpi ka { value sum(x) from a over last month }\n"
        "kpi kb { value sum(x) from b over last month }\n"
        "kpi kc { value sum(x) from c over last month }\n"
    )
    trusted = kpidsl.load(inside).evaluate(as_of="2026-03-31")
    assert [kpi.assessment.value for kpi in trusted.kpis] == [1, 1, 1]
    results = kpidsl.load(inside).evaluate(as_of="2026-03-31", untrusted=True)
    assert [kpi.assessment.value for kpi in results.kpis] == [1, None, None]
    assert [(error.code, error.affects) for error in results.errors] == [("K0607", ("kb",)), ("K0607", ("kc",))]


def test_a_document_says_which_columns_there_are(tmp_path: Path) -> None:
    results = kpidsl.load(written(tmp_path, 'from csv("good.csv"); time at', "zzzzz")).evaluate(as_of="2026-03-31")
    assert [error.hint for error in results.errors] == ["`bad` has: at, x"]


def test_a_nested_column_of_a_source_that_is_not_there_is_no_second_error(tmp_path: Path) -> None:
    results = kpidsl.load(written(tmp_path, 'from ndjson("nowhere.ndjson"); time at', "`plan.price`")).evaluate(
        as_of="2026-03-31"
    )
    assert [error.code for error in results.errors] == ["K0601"]


COLUMNS = """
source orders { from csv("orders.csv"); time at; column amount: integer; join people on person }
source people { from csv("people.csv"); key person; column born: date }
source calls { from csv("calls.csv"); time at; column length: integer }
kpi rows { value count() from orders over 2026-03; target >= 3 }
kpi amounts { value sum(amount) from orders over 2026-03; target >= 1 }
kpi large { value count() from orders where amount > 1 over 2026-03; target >= 1 }
kpi by_kind { value count() from orders over 2026-03; target >= 1; by kind }
kpi towns { value count() from orders where people.town == "Ulm" over 2026-03; target >= 1 }
kpi young { value count() from orders where people.born > 2000-01-01 over 2026-03; target >= 1 }
kpi called { value conversions(orders to calls per person within 7 days) over 2026-03; target >= 1 }
kpi long { value conversions(orders to calls where length > 5 per person within 7 days) over 2026-03; target >= 1 }
"""


@pytest.mark.parametrize("state", [False, True])
def test_a_value_that_cannot_be_read_costs_only_what_needs_its_column(tmp_path: Path, state: bool) -> None:
    tmp_path.joinpath("spec.kpi").write_text(COLUMNS, "utf-8")
    tmp_path.joinpath("orders.csv").write_text(
        "at,person,amount,kind\n2026-03-01,1,2,a\n2026-03-02,2,oops,b\n2026-03-03,1,5,a\n", "utf-8"
    )
    tmp_path.joinpath("people.csv").write_text("person,town,born\n1,Ulm,2001-02-03\n2,Bonn,soon\n", "utf-8")
    tmp_path.joinpath("calls.csv").write_text("at,person,length\n2026-03-04,1,7\n2026-03-05,1,long\n", "utf-8")
    results = kpidsl.load([tmp_path]).evaluate(as_of="2026-03-31", state=tmp_path / "state" if state else None)
    told = {one.name: (one.assessment.status, one.assessment.value) for one in results.kpis}
    assert told == {
        "rows": ("green", 3),
        "amounts": ("error", None),
        "large": ("error", None),
        "by_kind": ("green", 3),
        "towns": ("green", 2),
        "young": ("error", None),
        "called": ("green", 1),
        "long": ("error", None),
    }
    assert {error.message.partition('"')[0]: error.affects for error in results.errors} == {
        "orders.csv:3: ": ("amounts", "large"),
        "people.csv:3: ": ("young",),
        "calls.csv:3: ": ("long",),
    }


def test_a_key_that_cannot_be_read_costs_the_source(tmp_path: Path) -> None:
    results = kpidsl.load(written(tmp_path, 'from csv("text.csv"); time at; key x; column x: integer', "x")).evaluate(
        as_of="2026-03-31"
    )
    assert [error.affects for error in results.errors] == [FAILING]
