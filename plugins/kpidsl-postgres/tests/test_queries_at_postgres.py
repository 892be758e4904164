"""Queries at a real PostgreSQL: one state of the data, nothing changed, and what goes wrong on the way."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from kpidsl import load
from kpidsl.engine.place import Places
from kpidsl.report.results import Results
from kpidsl.testing.opened import counting, dataset_of
from servers import postgres
from servers.postgres_tables import connection
from servers.running import Server

pytestmark = pytest.mark.server

SPEC = """
source s { from postgres(shop, table: "TABLE"); time at }
source here { from csv("here.csv"); time day }
metric rows = count() from s over last month
metric total = sum(amount) from s over last month
metric middle = median(amount) from s over last month
metric sound = count() from here over last month
"""
ACTIVE = "select count(*) from pg_stat_activity where application_name = 'kpidsl' and state = 'active'"


@pytest.fixture(autouse=True)
def password(postgres_server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_PASSWORD", postgres_server.details["password"])


def made(server: Server, columns: str = "at date, amount numeric(12, 2), who text") -> str:
    """A table with three rows of March 2026."""
    name = f"t{secrets.token_hex(6)}"
    rows = "".join(f"insert into {name} values ('2026-03-{day}', {day}.50, 'Ada');" for day in (10, 20, 30))
    postgres.execute(server, f"create table {name} ({columns}); {rows}")
    return name


def slow(server: Server) -> str:
    """A view that takes half a minute for its rows."""
    name = f"v{secrets.token_hex(6)}"
    postgres.execute(
        server, f"create view {name} as select date '2026-03-01' as at, 1.5 as amount from pg_sleep(30) as waited"
    )
    return name


def asked(folder: Path, server: Server, table: str, spec: str = SPEC, **how: Any) -> Results:
    settings = how.pop("settings", {})
    # A spec that is not trusted has no say about connections, so the file is not beside it.
    (folder / "kpidsl.toml").write_text(connection(server, **settings) + "public = true\n", "utf-8")
    folder = folder / "specs"
    folder.mkdir()
    (folder / "here.csv").write_text("day\n2026-03-02\n", "utf-8")
    (folder / "spec.kpi").write_text(spec.replace("TABLE", table), "utf-8")
    return load([folder / "spec.kpi"], config=folder.parent / "kpidsl.toml").evaluate(as_of="2026-03-31", **how)


def values(found: Results) -> dict[str, object]:
    return {one.name: one.value if one.value_undefined is None else one.value_undefined for one in found.metrics}


def once(what: Callable[[], object]) -> Callable[[str], None]:
    """Something to be done when a run begins to ask the source `s`: its columns are known by then."""
    left = [what]

    def told(name: str) -> None:
        if name == "s" and left:
            left.pop()()

    return told


def test_answers_cross_the_wire_and_rows_do_not(tmp_path: Path, postgres_server: Server) -> None:
    found = asked(tmp_path, postgres_server, made(postgres_server), timings=True)
    assert values(found) == {"rows": 3, "total": 61.5, "middle": 20.5, "sound": 1}
    (traffic,) = found.traffic
    assert (traffic.source, traffic.engine, traffic.reason) == ("s", "postgres", None)
    assert 0 < traffic.rows <= traffic.queries


GROUPED = """
source s { from postgres(shop, table: "TABLE"); time at }
metric sold = sum(amount) from s
kpi all_ { value sold over last month; target >= 1 }
kpi of_people { value sold over last 3 months; target >= 1; by who }
kpi of_kinds { value sold where who == "Ada" over last month; target >= 1; by kind }
kpi of_both { value sold where who != "Eve" over last month; target >= 1; by who, kind }
"""


@pytest.mark.parametrize("untrusted", [False, True])
def test_four_groupings_are_one_scan(tmp_path: Path, postgres_server: Server, untrusted: bool) -> None:
    table = made(postgres_server, "at date, amount numeric(12, 2), who text, kind integer default 7")
    with counting() as answered:
        found = asked(tmp_path, postgres_server, table, GROUPED, timings=True, untrusted=untrusted)
    assert [one.assessment.value for one in found.kpis] == [61.5] * 4
    assert len(answered) == 3  # the newest time, how many members columns have, and the scan
    (traffic,) = found.traffic
    assert (traffic.queries, traffic.reason) == (3, None)
    assert traffic.rows <= 5


def test_all_queries_see_one_state(
    tmp_path: Path, postgres_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    table = made(postgres_server)
    ask = Places.ask

    def meanwhile(self: Places, query: Any, source: str) -> Any:
        found = ask(self, query, source)
        postgres.execute(postgres_server, f"insert into {table} values ('2026-03-15', 1000, 'Eve')")
        return found

    monkeypatch.setattr(Places, "ask", meanwhile)
    assert values(asked(tmp_path, postgres_server, table)) == {"rows": 3, "total": 61.5, "middle": 20.5, "sound": 1}


def test_a_run_can_change_nothing(tmp_path: Path, postgres_server: Server) -> None:
    table = made(postgres_server)
    postgres.execute(
        postgres_server,
        f"create function {table}_gone() returns setof {table} language sql as 'delete from {table} returning *';"
        f"create view {table}_view as select * from {table}_gone()",
    )
    found = asked(tmp_path, postgres_server, f"{table}_view")
    assert values(found) == dict.fromkeys(("rows", "total", "middle"), "source_error") | {"sound": 1}
    assert "read-only transaction" in found.errors[0].message
    assert postgres.execute(postgres_server, f"select count(*) from {table}").strip() == "3"


def test_a_table_that_is_dropped(tmp_path: Path, postgres_server: Server) -> None:
    table = made(postgres_server)
    drop = once(lambda: postgres.execute(postgres_server, f"drop table {table}"))
    found = asked(tmp_path, postgres_server, table, progress=drop)
    assert values(found) == dict.fromkeys(("rows", "total", "middle"), "source_error") | {"sound": 1}
    (error,) = found.errors
    assert error.code == "K0608"
    assert "`s`" in error.message
    assert error.hint


@pytest.mark.parametrize(
    ("retyped", "total"), [("text", Decimal("61.5")), ("boolean using amount > 1", "source_error")]
)
def test_a_column_that_is_retyped(tmp_path: Path, postgres_server: Server, retyped: str, total: Decimal | str) -> None:
    """Texts are read as the numbers that the column was said to hold, what cannot be is said."""
    table = made(postgres_server)
    retype = once(lambda: postgres.execute(postgres_server, f"alter table {table} alter amount type {retyped}"))
    found = asked(tmp_path, postgres_server, table, progress=retype)
    assert values(found)["sound"] == 1
    assert values(found)["total"] == total
    assert all(error.hint and "`s`" in error.message for error in found.errors), found.errors


def test_a_server_that_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with postgres.running() as server:
        monkeypatch.setenv("SHOP_PASSWORD", server.details["password"])
        view = slow(server)

        def kill() -> None:
            # While its rows are waited for: the question for its columns is active for a moment, too.
            while postgres.execute(server, f"{ACTIVE} and wait_event = 'PgSleep'").strip() == "0":
                time.sleep(0.1)
            server.kill()

        Thread(target=kill, daemon=True).start()
        found = asked(tmp_path, server, view)
    assert values(found) == dict.fromkeys(("rows", "total", "middle"), "source_error") | {"sound": 1}
    (error,) = found.errors
    assert error.code == "K0600"
    assert "`s`" in error.message
    assert server.details["password"] not in found.to_json()


def test_a_query_that_takes_too_long_is_stopped_at_the_server(tmp_path: Path, postgres_server: Server) -> None:
    view = slow(postgres_server)
    found = asked(tmp_path, postgres_server, view, settings={"timeout": 1})
    assert values(found) == dict.fromkeys(("rows", "total", "middle"), "source_error") | {"sound": 1}
    assert [error.code for error in found.errors] == ["K0617"]
    assert is_idle(postgres_server, view)


def test_a_session_ends_when_its_query_has(tmp_path: Path, postgres_server: Server) -> None:
    """A query that was given up is still in the driver's hands for a moment."""
    dataset: Any = dataset_of(
        tmp_path, f'postgres(shop, table: "{made(postgres_server)}")', connection(postgres_server)
    )
    answered: list[Any] = []
    asking = Thread(target=lambda: answered.append(dataset.query("SELECT 1 FROM pg_sleep(0.7)").num_rows))
    asking.start()
    while "pg_sleep(0.7)" not in postgres.execute(
        postgres_server, "select query from pg_stat_activity where state = 'active' and application_name = 'kpidsl'"
    ):
        time.sleep(0.05)
    dataset.close()
    asking.join()
    assert answered == [1]


def test_an_interruption_stops_the_query_at_the_server(tmp_path: Path, postgres_server: Server) -> None:
    view = slow(postgres_server)
    (tmp_path / "spec.kpi").write_text(SPEC.replace("TABLE", view), "utf-8")
    (tmp_path / "here.csv").write_text("day\n2026-03-02\n", "utf-8")
    (tmp_path / "kpidsl.toml").write_text(connection(postgres_server), "utf-8")
    command = [sys.executable, "-m", "kpidsl", "eval", str(tmp_path), "--as-of", "2026-03-31"]
    process = subprocess.Popen(command, env=os.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    end = time.monotonic() + 60
    while is_idle(postgres_server, view, tries=1) and time.monotonic() < end:
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    written, _ = process.communicate(timeout=20)
    assert process.returncode == 130
    assert written == b""
    assert is_idle(postgres_server, view)


def is_idle(server: Server, view: str, tries: int = 50) -> bool:
    """Whether the server does nothing about a view any more, after a moment."""
    for _ in range(tries):
        if postgres.execute(server, f"{ACTIVE} and query like '%{view}%'").strip() == "0":
            return True
        time.sleep(0.1)
    return False


def test_a_number_that_is_none_costs_what_needs_it(tmp_path: Path, postgres_server: Server) -> None:
    table = made(postgres_server)
    postgres.execute(postgres_server, f"insert into {table} values ('2026-03-11', 'NaN', 'Eve')")
    found = asked(tmp_path, postgres_server, table)
    assert values(found) == {"rows": 4, "total": "source_error", "middle": "source_error", "sound": 1}
    assert {error.code for error in found.errors} == {"K0604"}


def test_what_is_not_said_in_its_sql_is_asked_of_rows(tmp_path: Path, postgres_server: Server) -> None:
    table = made(postgres_server)
    postgres.execute(postgres_server, f"insert into {table} values ('2026-03-11', 1, 'ÉVA')")
    spec = SPEC + 'metric small = count() from s where lower(who) == "éva" over last month\n'
    found = asked(tmp_path, postgres_server, table, spec, timings=True)
    assert values(found) == {"rows": 4, "total": 62.5, "middle": 15.5, "sound": 1, "small": 1}
    (traffic,) = found.traffic
    assert traffic.reason is not None
    assert "letters" in traffic.reason
    assert traffic.rows >= 4


def test_a_spec_that_is_not_trusted_is_asked_the_same(tmp_path: Path, postgres_server: Server) -> None:
    table = made(postgres_server)
    postgres.execute(postgres_server, f"insert into {table} values ('2026-03-11', 1, 'ÉVA')")
    spec = SPEC + 'metric small = count() from s where lower(who) == "éva" over last month\n'
    found = asked(tmp_path, postgres_server, table, spec, untrusted=True)
    assert not found.errors
    assert values(found) == {"rows": 4, "total": 62.5, "middle": 15.5, "sound": 1, "small": 1}
