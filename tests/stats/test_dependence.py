"""What is carried over from value to value is told from a shift, an outlier and a steady trend."""

from __future__ import annotations

import random
from collections.abc import Callable
from fractions import Fraction
from math import pi, sin

import pytest

from kpidsl.stats.dependence import carried, is_dependent


def noise(chance: random.Random, n: int) -> list[float]:
    return [chance.gauss(0, 1) for _ in range(n)]


def shifted(chance: random.Random, n: int) -> list[float]:
    return [value + (4 if at >= n // 2 else 0) for at, value in enumerate(noise(chance, n))]


def off_for_a_while(chance: random.Random, n: int) -> list[float]:
    return [value + (4 if n // 3 <= at < 2 * n // 3 else 0) for at, value in enumerate(noise(chance, n))]


def outlier(chance: random.Random, n: int) -> list[float]:
    return [value + (8 if at == n // 3 else 0) for at, value in enumerate(noise(chance, n))]


def rising(chance: random.Random, n: int) -> list[float]:
    return [value + 0.3 * at for at, value in enumerate(noise(chance, n))]


def walk(chance: random.Random, n: int) -> list[float]:
    found = [0.0]
    while len(found) < n:
        found.append(found[-1] + chance.gauss(0, 1))
    return found


def carrying(chance: random.Random, n: int) -> list[float]:
    found = [0.0]
    while len(found) < n:
        found.append(0.9 * found[-1] + chance.gauss(0, 1))
    return found


def seasonal(chance: random.Random, n: int) -> list[float]:
    return [value + 3 * sin(at * pi / 6) for at, value in enumerate(noise(chance, n))]


def refused(of: Callable[[random.Random, int], list[float]], n: int) -> float:
    chance = random.Random(n)
    return sum(is_dependent([Fraction(value) for value in of(chance, n)]) for _ in range(400)) / 400


@pytest.mark.parametrize("of", [noise, shifted, off_for_a_while, outlier, rising])
@pytest.mark.parametrize("n", [12, 24, 60])
def test_independent_values_are_seldom_refused(of: Callable[[random.Random, int], list[float]], n: int) -> None:
    assert refused(of, n) <= 0.045


@pytest.mark.parametrize(
    ("of", "n", "least"),
    [(walk, 24, 0.4), (walk, 60, 0.99), (carrying, 24, 0.4), (carrying, 60, 0.95), (seasonal, 24, 0.99)],
)
def test_what_carries_over_is_refused(of: Callable[[random.Random, int], list[float]], n: int, least: float) -> None:
    assert refused(of, n) >= least


def test_too_little_to_tell() -> None:
    assert carried([Fraction(1), Fraction(2), Fraction(1)]) is None
    assert carried([Fraction(1)] * 20) is None
    assert carried([Fraction(at) for at in range(20)]) is None
    assert not is_dependent([None] * 20)
