"""Whatever the text: problems, never an exception, and never more than a moment."""

from __future__ import annotations

import random
import re
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from semantic.cases import SHOP, checked

SPECS = Path(__file__).parents[2] / "specs"
MOST_SECONDS = 8.0  # of processor time, on a machine that is shared; a second is usual

SOME_WORDS = """
    metric kpi source { } ( ) [ ] = == >= .. ; , : " # ` 1 85% 5pp 2026-01-01 2026-Q1 from where over each by and or not
    in is null last month to date given test expect at end per default target amber value when if then else
"""
words = st.sampled_from([*SOME_WORDS.split(), "\n", "\t", "é", "\x00"])
LARGE = {
    "open brackets": "metric m = " + "(" * 50_000,
    "brackets": "metric m = " + "(" * 50_000 + "1" + ")" * 50_000,
    "calls": "metric m = " + "f(" * 30_000 + "1" + ")" * 30_000,
    "not": "metric m = " + "not " * 25_000 + "a",
    "sum": "metric m = 1" + " + 1" * 25_000,
    "conditions": "metric m = " + "if a then b else " * 6_000 + "c",
    "windows": "metric m = a" + " over last month" * 6_000,
    "open blocks": "kpi k {\n" * 12_000,
    "closed blocks": "}" * 100_000,
    "quotes": 'metric m "' + '\\"' * 50_000,
    "comments": "test t { given o {\n" + "#aaaa\n" * 15_000,
    "a long name": "metric m = a" + ".a" * 50_000,
    "lines": "metric m = 1" + "\n#c" * 33_000 + "\n + 1",
    "digits": "metric m = " + "1" * 100_000,
    "units": 'source x { from csv("a"); column a: ' + "EUR/" * 20_000 + "EUR }",
    "powers": "".join(f"unit u{i + 1} = u{i}^9\n" for i in range(30)) + "unit u0 = 7 km",
    "units of units": "".join(f"unit u{i} = 2 u{i + 1}\n" for i in range(3_000)),
    "metrics on metrics": "".join(f"metric m{i} = m{i + 1}\n" for i in range(4_000)),
    "metrics before metrics": "metric m0 = 1\n" + "".join(f"metric m{i + 1} = m{i} + 1\n" for i in range(4_000)),
    "doubling": SHOP + "metric m0 = revenue\n" + "".join(f"metric m{i + 1} = m{i} + m{i}\n" for i in range(60)),
    "doubling with filters": SHOP
    + "metric m0 = revenue\n"
    + "".join(f"metric m{i + 1} = (m{i} where items > {i}) + (m{i} where items < {i})\n" for i in range(40)),
    "derived columns": 'source o { from csv("a"); ' + "; ".join(f"let l{i} = l{i + 1}" for i in range(3_000)) + " }",
    "doubling columns": 'source o { from csv("a"); let l0 = x; '
    + "; ".join(f"let l{i + 1} = l{i} + l{i}" for i in range(60))
    + " }",
    "joins": "".join(
        f'source s{i} {{ from csv("a"); join s{i + 1} on id; join s{i + 2} on id; let x = s{i + 1}.y }}\n'
        for i in range(80)
    ),
}


@pytest.mark.parametrize("name", LARGE)
def test_deep_long_and_wide_texts(name: str) -> None:
    started = time.process_time()
    found = checked(("x.kpi", LARGE[name]))
    assert time.process_time() - started < MOST_SECONDS
    assert bool(found.problems) != (name == "lines"), found.codes[:3]  # comments are not read


@given(st.lists(words, max_size=60).map(" ".join))
def test_any_words(text: str) -> None:
    checked(("x.kpi", text))


@given(st.text(max_size=200))
def test_any_characters(text: str) -> None:
    checked(("x.kpi", text))


@pytest.mark.parametrize(
    "alphabet", ['({[]})"\n #;', "0123456789.-%_ \n", "abc=\n ", "".join(map(chr, range(1, 0x250)))]
)
def test_a_hundred_kilobytes_of_noise(alphabet: str) -> None:
    text = "".join(random.Random(7).choices(alphabet, k=100_000))
    started = time.process_time()
    checked(("x.kpi", text))
    assert time.process_time() - started < MOST_SECONDS


TOKEN = re.compile(r'"[^"\n]*"|[A-Za-z_][\w.]*|\d[\w.%-]*|[^\s\w]')


@pytest.mark.parametrize("file", sorted(SPECS.glob("*/*.kpi")), ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_examples_with_one_word_left_out_doubled_or_replaced(file: Path) -> None:
    text = file.read_text("utf-8")
    tokens = list(TOKEN.finditer(text))
    chance = random.Random(file.name)
    for _ in range(12):
        token, other = chance.choice(tokens), chance.choice(tokens)
        for instead in ("", f"{token[0]} {token[0]}", other[0]):
            checked(("x.kpi", text[: token.start()] + instead + text[token.end() :]))
