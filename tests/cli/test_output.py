"""Files are written whole or not at all."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from kpidsl.cli import once, output
from kpidsl.cli.once import Once
from kpidsl.cli.output import write_file


def test_a_new_file_has_the_usual_permissions(tmp_path: Path) -> None:
    mask = os.umask(0o027)
    try:
        write_file(tmp_path / "a.json", "ä\n")
    finally:
        os.umask(mask)
    assert (tmp_path / "a.json").read_bytes() == "ä\n".encode()
    assert stat.S_IMODE((tmp_path / "a.json").stat().st_mode) == 0o640
    assert [each.name for each in tmp_path.iterdir()] == ["a.json"]


def test_an_old_file_is_replaced_and_keeps_its_permissions(tmp_path: Path) -> None:
    target = tmp_path / "a.json"
    target.write_text("old", "utf-8")
    target.chmod(0o604)
    with target.open("rb") as reader:
        write_file(target, "new")
        assert reader.read() == b"old", "who has it open reads on in the old one"
    assert target.read_text("utf-8") == "new"
    assert stat.S_IMODE(target.stat().st_mode) == 0o604


def test_line_ends_are_not_translated(tmp_path: Path) -> None:
    write_file(tmp_path / "a.txt", "a\nb\n")
    assert (tmp_path / "a.txt").read_bytes() == b"a\nb\n"


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_failure_leaves_the_old_file_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    target = tmp_path / "a.json"
    target.write_text("old", "utf-8")
    monkeypatch.setattr(*((output.os, "fsync") if step == "fsync" else (Path, "replace")), fail)
    with pytest.raises(OSError, match="No space left"):
        write_file(target, "new")
    assert target.read_text("utf-8") == "old"
    assert [each.name for each in tmp_path.iterdir()] == ["a.json"]


def test_an_interruption_leaves_nothing_either(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(output.os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_file(tmp_path / "a.json", "new")
    assert list(tmp_path.iterdir()) == []


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    real = tmp_path / "real" / "a.json"
    real.write_text("old", "utf-8")
    (tmp_path / "link.json").symlink_to(real)
    write_file(tmp_path / "link.json", "new")
    assert (tmp_path / "link.json").is_symlink()
    assert real.read_text("utf-8") == "new"


def test_a_pipe_is_written_to(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.json"
    os.mkfifo(pipe)
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text("utf-8")))
    reader.start()
    write_file(pipe, "document")
    reader.join(10)
    assert read == ["document"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "a.json").mkdir()
    with pytest.raises(IsADirectoryError):
        write_file(tmp_path / "a.json", "new")


def test_a_missing_folder_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_file(tmp_path / "no" / "a.json", "new")
    assert list(tmp_path.iterdir()) == []


def test_a_long_name_can_be_written(tmp_path: Path) -> None:
    target = tmp_path / ("n" * 250 + ".json")
    write_file(target, "x")
    assert target.read_text("utf-8") == "x"


@pytest.mark.parametrize("room", [1, 1_000_000])
def test_what_is_written_to_several_places_is_made_once(monkeypatch: pytest.MonkeyPatch, room: int) -> None:
    monkeypatch.setattr(once, "IN_MEMORY", room)
    monkeypatch.setattr(once, "PIECE", 3)
    made: list[int] = []

    def pieces() -> list[str]:
        made.append(1)
        return ["ä\r\n", "", "b\n\udcff"]

    document = Once(pieces)
    assert ["".join(document()) for _ in range(3)] == ["ä\r\nb\n\udcff"] * 3
    assert len(made) == 1
    assert max(map(len, document())) == 3, "in pieces, so that no long text is held"


def test_what_cannot_be_kept_is_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.SpooledTemporaryFile.write", full)
    document = Once(lambda: ["a", "b"])
    assert ["".join(document()) for _ in range(2)] == ["ab", "ab"]
