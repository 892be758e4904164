"""Makes the CSV files of this folder: half a year of an invented web shop, the same each time.

    python specs/storefront/data/make.py [FOLDER]      # default: the folder this file lies in

The shop and its people do not exist. Only `Random.random` is used, whose sequence Python promises to keep.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from math import exp, log, pi, sin, sqrt
from pathlib import Path
from random import Random
from typing import TypeVar
from zoneinfo import ZoneInfo

BERLIN = ZoneInfo("Europe/Berlin")
UTC = ZoneInfo("UTC")
FIRST, LAST = date(2025, 11, 1), date(2026, 5, 16)
DAYS = tuple(FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1))
EXTRACTED = datetime.combine(LAST + timedelta(days=1), time(), BERLIN)
MONTH_FACTOR = {11: 1.25, 12: 1.45, 1: 0.75, 2: 0.85, 3: 1.0, 4: 1.08, 5: 1.12}
COUNTRIES = (("DE", 0.62), ("AT", 0.20), ("NL", 0.18))
DEPARTMENTS = (("warehouse", 0.40), ("service", 0.25), ("shop", 0.20), ("office", 0.15))

Row = Sequence[object]
T = TypeVar("T")


def pick(random: Random, weighted: Sequence[tuple[T, float]]) -> T:
    """One of the values, each as likely as its weight; the weights add up to 1."""
    at = random.random()
    for value, weight in weighted:
        at -= weight
        if at < 0:
            return value
    return weighted[-1][0]


def about(random: Random, mean: float, spread: float) -> float:
    """A normally distributed number (Box-Muller)."""
    return mean + spread * sqrt(-2 * log(1 - random.random())) * sin(2 * pi * random.random())


def moment(random: Random, day: date, opens: float, closes: float) -> datetime:
    """A time of that day in Berlin between two hours."""
    seconds = int((opens + (closes - opens) * random.random()) * 3600)
    return datetime.combine(day, time(), BERLIN) + timedelta(seconds=seconds)


def in_utc(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def working_days_after(day: date, days: int) -> date:
    while days > 0:
        day += timedelta(days=1)
        days -= day.weekday() < 5
    return day


def customers(random: Random) -> list[tuple[str, str, date, str]]:
    """Customer number, country, day of joining, kind; half of them joined before the first day."""
    found = []
    for number in range(1, 1001):
        joined = (
            FIRST - timedelta(days=int(700 * random.random()))
            if number <= 550
            else DAYS[int((number - 550) / 451 * len(DAYS))]
        )
        found.append(
            (f"C{number:04d}", pick(random, COUNTRIES), joined, pick(random, (("private", 0.85), ("business", 0.15))))
        )
    return found


def traffic(random: Random, known: list[tuple[str, str, date, str]]) -> tuple[list[Row], list[Row], list[Row]]:
    """Visits of logged-in customers, the orders that come of them, and the refunds that come of those."""
    visits: list[Row] = []
    orders: list[Row] = []
    refunds: list[Row] = []
    for index, day in enumerate(DAYS):
        members = [customer for customer in known if customer[2] <= day]
        busy = MONTH_FACTOR[day.month] * (1.2 if day.weekday() >= 5 else 0.95) * (1 + index / 1500)
        for _ in range(max(0, round(about(random, 24 * busy, 4)))):
            customer, country, _, kind = members[int(len(members) * random.random() ** 1.3)]
            visited = moment(random, day, 6.5, 23.5)
            device = pick(random, (("phone", 0.58), ("desktop", 0.36), ("tablet", 0.06)))
            visits.append((in_utc(visited), customer, device))
            if random.random() > (0.46 if device == "desktop" else 0.36):
                continue
            ordered = visited + timedelta(minutes=3 + 240 * random.random() ** 3)
            if random.random() < 0.12:
                ordered += timedelta(days=1 + int(9 * random.random()))
            if ordered >= EXTRACTED:
                continue
            orders.append(order(random, ordered, customer, country, kind))
    orders.sort(key=lambda row: (str(row[0]), str(row[1])))
    numbered = [(f"A{number:05d}", *row) for number, row in enumerate(orders, start=1)]
    for number, ordered_at, _, amount, _, _, status, *_ in numbered:
        day = datetime.fromisoformat(str(ordered_at)).replace(tzinfo=UTC).astimezone(BERLIN).date()
        chance = 0.075 if day < date(2026, 2, 1) else 0.058
        if status != "paid" or random.random() > chance:
            continue
        refunded = moment(random, working_days_after(day, 4 + int(9 * random.random())), 8, 18)
        if refunded < EXTRACTED:
            share = 1.0 if random.random() < 0.7 else 0.5
            reason = pick(
                random, (("does not fit", 0.45), ("damaged", 0.25), ("changed mind", 0.20), ("too late", 0.10))
            )
            refunds.append((number, in_utc(refunded), f"{round(float(str(amount)) * share, 2):.2f}", reason))
    refunds.sort(key=lambda row: (str(row[1]), str(row[0])))
    visits.sort(key=lambda row: (str(row[0]), str(row[1])))
    counted: list[Row] = [(f"V{number:05d}", *row) for number, row in enumerate(visits, start=1)]
    return counted, list(numbered), [(f"R{number:04d}", *row) for number, row in enumerate(refunds, start=1)]


def order(random: Random, ordered: datetime, customer: str, country: str, kind: str) -> Row:
    """An order without its number: time, customer, amount, items, discount, status, promised and delivered days."""
    items = 1 + int(4 * random.random() ** 2)
    discount = pick(random, ((0, 0.70), (10, 0.22), (20, 0.08)))
    price = exp(about(random, 3.45, 0.45)) * (1.6 if kind == "business" else 1.0)
    amount = round(items * price * (1 - discount / 100), 2)
    status = pick(random, (("paid", 0.945), ("cancelled", 0.055)))
    if status == "paid" and EXTRACTED - ordered < timedelta(days=2) and random.random() < 0.4:
        status = "open"
    promised = working_days_after(ordered.date(), 3 if country == "DE" else 4)
    late = 0.13 if ordered.month in (12, 1) else 0.055
    takes = (3 if country == "DE" else 4) + (
        1 + int(3 * random.random()) if random.random() < late else -int(2 * random.random())
    )
    delivered = working_days_after(ordered.date(), takes)
    arrived = status == "paid" and delivered <= LAST
    return (in_utc(ordered), customer, f"{amount:.2f}", items, discount, status, promised, delivered if arrived else "")


def tickets(random: Random) -> list[Row]:
    """Support requests, as the help desk writes them: German dates, local time, empty while there is nothing to say."""
    found: list[tuple[datetime, datetime, datetime, str]] = []
    for index, day in enumerate(DAYS):
        for _ in range(max(0, round(about(random, 5.5 * MONTH_FACTOR[day.month], 2)))):
            opened = moment(random, day, 7, 22)
            hours = exp(about(random, 0.75 - index / 420, 0.75))
            replied = opened + timedelta(hours=hours)
            closed = replied + timedelta(hours=exp(about(random, 2.6, 1.0)))
            topic = pick(random, (("delivery", 0.45), ("returns", 0.30), ("product", 0.15), ("payment", 0.10)))
            found.append((opened, replied, closed, topic))

    def shown(at: datetime) -> str:
        return at.strftime("%d.%m.%Y %H:%M") if at < EXTRACTED else ""

    return [
        (f"T{number:04d}", shown(opened), shown(replied), shown(closed), topic)
        for number, (opened, replied, closed, topic) in enumerate(sorted(found), start=1)
    ]


def survey(random: Random) -> list[Row]:
    """Answers to the questionnaire after a delivery: satisfaction and trust 1 to 5, recommendation 0 to 10."""
    found: list[Row] = []
    for index, day in enumerate(DAYS):
        for _ in range(2 if random.random() < 0.7 else 1):
            mood = about(random, 3.75 + index / 500, 0.85)
            satisfied, trust = (min(5, max(1, round(about(random, mood, 0.5)))) for _ in range(2))
            recommend = min(10, max(0, round(about(random, 2 * mood + 0.6, 1.1))))
            country = pick(random, COUNTRIES)
            found.append((day, country, satisfied, trust, recommend if random.random() < 0.93 else ""))
    return found


def interviews(random: Random) -> list[Row]:
    """Talks with customers, each noted with the theme that came up first."""
    themes = (("trust", 0.45), ("price", 0.25), ("delivery", 0.20), ("range", 0.10))
    days = [DAYS[9 + 8 * number] for number in range(24)]
    return [(day, f"customer {number}", pick(random, themes)) for number, day in enumerate(days, start=1)]


def staff(random: Random) -> list[Row]:
    """People with the day they began and, if they left, their last day."""
    found: list[Row] = []
    for number in range(1, 53):
        early = number <= 34
        hired = (
            date(2021, 1, 4) + timedelta(days=int(1760 * random.random()))
            if early
            else DAYS[int((number - 34) / 19 * len(DAYS))]
        )
        left = ""
        if random.random() < 0.22:
            last = max(hired, FIRST) + timedelta(days=30 + int(150 * random.random()))
            left = str(last) if last <= LAST else ""
        country = "DE" if random.random() < 0.8 else "NL"
        found.append((f"E{number:02d}", pick(random, DEPARTMENTS), country, hired, left))
    return found


def inventory(random: Random) -> list[Row]:
    """What lies in each warehouse, counted on Sunday evenings."""
    levels = {
        (f"S{number:02d}", place): 60 + 180 * random.random()
        for number in range(1, 16)
        for place in ("Berlin", "Venlo")
    }
    found: list[Row] = []
    for day in (day for day in DAYS if day.weekday() == 6):
        for (article, place), level in levels.items():
            level = max(0.0, level - 12 - 40 * random.random() * MONTH_FACTOR[day.month])
            if level < 50 and random.random() < 0.72:
                level += 190 * random.random() + 40
            levels[(article, place)] = level
            found.append((day, place, article, int(level)))
    return found


def uptime(random: Random) -> list[Row]:
    """Minutes of each civil day and how many of them the shop did not answer."""
    found: list[Row] = []
    for day in DAYS:
        begins, ends = (datetime.combine(at, time(), BERLIN).astimezone(UTC) for at in (day, day + timedelta(days=1)))
        down = 0 if random.random() < 0.93 else 1 + int(18 * random.random() ** 2)
        found.append((day, int((ends - begins).total_seconds() // 60), down))
    return found


def plan() -> list[Row]:
    """Planned revenue for each month and country, to the end of the financial year in January 2027."""
    found: list[Row] = []
    for offset in range(15):
        year, month = divmod(2025 * 12 + 10 + offset, 12)
        factor = MONTH_FACTOR.get(month + 1, 1.1) * (1 + offset / 100)
        for country, weight in COUNTRIES:
            found.append((date(year, month + 1, 1), country, round(21_500 * factor * weight / 100) * 100))
    return found


CHECKINS = (
    ("active", "2026-04-16", 6, "Ana", "newsletter relaunch is late"),
    ("active", "2026-05-11", 5, "Ana", "relaunch done, numbers not moving yet"),
    ("refunds", "2026-04-16", 7, "Jonas", "size guide on every product page"),
    ("refunds", "2026-05-11", 8, "Jonas", "fewer parcels back in the first weeks"),
    ("people", "2026-05-04", 4, "Mira", "two offers declined"),
)


def write(folder: Path, name: str, header: str, rows: Iterable[Row]) -> None:
    kept = list(rows)
    with (folder / name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header.split())
        writer.writerows(kept)
    print(f"{name}: {len(kept)} rows")


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    known = customers(Random(1))
    visits, orders, refunds = traffic(Random(2), known)
    write(folder, "customers.csv", "customer_id country joined_on kind", known)
    write(folder, "visits.csv", "visit_id visited_at customer_id device", visits)
    header = "order_id ordered_at customer_id amount items discount status promised_on delivered_on"
    for year in ("2025", "2026"):
        write(folder, f"orders_{year}.csv", header, (row for row in orders if str(row[1]).startswith(year)))
    write(folder, "refunds.csv", "refund_id order_id refunded_at amount reason", refunds)
    write(folder, "tickets.csv", "ticket_id opened replied closed topic", tickets(Random(3)))
    write(folder, "survey.csv", "answered_on country satisfied trust recommend", survey(Random(4)))
    write(folder, "interviews.csv", "held_on customer theme", interviews(Random(5)))
    write(folder, "staff.csv", "employee_id department country hired_on left_on", staff(Random(6)))
    write(folder, "inventory.csv", "counted_on warehouse article units", inventory(Random(7)))
    write(folder, "uptime.csv", "day minutes minutes_down", uptime(Random(8)))
    write(folder, "plan.csv", "month country revenue", plan())
    write(folder, "checkins.csv", "key_result checked_on confidence by note", CHECKINS)


if __name__ == "__main__":
    main()
