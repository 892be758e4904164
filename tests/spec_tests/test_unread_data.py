"""Columns that neither spec nor test gives a type, and sources without rows: every function gets along with them."""

from __future__ import annotations

from pathlib import Path

from kpidsl.pipeline import load

SPEC = r"""
namespace sales
calendar { timezone "America/New_York"; week starts sunday }
param vip = 10 EUR
param since = 2026-01-01
source c { from sqlite("x.db", table: "c"); key id }
source r { from csv("r.csv"); key rid; join c on cust == id }
source o {
  from csv("o.csv"); time at
  column at: timestamp "%d.%m.%Y %H:%M"
  column money: EUR
  column flag: boolean
  column day: date
  column ratio: float
  column n: integer
  column code: text
  join r on rid
  let dim = r.c.country
  let big = money >= param.vip
  let wd = weekday(at)
  let grp = if code matches "^A" then "a" else "b"
  fresh within 2 days
}
source s { from csv("s.csv"); time t }
source h { from csv("h.csv"); holds from a to b inclusive }
metric m_sum = sum(money) from o
metric m_x = sum(x * y - z / w) from s
metric m_pct = percentile(v, 90%) from s
metric m_med = median(v) from s
metric m_std = stddev(v) from s
metric m_var = variance(v) from s
metric m_first = first(v) from s
metric m_last = last(v2) from s
metric m_min = min(v3) from s
metric m_nps = nps(score) from s
metric m_top = top_box(score, 2 of 5) from s
metric m_dist = count_distinct(who) from s
metric m_cnt = count(who) from s
metric m_share = share(lower(trim(name)) == "x" or name in ["a", "b"]) from s
metric m_reg = count() from s where name matches "x.*" and other is not null
metric m_dates = count() from s where year(d1) == 2026 and d2 - d1 <= 30 minutes and d1 + 2 days < as_of
metric m_dates2 = count() from s where closes in next quarter
metric m_bd = avg(business_days_between(d1, d2)) from s
metric m_on = count() from s on othertime
metric m_start = count() from s at start
metric m_end = sum(v) from s at end per who
metric m_coal = sum(coalesce(v, 0)) from s
metric m_abs = sum(abs(round(q1)) + floor(q2) + ceil(q3)) from s
metric m_if = sum(if f1 then v else 0) from s
metric m_not = count() from s where not f2
metric m_h = count() from h at end
metric m_hs = count() from h at start
metric m_since = count() from s where t2 >= param.since
metric m_coal2 = count() from s where coalesce(t3, t4) >= 2026-01-01
metric m_cmp = count() from s where c1 > c2
kpi k { value m_dist over last month; target <= 5; by name, who; trend 3 months; compare previous }
kpi st { value m_sum over last month; target >= 1 EUR }
"""
TESTS = """
test "empties" {
  as of 2026-03-31
  expect m_sum over last month undefined
  expect m_x over last month undefined
  expect m_pct over last month undefined
  expect m_med over last month undefined
  expect m_std over last month undefined
  expect m_var over last month undefined
  expect m_first over last month undefined
  expect m_last over last month undefined
  expect m_min over last month undefined
  expect m_nps over last month undefined
  expect m_top over last month undefined
  expect m_dist over last month undefined
  expect m_cnt over last month undefined
  expect m_share over last month undefined
  expect m_reg over last month undefined
  expect m_dates over last month undefined
  expect m_dates2 over last month undefined
  expect m_bd over last month undefined
  expect m_on over last month undefined
  expect m_start over last month undefined
  expect m_end over last month undefined
  expect m_coal over last month undefined
  expect m_abs over last month undefined
  expect m_if over last month undefined
  expect m_not over last month undefined
  expect m_h undefined
  expect m_hs over last month undefined
  expect m_since over last month undefined
  expect m_coal2 over last month undefined
  expect m_cmp over last month undefined
  expect k is no_data
  expect max(m_sum each dim) over last month undefined
  expect max(m_sum each grp) over last month undefined
  expect avg(m_sum each day) over last month undefined
  expect sum(m_sum each wd) over last month undefined
}
test "partial" {
  as of 2026-03-31
  given s { t, who
   2026-03-01, "a"
   2026-03-31T23:59:59, "b"
   2026-04-01, "c" }
  expect m_x over last month == 0
  expect m_pct over last month undefined
  expect m_med over last month undefined
  expect m_std over last month undefined
  expect m_first over last month undefined
  expect m_last over last month undefined
  expect m_min over last month undefined
  expect m_nps over last month undefined
  expect m_top over last month undefined
  expect m_dist over last month == 2
  expect m_cnt over last month == 2
  expect m_share over last month undefined
  expect m_reg over last month == 0
  expect m_dates over last month == 0
  expect m_dates2 over last month == 0
  expect m_bd over last month undefined
  expect m_on over last month undefined
  expect m_start over last month == 1
  expect m_end over last month == 0
  expect m_coal over last month == 0
  expect m_abs over last month == 0
  expect m_if over last month == 0
  expect m_not over last month == 0
  expect m_since over last month == 0
  expect m_coal2 over last month == 0
  expect m_cmp over last month == 0
  expect k is green
}
test "declared" {
  as of 2026-03-31
  given sales.o { at, money, flag, day, ratio, n, code, rid
    "01.03.2026 10:00", 1.5, "yes", "2026-03-01", 0.1, "7", 5, 1
    "31.03.2026 23:59", "12.25", "no", 2026-03-02, 0.2, 8, "A", 2
    "31.03.2026 23:59", 0, 1, null, null, null, null, null }
  given r { rid, cust
   1, "x"
   2, "y" }
  given c { id, country
   "x", "DE"
   "y", "US" }
  expect m_sum over last month == 13.75 EUR
  expect sum(ratio) from o over last month == 0.3
  expect sum(n) from o over last month == 15
  expect max(code) from o over last month == "A"
  expect count() from o where flag over last month == 2
  expect (m_sum where dim == "DE") over last month == 1.5 EUR
  expect (m_sum where big) over last month == 12.25 EUR
  expect (m_sum where grp == "a") over last month == 12.25 EUR
  expect st is green
  expect count() from o where day == 2026-03-02 over last month == 1
}
test "far" { as of 2026-01-01
 expect 1 == 1 }
"""


def test_every_function_gets_along_with_columns_that_are_not_given(tmp_path: Path) -> None:
    (tmp_path / "sales.kpi").write_text((SPEC + TESTS).lstrip(), "utf-8")
    report = load(tmp_path).test()
    assert report.failed == 0, report.to_text()
    assert report.passed == 4


def test_columns_are_times_where_only_that_is_right(tmp_path: Path) -> None:
    spec = """
      source calls { from csv("calls.csv"); time started }
      metric short = share(ended - begun <= 30 minutes) from calls
      metric wait = avg(picked_up - begun) from calls
      kpi waiting { value wait over last month; target <= 30 seconds }
      test "short" {
        as of 2026-03-31
        given calls { started, begun, ended
          2026-03-01, 2026-03-01T10:00, 2026-03-01T10:30
          2026-03-01, 2026-03-01T10:00, 2026-03-01T10:31
        }
        expect short over last month == 50%
        expect wait over last month undefined
      }
    """
    (tmp_path / "calls.kpi").write_text(spec, "utf-8")
    assert load(tmp_path).test().failed == 0
