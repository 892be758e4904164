"""`kpidsl fmt`: what it writes where, and how it ends."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest

from kpidsl.cli import main
from kpidsl.syntax import format as formatter

UGLY = "metric  a=b # c\n"
NEAT = "metric a = b  # c\n"
BROKEN = "metric = b\n"


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run `kpidsl fmt` in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def ran(*arguments: str, stdin: bytes = b"") -> Ran:
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(stdin), isatty=lambda: False))
        with pytest.raises(SystemExit) as ended:
            main(["fmt", *arguments])
        out, err = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return Ran(ended.value.code, out, err)

    return ran


def test_files_of_a_folder_are_written(run: Run, tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.kpi").write_text(UGLY)
    (tmp_path / "b.kpi").write_text(NEAT)
    (tmp_path / "c.txt").write_text(UGLY)
    ran = run()
    assert (ran.code, ran.out, ran.err) == (0, "", "reformatted sub/a.kpi\n1 file reformatted, 1 file unchanged\n")
    assert (tmp_path / "sub" / "a.kpi").read_text() == NEAT
    assert (tmp_path / "c.txt").read_text() == UGLY
    assert run("sub").err == "1 file unchanged\n"


def test_a_file_that_does_not_change_is_not_written(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "a.kpi"
    file.write_text(NEAT)
    os.utime(file, ns=(1, 1))
    before = file.stat()
    assert run("a.kpi").code == 0
    assert (file.stat().st_mtime_ns, file.stat().st_ino) == (before.st_mtime_ns, before.st_ino)


def test_permissions_and_links_are_kept(run: Run, tmp_path: Path) -> None:
    file, link = tmp_path / "a.kpi", tmp_path / "b.kpi"
    file.write_text(UGLY)
    file.chmod(0o640)
    link.symlink_to(file)
    ran = run("b.kpi", "a.kpi")
    assert ran.err == "reformatted b.kpi\n1 file reformatted\n"
    assert link.is_symlink()
    assert (file.read_text(), file.stat().st_mode & 0o777) == (NEAT, 0o640)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a.kpi", "b.kpi"]


def test_line_ends_and_the_byte_order_mark_go(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.kpi").write_bytes(b"\xef\xbb\xbfmetric a = b\r\nmetric c = d")
    assert run("a.kpi").code == 0
    assert (tmp_path / "a.kpi").read_bytes() == b"metric a = b\nmetric c = d\n"


def test_check_names_what_would_change_and_writes_nothing(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.kpi").write_text(UGLY)
    (tmp_path / "b.kpi").write_text(NEAT)
    ran = run("--check")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == "would reformat a.kpi\n1 file would be reformatted, 1 file unchanged\n"
    assert (tmp_path / "a.kpi").read_text() == UGLY
    assert run("b.kpi", "--check").code == 0


def test_diff_shows_a_patch_and_writes_nothing(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.kpi").write_text(f"metric z = 1\n{UGLY}".rstrip())
    ran = run("a.kpi", "--diff")
    assert ran.code == 0
    assert ran.out == (
        "--- a.kpi\n+++ a.kpi (reformatted)\n@@ -1,2 +1,2 @@\n metric z = 1\n"
        "-metric  a=b # c\n\\ No newline at end of file\n+metric a = b  # c\n"
    )
    assert run("a.kpi", "--diff", "--check").code == 1
    assert (tmp_path / "a.kpi").read_text().endswith("# c")


def test_a_diff_on_a_terminal_is_coloured_and_harmless(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    (tmp_path / "a.kpi").write_text("metric  a=b # \x1b[2J\n")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    out = run("a.kpi", "--diff").out
    assert "\x1b[32m+metric a = b" in out
    assert "\x1b[31m-metric  a=b" in out
    assert "\x1b[2J" not in out


def test_standard_input_goes_to_standard_output(run: Run) -> None:
    assert run("-", stdin=UGLY.encode()) == Ran(0, NEAT, "")
    assert run("-", stdin=NEAT.encode()) == Ran(0, NEAT, "")
    ran = run("-", "--check", stdin=UGLY.encode())
    assert (ran.code, ran.out) == (1, "")
    assert "would reformat <stdin>" in ran.err


def test_broken_standard_input_gives_no_output(run: Run) -> None:
    ran = run("-", stdin=BROKEN.encode())
    assert (ran.code, ran.out) == (4, "")
    assert "error[K0101]" in ran.err


@pytest.mark.parametrize("content", [BROKEN.encode(), b"metric a = \xff", UGLY.encode() + b"kpi {"])
def test_a_broken_file_is_left_alone_and_the_others_are_not(run: Run, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.kpi").write_bytes(content)
    (tmp_path / "b.kpi").write_text(UGLY)
    ran = run()
    assert (ran.code, ran.out) == (4, "")
    assert "error[K01" in ran.err
    assert ran.err.endswith("1 file reformatted, 1 file left alone because of errors\n")
    assert (tmp_path / "a.kpi").read_bytes() == content
    assert (tmp_path / "b.kpi").read_text() == NEAT
    assert run("--check").code == 4


def test_imports_and_names_are_no_concern_of_it(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.kpi").write_text('import "gone.kpi"\nmetric a=nothing\n')
    assert run().code == 0
    assert (tmp_path / "a.kpi").read_text() == 'import "gone.kpi"\nmetric a = nothing\n'


def test_wrong_usage(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.kpi").write_text(UGLY)
    ran = run("a.kpi", "gone.kpi")
    assert ran.code == 2
    assert "gone.kpi" in ran.err
    assert (tmp_path / "a.kpi").read_text() == UGLY
    (tmp_path / "empty").mkdir()
    assert run("empty").code == 2


def test_a_file_that_cannot_be_written(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(target: Path, text: str) -> None:
        raise PermissionError(13, "Permission denied", str(target))

    (tmp_path / "a.kpi").write_text(UGLY)
    monkeypatch.setattr("kpidsl.cli.fmt.write_file", refuse)
    ran = run()
    assert ran.code == 3
    assert "cannot write a.kpi: permission denied" in ran.err
    assert ran.err.endswith("1 file not written\n")


def test_a_fault_of_ours_leaves_the_file_and_asks_to_be_reported(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.kpi").write_text(UGLY)
    monkeypatch.setattr(formatter, "lay_out_file", lambda whole: "metric a = c # c\n")
    ran = run()
    assert ran.code == 70
    assert "would change what it means" in ran.err
    assert "report" in ran.err
    assert (tmp_path / "a.kpi").read_text() == UGLY
