"""Row expressions over columns in several units, whole numbers among them, against the same with fractions."""

from __future__ import annotations

import random
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pyarrow as pa
import pytest

from engine.evaluating import at, evaluate

ROWS = 7
SPEC = """
source o {
  from arrow("o"); time at; column kg: kg; column g: g; column mi: minutes; column se: seconds; column pc: % as 0..100
}
"""
UNITS = {
    "number": {"1": Fraction(1)},
    "mass": {"g": Fraction(1), "kg": Fraction(1000)},
    "time": {"seconds": Fraction(1), "minutes": Fraction(60), "hours": Fraction(3600)},
    "share": {"%": Fraction(1)},
}
COLUMNS = {
    "number": {"i": Fraction(1), "d": Fraction(1), "fine": Fraction(1)},
    "mass": {"kg": Fraction(1000), "g": Fraction(1)},
    "time": {"mi": Fraction(60), "se": Fraction(1), "(until - at)": Fraction(1)},
    "share": {"pc": Fraction(1, 100)},
}
Number = Fraction | None


@dataclass(frozen=True)
class Expression:
    text: str
    of_row: Callable[[int], Number]


def columns_of(chance: random.Random) -> dict[str, list[object]]:
    start = at("2026-03-01")
    return {
        "at": [start + timedelta(seconds=chance.randrange(86_400)) for _ in range(ROWS)],
        "until": [start + timedelta(days=2, microseconds=chance.randrange(10**11)) for _ in range(ROWS)],
        "i": [chance.choice([None, chance.randrange(-50, 99)]) for _ in range(ROWS - 1)] + [1],
        "d": [Decimal(chance.randrange(-9999, 9999)) / 100 for _ in range(ROWS)],
        "fine": [chance.choice([None, Decimal(chance.randrange(1000)) / 10**6]) for _ in range(ROWS - 1)]
        + [Decimal(1)],
        "kg": [chance.randrange(20) for _ in range(ROWS)],
        "g": [chance.randrange(2000) for _ in range(ROWS)],
        "mi": [chance.randrange(90) for _ in range(ROWS)],
        "se": [chance.randrange(900) for _ in range(ROWS)],
        "pc": [chance.randrange(100) for _ in range(ROWS)],
    }


class Writer:
    def __init__(self, chance: random.Random, columns: dict[str, list[object]]) -> None:
        self.chance, self.columns = chance, columns

    def atom(self, kind: str) -> Expression:
        if self.chance.random() < 0.35:
            unit, scale = self.chance.choice(sorted(UNITS[kind].items()))
            number = self.chance.choice(["1", "20", "1.5", "0.25"])
            value = Fraction(number) * (scale if unit != "%" else Fraction(1, 100))
            return Expression({"1": number, "%": f"{number}%"}.get(unit, f"{number} {unit}"), lambda _: value)
        name, scale = self.chance.choice(sorted(COLUMNS[kind].items()))

        def of_row(row: int) -> Number:
            if name == "(until - at)":
                start, end = self.columns["at"][row], self.columns["until"][row]
                assert isinstance(start, datetime) and isinstance(end, datetime)
                return Fraction((end - start) // timedelta(microseconds=1), 10**6)
            found = self.columns[name][row]
            return None if found is None else Fraction(str(found)) * scale

        return Expression(name, of_row)

    def expression(self, kind: str, depth: int) -> Expression:
        if depth == 0:
            return self.atom(kind)
        a, b = self.expression(kind, depth - 1), self.expression(kind, depth - 1)
        match self.chance.choice(["+", "-", "*", "coalesce", "if", "%", "abs"]):
            case "*":
                b = self.expression("number", depth - 1)
                return Expression(f"({a.text} * {b.text})", _both(a, b, lambda x, y: x * y))
            case "coalesce":
                either = lambda row: b.of_row(row) if a.of_row(row) is None else a.of_row(row)  # noqa: E731
                return Expression(f"coalesce({a.text}, {b.text})", either)
            case "if":
                bound = self.atom(kind)
                over = _both(a, bound, lambda x, y: Fraction(x > y))
                chosen = lambda row: a.of_row(row) if over(row) else b.of_row(row)  # noqa: E731
                return Expression(f"(if {a.text} > {bound.text} then {a.text} else {b.text})", chosen)
            case "%":
                return Expression(f"(12.5% of {a.text})", _both(a, a, lambda x, _: x / 8))
            case "abs":
                return Expression(f"abs({a.text})", _both(a, a, lambda x, _: abs(x)))
            case "-":
                return Expression(f"({a.text} - {b.text})", _both(a, b, lambda x, y: x - y))
            case _:
                return Expression(f"({a.text} + {b.text})", _both(a, b, lambda x, y: x + y))


def _both(a: Expression, b: Expression, of: Callable[[Fraction, Fraction], Fraction]) -> Callable[[int], Number]:
    def of_row(row: int) -> Number:
        x, y = a.of_row(row), b.of_row(row)
        return None if x is None or y is None else of(x, y)

    return of_row


AGGREGATES: dict[str, Callable[[list[Fraction]], float]] = {
    "sum": lambda values: float(sum(values)),
    "avg": lambda values: float(sum(values) / len(values)),
    "max": lambda values: float(max(values)),
    "median": lambda values: float(statistics.median(values)),
    "stddev": lambda values: float(statistics.variance(values)) ** 0.5,
}


@pytest.mark.parametrize("seed", range(4))
def test_expressions_in_several_units(seed: int) -> None:
    chance = random.Random(seed)
    columns = columns_of(chance)
    writer = Writer(chance, columns)
    spec, expected = SPEC, {}
    for number in range(40):
        kind, function = chance.choice(sorted(UNITS)), chance.choice(sorted(AGGREGATES))
        asked = writer.expression(kind, chance.choice([1, 2, 3]))
        values = [one for row in range(ROWS) if (one := asked.of_row(row)) is not None]
        if len(values) > 1:
            spec += f"kpi k{number} {{ value {function}({asked.text}) from o over all time }}\n"
            expected[f"k{number}"] = (f"{function}({asked.text})", kind, AGGREGATES[function](values))
    table = {
        **columns,
        "d": pa.array(columns["d"], pa.decimal128(12, 2)),
        "fine": pa.array(columns["fine"], pa.decimal128(12, 6)),
    }
    results = evaluate(spec, "2026-04-30", o=table)
    assert not results.errors
    for found in results.kpis:
        text, kind, wanted = expected[found.name]
        value, unit = found.assessment.value, (found.unit or "1").removesuffix("s")
        assert isinstance(value, Decimal), text
        scales = {name.removesuffix("s"): scale for name, scale in UNITS[kind].items()}
        scale = Fraction(1) if kind == "share" else scales[unit]
        assert float(value) * float(scale) == pytest.approx(wanted, rel=1e-9, abs=1e-9), text
