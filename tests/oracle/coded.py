"""Coded material: how many units have a code, and how far coders agree, from the definitions and pair by pair."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import permutations

from kpidsl.syntax import expr_nodes as x
from oracle import rows as r
from oracle.values import Form, Outcome, Undefined, Value


def prevalence(call: x.Coded, rows: Sequence[r.Scope]) -> Outcome:
    """Of the units of which it is known, the share that has a row for which the condition holds."""
    truths: dict[object, set[object]] = {}
    for row in rows:
        unit = r.column(call.per.text, row)
        if unit is not None:
            truths.setdefault(unit, set()).add(r.truth(call.arguments[0], row))
    known = [found for found in truths.values() if found & {True, False}]
    unknown = len(truths) - len(known)
    if not known:
        return Undefined("no_rows", 0, unknown)
    return Value(Fraction(sum(True in found for found in known), len(known)), len(known), Form.DIVIDED, unknown)


def agreement(call: x.Coded, ordered: Sequence[tuple[object, r.Scope]]) -> Outcome:
    """`ordered` are the codes that are not NULL with their rows, the newest last: what a coder said last counts."""
    assert call.by is not None
    said: dict[object, dict[object, object]] = {}
    for code, row in ordered:
        unit, coder = r.column(call.per.text, row), r.column(call.by.text, row)
        if unit is not None and coder is not None:
            said.setdefault(unit, {})[coder] = code
    if not said:
        return Undefined("no_rows")
    n = sum(len(codes) > 1 for codes in said.values())
    way = call.word.text if call.word is not None else None
    match call.function.text:
        case "krippendorff_alpha":
            found = alpha([list(codes.values()) for codes in said.values()], way or "nominal")
        case "cohen_kappa":
            found = cohen(list(said.values()), way)
        case _:
            found = fleiss([list(codes.values()) for codes in said.values()])
    return Undefined(found, n) if isinstance(found, str) else Value(found, n, Form.DIVIDED)


def alpha(units: Sequence[Sequence[object]], level: str) -> Fraction | str:
    coded = [codes for codes in units if len(codes) > 1]
    values = [code for codes in coded for code in codes]
    if not values:
        return "insufficient_sample"

    def apart(a: object, b: object) -> Fraction:
        if level == "nominal":
            return Fraction(a != b)
        assert isinstance(a, int | float | Fraction)
        assert isinstance(b, int | float | Fraction)
        one, other = Fraction(a), Fraction(b)
        if level == "interval":
            return (one - other) ** 2
        if level == "ratio":
            return ((one - other) / (one + other)) ** 2 if one + other else Fraction(0)
        between = sum(min(one, other) <= Fraction(v) <= max(one, other) for v in values)  # type: ignore[arg-type]
        return (between - Fraction(values.count(a) + values.count(b), 2)) ** 2 if one != other else Fraction(0)

    expected = sum((apart(a, b) for a, b in permutations(values, 2)), Fraction(0)) / (len(values) - 1)
    if not expected:
        return "no_variation"
    observed = sum((apart(a, b) / (len(codes) - 1) for codes in coded for a, b in permutations(codes, 2)), Fraction(0))
    return 1 - observed / expected


def cohen(units: Sequence[dict[object, object]], weights: str | None) -> Fraction | str:
    coders = {coder for codes in units for coder in codes}
    if len(coders) != 2:
        return "not_two_coders"
    first, second = coders
    pairs = [(codes[first], codes[second]) for codes in units if len(codes) == 2]
    if not pairs:
        return "insufficient_sample"

    def apart(a: object, b: object) -> Fraction:
        if weights is None:
            return Fraction(a != b)
        assert isinstance(a, int | float | Fraction)
        assert isinstance(b, int | float | Fraction)
        far = abs(Fraction(a) - Fraction(b))
        return far if weights == "linear" else far * far

    observed = sum((apart(a, b) for a, b in pairs), Fraction(0)) / len(pairs)
    chance = sum((apart(a, b) for a, _ in pairs for _, b in pairs), Fraction(0)) / len(pairs) ** 2
    return 1 - observed / chance if chance else "no_variation"


def fleiss(units: Sequence[Sequence[object]]) -> Fraction | str:
    sizes = {len(codes) for codes in units}
    if sizes == {1}:
        return "insufficient_sample"
    if len(sizes) > 1:
        return "unequal_coders"
    values = [code for codes in units for code in codes]
    chance = sum((Fraction(values.count(code), len(values)) ** 2 for code in set(values)), Fraction(0))
    if chance == 1:
        return "no_variation"
    pairs = [(a, b) for codes in units for a, b in permutations(codes, 2)]
    return (Fraction(sum(a == b for a, b in pairs), len(pairs)) - chance) / (1 - chance)
