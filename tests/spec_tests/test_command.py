"""`kpidsl test`: exit codes and streams; and that the tests of `specs/` pass."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from kpidsl.cli import main
from spec_tests.suite_of import SHOP, block

ROOT = Path(__file__).parents[2]
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run `kpidsl test` in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def ran(*arguments: str, spec: str | None = None) -> tuple[int, str, str]:
        if spec is not None:
            (tmp_path / "shop.kpi").write_text(spec, "utf-8")
        with pytest.raises(SystemExit) as ended:
            main(["test", *arguments])
        out, err = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return ended.value.code, out, err

    return ran


GOOD, BAD = block("paid over last month == 1"), block("paid over last month == 2").replace("a test", "refunds")


def test_tests_that_pass(run: Run) -> None:
    assert run(spec=SHOP + GOOD) == (0, "1 passed\n", "")


def test_a_test_that_fails(run: Run) -> None:
    code, out, err = run("shop.kpi", "-v", spec=SHOP + GOOD + BAD)
    assert (code, err) == (1, "")
    assert out.startswith("passed  a test\nFAILED  refunds\n  shop.kpi:")
    assert out.endswith("\n1 passed, 1 failed\n")


def test_tests_by_name(run: Run) -> None:
    spec = SHOP + GOOD + BAD
    assert run("-k", "A Test", spec=spec)[:2] == (0, "1 passed\n")
    assert run("-k", "ref*s", spec=spec)[0] == 1
    code, out, err = run("-k", "refund a", spec=spec)
    assert (code, out) == (2, "")
    assert err == "error: -k refund a matches no test\n  = help: did you mean `refunds`?\n"


def test_no_tests_at_all(run: Run) -> None:
    code, out, err = run(spec=SHOP)
    assert (code, out) == (2, "")
    assert "there are no tests in the spec" in err


@pytest.mark.parametrize("spec", [SHOP + GOOD.replace("paid over", "payd over"), SHOP + GOOD + "metric a = \n"])
def test_a_spec_with_errors(run: Run, spec: str) -> None:
    code, out, err = run("-f", "junit", spec=spec)
    assert (code, out) == (4, "")
    assert "error[K0" in err


def test_junit_goes_to_a_file(run: Run, tmp_path: Path) -> None:
    code, out, err = run("-f", "junit", "-o", "tests.xml", spec=SHOP + GOOD + BAD)
    assert (code, out, err) == (1, "", "")
    assert ET.parse(tmp_path / "tests.xml").getroot().get("failures") == "1"


def test_a_file_that_cannot_be_written(run: Run) -> None:
    code, out, err = run("-f", "junit", "-o", "nowhere/tests.xml", spec=SHOP + GOOD)
    assert (code, out) == (3, "")
    assert "cannot write nowhere/tests.xml" in err


def test_params_are_set(run: Run) -> None:
    spec = SHOP + "param most = 5\n" + block("param.most == 7", given="")
    assert run("--set", "most=7", spec=spec)[0] == 0
    assert run(spec=spec)[0] == 1
    assert run("--set", "least=7", spec=spec)[0] == 2


def test_names_of_a_namespace(run: Run) -> None:
    spec = f"namespace shop\n{SHOP}{GOOD}{block('monthly is no_data', given='')}"
    assert run(spec=spec)[:2] == (0, "2 passed\n")


def test_data_that_is_there_is_not_read(run: Run, tmp_path: Path) -> None:
    (tmp_path / "nowhere").mkdir()
    (tmp_path / "nowhere" / "orders.csv").write_text("ordered_at,amount,status\n2026-03-01,1,paid\n", "utf-8")
    spec = SHOP + block("revenue over all time undefined no_rows", "paid over all time undefined", given="")
    assert run(spec=spec)[:2] == (0, "1 passed\n")


def test_an_evaluation_is_silent_about_tests(tmp_path: Path) -> None:
    from kpidsl.pipeline import load

    (tmp_path / "orders.csv").write_text("ordered_at,status,amount\n2026-03-01,paid,1\n", "utf-8")
    spec = 'source orders { from csv("orders.csv"); time ordered_at; column amount: EUR }\n'
    spec += 'metric revenue = sum(amount) from orders where status == "paid" over last month\n'
    (tmp_path / "shop.kpi").write_text(spec + 'test "one" { as of 2026-03-31; expect 1 == 1 }\n', "utf-8")
    results = load(tmp_path).evaluate(as_of="2026-03-31")
    assert (results.errors, len(results.metrics)) == ((), 1)


def folders_with_tests() -> list[str]:
    files = (ROOT / "specs").rglob("*.kpi")
    return sorted({file.parent.name for file in files if '\ntest "' in file.read_text("utf-8")})


def test_some_example_is_tested() -> None:
    assert "storefront" in folders_with_tests()


@pytest.mark.parametrize("folder", folders_with_tests())
def test_the_tests_of_an_example_pass(run: Run, folder: str) -> None:
    code, out, err = run(str(ROOT / "specs" / folder))
    assert (code, err) == (0, ""), out
