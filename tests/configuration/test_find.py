"""Which kpidsl.toml counts."""

from __future__ import annotations

from pathlib import Path

import pytest

from kpidsl.configuration import Wanted, find
from kpidsl.configuration.find import is_anothers
from kpidsl.diagnostics import Problems, UsageError

NOTHING = Wanted()


def found(root: Path, wanted: Wanted = NOTHING, *, untrusted: bool = False) -> tuple[Path | None, list[str]]:
    problems = Problems()
    return find(root, wanted, problems, untrusted=untrusted), [one.code for one in problems]


def test_the_nearest_one_counts(tmp_path: Path) -> None:
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    assert found(deep)[0] is None
    (tmp_path / "kpidsl.toml").touch()
    assert found(deep) == (tmp_path / "kpidsl.toml", [])
    (tmp_path / "a" / "kpidsl.toml").touch()
    assert found(deep)[0] == tmp_path / "a" / "kpidsl.toml"


def test_one_that_is_named_counts_before_any_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "kpidsl.toml").touch()
    other = tmp_path / "other.toml"
    with pytest.raises(UsageError, match="there is no configuration"):
        found(tmp_path, Wanted(other))
    other.touch()
    assert found(tmp_path, Wanted(other))[0] == other
    monkeypatch.setenv("KPIDSL_CONFIG", str(other))
    assert found(tmp_path)[0] == other


def test_one_of_another_user_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "kpidsl.toml"
    file.touch()
    monkeypatch.setattr("os.geteuid", lambda: file.stat().st_uid + 1)
    assert is_anothers(file) is (file.stat().st_uid != 0)


def test_beside_untrusted_specs_it_is_told_and_left_out(tmp_path: Path) -> None:
    (tmp_path / "kpidsl.toml").touch()
    assert found(tmp_path, untrusted=True) == (None, ["K0813"])
    (tmp_path / "specs").mkdir()
    assert found(tmp_path / "specs", untrusted=True) == (None, [])
