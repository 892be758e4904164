"""However a spec is laid out, formatting keeps its tree and its comments, and comes to rest at once."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lark import Token

from kpidsl.syntax.grammar import parser
from syntax_format.laid_out import comments, examples, laid_out, tree

# Declaration by declaration: small texts are read faster, and what fails is easier to read.
EXAMPLES = [f"{part}\n" for text in examples().values() for part in re.split(r"\n\n(?=\S)", text) if len(part) < 3_000]
CONTINUES = frozenset({"WHERE", "OVER", "ON", "PER", "EACH", "DEFAULT", "AND", "OR", "PER_NUMBER"})
WITH_BLANKS = frozenset({"COLOUR_WHEN", "PER_NUMBER"})
DOCUMENTED = frozenset({"KEY", "EVIDENCE"})


def disarranged(text: str, chance: random.Random) -> str:
    """The same spec with other blanks, line ends and comments: what another hand might have typed."""
    tokens = [token for token in parser().parse_interactive(text).iter_parse() if token.type != "$END"]
    written: list[str] = []
    brackets = braces = 0
    for index, token in enumerate(tokens):
        above = tokens[index - 1] if index else None
        after = next((each for each in tokens[index + 1 :] if each.type != "_NL"), None)
        if token.type in ("_NL", "SEMICOLON"):
            may_share = braces > 0 and after is not None and after.type not in (*CONTINUES, *DOCUMENTED)
            written.append(separator(chance, may_share=may_share) + kept(token))
            continue
        inside = brackets > 0
        brackets += (token.type in ("LPAR", "LSQB")) - (token.type in ("RPAR", "RSQB"))
        braces += (token.type == "LBRACE") - (token.type == "RBRACE")
        if above is not None and above.type not in ("_NL", "SEMICOLON"):
            free = (
                (inside and above.type != "CONVERSION")
                or above.type in ("EQUAL", "COMMA", "LBRACE")
                or token.type in CONTINUES | {"RBRACE"}
            )
            written.append(gap(chance, above.end_pos == token.start_pos, may_end=free) + between(above, token, text))
        written.append(
            token.value.replace(" ", chance.choice([" ", "  ", "\t"])) if token.type in WITH_BLANKS else token
        )
    return "".join(written)


def kept(token: Token) -> str:
    """The comments of a line end, each on its own line."""
    return "".join(f"{line}\n" for line in comments(token.value))


def between(left: Token, right: Token, text: str) -> str:
    """The comments inside of a statement; none where the line must not end."""
    found = comments(text[left.end_pos : right.start_pos]) if left.end_pos != right.start_pos else []
    return "".join(f"\n{line}\n" for line in found)


def gap(chance: random.Random, joined: bool, *, may_end: bool) -> str:
    blanks = ["", "", " "] if joined else [" ", " ", "   ", "\t", " \r "]
    if may_end and chance.random() < 0.3:
        blanks = ["\n", "\n\n \n\t", f"  # c{chance.randrange(99)}\n", f"\n  # own {chance.randrange(99)} \n\n"]
    return chance.choice(blanks)


def separator(chance: random.Random, *, may_share: bool) -> str:
    ends = ["\n", "\r\n", " \n\n\n  ", f"# c{chance.randrange(99)}\n", "\n  # own \n", "\n\n#  own\n\n", ";\n"]
    return chance.choice([*ends, ";", " ; ", "; "] if may_share else ends)


@given(st.sampled_from(EXAMPLES), st.integers(0, 2**32))
def test_whatever_the_layout(text: str, seed: int) -> None:
    other = disarranged(text, random.Random(seed))
    after = laid_out(other)
    assert sorted(comments(other)) == sorted(comments(after))


@pytest.mark.parametrize("seed", range(3))
def test_other_blanks_alone_come_to_the_same_layout(seed: int) -> None:
    text = laid_out('source s {\n  from csv("a.csv", x: [1, 2])\n  let a = b + -c * (d - 1)\n}\nmetric m = a / b\n')
    chance = random.Random(seed)
    other = "".join(part if part != " " else " " * chance.randint(1, 3) for part in text)
    assert other != text
    assert laid_out(other) == text


@given(st.integers(0, 2**32))
def test_the_disarranged_example_is_the_same_spec(seed: int) -> None:
    text = "metric a = (b + c) / d over last month\nkpi k {\n  value a\n  target >= 1\n}\n"
    other = disarranged(text, random.Random(seed))
    assert tree(other).declarations == tree(text).declarations
