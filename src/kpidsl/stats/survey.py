"""Survey measures from counts of answers: shares as fractions, net scores in points from −100 to 100."""

from __future__ import annotations

from fractions import Fraction

from kpidsl.records import dataclass
from kpidsl.stats.distributions import square_root


@dataclass(frozen=True, slots=True)
class NetScore:
    """What favours less what does not, of 100 answers; its standard error, also in points."""

    value: Fraction
    standard_error: Fraction


def net_score(favouring: int, opposing: int, n: int) -> NetScore | None:
    """100·(a − b)/n, and 100·√((a + b − (a − b)²)/n) with a and b as shares; None without answers.

    Each answer is +1, 0 or −1, and this their mean and its standard error. As the Net Promoter Score, those who answer
    9–10 of 10 less those who answer 0–6: F. F. Reichheld (2003), The one number you need to grow, Harvard Business
    Review 81(12), 46–54.
    """
    if not n:
        return None
    if favouring < 0 or opposing < 0 or favouring + opposing > n:
        raise ValueError(f"{favouring} and {opposing} of {n} are no answers")
    difference = Fraction(favouring - opposing, n)
    return NetScore(100 * difference, net_error(difference, Fraction(favouring + opposing, n), n))


def net_error(difference: Fraction, decided: Fraction, n: int) -> Fraction:
    """The standard error, in points, of a difference of shares a − b, of which `decided` is a + b."""
    return 100 * square_root((decided - difference * difference) / n)


def top_box(counts: dict[int, int], k: int, n: int) -> Fraction | None:
    """The share of the top `k` of the answers 1 … `n`; other answers are none. None without answers.

    CSAT is the top 2 of 5; the Customer Effort Score as a share is the top 3 of 7 (M. Dixon, K. Freeman and N. Toman
    (2010), Stop trying to delight your customers, Harvard Business Review 88(7/8), 116–122, and its later form on seven
    points).
    """
    valid = {answer: count for answer, count in counts.items() if 1 <= answer <= n}
    total = sum(valid.values())
    return Fraction(sum(count for answer, count in valid.items() if answer > n - k), total) if total else None
