"""`explain` of names, `init` and completion, as commands on real specs."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete, get_completion_class

from kpidsl.cli import completing, completion, kpidsl, main
from kpidsl.diagnostics.codes import CODES

ROOT = Path(__file__).parents[2]
STOREFRONT = str(ROOT / "specs" / "storefront")
Kpidsl = Callable[..., tuple[int, str, str]]


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kpidsl:
    """Run a command line in an empty folder: exit code, standard output, standard error."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        assert isinstance(ended.value.code, int)
        return ended.value.code, *capsys.readouterr()

    return run


# ── explain ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("code", ["K0310", "k0310"])
def test_a_code_is_told_from_a_name(call: Kpidsl, code: str) -> None:
    code_, out, err = call("explain", code)
    assert (code_, err) == (0, "")
    assert "## Wrong" in out


def test_all_codes_are_listed(call: Kpidsl) -> None:
    code, out, err = call("explain", "--codes")
    assert (code, err) == (0, "")
    assert [line.split()[0] for line in out.splitlines() if line.startswith("  ")] == list(CODES)


def test_a_name_is_explained_at_an_as_of(call: Kpidsl) -> None:
    code, out, err = call("explain", "revenue", STOREFRONT, "--as-of", "2026-03-31")
    assert (code, err) == (0, "")
    assert "last month           2026-03-01 … 2026-03-31" in out
    assert "as of the end of 2026-03-31 (Europe/Berlin)" in out


def test_a_name_is_explained_to_programs(call: Kpidsl) -> None:
    code, out, _ = call("explain", "people.headcount", STOREFRONT, "--as-of", "2026-03-31", "-f", "json")
    document = json.loads(out)
    assert (code, document["schema"], document["explained"][0]["measure"]) == (0, "kpidsl/explanation/1", "stock")


def test_params_count(call: Kpidsl) -> None:
    _, out, _ = call("explain", "vip_from", STOREFRONT, "--set", "vip_from=400")
    assert "Set to      400" in out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("revenu", STOREFRONT), "did you mean `revenue`?"),
        ((STOREFRONT, "revenue"), f"write `kpidsl explain revenue {STOREFRONT}`"),
        (("K9999",), "there is no code `K9999`"),
        (("K9999",), "`kpidsl explain --codes` lists them"),
        ((), "`kpidsl explain --codes` lists the codes"),
        (("--codes", "K0310"), "leave it out: `kpidsl explain K0310`"),
        (("revenue",), "there is no .kpi file in ."),
        (("revenue", STOREFRONT, "--as-of", "yesterday"), "--as-of yesterday"),
        (("revenue", STOREFRONT, "--set", "nothing=1"), "no param `nothing`"),
    ],
)
def test_wrong_usage_is_answered_with_what_to_type(call: Kpidsl, arguments: tuple[str, ...], says: str) -> None:
    code, out, err = call("explain", *arguments)
    assert (code, out) == (2, "")
    assert says in err


def test_a_folder_may_be_called_like_a_metric(call: Kpidsl, tmp_path: Path) -> None:
    (tmp_path / "revenue").mkdir()
    assert call("explain", "revenue", STOREFRONT)[0] == 0
    assert "the spec declares no `revenue`" in call("explain", "revenue", str(ROOT / "specs" / "flights"))[2]


# ── init ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_init_writes_is_right_and_evaluates_at_once(call: Kpidsl, tmp_path: Path) -> None:
    code, out, _ = call("init", "mine")
    assert code == 0
    commands = [line.split()[1:] for line in out.partition("try:\n")[2].splitlines()]
    assert [command[0] for command in commands] == ["check", "eval", "test"]
    check, evaluate, test = commands
    assert call(*check) == (0, "", "no problems found\n")
    assert call(*test)[:2] == (0, "2 passed\n")
    assert call("fmt", "--check", "mine")[0] == 0
    code, out, _ = call(*evaluate, "-f", "json")
    document = json.loads(out)
    assert {one["status"] for one in document["kpis"]} == {"green", "amber", "red"}
    assert {one["status"] for one in document["objectives"]} == {"on_track"}
    assert (document["errors"], code) == ([], 0)


def test_init_writes_into_the_current_folder(call: Kpidsl, tmp_path: Path) -> None:
    code, out, _ = call("init")
    assert code == 0
    assert "  kpidsl check\n" in out
    assert (tmp_path / "bakery.kpi").is_file()
    readme = (tmp_path / "README.md").read_text("utf-8")
    assert all(f"`{name.name}`" in readme for name in tmp_path.glob("*.kpi"))


@pytest.mark.parametrize("name", ["README.md", "tests.kpi", "data/orders.csv"])
def test_init_overwrites_nothing(call: Kpidsl, tmp_path: Path, name: str) -> None:
    there = tmp_path / "mine" / name
    there.parent.mkdir(parents=True)
    there.write_text("mine", "utf-8")
    code, out, err = call("init", "mine")
    assert (code, out) == (2, "")
    assert f"mine/{name} is there already" in err
    assert "kpidsl init mine-2" in err
    assert [file.name for file in (tmp_path / "mine").rglob("*") if file.is_file()] == [there.name]


def test_init_needs_a_folder(call: Kpidsl, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    code, _, err = call("init", "file")
    assert code == 2
    assert "file is a file" in err


# ── completion ──────────────────────────────────────────────────────────────────────────────────────────────────────


def offered(*typed: str) -> list[str]:
    """What is offered behind a command line whose last word is not finished."""
    *words, last = typed
    made = ShellComplete(kpidsl, {}, "kpidsl", completing.ASKED)
    return [str(item.value) for item in made.get_completions(words, last)]


def test_commands_options_and_choices_are_offered() -> None:
    assert offered("ex") == ["explain"]
    assert "--as-of" in offered("eval", "--")
    assert offered("eval", "--format", "") == ["text", "json", "toml"]
    assert offered("eval", "--as-of", "2026") == []
    assert offered("completion", "") == ["bash", "zsh", "fish"]
    assert offered("nosuch", "x") == []


def test_names_tags_and_owners_of_the_spec_are_offered() -> None:
    assert offered("eval", STOREFRONT, "--select", "month") == ["monthly_revenue", "month_so_far"]
    assert offered("eval", STOREFRONT, "-s", "revenue", "-s", "tag:b") == ["tag:board"]
    assert "owner:finance@shop.example" in offered("eval", STOREFRONT, "--select=owner:f")
    assert offered("eval", STOREFRONT, "--set", "v") == ["vip_from="]


def test_explain_is_offered_codes_and_every_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(STOREFRONT)
    assert offered("explain", "K031") == ["K0310", "K0311", "K0312", "K0313", "K0314"]
    assert offered("explain", "engag") == [
        "engagement",
        "engagement.active",
        "engagement.satisfied",
        "engagement.trust_points",
        "engagement.refunds",
        "engagement.up",
        "engagement.discounts",
        "engagement.backlog",
        "engagement.reach",
    ]
    assert {"revenue", "orders", "vip_from", "trusted_shop", "item"} <= set(offered("explain", ""))


def test_folders_and_specs_are_offered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "specs" / ".hidden").mkdir(parents=True)
    (tmp_path / "specs" / "a.kpi").touch()
    (tmp_path / "specs" / "a.csv").touch()
    monkeypatch.chdir(tmp_path)
    assert offered("check", "s") == ["specs/"]
    assert offered("check", "specs/") == ["specs/a.kpi"]
    assert offered("check", "nowhere/") == []
    assert offered("init", "s") == ["specs/"]


def test_a_spec_that_cannot_be_read_offers_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert offered("eval", "--select", "") == []
    (tmp_path / "broken.kpi").write_text("kpi {{{ metric rows = count(", "utf-8")
    assert isinstance(offered("eval", "--select", ""), list)


@pytest.mark.parametrize("shell", completion.SHELLS)
def test_the_script_of_a_shell_asks_this_command(call: Kpidsl, shell: str) -> None:
    code, out, err = call("completion", shell)
    assert (code, err) == (0, "")
    assert f"{completing.ASKED}={shell}_complete" in out
    assert get_completion_class(shell) is not None


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash here")
@pytest.mark.parametrize(
    ("line", "answers"),
    [
        ("kpidsl explai", "explain"),
        ("kpidsl eval SPECS -s tag:bo", "board"),  # bash has taken `tag:` for a word of its own
        ("kpidsl eval SPECS --select=tag:bo", "board"),
        ("kpidsl eval SPECS --select month", "monthly_revenue month_so_far"),
        ("kpidsl check SPECS/ok", "SPECS/okrs.kpi"),
        ("kpidsl eval SPECS --set vip", "vip_from= (no blank)"),
        ("kpidsl eval --as-of ", ""),
    ],
)
def test_bash_completes(tmp_path: Path, line: str, answers: str) -> None:
    program = tmp_path / "kpidsl"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m kpidsl "$@"\n', "utf-8")
    program.chmod(0o755)
    script = """
eval "$(kpidsl completion bash)"
compopt() { [[ $2 == nospace ]] && blank=' (no blank)'; }
COMP_LINE="$1" COMP_POINT=${#1}
_kpidsl_completion kpidsl
echo "${COMPREPLY[*]}$blank"
"""
    environment = os.environ | {
        "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT / "src"),
    }
    ran = subprocess.run(
        ["bash", "--norc", "-c", script, "bash", line.replace("SPECS", STOREFRONT)],
        env=environment, capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    assert (ran.stdout.strip(), ran.stderr) == (answers.replace("SPECS", STOREFRONT), "")
