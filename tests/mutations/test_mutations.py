"""Specs with one word changed: an error with a code or a valid spec, and hardly ever more than two reports."""

from __future__ import annotations

import random
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from kpidsl.diagnostics import Diagnostic, UsageError
from kpidsl.pipeline import load
from kpidsl.spec_files import SpecFiles, read

HERE = Path(__file__).parent
SPECS = HERE.parents[1] / "specs"
TOKEN = re.compile(r'"""(?s:.)*?"""|"[^"\n]*"|#[^\n]*|[A-Za-z_]\w*|\d[\w.%-]*|[<>=!]=|\.\.|[^\s\w]')
LETTERS = "abcdefghijklmnopqrstuvwxyz"
MUTATIONS = 150
SEED = 20260331


@dataclass(frozen=True)
class Original:
    """A set of specs without mistakes, whether its data is there, and what is said of it as it is."""

    path: Path
    files: SpecFiles
    has_data: bool
    said: Counter[tuple[str, str, str]]


def tokens(text: str) -> list[re.Match[str]]:
    return [found for found in TOKEN.finditer(text) if not found[0].startswith("#")]


def mutated(chance: random.Random, text: str, others: list[str]) -> str:
    """The text with one token left out, doubled, swapped with its neighbour, replaced by another, or misspelt."""
    words = tokens(text)
    at = chance.randrange(len(words) - 1)
    token, after = words[at], words[at + 1]
    start, end = token.span()
    match chance.choice(("delete", "double", "swap", "replace", "misspell")):
        case "delete":
            return text[:start] + text[end:]
        case "double":
            return f"{text[:end]} {token[0]}{text[end:]}"
        case "swap":
            return text[:start] + after[0] + text[end : after.start()] + token[0] + text[after.end() :]
        case "replace":
            return text[:start] + chance.choice(others) + text[end:]
        case _:
            names = [word for word in words if word[0][0].isalpha() and len(word[0]) > 2]
            token = chance.choice(names)
            return text[: token.start()] + misspelt(chance, token[0]) + text[token.end() :]


def misspelt(chance: random.Random, word: str) -> str:
    at = chance.randrange(len(word) - 1)
    match chance.choice(("drop", "other", "swap")):
        case "drop":
            return word[:at] + word[at + 1 :]
        case "other":
            return word[:at] + chance.choice(LETTERS) + word[at + 1 :]
        case _:
            return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def key(found: Diagnostic) -> tuple[str, str, str]:
    return found.code, found.message, found.span.source.path if found.span else ""


def reports(original: Original, number: int, text: str) -> list[Diagnostic]:
    """What is said of a set with one file changed and was not said before."""
    source = original.files.sources[number]
    assert source.file is not None
    try:
        report = load([original.path], texts={source.file: text}).check(schemas=original.has_data)
    except UsageError:  # nothing is left
        return []
    said = Counter(original.said)
    fresh = []
    for each in report.diagnostics:
        if said[key(each)]:
            said[key(each)] -= 1
        else:
            fresh.append(each)
    return fresh


@pytest.mark.slow
def test_a_wrong_word_makes_an_error_with_a_code_and_hardly_any_noise() -> None:
    originals = []
    for path, has_data in ((SPECS / "flights", True), (SPECS / "storefront", True), (HERE / "whole.kpi", False)):
        found = load([path]).check(schemas=has_data).diagnostics
        originals.append(Original(path, read([path]), has_data, Counter(key(one) for one in found)))
    choices = [(original, number) for original in originals for number in range(len(original.files.sources))]
    texts = [original.files.sources[number].text for original, number in choices]
    others = [word[0] for text in texts for word in tokens(text)]
    chance = random.Random(SEED)
    counts = Counter[int]()
    for _ in range(MUTATIONS):
        original, number = chance.choices(choices, [len(text) for text in texts])[0]
        text = mutated(chance, original.files.sources[number].text, others)
        found = reports(original, number, text)
        assert all(re.fullmatch(r"K\d{4}", one.code) and one.message for one in found)
        counts[len(found)] += 1
    few = sum(count for number, count in counts.items() if number <= 2)
    assert few >= 0.95 * MUTATIONS, counts
    assert counts[0] < 0.25 * MUTATIONS, counts  # most changes are mistakes


def test_the_spec_that_uses_the_whole_language_is_sound() -> None:
    found = load([HERE / "whole.kpi"]).check(schemas=False).diagnostics
    assert {one.code for one in found} <= {
        "K0362",
        "K0371",
        "K0372",
        "K0373",
    }  # it shows everything, and uses not all of it
