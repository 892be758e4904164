"""What a spec from a stranger tries: each attempt is stopped, named, and costs nobody else anything."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

import kpidsl
from kpidsl.checked import SpecError
from kpidsl.cli import main

SECRET = "salary of the board: 4711"
DAY = "2026-03-31"


@pytest.fixture
def inside(tmp_path: Path) -> Path:
    """The folder of the specs, beside what they may not see."""
    (tmp_path / "secret.csv").write_text(f"t,x\n2026-03-01,{SECRET}\n")
    (tmp_path / "secret.kpi").write_text(f'metric hidden "{SECRET}" = 6\n')
    folder = tmp_path / "specs"
    folder.mkdir()
    (folder / "own.csv").write_text("t,x,s\n2026-03-01,1,a\n2026-03-02,2,b\n")
    return folder


def spec(inside: Path, text: str) -> Path:
    (inside / "a.kpi").write_text(text, "utf-8")
    return inside


def all_of(error: SpecError) -> str:
    return "\n".join(
        str(part) for one in error.diagnostics for part in (one.code, one.message, one.hint, one.notes, one.labels)
    )


def refused(folder: Path, **options: object) -> list[str]:
    """The codes with which an untrusted run ends; nothing it says holds the secret."""
    with pytest.raises(SpecError) as raised:
        kpidsl.load(folder, untrusted=True).evaluate(as_of=DAY, **options)  # type: ignore[arg-type]
    assert SECRET not in all_of(raised.value)
    return [one.code for one in raised.value.diagnostics if one.severity.name == "ERROR"]


# ---------------------------------------------------------------- files
PATHS = (
    "../secret.csv", "./../secret.csv", "data/../../secret.csv", "../specs/../secret.csv", "../*.csv", "../secret.?sv",
    "*/../../secret.csv", "**/../../secret.csv", "../[s]ecret.csv", "/etc/passwd", "/etc/*", "//etc/passwd",
    "/proc/self/environ", "/proc/self/fd/0", "/dev/stdin", "~/.bashrc", "~root/.profile", "link.csv", "folder/secret.csv",
    "linked*.csv",
)  # fmt: skip
READERS = ("csv", "parquet", "json", "ndjson", "duckdb", "sqlite")


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("path", PATHS)
def test_no_file_outside_is_read(inside: Path, path: str, reader: str) -> None:
    (inside / "link.csv").symlink_to(inside.parent / "secret.csv")
    (inside / "linked2.csv").symlink_to(inside / "link.csv")
    (inside / "folder").symlink_to(inside.parent, target_is_directory=True)
    table = ', table: "t"' if reader in ("duckdb", "sqlite") else ""
    spec(
        inside,
        f'source a {{ from {reader}("{path}"{table}); time t }}\nkpi k {{ value count() from a over last month }}',
    )
    results = kpidsl.load(inside, untrusted=True).evaluate(as_of=DAY)
    assert [one.code for one in results.errors] == ["K0607"]
    assert results.kpis[0].assessment.value is None
    assert SECRET not in results.to_json()
    report = kpidsl.load(inside, untrusted=True).check()
    assert "K0607" in [one.code for one in report.diagnostics]


@pytest.mark.parametrize(
    "path", ["http://127.0.0.1:{port}/x.csv", "https://127.0.0.1:{port}/x.csv", "s3://bucket/x.csv"]
)
@pytest.mark.parametrize("reader", READERS[:4])
def test_no_host_is_reached_through_a_path(inside: Path, path: str, reader: str, listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    spec(
        inside,
        f'source a {{ from {reader}("{path.format(port=port)}"); time t }}\nmetric m = count() from a\nkpi k {{ value m over last month }}',
    )
    for untrusted in (False, True):  # trusted or not, a spec names no host
        results = kpidsl.load(inside).evaluate(as_of=DAY, untrusted=untrusted)
        assert [one.code for one in results.errors] == ["K0601"]
    with pytest.raises(BlockingIOError):
        listener.accept()


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A port that nobody may call."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        found.listen()
        found.setblocking(False)
        yield found


# ---------------------------------------------------------------- other specs
IMPORTS = (
    "../secret.kpi",
    "sub/../../secret.kpi",
    "link.kpi",
    "folder/secret.kpi",
    "/etc/passwd",
    "../nowhere.kpi",
    "../",
)


@pytest.mark.parametrize("path", IMPORTS)
def test_nothing_outside_is_imported(inside: Path, path: str) -> None:
    (inside.parent / "elsewhere").mkdir()
    (inside / "folder").symlink_to(inside.parent, target_is_directory=True)
    (inside.parent / "elsewhere" / "start.kpi").write_text("metric x = 1\n")
    link = inside / "link.kpi"
    link.symlink_to(inside.parent / "secret.kpi")
    file = inside / "a.kpi"
    file.write_text(f'import "{path}"\nkpi k {{ value 6; target >= 1 }}\n')
    specs = kpidsl.load(file, untrusted=True)
    assert [one.code for one in specs.diagnostics] == ["K0211"]
    assert path in specs.diagnostics[0].message
    with pytest.raises(SpecError) as raised:
        specs.evaluate(as_of=DAY)
    assert SECRET not in all_of(raised.value)


def test_what_is_imported_imports_nothing_from_outside_either(inside: Path) -> None:
    (inside / "b").mkdir()
    (inside / "b" / "b.kpi").write_text('import "../../secret.kpi"\n')
    (inside / "a.kpi").write_text('import "b/b.kpi"\nkpi k { value 6; target >= 1 }\n')
    found = kpidsl.load(inside / "a.kpi", untrusted=True).diagnostics
    assert [one.code for one in found] == ["K0211"]
    assert found[0].labels[0].span.source.file == inside / "b" / "b.kpi"


def test_whether_a_file_outside_is_there_is_not_told(inside: Path) -> None:
    said = []
    for name in ("secret.kpi", "absent.kpi"):
        spec(inside, f'import "../{name}"\nmetric m = 6\n')
        said.append([one.message.replace(name, "…") for one in kpidsl.load(inside, untrusted=True).diagnostics])
    assert said[0] == said[1]


def test_a_link_in_the_folder_is_not_followed_out_of_it(inside: Path) -> None:
    (inside / "stolen.kpi").symlink_to("/etc/passwd")
    (inside / "other.kpi").symlink_to(inside.parent / "secret.kpi")
    spec(inside, "kpi k { value 6; target >= 1 }\n")
    assert set(refused(inside)) == {"K0211"}


def test_what_was_read_in_trust_is_forgotten(inside: Path) -> None:
    spec(inside, 'import "../secret.kpi"\nkpi k { value hidden + 1; target >= 1 }\n')
    specs = kpidsl.load(inside)
    assert specs.evaluate(as_of=DAY).kpis[0].assessment.value == 7
    with pytest.raises(SpecError) as raised:
        specs.evaluate(as_of=DAY, untrusted=True)
    assert "K0211" in [one.code for one in raised.value.diagnostics]
    assert SECRET not in all_of(raised.value)


def test_what_a_trusted_check_kept_says_nothing_to_an_untrusted_one(
    inside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KPIDSL_CACHE", str(inside.parent / "cache"))
    padding = "".join(f"metric m{number} = {number}\n" for number in range(400))
    spec(inside, f'import "../secret.kpi"\n{padding}kpi k {{ value hidden + 1; target >= 1 }}\n')
    for _ in range(2):
        assert kpidsl.load(inside).check().exit_code == 0
        assert "K0211" in [one.code for one in kpidsl.load(inside, untrusted=True).check().diagnostics]


# ---------------------------------------------------------------- the command line
COMMANDS = (["eval", "--as-of", DAY], ["check"], ["check", "--smart"], ["check", "--fix"], ["explain", "k"], ["graph"],
            ["show", "sql", "--as-of", DAY], ["show", "model"], ["test"])  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("way", ["option", "environment"])
def test_every_command_keeps_to_it(
    inside: Path, command: list[str], way: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    spec(inside, 'import "../secret.kpi"\nkpi k { value hiden; target >= 1 }\ntest "t" { }\n')
    arguments = [*command, str(inside)]
    if way == "option":
        arguments.append("--untrusted")
    else:
        monkeypatch.setenv("KPIDSL_UNTRUSTED", "1")
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 4
    said = capfd.readouterr()
    if command[0] != "explain":  # which tells what is wrong with one declaration
        assert "K0211" in said.err + said.out
    assert SECRET not in said.err + said.out


# ---------------------------------------------------------------- SQL in names and texts
NASTY = (
    "'; DROP TABLE t; --", '"; ATTACH \'x\'; --', "') UNION SELECT content FROM read_text('/etc/passwd') --",
    "\\'; SELECT 1; --", "$1", "{x}", "%s", "/* */", "a\u2028b", "\U0001f4a9",
)  # fmt: skip


@pytest.mark.parametrize("text", NASTY)
def test_texts_and_names_are_no_sql(inside: Path, text: str) -> None:
    written = text.replace("\\", "\\\\").replace('"', '\\"')
    (inside / "own.csv").write_text('t,"s"\n2026-03-01,"' + text.replace('"', '""') + '"\n2026-03-02,other\n')
    spec(
        inside,
        f'source a {{ from csv("own.csv"); time t }}\n'
        f'kpi same {{ value count() from a where s == "{written}" over last month }}\n'
        f'kpi among {{ value count() from a where s in ["{written}", "x"] over last month }}\n'
        f"kpi groups {{ value count() from a over last month; by s }}\n",
    )
    results = kpidsl.load(inside, untrusted=True).evaluate(as_of=DAY)
    assert not results.errors
    assert [one.assessment.value for one in results.kpis] == [1, 1, 2]
    groups = json.loads(results.to_json())["kpis"][2]["segments"]
    assert sorted(one["by"]["s"] for one in groups) == sorted([text, "other"])


@pytest.mark.parametrize(
    "table", ["t; DROP TABLE t", "t UNION SELECT 1", "sqlite_master", "(SELECT 1)", 't"--', "pragma_database_list"]
)
def test_tables_are_names_alone(inside: Path, table: str) -> None:
    import sqlite3

    with closing(sqlite3.connect(inside / "own.db")) as database, database:
        database.execute("CREATE TABLE t (t TEXT, x INTEGER)")
        database.execute("INSERT INTO t VALUES ('2026-03-01', 1)")
    written = table.replace('"', '\\"')
    spec(
        inside,
        f'source a {{ from sqlite("own.db", table: "{written}"); column t: date; time t }}\nkpi k {{ value count() from a over last month }}',
    )
    results = kpidsl.load(inside, untrusted=True).evaluate(as_of=DAY)
    assert results.errors
    assert results.kpis[0].assessment.value is None
    with closing(sqlite3.connect(inside / "own.db")) as database:
        assert database.execute("SELECT count(*) FROM t").fetchone() == (1,)


# ---------------------------------------------------------------- what costs time
HUGE = (
    "value count() from a over last 1000000000 days", "value count() from a over 0001-01-01..9999-12-31",
    "value count() from a over last 10 years; trend each hour", "value 10 ^ 1000000000", "value 9999999999 * 10 ^ 99999",
    "value count() from a over last month; target >= 1e999999999", "value count() from a over since 0001-01-01",
    "value (count() from a over last month) each minute over last 8000 years",
)  # fmt: skip


@pytest.mark.parametrize("value", HUGE)
def test_huge_ranges_end_soon(inside: Path, value: str) -> None:
    spec(inside, f'source a {{ from csv("own.csv"); time t }}\nkpi k {{ {value} }}\n')
    begun = time.process_time()
    try:
        found = [one.code for one in kpidsl.load(inside, untrusted=True).evaluate(as_of=DAY).errors]
    except SpecError as error:
        found = [one.code for one in error.diagnostics]
    assert time.process_time() - begun < 20
    assert "K0000" not in found


COSTLY = ("(a+)+$", "(a|aa)+$", "(.*)*x", "(a?){30}a{30}$")


@pytest.mark.parametrize("pattern", COSTLY)
def test_a_costly_pattern_ends_soon(inside: Path, pattern: str) -> None:
    (inside / "own.csv").write_text("t,s\n2026-03-01," + "a" * 50_000 + "\n")
    spec(inside, matching(pattern))
    begun = time.process_time()
    results = kpidsl.load(inside, untrusted=True).evaluate(as_of=DAY)
    assert time.process_time() - begun < 20
    assert [one.assessment.value for one in results.kpis] == [int(pattern != "(.*)*x"), 1]


@pytest.mark.parametrize("pattern", ["((a{0,50}){0,50}){0,50}b", "a{1000}{1000}{1000}", "(?=a)b", "(a)\\\\1", "["])
def test_a_pattern_that_is_none_is_refused(inside: Path, pattern: str) -> None:
    spec(inside, matching(pattern))
    assert refused(inside) == ["K0353"]


def matching(pattern: str) -> str:
    return (
        f'source a {{ from csv("own.csv"); time t }}\n'
        f'kpi k {{ value count() from a where s matches "{pattern}" over last month }}\n'
        "kpi other { value count() from a over last month }\n"
    )


def test_a_bomb_of_lets_is_refused(inside: Path) -> None:
    lines = ["metric m0 = 1", *(f"metric m{at} = m{at - 1} + m{at - 1}" for at in range(1, 60))]
    spec(inside, "\n".join(lines) + "\nkpi k { value m59 }\n")
    assert refused(inside)


# ---------------------------------------------------------------- the environment, and databases
def test_the_environment_is_in_no_document(inside: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARKED", SECRET)
    spec(
        inside,
        'source a { from csv("$MARKED.csv"); time t }\nsource b { from csv("${MARKED}"); time t }\n'
        'source c { from csv("%MARKED%"); time t }\n'
        "kpi ka { value count() from a over last month }\nkpi kb { value count() from b over last month }\n"
        "kpi kc { value count() from c over last month }\n",
    )
    for untrusted in (True, False):
        results = kpidsl.load(inside, untrusted=untrusted).evaluate(as_of=DAY)
        assert [one.code for one in results.errors] == ["K0601"] * 3
        assert SECRET not in results.to_json()
    (inside / "a.kpi").write_text('kpi k { value getenv("MARKED") }\n')
    assert refused(inside)


def test_a_view_of_a_stranger_reads_no_file(inside: Path) -> None:
    import duckdb

    with duckdb.connect(str(inside / "own.duckdb")) as database:
        database.execute("CREATE TABLE safe AS SELECT DATE '2026-03-01' AS t, 1 AS x")
        database.execute(
            f"CREATE VIEW stolen AS SELECT DATE '2026-03-01' AS t, content AS x FROM read_text('{inside.parent}/secret.csv')"
        )
    spec(
        inside,
        'source a { from duckdb("own.duckdb", table: "stolen"); time t }\nsource b { from duckdb("own.duckdb", table: "safe"); time t }\n'
        "kpi ka { value count() from a over last month; by x }\nkpi kb { value count() from b over last month }\n",
    )
    results = kpidsl.load(inside, untrusted=True).evaluate(as_of=DAY)
    assert [one.assessment.value for one in results.kpis] == [None, 1]
    assert SECRET not in results.to_json()
