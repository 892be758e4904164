"""What is kept between runs changes how long they take, and nothing else."""

from __future__ import annotations

import json
import os
import pickle
import stat
from pathlib import Path

import pytest

import kpidsl
from kpidsl import kept_files
from kpidsl.diagnostics import Problems, UsageError
from kpidsl.source_text import Source
from kpidsl.syntax import grammar, kept, parse
from kpidsl.syntax.kept import parse_kept

LINES = "\n".join(
    f"metric m{number} = sum(amount) from orders where shop == {number}\n"
    f"kpi k{number} {{ value m{number} over last month; target >= {number} }}"
    for number in range(60)
)
SPEC = f'source orders {{ from csv("orders.csv"); time at }}\n{LINES}\n'
ROWS = "at,shop,amount\n" + "\n".join(f"2026-03-{1 + number % 28:02},{number},{number}" for number in range(60))


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("KPIDSL_CACHE", str(folder))
    return folder


@pytest.fixture
def work(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "shop.kpi").write_text(SPEC, "utf-8")
    (folder / "orders.csv").write_text(ROWS + "\n", "utf-8")
    return folder


def kinds(cache: Path) -> set[str]:
    return {file.name.split("-")[0] for file in cache.glob("*.kept")}


def document(work: Path) -> str:
    return kpidsl.load(work).evaluate(as_of="2026-03-31").to_json()


def test_what_enters_many_kpis_is_one_record_once_it_is_kept(
    work: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (work / "shop.kpi").write_text(
        'source orders { from csv("orders.csv"); time at }\n'
        + "".join(
            f"metric m{number} = sum(amount) from orders where shop < 30\n"
            f"kpi k{number} {{ value m{number} over last {'week' if number == 3 else 'month'}; target >= {number} }}\n"
            for number in range(4)
        ),
        "utf-8",
    )
    first = document(work)
    found = kpidsl.load(work).evaluate(as_of="2026-03-31")
    one, other, third, apart = (kpi.inputs[0] for kpi in found.kpis)
    assert one is other is third
    assert one is not apart
    assert found.to_json() == first
    assert json.loads(first)["kpis"][2]["inputs"] == json.loads(first)["kpis"][0]["inputs"]
    monkeypatch.setenv("KPIDSL_CACHE", "")
    assert document(work) == first


def test_the_document_is_the_same_with_and_without_what_is_kept(
    work: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = document(work), document(work)
    assert {"spec", "sources", "model"} <= kinds(cache)
    monkeypatch.setenv("KPIDSL_CACHE", "")
    assert document(work) == first == second


def test_a_set_that_is_kept_is_not_parsed(work: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = document(work)
    report = kpidsl.load(work).check()

    def fail(source: Source, problems: Problems) -> None:
        raise AssertionError(source.path)

    monkeypatch.setattr("kpidsl.syntax.kept.parse_kept", fail)
    assert document(work) == first
    assert kpidsl.load(work).check() == report


def test_what_was_checked_is_kept_where_the_trees_were_kept_before(work: Path, cache: Path) -> None:
    document(work)
    for file in cache.glob("model-*.kept"):
        file.unlink()
    assert "model" not in kinds(cache)
    document(work)
    assert "model" in kinds(cache)


def test_a_change_of_a_file_is_seen(work: Path, cache: Path) -> None:
    document(work)
    (work / "shop.kpi").write_text(SPEC.replace("target >= 3 ", "target >= 99999 "), "utf-8")
    states = {kpi.name: kpi.assessment.status for kpi in kpidsl.load(work).evaluate(as_of="2026-03-31").kpis}
    assert states["k3"] == "red"


def test_a_change_of_the_columns_is_seen(work: Path, cache: Path) -> None:
    assert kpidsl.load(work).check().ok
    assert kpidsl.load(work).check().ok
    (work / "orders.csv").write_text(ROWS.replace("amount", "price", 1) + "\n", "utf-8")
    report = kpidsl.load(work).check()
    assert {one.code for one in report.diagnostics} == {"K0605"}


def test_a_change_of_the_params_is_seen(tmp_path: Path, cache: Path) -> None:
    file = tmp_path / "one.kpi"
    file.write_text(f"param most = 1\n{SPEC}", "utf-8")
    (tmp_path / "orders.csv").write_text(ROWS + "\n", "utf-8")
    spec = kpidsl.load(file)
    assert spec.check(params={"most": "2"}).ok
    with pytest.raises(UsageError):
        spec.check(params={"least": "2"})
    assert spec.check(params={"most": "3"}).ok


def test_problems_are_told_again(work: Path, cache: Path) -> None:
    (work / "shop.kpi").write_text(SPEC + "metric last_one = revenu * 2\n", "utf-8")
    found = [kpidsl.load(work).check() for _ in range(3)]
    assert [one.code for one in found[0].diagnostics] == ["K0204"]
    assert [[(one.code, one.place, one.message) for one in report.diagnostics] for report in found[1:]] == [
        [(one.code, one.place, one.message) for one in found[0].diagnostics]
    ] * 2


@pytest.mark.parametrize("damage", [b"", b"torn", b"\x00" * 400])
def test_what_is_damaged_is_made_again(work: Path, cache: Path, damage: bytes) -> None:
    first = document(work)
    for file in cache.glob("*.kept"):
        file.write_bytes(damage)
    assert document(work) == first
    for file in cache.glob("*.kept"):
        file.write_bytes(file.read_bytes()[:-7])
    assert document(work) == first


def test_whole_bytes_of_something_else_are_not_taken_for_a_tree(cache: Path) -> None:
    source = Source("shop.kpi", SPEC)
    parse_kept(source, Problems())
    (file,) = cache.glob("spec-*.kept")
    name = file.name.removeprefix("spec-").removesuffix(".kept")
    kept_files.save("spec", name, pickle.dumps(["not", "a", "tree"]))
    assert parse_kept(source, Problems()) == parse(source, Problems())


def test_a_kept_tree_has_its_places_in_the_file_it_is_asked_for(cache: Path) -> None:
    parse_kept(Source("here.kpi", SPEC), Problems())
    spec = parse_kept(Source("there.kpi", SPEC), Problems())
    assert spec.declarations[1].span.place == "there.kpi:2"
    assert spec.declarations[1].span.text.startswith("metric m0")


def test_a_text_with_problems_is_not_kept(cache: Path) -> None:
    source = Source("shop.kpi", SPEC + "metric = 1\n")
    for _ in range(2):
        problems = Problems()
        parse_kept(source, problems)
        assert problems.has_errors
    assert "spec" not in kinds(cache)


def test_a_folder_that_others_may_write_is_not_used(cache: Path) -> None:
    cache.mkdir()
    cache.chmod(stat.S_IRWXU | stat.S_IWOTH)
    parse_kept(Source("shop.kpi", SPEC), Problems())
    assert not list(cache.iterdir())


def test_a_folder_that_cannot_be_made_is_no_fault(cache: Path) -> None:
    cache.write_text("a file, not a folder", "utf-8")
    source = Source("shop.kpi", SPEC)
    assert parse_kept(source, Problems()) == parse(source, Problems())


def test_what_was_made_long_ago_is_removed(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept_files.save("old", "one", b"x")
    (file,) = cache.glob("old-*")
    long_ago = file.stat().st_mtime - (kept_files.UNUSED_DAYS + 1) * 86_400
    os.utime(file, (long_ago, long_ago))
    os.utime(cache / kept_files.PRUNED, (long_ago, long_ago))
    kept_files.save("new", "two", b"y")
    assert kinds(cache) == {"new"}
    assert len(SPEC) > kept.LEAST


def grammar_is_read(cache: Path) -> Path:
    """Reads it as a process does that begins, and gives the file in which it is kept."""
    read = grammar.parser.__wrapped__()
    assert [one.data for one in read.parse("metric a = 1\n").children] == [
        one.data for one in grammar.parser().parse("metric a = 1\n").children
    ]
    (file,) = cache.glob("grammar-*")
    return file


def test_a_kept_grammar_is_not_made_again(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = grammar_is_read(cache)
    kept_then = file.read_bytes()
    monkeypatch.setattr(grammar, "build", lambda: pytest.fail("it is kept"))
    assert grammar_is_read(cache) == file
    assert file.read_bytes() == kept_then


def test_a_damaged_grammar_is_made_again(cache: Path) -> None:
    file = grammar_is_read(cache)
    sound = file.read_bytes()
    for damaged in (sound.replace(b"metric", b"mertic"), sound[: len(sound) // 2]):
        file.write_bytes(damaged)
        grammar_is_read(cache)
        assert damaged not in (sound, file.read_bytes())


def test_what_a_link_in_the_cache_leads_to_is_not_written(cache: Path, tmp_path: Path) -> None:
    file = grammar_is_read(cache)
    mine = tmp_path / "mine.txt"
    mine.write_text("mine")
    file.unlink()
    file.symlink_to(mine)
    assert not grammar_is_read(cache).is_symlink()
    assert mine.read_text() == "mine"
