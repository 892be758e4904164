"""Paths: what is found, in which order, what is said where nothing is, and where an untrusted spec may not go."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kpidsl.diagnostics import SourceError
from kpidsl.hookspecs import Context
from kpidsl.sources import files
from sources.reading import told, write


def expand(base: Path, *patterns: str, root: Path | None = None, untrusted: bool = False) -> list[str]:
    context = Context(base, root or base, untrusted=untrusted)
    return [files.shown(path, context) for path in files.expand(patterns, context, "csv")]


def test_order_is_that_of_code_points_and_nothing_else(tmp_path: Path) -> None:
    for name in ("b.csv", "B.csv", "a10.csv", "a2.csv", "é.csv", "sub/a.csv", "sub/deep/z.csv"):
        write(tmp_path / name, "v\n")
    assert expand(tmp_path, "*.csv") == ["B.csv", "a10.csv", "a2.csv", "b.csv", "é.csv"]
    assert expand(tmp_path, "**/*.csv")[-2:] == ["sub/deep/z.csv", "é.csv"]
    assert expand(tmp_path, "b.csv", "*.csv") == ["b.csv", "B.csv", "a10.csv", "a2.csv", "é.csv"]
    assert expand(tmp_path, "sub/../b.csv", "./b.csv") == ["b.csv"]
    assert expand(tmp_path / "sub", "../b.csv", root=tmp_path) == ["b.csv"]


@pytest.mark.parametrize(
    ("pattern", "code", "words"),
    [
        ("data/orders.csv", "K0601", "did you mean `data/order.csv`?"),
        ("date/order.csv", "K0601", "there is no folder date: did you mean `data`?"),
        ("nowhere/at/all.csv", "K0601", "there is no folder nowhere"),
        ("data/*.parquet", "K0601", "the folder holds order.csv"),
        ("data", "K0602", 'did you mean "data/*.csv"?'),
        ("", "K0601", "empty path"),
        ("s3://bucket/x.csv", "K0601", "not a local file"),
        ("zzz.csv", "K0601", "a relative path starts at the folder of the spec file"),
        ("broken.csv", "K0601", "a link to a file that does not exist"),
        ("pipe", "K0602", "no regular file"),
    ],
)
def test_what_is_not_there(tmp_path: Path, pattern: str, code: str, words: str) -> None:
    write(tmp_path / "data" / "order.csv", "v\n")
    (tmp_path / "broken.csv").symlink_to(tmp_path / "gone.csv")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(SourceError) as caught:
        expand(tmp_path, pattern)
    assert caught.value.code == code
    assert words in told(caught.value)


def test_no_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "a.csv", "v\n")
    # The user who runs the tests may be one who can read everything.
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(SourceError, match=r"a\.csv may not be read: permission denied") as caught:
        expand(tmp_path, "a.csv")
    assert caught.value.code == "K0602"


@pytest.mark.parametrize(
    "pattern",
    ["../secret.csv", "{outside}/secret.csv", "link.csv", "folder/secret.csv", "../*.csv", "folder/*.csv", "~/x.csv"],
)
def test_an_untrusted_spec_stays_below_its_root(tmp_path: Path, pattern: str) -> None:
    root = tmp_path / "specs"
    write(tmp_path / "secret.csv", "v\n")
    write(root / "own.csv", "v\n")
    (root / "link.csv").symlink_to(tmp_path / "secret.csv")
    (root / "folder").symlink_to(tmp_path)
    with pytest.raises(SourceError) as caught:
        expand(root, pattern.format(outside=tmp_path), untrusted=True)
    assert caught.value.code == "K0607"
    assert "secret.csv" not in str(caught.value.hint), "what lies outside is not listed"


def test_what_an_untrusted_spec_may_read(tmp_path: Path) -> None:
    write(tmp_path / "specs" / "own.csv", "v\n")
    (tmp_path / "specs" / "alias.csv").symlink_to(tmp_path / "specs" / "own.csv")
    (tmp_path / "entrance").symlink_to(tmp_path / "specs")
    for base in (tmp_path / "specs", tmp_path / "entrance"):
        assert expand(base, "*.csv", untrusted=True) == ["alias.csv", "own.csv"]
    with pytest.raises(SourceError) as caught:
        expand(tmp_path / "specs", "missing.csv", untrusted=True)
    assert caught.value.code == "K0601"


def test_fingerprint(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "v\n")
    before = files.fingerprint([path])
    assert before is not None
    assert before[0][:2] == (str(path), 2)
    os.utime(path, ns=(1, 1))
    assert files.fingerprint([path]) != before
    assert files.fingerprint([path, tmp_path / "gone"]) is None
