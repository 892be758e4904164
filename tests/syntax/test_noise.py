"""A hundred kilobytes of anything cost no more than a valid spec of that size, and end in problems with codes."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from kpidsl.diagnostics.text import render_text
from kpidsl.pipeline import load
from kpidsl.syntax.grammar import parser
from kpidsl.syntax.piecewise import PROBLEMS_PER_FILE
from semantic.cases import Checked, checked

SIZE = 100_000
SPECS = "\n".join(file.read_text("utf-8") for file in sorted((Path(__file__).parents[2] / "specs").glob("*/*.kpi")))
WORDS = sorted(set(re.findall(r"\w+|[^\s\w]", SPECS)))
VALID = "".join(
    f'metric m{number} = sum(amount) from orders where status == "paid" and items >= {number}\n'
    for number in range(SIZE // 75)
)
# Reading a declaration twice, once as a whole and once by itself, is what a mistake may cost at the most.
MOST_TIMES_A_VALID_SPEC = 2.0


def soup(seed: int, words: list[str], between: str) -> str:
    chance = random.Random(seed)
    return between.join(chance.choices(words, k=SIZE // 3))[:SIZE]


def characters(seed: int, low: int, high: int) -> str:
    chance = random.Random(seed)
    return "".join(chr(chance.randrange(low, high)) for _ in range(SIZE))


def without_every(nth: int) -> str:
    text = (SPECS * (SIZE // len(SPECS) + 1))[:SIZE]
    return "".join(letter for at, letter in enumerate(text, 1) if at % nth)


NOISE: dict[str, Callable[[], str]] = {
    "bytes": lambda: characters(1, 0, 256),
    "printable": lambda: characters(2, 32, 127),
    "printable lines": lambda: characters(3, 32, 127).replace("~", "\n").replace("}", "\n"),
    "any letters": lambda: characters(4, 0x20, 0xD800),
    "words in a line": lambda: soup(5, WORDS, " "),
    "words in lines": lambda: soup(6, WORDS, "\n"),
    "quotes": lambda: '"' * SIZE,
    "open braces": lambda: "{" * SIZE,
    "closing braces": lambda: "}" * SIZE,
    "semicolons": lambda: ";" * SIZE,
    "brackets": lambda: "metric a = " + "(" * SIZE,
    "calls": lambda: "metric a = " + "f(" * (SIZE // 2),
    "arguments": lambda: "metric a = f(" + "1," * (SIZE // 2),
    "dots": lambda: "metric a = " + "a." * (SIZE // 2),
    "one enormous line": lambda: "metric a = " + " + ".join(["b"] * (SIZE // 4)) + " )",
    "continued lines": lambda: "metric a = b" + "\n+ c" * (SIZE // 4) + " )",
    "open blocks": lambda: "kpi a {\n" * (SIZE // 8),
    "wrong statements": lambda: "kpi a {\n" + "  target >= = 1\n" * (SIZE // 16) + "}",
    "wrong declarations": lambda: "metric a = = 1\n" * (SIZE // 15),
    "one mistake at the end": lambda: VALID + "metric = 4\n",
    "a spec without every tenth letter": lambda: without_every(10),
    "a spec without every hundredth letter": lambda: without_every(100),
}


def cost(text: str) -> tuple[float, Checked]:
    """Seconds of processor time to read, check and tell of a text; the better of two, as the machine is shared."""
    best = float("inf")
    found = None
    for _ in range(2):
        started = time.process_time()
        found = checked(("x.kpi", text))
        render_text(found.problems, colour=False, width=120)
        best = min(best, time.process_time() - started)
    assert found is not None
    return best, found


@pytest.fixture(scope="module")
def valid_cost() -> float:
    checked(("x.kpi", "metric a = 1"))  # builds the parser
    text = 'source orders { from csv("o.csv"); time at }\n' + VALID
    started = time.process_time()
    parser().parse(text)  # what is right is not read by Lark itself, what is wrong is
    return cost(text)[0] + time.process_time() - started


@pytest.mark.slow
@pytest.mark.parametrize("name", NOISE)
def test_noise_costs_no_more_than_a_spec(name: str, valid_cost: float) -> None:
    seconds, found = cost(NOISE[name]())
    assert seconds < MOST_TIMES_A_VALID_SPEC * valid_cost
    assert all(re.fullmatch(r"K\d{4}", code) for code in found.codes)
    if name != "semicolons":
        assert len(found.codes) > 0
    assert sum(code in ("K0101", "K0102", "K0103") for code in found.codes) <= PROBLEMS_PER_FILE + 10


def test_a_file_of_five_megabytes_is_not_read() -> None:
    assert checked(("x.kpi", "metric a = 1\n" * 400_000)).codes == ["K0110"]


def test_a_statement_of_many_words_is_told_where_it_is_too_much() -> None:
    (found,) = checked(("x.kpi", "metric a = " + "1 + " * 20_000 + "1\nmetric b = 2")).problems
    assert (found.code, found.span and found.span.line) == ("K0110", 1)


@pytest.mark.slow
def test_ten_thousand_columns_and_values_are_read() -> None:
    columns = "\n".join(f"  column c{number}: EUR" for number in range(10_000))
    source = f'source wide {{\n  from csv("wide.csv")\n  time at\n{columns}\n}}\n'
    kpis = "".join(
        f"kpi k{number} {{ value sum(c{number}) from wide over last month; target >= 1 EUR }}\n"
        for number in range(10_000)
    )
    found = checked(("x.kpi", source + kpis))
    assert found.codes == []
    assert len(found.model.kpis) == 10_000


def test_a_file_that_imports_itself(tmp_path: Path) -> None:
    (tmp_path / "a.kpi").write_text('import "a.kpi"\nmetric a = 1\n')
    assert [one.code for one in load(tmp_path).check(schemas=False).diagnostics] == ["K0209"]


def test_files_that_import_each_other_in_a_long_ring(tmp_path: Path) -> None:
    for number in range(1_500):
        (tmp_path / f"f{number}.kpi").write_text(f'import "f{(number + 1) % 1_500}.kpi"\n')
    assert "K0209" in [one.code for one in load(tmp_path / "f0.kpi").check(schemas=False).diagnostics]
