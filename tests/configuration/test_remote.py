"""Sources that are not on this machine: connections, time limits, tries, side by side, one failure its own."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

import kpidsl
from configuration.remote import installed
from kpidsl.checked import SpecError
from kpidsl.diagnostics import UsageError
from kpidsl.report.text import to_text

SPEC = """
source a { from remote(books, table: "a"%s); time day }
kpi ka { value sum(amount) from a over last month; target >= 3; action "look" { when red } }
"""
BOOKS = '[connections.books]\nprovider = "remote"\nhost = "books.example"\n'


def folder(tmp_path: Path, toml: str = BOOKS, spec: str = SPEC % "") -> Path:
    (tmp_path / "spec.kpi").write_text(spec, "utf-8")
    if toml:
        (tmp_path / "kpidsl.toml").write_text(toml, "utf-8")
    return tmp_path


def evaluated(path: Path, **how: object) -> kpidsl.Results:
    profile = how.pop("profile", None)
    return kpidsl.load([path], profile=profile).evaluate(as_of="2026-03-31", **how)  # type: ignore[arg-type]


def errors(path: Path, **how: object) -> list[tuple[str, str, str]]:
    with pytest.raises(SpecError) as caught:
        evaluated(path, **how)
    return [
        (one.code, one.message, one.place or "") for one in caught.value.diagnostics if one.severity.value == "error"
    ]


def test_a_connection_reaches_the_provider_with_its_limits(tmp_path: Path) -> None:
    with installed() as log:
        found = evaluated(folder(tmp_path, BOOKS + "timeout = 5\nconnect_timeout = 1.5\nretries = 0\n"))
    assert (found.kpis[0].assessment.value, found.errors) == (3, ())
    context = log.contexts[-1]
    assert (context.connection.host, context.connection_name) == ("books.example", "books")
    assert (context.limits.timeout, context.limits.connect_timeout, context.limits.retries) == (5, 1.5, 0)


def test_no_row_after_the_anchor_is_asked_for(tmp_path: Path) -> None:
    with installed() as log:
        evaluated(folder(tmp_path))
    (request,) = log.requests
    assert request.time_column == "day"
    assert request.start is None
    assert request.end is not None and request.end.isoformat() == "2026-04-01T00:00:00+00:00"


def test_a_profile_changes_what_it_says_and_keeps_the_rest(tmp_path: Path) -> None:
    toml = BOOKS + 'user = "one"\n[profiles.prod.connections.books]\nhost = "prod.example"\n'
    with installed() as log:
        evaluated(folder(tmp_path, toml), profile="prod")
    assert (log.contexts[-1].connection.host, log.contexts[-1].connection.user) == ("prod.example", "one")


def test_a_source_can_be_read_from_elsewhere_without_a_change_of_the_spec(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("day,amount\n2026-03-05,41\n", "utf-8")
    toml = BOOKS + '[profiles.here.sources.a]\nprovider = "csv"\npath = "a.csv"\n'
    path = folder(tmp_path, toml)
    with installed() as log:
        assert evaluated(path, profile="here").kpis[0].assessment.value == 41
        assert log.scans == []
        assert evaluated(path).kpis[0].assessment.value == 3
    local = 'source a { from csv("a.csv"); time day }\n' + SPEC.partition("\n")[2].partition("\n")[2]
    path = folder(tmp_path, BOOKS + '[sources.a]\nprovider = "remote"\nconnection = "books"\ntable = "a"\n', local)
    with installed():
        assert evaluated(path).kpis[0].assessment.value == 3


@pytest.mark.parametrize(
    ("toml", "code", "says", "line"),
    [
        ("", "K0810", "there is no connection `books`", "spec.kpi:2"),
        ('[connections.boks]\nprovider = "remote"\nhost = "x"\n', "K0810", "there is no connection `books`", "spec.kpi:2"),
        ('[connections.books]\nprovider = "csv"\n', "K0810", "is one of `csv`, not of `remote`", "spec.kpi:2"),
        (BOOKS + "prot = 1\n", "K0811", "`books` has no option `prot`", "kpidsl.toml:4"),
        ('[connections.books]\nprovider = "remote"\n', "K0811", "needs `host`", "kpidsl.toml:1"),
        (BOOKS.replace('"books.example"', "5"), "K0811", "is a text, not 5", "kpidsl.toml:3"),
        (BOOKS + 'password = "hunter2 in plain"\n', "K0812", "is a secret, and stands here", "kpidsl.toml:4"),
        (BOOKS + "password = {environment = 'X'}\n", "K0809", "neither a value nor where one is", "kpidsl.toml:4"),
        (BOOKS + "timeout = -1\n", "K0809", "`timeout` is a number of seconds above 0", "kpidsl.toml:4"),
        (BOOKS + "retries = 1.5\n", "K0809", "`retries` is a whole number", "kpidsl.toml:4"),
        (BOOKS + "public = 'yes'\n", "K0809", "`public` is true or false", "kpidsl.toml:4"),
        ("\n" + BOOKS + "host = 'twice'\n", "K0809", "this is not TOML", "kpidsl.toml:5"),
        (BOOKS + "[connection.x]\n", "K0809", "`connection` is nothing that kpidsl.toml may say", "kpidsl.toml:4"),
        (BOOKS + "[profiles.p.conections.x]\n", "K0809", "`conections` is nothing that a profile may say", "kpidsl.toml:4"),
        ("[connections.books]\nhost = 'x'\n", "K0809", "does not say its provider", "kpidsl.toml:1"),
    ],
)  # fmt: skip
def test_mistakes_are_told_where_they_were_made(tmp_path: Path, toml: str, code: str, says: str, line: str) -> None:
    with installed():
        found = errors(folder(tmp_path, toml))
    assert [one for one in found if one[0] == code and says in one[1] and one[2].endswith(line)], found
    assert "hunter2" not in str(found)


def test_a_profile_that_there_is_none_of(tmp_path: Path) -> None:
    with installed(), pytest.raises(UsageError, match="has no profile `prd`") as caught:
        evaluated(folder(tmp_path, BOOKS + "[profiles.prod]\n"), profile="prd")
    assert caught.value.hint == "did you mean `prod`?"
    (tmp_path / "kpidsl.toml").unlink()
    with installed(), pytest.raises(UsageError, match=r"there is no kpidsl\.toml"):
        evaluated(tmp_path, profile="prd")


def test_a_failure_that_may_pass_is_tried_again_and_another_is_not(tmp_path: Path) -> None:
    with installed() as log:
        found = evaluated(folder(tmp_path, BOOKS, SPEC % ", fails: 2"))
        assert (found.kpis[0].assessment.value, log.scans) == (3, ["a", "a", "a"])
    with installed() as log:
        found = evaluated(folder(tmp_path, BOOKS, SPEC % ", fails: 9"))
        assert (found.errors[0].code, log.scans) == ("K0610", ["a", "a", "a"])
        assert found.errors[0].message.endswith("(tried 3 times)")
    with installed() as log:
        evaluated(folder(tmp_path, BOOKS, SPEC % ", fails: 9, transient: false"))
        assert log.scans == ["a"]


def test_one_that_fails_or_never_answers_costs_the_others_nothing(tmp_path: Path) -> None:
    spec = "".join(
        SPEC.replace("source a", f"source {name}").replace("from a", f"from {name}").replace("ka", f"k{name}") % option
        for name, option in (("a", ""), ("b", ", slow: 9"), ("c", ", fails: 9, transient: false"), ("d", ""))
    )
    spec = spec.replace('table: "a"', 'table: "t"')
    with installed():
        begun = time.monotonic()
        found = evaluated(folder(tmp_path, BOOKS + "timeout = 0.5\n", spec))
        assert time.monotonic() - begun < 6
    assert [kpi.assessment.status for kpi in found.kpis] == ["green", "error", "error", "green"]
    assert sorted((one.code, one.affects) for one in found.errors) == [("K0610", ("kc",)), ("K0617", ("kb",))]


@pytest.mark.parametrize(("jobs", "most"), [(1, 1), (3, 3)])
def test_sources_are_read_side_by_side_up_to_a_number(tmp_path: Path, jobs: int, most: int) -> None:
    spec = "".join(
        SPEC.replace("source a", f"source s{n}").replace("from a", f"from s{n}").replace("ka", f"k{n}") % ", slow: 0.3"
        for n in range(4)
    )
    with installed() as log:
        found = evaluated(folder(tmp_path, BOOKS, spec), jobs=jobs)
    assert log.most_at_once == most
    assert [kpi.assessment.value for kpi in found.kpis] == [3, 3, 3, 3]


def test_a_check_asks_nobody_unless_it_is_told_to_and_needs_no_secret(tmp_path: Path) -> None:
    toml = BOOKS + 'password = {env = "NOT_SET_ANYWHERE"}\n'
    wrong = (SPEC % "").replace("sum(amount)", "sum(amuont)")
    path = folder(tmp_path, toml, wrong)
    with installed():
        assert kpidsl.load([path]).check().exit_code == 0
        codes = {one.code for one in kpidsl.load([path]).check(connect=True).diagnostics}
        assert codes == {"K0812"}
    with installed():
        (tmp_path / "kpidsl.toml").write_text(BOOKS, "utf-8")
        report = kpidsl.load([path]).check(connect=True)
        assert [one.code for one in report.diagnostics if one.severity.value == "error"] == ["K0605"]


@pytest.mark.parametrize("secret", ["correct horse", 'qu"ote\\d', "pä55/w@rd:x"])
def test_no_secret_is_shown(tmp_path: Path, secret: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOOKS_PASSWORD", secret)
    path = folder(tmp_path, BOOKS + 'password = {env = "BOOKS_PASSWORD"}\n', SPEC % ", fails: 9, transient: false")
    with installed() as log:
        found = evaluated(path, explain=True)
        assert log.contexts[-1].connection.password.reveal() == secret
    for text in (found.to_json(), found.to_toml(), to_text(found), repr(log.contexts[-1])):
        assert secret not in text
        assert json.dumps(secret)[1:-1] not in text
    assert "reader:***@books.example" in found.errors[0].message


def test_a_secret_may_lie_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "books.txt").write_text("s3cret from a file\n", "utf-8")
    with installed() as log:
        evaluated(folder(tmp_path, BOOKS + 'password = {file = "books.txt"}\n'))
        assert log.contexts[-1].connection.password.reveal() == "s3cret from a file"
        (tmp_path / "books.txt").unlink()
        found = evaluated(tmp_path)
    assert (found.errors[0].code, found.kpis[0].assessment.status) == ("K0812", "error")


def test_an_untrusted_spec_uses_public_connections_from_outside_alone(tmp_path: Path) -> None:
    inside, outside = tmp_path / "specs", tmp_path / "ours.toml"
    inside.mkdir()
    folder(inside, BOOKS + "public = true\n")
    with installed():
        assert [one[0] for one in errors(inside, untrusted=True)] == ["K0810"]
        outside.write_text(BOOKS, "utf-8")
        with pytest.raises(SpecError) as caught:
            kpidsl.load([inside], config=outside).evaluate(as_of="2026-03-31", untrusted=True)
        assert "K0815" in {one.code for one in caught.value.diagnostics}
        outside.write_text(BOOKS + "public = true\n", "utf-8")
        found = kpidsl.load([inside], config=outside).evaluate(as_of="2026-03-31", untrusted=True)
        assert found.kpis[0].assessment.value == 3
        with pytest.raises(UsageError, match="lies inside the specs"):
            kpidsl.load([inside], config=inside / "kpidsl.toml").evaluate(as_of="2026-03-31", untrusted=True)


def test_a_column_that_cannot_be_read_costs_what_reads_it(tmp_path: Path) -> None:
    rest = "kpi rows { value count() from a over last month; target >= 2 }\n"
    with installed() as log:
        found = evaluated(folder(tmp_path, spec=SPEC % ', odd: "float16"' + rest))
    assert [kpi.assessment.value for kpi in found.kpis] == [None, 2]
    (error,) = found.errors
    assert error.message == "the source `a` has a column `amount` of Arrow's type float16, which cannot be read"
    assert [[column.name for column in one.columns] for one in log.requests] == [["amount", "day"], ["day"]]
