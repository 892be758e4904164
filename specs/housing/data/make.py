"""Makes the CSV files of this folder: two years of an invented supported-housing programme, the same each time.

    python specs/housing/data/make.py [FOLDER]      # default: the folder this file lies in

The programme and its people do not exist. Only `Random.random` is used, whose sequence Python promises to keep.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from pathlib import Path
from random import Random

BOROUGHS = ("north", "river", "old town")
FIRST, LAST = date(2024, 10, 1), date(2026, 10, 31)
WAVES = (date(2025, 3, 10), date(2025, 9, 15), date(2026, 3, 9), date(2026, 9, 14))
THEMES = ("home", "money", "neighbours", "alone", "support")
CODERS = ("Ines", "Tom")
CRITERIA = ("contact", "say", "belonging")

Row = Sequence[object]


def chosen(random: Random, weights: Sequence[float]) -> int:
    """The place of a weight, each as likely as it is; they add up to 1."""
    at = random.random()
    for place, weight in enumerate(weights):
        at -= weight
        if at < 0:
            return place
    return len(weights) - 1


def tenancies(random: Random) -> list[Row]:
    """Who moved in when, and out again: seven in eight stay the first year."""
    rows: list[Row] = []
    day = FIRST
    number = 0
    while day < date(2026, 9, 15):
        number += 1
        left: date | None = None
        if random.random() < 0.16:
            left = day + timedelta(days=40 + int(500 * random.random()))
        borough = BOROUGHS[chosen(random, (0.4, 0.35, 0.25))]
        rows.append((f"R{number:03}", borough, day, left if left and left <= LAST else None))
        day += timedelta(days=2 + int(6 * random.random()))
    return rows


def survey(random: Random, people: Sequence[Row]) -> tuple[list[Row], list[Row]]:
    """Invitations of each wave, and the answers of those who sent it back; it feels more like home as time goes by."""
    invited: list[Row] = []
    answers: list[Row] = []
    for wave in WAVES:
        for person, borough, moved_in, left in people:
            assert isinstance(moved_in, date)
            if moved_in > wave or (isinstance(left, date) and left <= wave):
                continue
            invited.append((wave, person, borough))
            if random.random() < 0.44:
                months = (wave - moved_in).days / 30
                warm = min(0.42 + 0.03 * months, 0.78)
                home = 1 + chosen(random, (0.06, 0.10, 0.84 - warm, warm * 0.6, warm * 0.4))
                calm = 1 + chosen(random, (0.05, 0.13, 0.22, 0.35, 0.25))
                people_near = 1 + chosen(random, (0.17, 0.27, 0.28, 0.19, 0.09))
                answered = wave + timedelta(days=int(20 * random.random()))
                answers.append((f"A{len(answers) + 1:04}", person, borough, answered, home, calm, people_near))
    return invited, answers


def interviews(random: Random) -> list[Row]:
    """Passages of interviews, each coded by two people who mostly agree: who spoke, about what, and in which tone."""
    rows: list[Row] = []
    number = 0
    for start, count in ((date(2025, 10, 6), 16), (date(2026, 5, 4), 22), (date(2026, 9, 21), 24)):
        for _ in range(count):
            number += 1
            held = start + timedelta(days=int(24 * random.random()))
            group = ("resident", "neighbour", "support worker")[chosen(random, (0.5, 0.27, 0.23))]
            for passage in range(1, 4):
                if group == "neighbour":
                    theme = chosen(random, (0.10, 0.05, 0.55, 0.20, 0.10))
                else:
                    theme = chosen(random, (0.42, 0.14, 0.09, 0.21, 0.14))
                tone = 1 + chosen(random, (0.42, 0.33, 0.2, 0.05) if group == "neighbour" else (0.08, 0.2, 0.42, 0.3))
                for coder in CODERS:
                    other = random.random() < 0.09
                    coded = chosen(random, (0.3, 0.2, 0.2, 0.2, 0.1)) if other else theme
                    off = random.random()
                    heard = min(max(tone + (1 if off < 0.07 else -1 if off > 0.93 else 0), 1), 4)
                    said = "" if random.random() < 0.02 else THEMES[coded]
                    rows.append((f"I{number:02}", f"I{number:02}.{passage}", held, group, coder, said, heard))
    return rows


def ratings(random: Random) -> list[Row]:
    """The reference group's ratings, from 1 to 4, of what it visited."""
    rows: list[Row] = []
    for day, shift in ((date(2025, 11, 20), 0.0), (date(2026, 6, 18), 0.16)):
        for rater in ("expert by experience", "landlord", "nurse", "council", "neighbourhood office"):
            for criterion in CRITERIA:
                weights = (0.12 - shift / 2, 0.33 - shift / 2, 0.37, 0.18 + shift)
                rows.append((day, rater, criterion, 1 + chosen(random, weights)))
    return rows


def repairs(random: Random) -> list[Row]:
    """Repairs reported and done: most within two weeks."""
    rows: list[Row] = []
    day = date(2025, 1, 2)
    while day <= date(2026, 10, 30):
        for _ in range(chosen(random, (0.55, 0.3, 0.15))):
            took = 1 + int(13 * random.random()) if random.random() < 0.9 else 15 + int(15 * random.random())
            done = day + timedelta(days=took)
            borough = BOROUGHS[chosen(random, (0.4, 0.35, 0.25))]
            rows.append((f"P{len(rows) + 1:04}", borough, day, done if done <= LAST else None))
        day += timedelta(days=1)
    return rows


def write(file: Path, heading: str, rows: Iterable[Row]) -> None:
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(heading.split(","))
        writer.writerows(["" if cell is None else cell for cell in row] for row in rows)


def main(folder: Path) -> None:
    random = Random(11)
    people = tenancies(random)
    invited, answers = survey(random, people)
    write(folder / "tenancies.csv", "resident,borough,moved_in,moved_out", people)
    write(folder / "invitations.csv", "sent_on,resident,borough", invited)
    write(folder / "survey.csv", "answer,resident,borough,answered_on,home,calm,people_near", answers)
    write(folder / "interviews.csv", "interview,passage,held_on,speaker,coder,theme,tone", interviews(random))
    write(folder / "ratings.csv", "rated_on,rater,criterion,score", ratings(random))
    write(folder / "repairs.csv", "repair,borough,reported_on,done_on", repairs(random))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else Path(__file__).resolve().parent)
