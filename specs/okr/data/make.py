"""Writes the data of this example: a made-up bus company in a city of six lines, the same rows on every run.

python specs/okr/data/make.py
"""

from __future__ import annotations

import csv
import math
import random
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path

HERE = Path(__file__).parent
FIRST, LAST = date(2025, 1, 1), date(2026, 5, 31)
LINES = {"1": 4200, "2": 3100, "3": 2600, "5": 1900, "7": 1300, "N1": 380}  # boardings on a usual day
PLANNED = {"1": 148, "2": 132, "3": 118, "5": 96, "7": 84, "N1": 18}
LATE = {"1": 0.0, "2": 0.01, "3": -0.02, "5": 0.02, "7": -0.09, "N1": 0.05}  # line 7 crosses the road works


def days() -> Iterable[tuple[date, int]]:
    for number in range((LAST - FIRST).days + 1):
        yield FIRST + timedelta(days=number), number


def write(name: str, heading: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> None:
    with HERE.joinpath(name).open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(heading)
        table.writerows(rows)


def service(chance: random.Random) -> Iterable[tuple[object, ...]]:
    """Trips and boardings: fewer at weekends and in summer, punctuality better since April 2026."""
    for day, number in days():
        season = 1 + 0.08 * math.cos(2 * math.pi * (day.timetuple().tm_yday - 20) / 365)
        week = (1, 1.02, 1.01, 1.02, 1.04, 0.72, 0.55)[day.weekday()]
        growth = 1 + 0.00013 * number + (0.03 if day >= date(2026, 4, 1) else 0)
        for line, usual in LINES.items():
            planned = round(PLANNED[line] * (1 if day.weekday() < 5 else 0.7))
            missing = 0.028 if day < date(2026, 4, 1) else 0.023
            ran = sum(chance.random() > missing for _ in range(planned))
            better = 0.02 * min(2.0, max(0.0, (day - date(2026, 4, 1)).days / 30))
            punctual = 0.825 + LATE[line] + better
            on_time = sum(chance.random() < punctual for _ in range(ran))
            boardings = round(usual * season * week * growth * chance.gauss(1, 0.04))
            yield day, line, planned, ran, on_time, boardings


def tickets(chance: random.Random) -> Iterable[tuple[object, ...]]:
    """Single tickets by where they were bought."""
    for day, number in days():
        total = 2600 * chance.gauss(1, 0.05)
        app = 0.26 + 0.0002 * number + (0.02 if day >= date(2026, 4, 14) else 0)
        driver = 0.44 - 0.00017 * number
        for channel, share in (("app", app), ("driver", driver), ("machine", 1 - app - driver)):
            yield day, channel, round(total * share * chance.gauss(1, 0.02))


def buses() -> Iterable[tuple[object, ...]]:
    """Electric buses come two at a time and take the place of diesel ones."""
    for number in range(1, 53):
        left = date(2025, 3, 3) + timedelta(days=21 * (number - 1)) if number <= 22 else None
        yield f"D{number:02}", "diesel", date(2014 + number % 8, 2, 1), left if left and left <= LAST else ""
    for number in range(1, 25):
        came = date(2025, 2, 24) + timedelta(days=42 * ((number - 1) // 2))
        if came <= LAST:
            yield f"E{number:02}", "electric", came, ""


def survey(chance: random.Random) -> Iterable[tuple[object, ...]]:
    """Thirty answers a week, from 1 (poor) to 5 (very good)."""
    for day, number in days():
        if day.weekday() == 2:
            for _ in range(30):
                happy = chance.random() < 0.64 + 0.0002 * number
                yield day, chance.choice(tuple(LINES)), chance.choice((4, 5)) if happy else chance.choice((1, 2, 3, 3))


def main() -> None:
    chance = random.Random(20260531)
    write("service.csv", ("day", "line", "planned", "ran", "on_time", "boardings"), service(chance))
    write("tickets.csv", ("day", "channel", "tickets"), tickets(chance))
    write("buses.csv", ("bus", "drive", "from_day", "to_day"), buses())
    write("survey.csv", ("day", "line", "answer"), survey(chance))


if __name__ == "__main__":
    main()
